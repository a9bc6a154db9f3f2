// Ages of news, told anew while a page is open, and the buttons that copy an address.
// Without it pages say the same by the clock.  It knows no language: the browser does.
(() => {
  "use strict";
  const DAY = 86400, HOUR = 3600, MINUTE = 60;

  const spoken = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const ages = [...document.querySelectorAll("time[data-age]")].map(
    (element) => ({ element, at: Date.parse(element.dateTime), printed: element.textContent }));

  const age = (at, printed) => {
    const seconds = (Date.now() - at) / 1000;
    if (!(seconds > -MINUTE && seconds < DAY)) return printed;
    if (seconds < MINUTE) return spoken.format(0, "second");
    if (seconds < HOUR) return spoken.format(-Math.floor(seconds / MINUTE), "minute");
    return spoken.format(-Math.floor(seconds / HOUR), "hour");
  };
  const tell = () => {
    for (const { element, at, printed } of ages) {
      const words = age(at, printed);
      if (element.textContent !== words) element.textContent = words;
    }
  };
  tell();
  if (ages.length) {
    setInterval(tell, 15000);
    document.addEventListener("visibilitychange", tell);
  }

  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!navigator.clipboard) break;  // not on a page without TLS
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = words; }, 2000);
    });
  }
})();
