"""What an edition must tell of stories it mailed: corrections, and that they changed since."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from publisher.model.articles import Article
from publisher.model.issues import Correction, Issue, correction_key
from publisher.model.names import ArticleId, StoryKey
from publisher.model.variants import MOST_CORRECTIONS

CORRECTED_WITHIN = timedelta(days=30)  # of the mailing: what is older is mended where it stands


def mailed_before(issues: Iterable[Issue], due: datetime) -> tuple[Issue, ...]:
    """The sealed ones that one due then may still correct, the last first."""
    recent = [
        issue
        for issue in issues
        if issue.sealed_at is not None and due - CORRECTED_WITHIN <= issue.due_at < due
    ]
    return tuple(sorted(recent, key=lambda issue: issue.due_at, reverse=True))


def stories_of(issues: Iterable[Issue]) -> frozenset[StoryKey]:
    """What they carried."""
    return frozenset(item.story for issue in issues for item in issue.items)


def corrections_to(sealed: Iterable[Issue], current: Iterable[Article]) -> tuple[Correction, ...]:
    """Corrections of articles as they are now, to what these issues carried of them.

    Of what was mailed last first, at most MOST_CORRECTIONS; who is owed which the ledger knows.
    """
    now = {article.id: article for article in current}
    found: dict[ArticleId, Correction] = {}
    for issue in sealed:
        for item in issue.items:
            for mailed in item.versions:
                standing = now.get(mailed.id)
                if standing is not None and _is_corrected(mailed, standing):
                    found.setdefault(mailed.id, Correction(section=item.section, article=standing))
    return tuple(list(found.values())[:MOST_CORRECTIONS])


def updated_since(sealed: Iterable[Issue], current: Iterable[Article]) -> frozenset[StoryKey]:
    """Stories with an article that changed materially since it was mailed last.

    `sealed`: newest first.
    """
    mailed = _newest(sealed)
    return frozenset(
        article.story
        for article in current
        if article.id in mailed and _has_changed(mailed[article.id], article)
    )


def _newest(sealed: Iterable[Issue]) -> Mapping[ArticleId, Article]:
    newest: dict[ArticleId, Article] = {}
    for issue in sealed:
        for item in issue.items:
            for mailed in item.versions:
                newest.setdefault(mailed.id, mailed)
    return newest


def _is_corrected(mailed: Article, standing: Article) -> bool:
    return bool(standing.correction) and correction_key(mailed) != correction_key(standing)


def _has_changed(mailed: Article, standing: Article) -> bool:
    updated = standing.updated_at is not None and standing.updated_at != mailed.updated_at
    return updated or _is_corrected(mailed, standing)
