"""Article bodies for elsewhere: addresses absolute, foreign pictures left out.  Cleans nothing."""

import re
from functools import lru_cache
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

_ADDRESSES = frozenset({"href", "src", "cite", "poster"})
_PICTURES = frozenset({"img", "source"})  # law 8: what a reader's client would fetch by itself
_END_OF_BLOCK = re.compile(r"</(?:p|li|h[1-6]|tr|blockquote|pre|figure|div)>|<br>|<hr>")
_TAG = re.compile(r"<[^>]*>")


@lru_cache(maxsize=512)  # each stands in several feeds, and in the next build again
def absolute(html: str, *, base: str, pictures: str) -> str:
    """Sanitised HTML with every address resolved against `base`.

    A picture that is not served from below `pictures` is dropped, and so is an address that
    cannot be resolved.  Comments go.
    """
    rewriter = _Rewriter(base, pictures)
    rewriter.feed(html)
    rewriter.close()
    return "".join(rewriter.pieces)


def paragraphs(html: str) -> str:
    """The words of sanitised HTML, entities undone, a paragraph a line; pictures and markup go."""
    broken = _TAG.sub("", _END_OF_BLOCK.sub("\n", html))
    lines = (" ".join(line.split()) for line in unescape(broken).split("\n"))
    return "\n".join(line for line in lines if line)


def resolved(address: str, base: str) -> str | None:
    """The absolute address; None when there is no making sense of it."""
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return None


class _Rewriter(HTMLParser):
    def __init__(self, base: str, pictures: str) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[str] = []
        self._base, self._pictures = base, pictures

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kept = [(name, self._value(name, value)) for name, value in attrs if name != "srcset"]
        source = next((value for name, value in kept if name == "src"), None)
        if tag in _PICTURES and not (source or "").startswith(self._pictures):
            return
        written = "".join(f' {name}="{escape(value)}"' for name, value in kept if value is not None)
        self.pieces.append(f"<{tag}{written}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # HTML knows no self-closing tag: <br/> is <br>

    def _value(self, name: str, value: str | None) -> str | None:
        if name in _ADDRESSES:
            return resolved(value or "", self._base)
        return value or ""

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def handle_entityref(self, name: str) -> None:
        self.pieces.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.pieces.append(f"&#{name};")
