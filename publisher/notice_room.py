"""Notices made: a digest for one who looks it over.  The ledger mails them ahead of digests."""

from collections.abc import Sequence

from publisher.compose import legal
from publisher.errors import Refused
from publisher.gate import examine
from publisher.hand import known_issue
from publisher.house import House
from publisher.links import NOBODY, Leave, leave_url
from publisher.model.digests import Digest
from publisher.model.issues import Issue
from publisher.model.names import IssueId, Language
from publisher.model.notices import Notice, NoticeKind
from publisher.model.problems import Problem, msgid


async def trial(
    house: House, issue_id: IssueId, address: str, *, language: Language | None = None
) -> Notice:
    """The digest of an issue for one address, as its readers get it or would get it now.

    Its links act on nobody.  Without a language it is the reader's where we know the address, else
    the issue's first.  Raises Refused, as the seal would, where the gate says no.
    """
    issue = await known_issue(house, issue_id)
    reader = await house.audience.find(address)
    digests = await _digests(house, issue)
    spoken = language or (reader.language if reader else None)
    digest = next((one for one in digests if spoken in {None, one.language}), None)
    if not digests or (digest is None and language is not None):
        raise Refused(nothing_for(language, issue, digests))
    digest = digest or digests[0]
    token = house.keys.sign(Leave(subscriber=NOBODY, edition=issue.edition))
    now = house.clock().isoformat()
    return Notice(
        key=f"test:{issue.id}:{digest.language}:{address}:{now}",
        kind=NoticeKind.TEST,
        address=address,
        name=(reader.name if reader else None) or "",
        language=digest.language,
        compiled=digest.compiled,
        leave_url=leave_url(house.newsroom.site.base_url, token),
    )


async def _digests(house: House, issue: Issue) -> Sequence[Digest]:
    """Those of the seal; before it what it would make, through the gate."""
    if issue.sealed_at:
        return await house.digests.of(issue.id)
    examined = await examine(house, issue)
    if refused := legal.blocking(examined.problems):
        raise Refused(*refused)
    return examined.digests


def nothing_for(language: str | None, issue: Issue, digests: Sequence[Digest]) -> Problem:
    """Why there is nothing to look at: no digest in that language, or none at all."""
    if language is None or not digests:
        return Problem(message=msgid("{issue} carries nothing."), args={"issue": issue.id})
    known = ", ".join(dict.fromkeys(digest.language for digest in digests))
    return Problem(
        message=msgid("{issue} has nothing for the language “{language}”."),
        args={"issue": issue.id, "language": language, "known": known},
        remedy=msgid("It has: {known}."),
    )
