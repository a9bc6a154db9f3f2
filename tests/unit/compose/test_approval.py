from datetime import datetime, timedelta
from typing import Any

import pytest

from publisher.compose.approval import approvals_missing, approved, may_send
from publisher.errors import Refused
from publisher.model.editions import Unapproved
from publisher.model.issues import Approval, Issue, IssueStatus
from tests.support.build import DUE, make_edition, make_issue

EARLY = DUE - timedelta(minutes=30)


def yes(*names: str) -> tuple[Approval, ...]:
    return tuple(Approval(by=name, at=EARLY) for name in names)


def issue(*names: str, status: IssueStatus = IssueStatus.DRAFT, **overrides: Any) -> Issue:
    built: Issue = make_issue(approvals=yes(*names), status=status, **overrides)
    return built


@pytest.mark.parametrize(
    ("needed", "names", "missing"),
    [
        (0, (), 0),
        (1, (), 1),
        (1, ("anna",), 0),
        (2, ("anna",), 1),
        (2, ("anna", " Anna "), 1),
        (2, ("anna", "boris"), 0),
        (1, ("anna", "boris"), 0),
    ],
)
def test_different_people_are_counted(needed: int, names: tuple[str, ...], missing: int) -> None:
    assert approvals_missing(issue(*names), make_edition(approval=needed)) == missing


def test_the_last_yes_approves() -> None:
    edition = make_edition(approval=2)

    once = approved(issue(), edition, by="anna", at=EARLY)
    again = approved(once, edition, by="ANNA", at=DUE)
    twice = approved(once, edition, by="boris", at=DUE)

    assert (once.status, once.approvals) == (IssueStatus.DRAFT, yes("anna"))
    assert again == once
    assert twice.status is IssueStatus.APPROVED
    assert twice.approvals == (*yes("anna"), Approval(by="boris", at=DUE))


@pytest.mark.parametrize(
    "status", sorted(set(IssueStatus) - {IssueStatus.DRAFT, IssueStatus.APPROVED}, key=str)
)
def test_an_issue_that_waits_for_nobody_is_neither_approved_nor_sent(status: IssueStatus) -> None:
    with pytest.raises(Refused) as refused:
        approved(issue(status=status), make_edition(), by="anna", at=DUE)

    problem = may_send(issue(status=status), make_edition(), now=DUE)
    assert problem is not None
    assert problem.args == {"issue": "morning-20261123-0800", "edition": "morning"}
    assert refused.value.problems == (problem,)


@pytest.mark.parametrize(
    ("needed", "names", "unapproved", "now", "goes"),
    [
        (0, (), Unapproved.HOLD, EARLY, True),
        (1, (), Unapproved.HOLD, DUE, False),
        (1, ("anna",), Unapproved.HOLD, EARLY, True),
        (2, ("anna",), Unapproved.HOLD, DUE, False),
        (1, (), Unapproved.SEND, EARLY, False),
        (1, (), Unapproved.SEND, DUE, True),
    ],
)
def test_without_approval_an_issue_waits_or_goes_at_its_hour(
    needed: int, names: tuple[str, ...], unapproved: Unapproved, now: datetime, goes: bool
) -> None:
    edition = make_edition(approval=needed, unapproved=unapproved)

    problem = may_send(issue(*names), edition, now=now)

    assert (problem is None) is goes
    if problem:
        assert problem.args["given"] == len(names)
        assert problem.args["needed"] == needed
