"""What a reader sees of an HTML document, view by view, as text.  Knows no legal rule."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from html import unescape
from typing import Final, TypeAlias

from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HTMLParser, document_fromstring

from publisher.compose.appearance import Look, look_of
from publisher.compose.colours import Colour
from publisher.compose.letters import folded
from publisher.compose.stylesheet import Sheet, Weighed, cascade, parse_sheet, weigh

# Tags whose text every client shows.  Anything else, a form or a fallback, counts as not shown.
_INLINE_TAGS: Final = (
    "a abbr acronym b big cite code em font i ins kbd mark nobr samp small span strong sub sup "
    "time tt u var wbr"
)
_BLOCK_TAGS: Final = (
    "address article aside blockquote body br caption center dd div dl dt figcaption figure "
    "footer h1 h2 h3 h4 h5 h6 header hr html img li main nav ol p pre section table tbody td "
    "tfoot th thead tr ul"
)
_INLINE: Final = frozenset(_INLINE_TAGS.split())
_BLOCKS: Final = frozenset(_BLOCK_TAGS.split())
_CONDITIONAL: Final = re.compile(
    r"<!(?:--)?\[if(?P<test>[^\]]*)\]>(?:\s*<!--(?:\s*--)?>|-->)?"
    r"(?P<inside>.*?)(?:<!--)?<!\[endif\](?:--)?>",
    re.DOTALL | re.IGNORECASE,
)
_TAG: Final = re.compile(r"<[^>]*>")


_Styles: TypeAlias = Mapping[HtmlElement, tuple[Weighed, ...]]
_Seen: TypeAlias = dict[tuple[object, ...], Look]
# Attributes that look_of() reads beside the style.
_TELLING: Final = ("hidden", "bgcolor", "background", "color", "size", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Readable words of one look."""

    text: str
    size: float  # px
    bold: bool
    link: str | None  # the address they lead to
    colour: Colour | None = None
    ground: Colour | None = None  # what is behind them; None: nobody knows


@dataclass(frozen=True, kw_only=True)
class View:
    """The document as one kind of reader sees it."""

    name: str  # "" for everybody; else the condition: "@media (max-width: 600px)", "Outlook"
    runs: tuple[Run, ...]

    @cached_property
    def text(self) -> str:
        """Its words, white space folded."""
        return folded("".join(run.text for run in self.runs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Every view of a document, and what stands in it unseen."""

    views: tuple[View, ...]  # the plain one first
    everything: str  # all words, hidden ones and comments included, white space folded
    foreign_style: bool  # a style sheet from elsewhere, which nobody here can judge


def read_html(html: str) -> Document:
    """Read a document as mail clients and feed readers do; never fails.

    The views: as it stands; under each condition its style sheets name, and under all of them;
    and as desktop Outlook resolves conditional comments.
    """
    tree = parse_html(html)
    if tree is None:
        return Document(views=(View(name="", runs=()),), everything="", foreign_style=False)
    sheet = _sheet(tree)
    styles = _styles(tree, sheet)
    seen: _Seen = {}
    views = [_view(tree, styles, name, active, seen) for name, active in _occasions(sheet)]
    outlook = _for_outlook(html)
    if outlook != html and (office := parse_html(outlook)) is not None:
        views.append(_view(office, _styles(office, _sheet(office)), "Outlook", frozenset(), seen))
    return Document(
        views=tuple(views),
        everything=folded("".join(_everything(tree))),
        foreign_style=sheet.imports or _linked(tree),
    )


def parse_html(html: str) -> HtmlElement | None:
    """The tree of a document; None where there is nothing in it."""
    try:
        return document_fromstring(
            html.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8", huge_tree=True)
        )
    except etree.LxmlError:  # nothing in it
        return None


def _occasions(sheet: Sheet) -> Iterator[tuple[str, frozenset[str]]]:
    yield "", frozenset()
    for condition in sheet.conditions:
        yield condition, frozenset({condition})
    if len(sheet.conditions) > 1:
        yield " + ".join(sheet.conditions), frozenset(sheet.conditions)


def _sheet(tree: HtmlElement) -> Sheet:
    styles = (style.text or "" for style in tree.iter("style"))
    return parse_sheet("\n".join(styles))


def _linked(tree: HtmlElement) -> bool:
    return any("stylesheet" in link.get("rel", "").lower() for link in tree.iter("link"))


def _styles(tree: HtmlElement, sheet: Sheet) -> _Styles:
    return {element: weigh(element, sheet) for element in tree.iter(etree.Element)}


def _view(
    tree: HtmlElement, styles: _Styles, name: str, active: frozenset[str], seen: _Seen
) -> View:
    return View(name=name, runs=tuple(_runs(tree, styles, active, seen)))


def _runs(tree: HtmlElement, styles: _Styles, active: frozenset[str], seen: _Seen) -> Iterator[Run]:
    """Readable runs in reading order; a stack of our own, for documents nest without limit."""
    looks: dict[HtmlElement, Look] = {}
    links: dict[HtmlElement | None, str | None] = {}
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        around = element.getparent()
        if event == "start":
            above = looks[around] if around is not None else Look()
            looks[element] = _look(element, cascade(styles[element], active), above, seen)
            links[element] = element.get("href") if element.tag == "a" else links.get(around)
            yield from _room(element)
            yield from _run(element.text, looks[element], links[element])
            continue
        if event == "end":
            yield from _room(element)
        if around is not None:
            yield from _run(element.tail, looks[around], links[around])


def _look(element: HtmlElement, css: Mapping[str, str], above: Look, seen: _Seen) -> Look:
    """Its look; one that was seen before in the same surroundings is not worked out again."""
    told = (element.get("href") is not None, *map(element.get, _TELLING))
    key = (element.tag, *told, *css.items(), above)
    look = seen.get(key)
    if look is None:
        look = look_of(element, css, above)
        if not (element.tag in _INLINE or element.tag in _BLOCKS or look.gone):
            look = replace(look, gone=f"<{element.tag!s}>")
        seen[key] = look
    return look


def _room(element: HtmlElement) -> Iterator[Run]:
    """The space a block leaves around itself."""
    if element.tag in _BLOCKS:
        yield Run(text=" ", size=0, bold=False, link=None)


def _run(text: str | None, look: Look, link: str | None) -> Iterator[Run]:
    if text and not look.unreadable:
        shown = _transformed(text, look.transform)
        yield Run(
            text=shown,
            size=look.size or 0,
            bold=look.bold,
            link=link,
            colour=look.colour,
            ground=look.ground,
        )


def _transformed(text: str, how: str) -> str:
    match how:
        case "uppercase":
            return text.upper()
        case "lowercase":
            return text.lower()
        case "capitalize":
            return re.sub(r"\b\w", lambda letter: letter[0].upper(), text)
        case _:
            return text


def _for_outlook(html: str) -> str:
    return _CONDITIONAL.sub(lambda found: found["inside"] if _office(found["test"]) else "", html)


def _office(test: str) -> bool:
    """Whether desktop Outlook takes a condition for true; of IE it knows nothing."""
    return bool(re.search("mso|vml", test, re.IGNORECASE)) != ("!" in test)


def _everything(tree: HtmlElement) -> Iterator[str]:
    for element in tree.iter():
        if isinstance(element, HtmlComment):
            yield f" {_TAG.sub(' ', unescape(element.text or ''))} "
        elif isinstance(element, HtmlElement):
            yield " " if element.tag in _BLOCKS else ""
            yield element.text or ""
        yield element.tail or ""
