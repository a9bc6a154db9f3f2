"""The editor's hand on an issue: yes, wait, stop, go on, no.  The seal is pipeline.py's."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from publisher.compose import approval
from publisher.errors import Refused
from publisher.house import House
from publisher.model.deliveries import Balance
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import IssueId
from publisher.model.problems import Problem, msgid

_GLANCE = 0.1  # seconds between two looks at what is under way
_HELD_BY = msgid("Held by {name}.")


async def approve(house: House, issue_id: IssueId, *, by: str) -> Issue:
    """One more yes; APPROVED when it was the last one missing."""
    issue = await known_issue(house, issue_id)
    edition = house.newsroom.editions[issue.edition]
    changed = approval.approved(issue, edition, by=by, at=house.clock())
    await house.issues.save(changed)
    return changed


async def hold(house: House, issue_id: IssueId, *, by: str) -> Issue:
    """Keep an issue back until it is composed again; who said yes before is asked anew."""
    issue = await known_issue(house, issue_id)
    held_by = Problem(message=_HELD_BY, args={"name": by})
    held = replace(
        issue, status=IssueStatus.HELD, problems=(*issue.problems, held_by), approvals=()
    )
    await house.issues.save(held)
    return held


async def stop(house: House, issue_id: IssueId, *, by: str) -> Issue:
    """Start no mail of it any more; what is under way lands.  A stopped one stays so."""
    issue = await stored_issue(house, issue_id)
    if issue.status is IssueStatus.STOPPED:
        return issue
    return await house.issues.move(issue_id, IssueStatus.STOPPED, now=house.clock(), by=by)


async def landed(house: House, issue_id: IssueId, *, within: float) -> Balance:
    """Its balance, once nothing of it is under way any more or `within` seconds have gone.

    A stopped one of which nothing is under way reaches no server any more: what was begun was
    answered, or taken back before it left.
    """
    loop = asyncio.get_running_loop()
    looked = loop.time()
    until = looked + within
    balance = await house.ledger.balance(issue_id)
    while balance.sending and loop.time() < until:
        # Of a million readers a look takes half a second: half of the time is left to the sender.
        await asyncio.sleep(max(_GLANCE, loop.time() - looked))
        looked = loop.time()
        balance = await house.ledger.balance(issue_id)
    return balance


async def resume(house: House, issue_id: IssueId, *, by: str) -> Issue:
    """Let the sending of a stopped issue go on; one that is being sent stays so."""
    issue = await stored_issue(house, issue_id)
    if issue.status is IssueStatus.SEALED:
        return issue
    return await house.issues.move(issue_id, IssueStatus.SEALED, now=house.clock(), by=by)


async def cancel(house: House, issue_id: IssueId, *, by: str) -> Issue:
    """Say no: an unsealed issue leaves its stories to the next, a stopped one its readers.

    Raises Refused for one that is being sent: there is no way back from a no.
    """
    issue = await stored_issue(house, issue_id)
    now = house.clock()
    if issue.status is IssueStatus.SEALED:
        raise Refused(
            Problem(
                message=msgid("{issue} is being sent."),
                args={"issue": issue_id},
                remedy=msgid("Stop it first: publisher stop {issue}"),
            )
        )
    if issue.status is IssueStatus.HELD:
        await house.issues.move(issue_id, IssueStatus.DRAFT, now=now, by=by)
    cancelled = await house.issues.move(issue_id, IssueStatus.CANCELLED, now=now, by=by)
    if issue.status is IssueStatus.STOPPED:
        await house.ledger.cancel_waiting(issue_id, now=now)
    return cancelled


async def stored_issue(house: House, issue_id: IssueId) -> Issue:
    """The issue of that id; raises Refused where there is none."""
    issue = await house.issues.get(issue_id)
    if issue is None:
        raise Refused(_unknown(issue_id, [one.id for one in await house.issues.recent()]))
    return issue


def _unknown(name: str, newest: Sequence[str]) -> Problem:
    """The nearest by name is offered, or the newest of those that begin so."""
    near = [one for one in newest if one.startswith(name)] or get_close_matches(name, newest, n=1)
    return Problem(
        message=msgid("There is no issue {issue}."),
        args={"issue": name, **({"near": near[0]} if near else {})},
        remedy=msgid("Did you mean {near}? See them all with: publisher issues")
        if near
        else msgid("See them all with: publisher issues"),
    )


async def known_issue(house: House, issue_id: IssueId) -> Issue:
    """The same; raises Refused where its edition is gone, too."""
    issue = await stored_issue(house, issue_id)
    if issue.edition not in house.newsroom.editions:
        raise Refused(
            Problem(
                message=msgid("The edition “{edition}” of {issue} is not in the config any more."),
                args={"edition": issue.edition, "issue": issue_id},
            )
        )
    return issue


def is_held_by_hand(issue: Issue) -> bool:
    """Whether an editor keeps it back, not the gate."""
    held = issue.status is IssueStatus.HELD
    return held and any(one.message == _HELD_BY for one in issue.problems)
