"""The legal gate on one digest: the final mail against the layout it was printed from.

Rules L08 to L11 and L17 are legal_mail.py's; here L13, L14 and L19 come to it.
"""

from collections.abc import Iterator

from publisher.compose.advertising import advertising_problems
from publisher.compose.labels import Labels, label_problems, lists_of
from publisher.compose.legal_listings import listing_problems, mark_above
from publisher.compose.legal_mail import inspect_mail
from publisher.compose.legal_rulesets import RULESETS
from publisher.compose.marks import mark_of
from publisher.compose.visible import Document, read_html
from publisher.model.articles import AgeMark
from publisher.model.digests import DecodedMail
from publisher.model.issues import Issue, Layout
from publisher.model.legal import LegalProfile
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Problem


def inspect_digest(  # noqa: PLR0913 - a mail, and everything it was made from
    mail: DecodedMail,
    *,
    layout: Layout,
    issue: Issue,
    newsroom: Newsroom,
    profile: LegalProfile,
    labels: Labels,
    ad_word: str,
    leave_url: str,
    document: Document | None = None,
) -> tuple[Problem, ...]:
    """What keeps this digest from being lawful to send; empty when nothing does."""
    language, document = layout.language, document or read_html(mail.html)
    whole = inspect_mail(
        mail,
        profile=profile,
        issue_age=issue.age,
        language=language,
        leave_url=leave_url,
        document=document,
        first_title=_first_title(layout),
    )
    texts = (*(view.text for view in document.views), mail.text)
    lists = lists_of(profile, newsroom.labels)
    return (
        *whole,
        *label_problems(texts, labels, lists, language),
        *advertising_problems(texts, layout.sponsored, profile, ad_word),
        *listing_problems(texts, list(_listed(layout, newsroom, profile))),
        *(mark_above(texts, _first_title(layout), issue.age) if issue.age is not None else ()),
    )


def _first_title(layout: Layout) -> str:
    """Of whatever is printed first; an issue of nothing but corrections begins with those."""
    printed = (*layout.items, *layout.corrections)
    return printed[0].article.title if printed else ""


def asks_listing_marks(profile: LegalProfile) -> bool:
    """Whether one of its rulesets wants a mark on every item of a listing."""
    names = (profile.ruleset, *profile.also)
    return any(name not in RULESETS or RULESETS[name].listing_marks for name in names)


def _listed(
    layout: Layout, newsroom: Newsroom, profile: LegalProfile
) -> Iterator[tuple[str, AgeMark]]:
    """Everything printed from sections whose items need marks of their own."""
    if not asks_listing_marks(profile):
        return
    more = [item for block in layout.blocks for item in block.more]
    for item in (*layout.items, *more):
        mark = mark_of(item.article, (profile,))
        if mark is not None and newsroom.section(item.section).listing:
            yield item.article.title, mark
