"""CSS into style attributes: premailer behind one door, once per Digest, network off."""

import logging
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType
from typing import Any

from lxml.etree import Element

OPTIONS = {
    "keep_style_tags": False,
    "strip_important": False,  # dark mode and phones live on it
    "disable_validation": True,
    "disable_basic_attributes": ["width", "height"],  # width="100%" of a div helps nobody
    "align_floating_images": False,
    "allow_network": False,
    "cssutils_logging_level": logging.CRITICAL,
}
_CLASS = re.compile(r"\.[A-Za-z_][\w-]*")


def inline_styles(html: str) -> str:
    """The page with its plain styles inlined; <style data-premailer="ignore"> stays as it is.

    Costs tens of milliseconds of CPU: call it in a spawned process.
    """
    return str(_engine()(html, **OPTIONS).transform(pretty_print=False))


@lru_cache(maxsize=1)
def _engine() -> Any:
    """premailer, which reads a style sheet again for every page, and here only once.

    It also looks the whole page through for each rule; ours are of one class each, and what has a
    class is listed once a page: half of the time.
    """
    from premailer import Premailer, premailer  # noqa: PLC0415 - pulls in cssutils: 0.9 s

    @lru_cache(maxsize=8)
    def rules_of(css: str, at: int) -> tuple[list[Any], list[Any]]:
        made: tuple[list[Any], list[Any]] = Premailer("", **OPTIONS)._parse_style_rules(css, at)  # noqa: SLF001 - what is repeated is there
        return made

    class Remembering(Premailer):  # type: ignore[misc]  # premailer has no types
        """Keeps the rules of the last few sheets."""

        def _parse_style_rules(self, css: str, at: int) -> tuple[list[Any], list[Any]]:
            rules, leftover = rules_of(css, at)
            return list(rules), list(leftover)

        def transform(self, *words: Any, **options: Any) -> Any:
            """As it was written, with another way to find what a selector means."""
            ways = vars(premailer) | {"_create_cssselector": _Finder(premailer)}
            own = FunctionType(
                Premailer.transform.__code__, ways, argdefs=Premailer.transform.__defaults__
            )
            return own(self, *words, **options)

    return Remembering


class _Finder:
    """Finds the elements of one page that have a class; premailer finds all others."""

    def __init__(self, premailer: Any) -> None:
        self._other = premailer._create_cssselector  # noqa: SLF001 - it has no other name
        self._listed: dict[str, list[Any]] | None = None

    def __call__(self, selector: str) -> Callable[[Any], Sequence[Any]]:
        if not _CLASS.fullmatch(selector):
            found: Callable[[Any], Sequence[Any]] = self._other(selector)
            return found
        return lambda page: self._of(page).get(selector[1:], [])

    def _of(self, page: Any) -> dict[str, list[Any]]:
        if self._listed is None:
            self._listed = {}
            for element in page.iter(Element):
                for name in dict.fromkeys((element.get("class") or "").split()):
                    self._listed.setdefault(name, []).append(element)
        return self._listed
