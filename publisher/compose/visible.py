"""What a reader sees of an HTML document, view by view, as text.  Knows no legal rule."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from html import unescape
from typing import Final, TypeAlias

from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HTMLParser, document_fromstring

from publisher.compose.appearance import ATTRIBUTES, Look, attributes_of, look_of
from publisher.compose.colours import Colour
from publisher.compose.letters import folded
from publisher.compose.stylesheet import Sheet, Weighed, Weigher, cascade, parse_sheet

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


_Occasion: TypeAlias = tuple[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Run:
    """Readable words of one look."""

    text: str
    size: float  # px
    bold: bool
    link: str | None  # the address they lead to
    colour: Colour | None = None
    ground: Colour | None = None  # what is behind them; None: nobody knows

    @cached_property
    def plain(self) -> str:
        """Its words, white space folded; several views share a run."""
        return folded(self.text)

    @cached_property
    def length(self) -> int:
        """How many characters it has, without the spaces around them."""
        return len(self.text.strip())


_ROOM: Final = Run(text=" ", size=0, bold=False, link=None)  # what a block leaves around itself


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
    views = _views(tree, sheet, _occasions(sheet))
    outlook = _for_outlook(html)
    if outlook != html and (office := parse_html(outlook)) is not None:
        views += _views(office, _sheet(office), [("Outlook", frozenset())])
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


def _occasions(sheet: Sheet) -> Iterator[_Occasion]:
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


def _views(tree: HtmlElement, sheet: Sheet, occasions: Iterable[_Occasion]) -> list[View]:
    steps, onlooker = _steps(tree, sheet), _Onlooker()
    return [View(name=name, runs=onlooker.runs(steps, active)) for name, active in occasions]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What elements of one look share: the same object for the same."""

    tag: str
    weighed: tuple[Weighed, ...]
    attributes: Mapping[str, str]
    hidden: bool
    conditions: frozenset[str]  # that change anything for it


# One event of a walk through a document: what begins there (None: something ends, or a comment),
# where that element's parent and the words behind it are found, its link, whether a block leaves
# room, and the words.
_Step: TypeAlias = tuple[_Kind | None, int, int, str | None, bool, str | None]


def _steps(tree: HtmlElement, sheet: Sheet) -> list[_Step]:
    """The document in reading order, flat: every view walks it again."""
    kind_of = _Kinds(sheet)
    # number and link of what is open, and what it and all around it are like
    inside: list[tuple[int, str | None, int]] = [(0, None, 0)]
    steps: list[_Step] = []
    begun = 0
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        room = element.tag in _BLOCKS
        if event == "start":
            begun += 1
            around, link, like = inside[-1]
            link = element.get("href") if element.tag == "a" else link
            kind, like = kind_of(element, like)
            inside.append((begun, link, like))
            steps.append((kind, around, begun, link, room, element.text))
            continue
        if event == "end":
            inside.pop()
        around, link, _ = inside[-1]
        steps.append(
            (None, 0, around, link, room and event == "end", element.tail if around else None)
        )
    return steps


class _Kinds:
    """Tells what elements of one document are alike."""

    def __init__(self, sheet: Sheet) -> None:
        self._weigh = Weigher(sheet)
        self._names = tuple(one for one in ATTRIBUTES if one not in self._weigh.names)
        self._kinds: dict[tuple[object, ...], _Kind] = {}
        self._known: dict[tuple[object, ...], tuple[_Kind, int]] = {}

    def __call__(self, element: HtmlElement, around: int) -> tuple[_Kind, int]:
        """The kind of an element, and a number for it and everything around it.

        Both the same for the same; `around` is that number of its parent, 0 for the root.
        """
        is_link = element.tag == "a" and element.get("href") is not None
        own = (is_link, *self._weigh.likeness(element), *map(element.get, self._names))
        known = self._known.get((around, own))
        if known is None:
            known = self._known[around, own] = (self._kind(element, own), len(self._known) + 1)
        return known

    def _kind(self, element: HtmlElement, own: tuple[object, ...]) -> _Kind:
        weighed = self._weigh(element)
        alike = (*own, id(weighed))
        if alike not in self._kinds:
            self._kinds[alike] = _Kind(
                tag=str(element.tag),
                weighed=weighed,
                attributes=attributes_of(element),
                hidden=element.get("hidden") is not None,
                conditions=frozenset(condition for condition, _ in weighed if condition),
            )
        return self._kinds[alike]


class _Onlooker:
    """Sees a document under one condition after another; what looks the same is one object."""

    def __init__(self) -> None:
        self._looks: dict[Look, Look] = {}
        self._runs: dict[tuple[int, int], Run] = {}  # by step and look
        self._known: dict[tuple[int, frozenset[str], int], Look] = {}

    def runs(self, steps: Sequence[_Step], active: frozenset[str]) -> tuple[Run, ...]:
        """Readable runs in reading order."""
        root = self._same(Look())
        at: list[Look] = [root]  # by number of the element
        found: list[Run] = []
        for number, (kind, around, inside, link, room, text) in enumerate(steps):
            if kind is not None:
                at.append(self._look(kind, active & kind.conditions, at[around]))
            if room:
                found.append(_ROOM)
            if text and not at[inside].unreadable:
                found.append(self._run(number, text, at[inside], link))
        return tuple(found)

    def _look(self, kind: _Kind, active: frozenset[str], above: Look) -> Look:
        key = (id(kind), active, id(above))
        look = self._known.get(key)
        if look is None:
            css = {**kind.attributes, **cascade(kind.weighed, active)}
            made = _look(kind.tag, tuple(css.items()), above, hidden=kind.hidden)
            look = self._known[key] = self._same(made)
        return look

    def _run(self, number: int, text: str, look: Look, link: str | None) -> Run:
        run = self._runs.get((number, id(look)))
        if run is None:
            run = self._runs[number, id(look)] = Run(
                text=_transformed(text, look.transform),
                size=look.size or 0,
                bold=look.bold,
                link=link,
                colour=look.colour,
                ground=look.ground,
            )
        return run

    def _same(self, look: Look) -> Look:
        return self._looks.setdefault(look, look)


@lru_cache(maxsize=2048)  # the elements of one template look alike, mail after mail
def _look(tag: str, css: tuple[tuple[str, str], ...], above: Look, *, hidden: bool) -> Look:
    look = look_of(tag, dict(css), above, hidden=hidden)
    shown = tag in _INLINE or tag in _BLOCKS
    return look if shown or look.gone else replace(look, gone=f"<{tag}>")


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
