"""The nouns a digest template places: every word and address decided.  See view.py."""

from collections.abc import Mapping
from dataclasses import dataclass

from publisher.model.digests import Slot
from publisher.model.look import Look
from publisher.model.names import Language

# What stands for a slot until the bytes are made: letters only, for premailer and lxml percent-
# encode anything else in an address.
TOKENS: Mapping[Slot, str] = {slot: f"xSLOTx{slot.name}x" for slot in Slot}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A link that is no story."""

    url: str
    name: str
    language: str = ""  # of what it leads to, where that is another one
    plain: str = ""  # how the text part writes the address, where not as `url`


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture with what must stand under it; sizes are CSS px."""

    src: str
    width: int
    height: int
    alt: str
    caption: str
    credit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A title that is a link; `mark` says in which language it is when not in the reader's."""

    title: str
    url: str
    language: Language
    mark: str = ""
    age: str = ""  # "12+": listings only
    section: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story as printed."""

    headline: Headline
    label: str  # above the headline: "Opinion"
    label_names: tuple[str, ...]  # beside it: whose opinion, in the language of the headline
    summary: str
    names: tuple[str, ...]  # author, credit, in the language of the headline
    facts: tuple[str, ...]  # times; shown in one line with the names
    photo: Photo | None
    correction: str
    related: tuple[Headline, ...]
    notes: tuple[str, ...] = ()  # labels the law wants beside names, verbatim
    id: str = ""  # what a reader who finds an error names
    report: Door | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advert:
    """Advertising with what must stand above it: the word, who pays, the token."""

    headline: Headline
    mark: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """A section of the page."""

    title: str
    stories: tuple[Story, ...]
    more: tuple[Headline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead:
    """The head of the page."""

    name: str  # as registered
    edition: str
    date: str
    number: int
    age: str  # "16+", or empty where no mark applies
    logo: Photo | None = None  # in the place of the name in large type


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A registration statement, verbatim: nothing may touch a byte of it."""

    language: Language
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """The legal block."""

    language: Language  # the one the facts below are written in
    statements: tuple[Statement, ...]
    copyright: str
    founders: tuple[str, ...]
    editor_in_chief: str
    email: str
    phone: str
    postal: str
    age: str
    owner: str = ""
    responsible: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """A whole page."""

    subject: str
    preheader: str
    masthead: Masthead
    lead: Story | None
    lead_section: str
    rubrics: tuple[Rubric, ...]
    imprint: Imprint
    look: Look
    browser: Door | None  # this very page
    tongues: tuple[Door, ...]  # this issue in other languages
    change: Door | None  # of the subscription
    report: Door | None  # an error in this issue
    doors: tuple[Door, ...]  # about us, privacy, feeds …
    intro: tuple[str, ...] = ()  # the editor's paragraphs
    corrections: tuple[Story, ...] = ()  # to stories mailed earlier; `correction` is what counts
    adverts: tuple[Advert, ...] = ()
    notes: tuple[str, ...] = ()  # labels of names that are only linked, verbatim
    address: str = TOKENS[Slot.ADDRESS]
    leave: str = TOKENS[Slot.LEAVE]
