"""CSS into style attributes: premailer behind one door, once per Digest, network off."""

import logging
from functools import lru_cache
from typing import Any

OPTIONS = {
    "keep_style_tags": False,
    "strip_important": False,  # dark mode and phones live on it
    "disable_validation": True,
    "disable_basic_attributes": ["width", "height"],  # width="100%" of a div helps nobody
    "align_floating_images": False,
    "allow_network": False,
    "cssutils_logging_level": logging.CRITICAL,
}


def inline_styles(html: str) -> str:
    """The page with its plain styles inlined; <style data-premailer="ignore"> stays as it is.

    Costs tens of milliseconds of CPU: call it in a spawned process.
    """
    return str(_engine()(html, **OPTIONS).transform(pretty_print=False))


@lru_cache(maxsize=1)
def _engine() -> Any:
    """premailer, which reads a style sheet again for every page, and here only once."""
    from premailer import Premailer  # noqa: PLC0415 - pulls in cssutils and requests: 0.9 s

    @lru_cache(maxsize=8)
    def rules_of(css: str, at: int) -> tuple[list[Any], list[Any]]:
        made: tuple[list[Any], list[Any]] = Premailer("", **OPTIONS)._parse_style_rules(css, at)  # noqa: SLF001 - what is repeated is there
        return made

    class Remembering(Premailer):  # type: ignore[misc]  # premailer has no types
        """Keeps the rules of the last few sheets."""

        def _parse_style_rules(self, css: str, at: int) -> tuple[list[Any], list[Any]]:
            rules, leftover = rules_of(css, at)
            return list(rules), list(leftover)

    return Remembering
