"""The legal gate on an issue in the browser: the page itself, before it is served (law 1)."""

from collections.abc import Iterator

from publisher.compose.legal_mail import inspect_shown
from publisher.compose.legal_used import edited_versions
from publisher.compose.visible import read_html
from publisher.model.digests import DecodedMail, Digest
from publisher.model.issues import Issue
from publisher.model.legal import LegalProfile, ProfileUse
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Problem


def inspect_past(
    page: str, digest: Digest, issue: Issue, newsroom: Newsroom
) -> tuple[Problem, ...]:
    """What keeps it from being shown; empty when nothing does.

    It is judged by the version of the profile that the issue was sealed with, which config must
    still hold (rule L20).
    """
    version = issue.profiles.get(digest.language, "")
    profile = _version(newsroom, version)
    if profile is None:
        return tuple(_gone(digest, issue, newsroom, version))
    mail = DecodedMail(
        subject=digest.subject, html=page, text=digest.text, headers=(), size=len(page)
    )
    return inspect_shown(
        mail,
        profile=profile,
        issue_age=issue.age,
        language=digest.language,
        document=read_html(page),
    )


def _version(newsroom: Newsroom, version: str) -> LegalProfile | None:
    everyone = (one for versions in newsroom.profiles.values() for one in versions)
    return next((one for one in everyone if one.version == version), None)


def _gone(digest: Digest, issue: Issue, newsroom: Newsroom, version: str) -> Iterator[Problem]:
    use = ProfileUse(
        version=version, edition=issue.edition, language=digest.language, issue=issue.id
    )
    return edited_versions(newsroom, [use])
