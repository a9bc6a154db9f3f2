"""What the pre-flight looks at: a decoded mail, read once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lxml.html import HtmlElement

from publisher.compose.visible import Document, parse_html, read_html
from publisher.model.digests import DecodedMail


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A mail as a trial reader would get it, and what is known of its pictures."""

    mail: DecodedMail
    base_url: str  # of our own addresses, without a slash at its end
    pictures: Mapping[str, frozenset[str]]  # file -> its credits in any language
    present: frozenset[str]  # picture files that are in public/media
    pages: frozenset[str] = frozenset()  # beginnings of paths we serve: "/archive/morning/"

    @cached_property
    def document(self) -> Document:
        """The HTML part as readers see it."""
        return read_html(self.mail.html)

    @cached_property
    def tree(self) -> HtmlElement | None:
        """The HTML part as a tree; None where there is none."""
        return parse_html(self.mail.html)

    def elements(self, *tags: str) -> Iterator[HtmlElement]:
        """Its elements with these tags, in order."""
        return iter(()) if self.tree is None else self.tree.iter(*tags)
