"""What the readers of one language and variant see of an issue, in order.  Renders nothing."""

from collections.abc import Iterable, Mapping, Sequence

from publisher.compose.lead import choose_lead
from publisher.model.editions import Edition, Fallback
from publisher.model.issues import Block, Issue, Item, Layout, PrintedItem
from publisher.model.names import Language, StoryKey
from publisher.model.newsroom import Newsroom
from publisher.model.variants import EVERYTHING, Variant

_Shown = Mapping[StoryKey, tuple[PrintedItem, ...]]


def lay_out(
    issue: Issue,
    edition: Edition,
    newsroom: Newsroom,
    language: Language,
    variant: Variant = EVERYTHING,
) -> Layout | None:
    """What these readers see; None when nothing is printed for them and no correction is owed.

    `strict` leaves out what lacks the language, `flag` shows the site's first other language,
    marked, `both` shows every version, the reader's first.  Where the issue's lead is left out
    they get a lead of their own.  `count` counts stories, however many versions.
    """
    shown = {item.story: _printed(item, edition.fallback, language) for item in issue.items}
    visible = [item for item in issue.items if shown[item.story]]
    items = [item for item in visible if not item.sponsored and _is_chosen(item, variant)]
    printed = [item for item in items if not item.linked]
    corrections = tuple(_corrections(issue, language, variant))
    if not printed and not corrections:
        return None
    own_lead = any(item.story == issue.lead for item in printed)
    lead = issue.lead if own_lead else choose_lead(printed, newsroom)
    return Layout(
        issue=issue.id,
        language=language,
        lead=next((shown[item.story][0] for item in printed if item.story == lead), None),
        blocks=tuple(_blocks(items, shown, lead)),
        count=len(printed),
        intro=issue.order.intro.get(language, ""),
        subject=issue.order.subject.get(language, ""),
        corrections=corrections,
        sponsored=tuple(_sponsored(issue, visible, shown, language, variant)),
        variant=variant,
    )


def _is_chosen(item: Item, variant: Variant) -> bool:
    return variant.sections is None or item.section in variant.sections


def _printed(item: Item, fallback: Fallback, language: Language) -> tuple[PrintedItem, ...]:
    """The versions of an item these readers see, their own language first."""
    own = [article for article in item.versions if article.language == language]
    others = [article for article in item.versions if article.language != language]
    match fallback:
        case Fallback.STRICT:
            seen = own
        case Fallback.FLAG:
            seen = own or others[:1]
        case Fallback.BOTH:
            seen = own + others
    return tuple(
        PrintedItem(
            section=item.section,
            article=article,
            fallback=article.language != language,
            update=item.update,
        )
        for article in seen
    )


def _corrections(issue: Issue, language: Language, variant: Variant) -> Iterable[PrintedItem]:
    """What is owed, in the language it was got: the article that was mailed, corrected."""
    for one in issue.corrections:
        if one.key in variant.corrections:
            foreign = one.article.language != language
            yield PrintedItem(section=one.section, article=one.article, fallback=foreign)


def _sponsored(
    issue: Issue, items: Sequence[Item], shown: _Shown, language: Language, variant: Variant
) -> Iterable[PrintedItem]:
    """Advertising, where the law lets these readers be shown it."""
    if language in issue.ads_by_consent and not variant.advertising:
        return
    for item in items:
        if item.sponsored:
            yield shown[item.story][0]


def _blocks(items: Sequence[Item], shown: _Shown, lead: StoryKey | None) -> Iterable[Block]:
    for section in dict.fromkeys(item.section for item in items):
        here = [item for item in items if item.section == section]
        stories = [
            printed
            for item in here
            if not item.linked
            for printed in shown[item.story][1 if item.story == lead else 0 :]
        ]
        more = [printed for item in here if item.linked for printed in shown[item.story][:1]]
        if stories or more:
            yield Block(section=section, items=tuple(stories), more=tuple(more))
