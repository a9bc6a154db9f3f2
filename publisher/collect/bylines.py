"""Bylines as sources write them, cleaned to names."""

import re

from publisher.collect.clean import one_line

_ROLE = re.compile(
    r"^(?:текст|автор(?:ы)?|подготовил[аи]?|беседовал[аи]?|записал[аи]?|материал подготовил[аи]?"
    r"|перев[её]л[аи]?|by|words by|written by|text(?: by)?|reported by)\b\s*[:—–-]?\s*",
    re.IGNORECASE,
)
_PICTURE = re.compile(
    r"^(?:фото(?:граф(?:ия|ии)?)?|иллюстраци[яи]|видео|photo(?:s|graph|graphs)?|image(?:s)?"
    r"|illustration|video)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\s*[(<\[]?[\w.+-]+@[\w-]+(?:\.[\w-]+)+[)>\]]?\s*|^@\w+$")
_BRACKETED = re.compile(r"^\((.*)\)$")
_LONGEST = 120  # characters; what is longer is no name


def byline(words: str) -> str | None:
    """A name, or None for a photo credit, an address alone, or nothing.

    «Текст: Анна Орлова» gives «Анна Орлова»; "news@a.test (Lev B.)" gives "Lev B.".
    """
    name = one_line(_ADDRESS.sub(" ", one_line(words)))
    if bracketed := _BRACKETED.match(name):
        name = one_line(bracketed[1])
    name = _ROLE.sub("", name).strip(" ,;:—–-")
    if not name or len(name) > _LONGEST or _PICTURE.match(name):
        return None
    return name
