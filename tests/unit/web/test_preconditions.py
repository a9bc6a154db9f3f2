"""Conditions in places where a real server on this machine would not show the fault."""

import time
from collections.abc import Iterator

import pytest

from publisher.web.preconditions import Verdict, judge

NOON = 1_795_003_600  # Wed, 18 Nov 2026 12:06:40 GMT


@pytest.fixture(params=["UTC", "Europe/Moscow", "America/New_York"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The machine's own zone, which must make no difference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield str(request.param)
    time.tzset()


@pytest.mark.parametrize(
    "date",
    [
        b"Wed, 18 Nov 2026 12:06:40 GMT",
        b"Wednesday, 18-Nov-26 12:06:40 GMT",
        b"Wed Nov 18 12:06:40 2026",
        b"Wed, 18 Nov 2026 12:06:40 -0000",
    ],
)
def test_a_date_is_utc_wherever_the_machine_stands(zone: str, date: bytes) -> None:
    def since(modified: int) -> Verdict:
        return judge({b"if-modified-since": date}, etag=b'"a"', modified=modified)

    assert since(NOON) is Verdict.SAME
    assert since(NOON + 1) is Verdict.SEND


def test_a_long_list_of_tags_is_read_in_one_go() -> None:
    """A header of 60 KB takes as many steps as it has bytes, not their square."""
    for junk in (b'"' * 30_000, b"W/" * 30_000, b'"a",' * 15_000, b" ," * 30_000, b'W/"' * 20_000):
        assert judge({b"if-none-match": junk}, etag=b'"b"', modified=NOON) is Verdict.SEND
