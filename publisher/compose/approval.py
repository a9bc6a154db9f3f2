"""Who must still say yes, and whether an issue may go.  Changes no state by itself."""

from dataclasses import replace
from datetime import datetime

from publisher.errors import Refused
from publisher.model.editions import Edition, Unapproved
from publisher.model.issues import Approval, Issue, IssueStatus
from publisher.model.problems import Problem, msgid

_WAITING = frozenset({IssueStatus.DRAFT, IssueStatus.APPROVED})
_NOT_WAITING = {
    IssueStatus.HELD: msgid("The issue {issue} is held; its problems say why."),
    IssueStatus.SKIPPED: msgid("The issue {issue} was skipped; there is nothing to send."),
    IssueStatus.SEALED: msgid("The issue {issue} is sealed and being sent already."),
    IssueStatus.STOPPED: msgid("The sending of the issue {issue} was stopped."),
    IssueStatus.SENT: msgid("The issue {issue} was sent already."),
    IssueStatus.CANCELLED: msgid("The issue {issue} was cancelled."),
}
_WAY_OUT = {
    IssueStatus.HELD: msgid("Once it is mended, compose it again: publisher compose {edition}"),
    IssueStatus.STOPPED: msgid("It goes on with: publisher resume {issue}"),
}


def approvals_missing(issue: Issue, edition: Edition) -> int:
    """How many people must still say yes; one who says it twice counts once."""
    people = {_person(approval.by) for approval in issue.approvals}
    return max(0, edition.approval - len(people))


def approved(issue: Issue, edition: Edition, *, by: str, at: datetime) -> Issue:
    """The issue with one more yes: APPROVED when that was the last one missing.

    Saying it again changes nothing.  Raises Refused for an issue that waits for nobody's yes.
    """
    if issue.status not in _WAITING:
        raise Refused(_not_waiting(issue))
    if _person(by) not in {_person(approval.by) for approval in issue.approvals}:
        issue = replace(issue, approvals=(*issue.approvals, Approval(by=by, at=at)))
    if approvals_missing(issue, edition):
        return issue
    return replace(issue, status=IssueStatus.APPROVED)


def may_send(issue: Issue, edition: Edition, *, now: datetime) -> Problem | None:
    """Why the issue may not be sealed now; None when it may.

    Without enough approvals it waits; where `unapproved` is "send", only until its hour.
    """
    if issue.status not in _WAITING:
        return _not_waiting(issue)
    missing = approvals_missing(issue, edition)
    silence_is_consent = edition.unapproved is Unapproved.SEND and now >= issue.due_at
    if not missing or silence_is_consent:
        return None
    return Problem(
        message=msgid("The issue {issue} has {given} of {needed} approvals."),
        args={
            "issue": issue.id,
            "given": edition.approval - missing,
            "needed": edition.approval,
        },
        remedy=msgid("Another editor approves it: publisher approve {issue}"),
    )


def _person(name: str) -> str:
    return " ".join(name.split()).casefold()


def _not_waiting(issue: Issue) -> Problem:
    return Problem(
        message=_NOT_WAITING[issue.status],
        args={"issue": issue.id, "edition": issue.edition},
        remedy=_WAY_OUT.get(issue.status),
    )
