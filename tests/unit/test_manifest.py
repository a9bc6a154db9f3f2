"""The manifest of published files, and the date they bear."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.manifest import Listed, digest, last_modified, manifest_bytes, read_manifest
from tests.support.build import NOON

HOUR = timedelta(hours=1)
instants = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
listings = st.builds(
    Listed,
    sha256=st.binary(max_size=3).map(digest),
    modified=instants.map(lambda one: one.replace(microsecond=0)),
    address=st.none() | st.text(max_size=20),
    hubs=st.lists(st.text(max_size=20), max_size=2).map(tuple),
)


@given(st.dictionaries(st.text(max_size=20), listings, max_size=4))
def test_what_is_listed_is_read_back(listed: dict[str, Listed]) -> None:
    assert read_manifest(manifest_bytes(listed)) == listed


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"version": 2, "files": {}}',
        b'{"version": 1}',
        b'{"version": 1, "files": []}',
        b'{"version": 1, "files": {"a": {"sha256": "b"}}}',
        b'{"version": 1, "files": {"a": {"sha256": "", "modified": "now", "self": null, "hubs": []}}}',
    ],
)
def test_what_is_no_manifest_lists_nothing(data: bytes | None) -> None:
    assert read_manifest(data) == {}


def standing(modified: datetime) -> Listed:
    return Listed(sha256=digest(b"old"), modified=modified)


def test_a_file_is_as_old_as_the_newest_change_it_tells_of() -> None:
    before, told = standing(NOON - 2 * HOUR), NOON - HOUR

    assert last_modified(None, digest(b"new"), told=told, now=NOON) == told
    assert last_modified(before, digest(b"new"), told=told, now=NOON) == told


def test_the_same_bytes_keep_their_date_whatever_they_tell() -> None:
    before = standing(NOON - 2 * HOUR)

    assert last_modified(before, digest(b"old"), told=NOON, now=NOON) == before.modified


def test_an_edit_that_bears_no_date_is_of_now() -> None:
    """Who asks by date alone would never see it."""
    before = standing(NOON - HOUR)

    for told in (NOON - HOUR, NOON - 2 * HOUR, None):
        assert last_modified(before, digest(b"new"), told=told, now=NOON) == NOON


@given(
    st.none() | instants.map(standing),
    st.sampled_from([digest(b"old"), digest(b"new")]),
    st.none() | instants,
    instants,
)
def test_no_file_is_of_the_future_unless_it_was_before(
    before: Listed | None, sha: str, told: datetime | None, now: datetime
) -> None:
    modified = last_modified(before, sha, told=told, now=now)

    assert modified <= now or (before is not None and modified == before.modified)
    assert modified.microsecond == 0 or (before is not None and modified == before.modified)
