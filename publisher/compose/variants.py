"""Which digests an issue needs, and which of them each group of readers is given.

All are known at the seal and gated there, for nothing is composed after it (law 2).  At most
MOST_VARIANTS (law 4): beyond that the choices of the fewest readers are widened to all sections,
and corrections owed to the fewest wait for the next issue, which the ledger sees to.  Nobody is
told a correction of what they were not mailed, nor shown advertising they did not agree to.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from publisher.compose.layout import lay_out
from publisher.model.editions import Edition
from publisher.model.issues import Issue, Layout, correction_key
from publisher.model.names import ArticleId, CorrectionKey, Language, SectionId
from publisher.model.newsroom import Newsroom
from publisher.model.variants import EVERYTHING, MOST_VARIANTS, Group, Seat, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A page to be printed: an issue in one language for one variant."""

    language: Language
    variant: Variant
    layout: Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The pages of an issue, the plain one of every language first, and who is given which."""

    pages: tuple[Edited, ...]
    seats: tuple[Seat, ...] = ()
    widened: int = 0  # readers whose choice of sections was not kept
    postponed: int = 0  # readers some of whose corrections wait for the next issue


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a group is to be given, advertising aside."""

    language: Language
    variant: Variant


def base(issue: Issue) -> Variant:
    """What readers get of whom nothing is known: everything but corrections few are owed.

    An issue made to correct another is nothing but corrections.
    """
    if issue.correction_of is None:
        return EVERYTHING
    return Variant(corrections=frozenset(one.key for one in issue.corrections))


def plain_pages(issue: Issue, edition: Edition, newsroom: Newsroom) -> tuple[Edited, ...]:
    """One page for every language that has something to print, in the edition's order."""
    found = (_page(issue, edition, newsroom, one, base(issue)) for one in edition.languages)
    return tuple(page for page in found if page is not None)


def plan(issue: Issue, edition: Edition, newsroom: Newsroom, groups: Sequence[Group]) -> Plan:
    """The pages these readers need and their seats; same input, same plan."""
    table = _Table(issue, edition, newsroom)
    wishes = [table.wish(group) for group in groups]
    given = _within_limits(wishes, groups, table)
    pages = dict.fromkeys((page.language, page.variant) for page in table.plain)
    seats: dict[Seat, None] = {}
    for group, wish in zip(groups, wishes, strict=True):
        got = given[wish] if wish else None
        seats[_seat(group, got)] = None
        if got is not None:
            pages[got.language, got.variant] = None
            if table.shows_ads(group, got):
                pages[got.language, replace(got.variant, advertising=True)] = None
    laid = (_page(issue, edition, newsroom, *one) for one in pages)
    moved = [
        (group.readers, wish.variant, given[wish].variant) for group, wish in _pairs(groups, wishes)
    ]
    return Plan(
        pages=tuple(page for page in laid if page is not None),
        seats=tuple(seats),
        widened=sum(n for n, asked, got in moved if asked.sections != got.sections),
        postponed=sum(n for n, asked, got in moved if asked.corrections > got.corrections),
    )


def told_by(layout: Layout) -> Mapping[ArticleId, CorrectionKey]:
    """Every article a page shows, with the key of the correction it comes with."""
    more = (one for block in layout.blocks for one in block.more)
    shown = (*layout.items, *more, *layout.corrections, *layout.sponsored)
    return {one.article.id: correction_key(one.article) for one in shown}


def _page(
    issue: Issue, edition: Edition, newsroom: Newsroom, language: Language, variant: Variant
) -> Edited | None:
    layout = lay_out(issue, edition, newsroom, language, variant)
    if layout is None:
        return None
    return Edited(language=language, variant=variant, layout=layout)


def _seat(group: Group, got: "_Wish | None") -> Seat:
    return Seat(
        language=group.language,
        sections=group.sections,
        corrections=group.corrections,
        variant=got.variant.name if got else None,
    )


def _pairs(
    groups: Sequence[Group], wishes: Sequence[_Wish | None]
) -> Iterable[tuple[Group, _Wish]]:
    return ((group, wish) for group, wish in zip(groups, wishes, strict=True) if wish)


# --- what a group wants -------------------------------------------------------------------------


class _Table:
    """The issue at hand, and what each language of it has."""

    def __init__(self, issue: Issue, edition: Edition, newsroom: Newsroom) -> None:
        self._issue, self._edition = issue, edition
        self.base = base(issue)
        self.plain = plain_pages(issue, edition, newsroom)
        self._sections = {page.language: _sections(page.layout) for page in self.plain}
        full = [
            _page(issue, edition, newsroom, one.language, replace(self.base, advertising=True))
            for one in self.plain
        ]
        self._ads = {page.language for page in full if page and page.layout.sponsored}

    def wish(self, group: Group) -> _Wish | None:
        """The page that holds just what they chose and are owed; None: nothing for them."""
        language = self._language(group)
        if language is None:
            return None
        corrections = group.corrections or self.base.corrections
        here = self._sections[language]
        chosen = None if group.sections is None else group.sections & here
        if chosen is not None and chosen >= here:
            chosen = None
        if chosen is not None and not chosen and not corrections:
            return None
        return _Wish(language, Variant(sections=chosen, corrections=corrections))

    def shows_ads(self, group: Group, wish: _Wish) -> bool:
        """Whether advertising makes a page of its own for those who agreed to it."""
        by_consent = wish.language in self._issue.ads_by_consent
        return group.advertising and by_consent and wish.language in self._ads

    def _language(self, group: Group) -> Language | None:
        """Theirs, where it has a page; the first one where the edition does not speak theirs."""
        if group.language in self._sections:
            return group.language
        if group.language in self._edition.languages:
            return None
        return next(iter(self._sections), None)


def _sections(layout: Layout) -> frozenset[SectionId]:
    """Those with a story of their own: links alone make no mail."""
    return frozenset(item.section for item in layout.items)


# --- at most so many ----------------------------------------------------------------------------


def _within_limits(
    wishes: Sequence[_Wish | None], groups: Sequence[Group], table: _Table
) -> Mapping[_Wish, _Wish]:
    """What each wish becomes: itself, while there is room; the most readers are served first."""
    readers: Counter[_Wish] = Counter()
    ads: set[_Wish] = set()
    for group, wish in _pairs(groups, wishes):
        readers[wish] += group.readers
        if table.shows_ads(group, wish):
            ads.add(wish)
    plain = [_Wish(page.language, table.base) for page in table.plain]
    if sum(1 + (one in ads) for one in {*plain, *readers}) <= MOST_VARIANTS:
        return {wish: wish for wish in readers}
    return _narrowed(readers, plain, {wish.language for wish in ads})


def _narrowed(
    readers: Counter[_Wish], plain: Sequence[_Wish], ads: set[Language]
) -> Mapping[_Wish, _Wish]:
    room = MOST_VARIANTS - sum(_cost(one, ads) for one in plain)
    kept = set(plain)
    whole: Counter[_Wish] = Counter()
    for wish, number in readers.items():
        whole[_whole(wish)] += number
    for candidates in (whole, readers):  # corrections before sections
        for wish in sorted(candidates, key=lambda one: (-candidates[one], _order(one))):
            if wish not in kept and _cost(wish, ads) <= room:
                kept.add(wish)
                room -= _cost(wish, ads)
    return {wish: _nearest(wish, kept, plain) for wish in readers}


def _nearest(wish: _Wish, kept: set[_Wish], plain: Sequence[_Wish]) -> _Wish:
    """The same, or all sections of it, or all sections with most of its corrections."""
    if wish in kept:
        return wish
    if _whole(wish) in kept:
        return _whole(wish)
    fewer = [
        one
        for one in kept
        if one.language == wish.language
        and one.variant.sections is None
        and one.variant.corrections <= wish.variant.corrections
    ]
    fewer.sort(key=lambda one: (-len(one.variant.corrections), _order(one)))
    return next(iter(fewer), next(one for one in plain if one.language == wish.language))


def _whole(wish: _Wish) -> _Wish:
    return _Wish(wish.language, replace(wish.variant, sections=None))


def _cost(wish: _Wish, ads: set[Language]) -> int:
    return 2 if wish.language in ads else 1


def _order(wish: _Wish) -> tuple[str, str]:
    return wish.language, wish.variant.name
