"""Whole screenshots of a full day, for people to look at.  python -m tests.visual.shots DIR."""

import sys
from pathlib import Path

from tests.support.browser import DESKTOP, PHONE, Setting, chromium, shown
from tests.support.build import EN, RU
from tests.visual.conftest import digest_page


def main() -> None:
    """Both languages, desktop and phone, light and dark, with images and without."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for language in (EN, RU):
            for number in range(8):
                setting = Setting(
                    width=(DESKTOP, PHONE)[number % 2],
                    dark=bool(number & 2),
                    images=not number & 4,
                )
                with shown(browser, digest_page(language), setting) as page:
                    file = folder / f"{language}-{setting.name}.png"
                    page.screenshot(path=file, full_page=True)


if __name__ == "__main__":
    main()
