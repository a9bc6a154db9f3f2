"""318 real bounces and complaints of 60 mail servers, and what another reader made of each."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from publisher.bounces.reader import read
from publisher.model.bounces import Kind, Reading, Weight

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "bounces"

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the corpus of bounces is not beside this checkout: NOT READ"
)


@cache
def readings() -> Sequence[tuple[Reading, Sequence[dict[str, Any]]]]:
    lines = (CORPUS / "expected.jsonl").read_text("utf-8").splitlines()
    expected = [json.loads(line) for line in lines]
    return [(read((CORPUS / one["file"]).read_bytes()), one["reports"]) for one in expected]


def test_95_percent_of_the_recipients_are_found_and_hard_and_soft_told_apart() -> None:
    total = found = told = 0
    for reading, reports in readings():
        got = {one.recipient.lower(): one for one in reading.failures}
        for report in reports:
            total += 1
            failure = got.get(report["recipient"].lower())
            found += failure is not None
            told += failure is not None and (failure.weight is Weight.HARD) is report["hard"]

    assert total > 300
    assert found / total >= 0.98
    assert told / total >= 0.95


def test_hardly_anybody_else_is_named() -> None:
    strangers = 0
    for reading, reports in readings():
        expected = {one["recipient"].lower() for one in reports}
        strangers += sum(one.recipient.lower() not in expected for one in reading.failures)

    assert strangers <= 6


def test_our_own_fault_never_counts_against_a_reader() -> None:
    ours = {"authfailure", "requireptr", "badreputation", "speeding", "toomanyconn", "norelaying"}
    blamed = [
        failure
        for reading, reports in readings()
        for report in reports
        for failure in reading.failures
        if report["reason"] in ours and failure.recipient.lower() == report["recipient"].lower()
        if failure.weight is Weight.HARD
    ]

    assert blamed == []


def test_complaints_are_complaints() -> None:
    kinds = [
        reading.kind
        for reading, reports in readings()
        if any(report["reason"] == "feedback" for report in reports)
    ]

    assert kinds.count(Kind.COMPLAINT) >= len(kinds) - 2  # a DMARC report, a mail that unsubscribes
    assert Kind.UNREAD not in kinds
