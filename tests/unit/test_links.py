import os
import stat
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from publisher.errors import Misconfigured
from publisher.links import (
    KeyRing,
    Leave,
    create_key_file,
    delivery_named,
    is_leave,
    is_return_path,
    leave_address,
    leave_named,
    leave_url,
    leaver_named,
    message_id,
    open_ring,
    parse_keys,
    read_ring,
    return_path,
    whole_token,
)
from publisher.model.names import DeliveryId, EditionId, IssueId, SubscriberId
from publisher.model.problems import Place
from tests.support.links import old_token, read_leave

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
RING = KeyRing(keys=(NEW, OLD))
LEAVE = Leave(subscriber=SubscriberId(42), edition=EditionId("morning"))
ANNA, BORIS = "anna@readers.test", "boris@readers.test"
ISSUE = IssueId("morning-20261123-0800")


def _fresh() -> Callable[[int], str]:
    numbers = count(1)
    return lambda size: f"{next(numbers):0{2 * size}x}"


def test_the_newest_key_signs_and_every_key_verifies() -> None:
    old, new = KeyRing(keys=(OLD,)), KeyRing(keys=(NEW,))

    assert read_leave(RING, old.sign(LEAVE, ANNA), ANNA) == LEAVE
    assert read_leave(new, RING.sign(LEAVE, ANNA), ANNA) == LEAVE
    assert read_leave(old, RING.sign(LEAVE, ANNA), ANNA) is None


def test_the_same_leave_is_the_same_short_token() -> None:
    token = RING.sign(LEAVE, ANNA)

    assert token == RING.sign(LEAVE, ANNA)
    assert len(token) == 32
    assert RING.sign(replace(LEAVE, subscriber=SubscriberId(43)), ANNA) != token
    assert RING.leaving(LEAVE.edition)(LEAVE.subscriber, ANNA)[0] == token
    assert RING.leaving(LEAVE.edition)(LEAVE.subscriber, BORIS)[0] != token


@pytest.mark.parametrize(
    "token", ["", "x", "=", "ы", "a b", "a" * 5000, "../../etc", "A" * 32, "\x00", "AAAA=="]
)
def test_what_was_not_signed_says_nothing(token: str) -> None:
    assert read_leave(RING, token, old=True) is None


@pytest.mark.parametrize("which", [0, 1], ids=["page", "mailbox"])
def test_a_token_with_something_added_says_nothing(which: int) -> None:
    token = RING.leaving(LEAVE.edition)(LEAVE.subscriber, ANNA)[which]

    assert read_leave(RING, token, ANNA) == LEAVE
    for odd in (f"{token}A", f"{token}a", f"{token}==", token[:-1], f"0{token}"):
        assert read_leave(RING, odd, ANNA, old=True) is None


def test_a_reader_without_a_number_cannot_leave() -> None:
    with pytest.raises(ValueError, match="not an id"):
        RING.sign(Leave(subscriber=SubscriberId(-1), edition=LEAVE.edition))


def test_a_leave_url_is_below_the_site() -> None:
    assert leave_url("https://a.test", "tok") == "https://a.test/unsubscribe/tok"


def test_a_message_id_is_the_same_for_every_try_and_after_a_new_key() -> None:
    first = message_id(KeyRing(keys=(OLD,)), ISSUE, SubscriberId(1), "a.test")

    assert first == message_id(RING, ISSUE, SubscriberId(1), "a.test")
    assert first.endswith("@a.test")
    assert first != message_id(RING, ISSUE, SubscriberId(2), "a.test")
    assert first != message_id(RING, IssueId("weekly-20261123-0800"), SubscriberId(1), "a.test")


@pytest.mark.parametrize("keys", [(), (b"short",), (NEW, b"")])
def test_a_ring_needs_real_keys(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        KeyRing(keys=keys)


def test_a_ring_does_not_show_its_keys() -> None:
    assert NEW.hex() not in repr(RING)
    assert repr(NEW) not in repr(RING)


# --- the key file -------------------------------------------------------------------------------


def test_a_missing_key_file_is_made_for_this_user_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret.key"

    ring = open_ring(path, token_hex=_fresh())

    assert ring.keys == ((1).to_bytes(32, "big"),)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_key_file_that_is_there_is_kept(tmp_path: Path) -> None:
    path, fresh = tmp_path / "secret.key", _fresh()
    first = open_ring(path, token_hex=fresh)

    assert open_ring(path, token_hex=fresh) == first
    assert not create_key_file(path, token_hex=fresh)
    assert read_ring(path) == first


def test_several_lines_are_several_keys_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_text(f"# since May\n{NEW.hex()}\n\n{OLD.hex()}\n")

    assert read_ring(path) == RING


@pytest.mark.parametrize(("text", "line"), [("xyz\n", 1), (f"{NEW.hex()}\nabcd\n", 2)])
def test_what_is_no_key_is_told_with_its_line_and_not_shown(
    tmp_path: Path, text: str, line: int
) -> None:
    path = tmp_path / "secret.key"
    path.write_text(text)

    with pytest.raises(Misconfigured) as caught:
        read_ring(path)

    [problem] = caught.value.problems
    assert (problem.place.file, problem.place.line) == (str(path), line)
    assert text.rsplit(maxsplit=1)[-1] not in str(problem.args)


@pytest.mark.parametrize("text", ["", "# nothing\n\n"])
def test_a_file_without_keys_is_told(text: str) -> None:
    with pytest.raises(Misconfigured):
        parse_keys(text, place=Place(key="PUBLISHER_SECRET_KEYS"))


def test_a_key_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")

    for path in (tmp_path, tmp_path / "none", tmp_path / "binary"):
        with pytest.raises(Misconfigured, match="cannot be read"):
            read_ring(path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Misconfigured, match="cannot be written"):
        open_ring(tmp_path / "file" / "secret.key", token_hex=_fresh())


def test_who_comes_second_takes_the_key_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, fresh, link = tmp_path / "secret.key", _fresh(), os.link

    def overtaken(draft: str, target: Path) -> None:
        path.write_text(f"{OLD.hex()}\n")
        link(draft, target)

    monkeypatch.setattr(os, "link", overtaken)

    assert open_ring(path, token_hex=fresh).keys == (OLD,)
    assert list(tmp_path.iterdir()) == [path]


def mailbox_of(leave: Leave) -> str:
    token = RING.leaving(leave.edition)(leave.subscriber, ANNA)[1]
    return leave_address(token, "bounces.embankment.test").partition("@")[0]


def test_a_mailbox_that_unsubscribes_means_the_same_in_both_cases() -> None:
    local = mailbox_of(LEAVE)

    assert local == local.lower()
    assert local.endswith("2a-morning")
    for token in (local.removeprefix("leave+"), local.upper().removeprefix("LEAVE+")):
        assert read_leave(RING, token, ANNA) == LEAVE
        assert read_leave(RING, token, BORIS) is None


def test_there_is_no_such_mailbox_where_nobody_reads() -> None:
    assert leave_address("x", None) == ""


@pytest.mark.parametrize("subscriber", [1, 10**6, 2**63 - 1])
@pytest.mark.parametrize("name", ["m", "x" * 9, "x" * 10, "x" * 19, "x" * 20, "a-b_" * 60 + "c"])
def test_a_mailbox_that_unsubscribes_has_room_for_every_edition(name: str, subscriber: int) -> None:
    leave = Leave(subscriber=SubscriberId(subscriber), edition=EditionId(name))

    local = mailbox_of(leave)
    assert len(local) <= 64
    token = local.removeprefix("leave+")
    if leaver_named(token) is None:
        assert read_leave(RING, token, ANNA) == leave
        return
    assert leave_named(token) is None or read_leave(RING, token, ANNA) is None
    for form in (token, token.upper()):
        assert leaver_named(form) == leave.subscriber
        assert read_leave(RING, whole_token(form, leave.edition), ANNA) == leave
        assert read_leave(RING, whole_token(form, leave.edition), BORIS) is None
        assert read_leave(RING, whole_token(form, EditionId("other")), ANNA) is None


def test_a_name_is_left_out_of_a_mailbox_only_where_it_must_be() -> None:
    """Addresses that were mailed stay as they were."""
    assert mailbox_of(Leave(subscriber=SubscriberId(10**6), edition=EditionId("x" * 19)))[-19:] == (
        "x" * 19
    )


@pytest.mark.parametrize("token", ["", "x", "ab" * 16, "ab" * 17 + "-x", "ff" * 20, "я" * 34])
def test_what_is_no_mailbox_without_a_name_names_nobody(token: str) -> None:
    assert leaver_named(token) is None


def test_a_link_is_for_the_address_it_was_mailed_to() -> None:
    """After a backup was restored, number 42 may be somebody else's."""
    token = RING.sign(LEAVE, ANNA)

    assert leave_named(token) == LEAVE
    assert is_leave(RING, token, ANNA, old=False)
    assert not is_leave(RING, token, BORIS, old=False)
    assert not is_leave(RING, token, BORIS, old=True)


def test_a_link_signed_for_no_address_is_believed_of_who_had_such() -> None:
    token = old_token(OLD, LEAVE.subscriber, LEAVE.edition)

    assert leave_named(token) == LEAVE
    assert is_leave(RING, token, ANNA, old=True)
    assert not is_leave(RING, token, ANNA, old=False)
    assert not is_leave(KeyRing(keys=(NEW,)), token, ANNA, old=True)


# --- return paths -------------------------------------------------------------------------------

_ANNA, _BORIS = SubscriberId(7), SubscriberId(8)


def returned_to(delivery: int = 12, ring: KeyRing = RING) -> str:
    path = return_path(ring, DeliveryId(delivery), ISSUE, _ANNA, domain="bounces.test")
    local, _, domain = path.partition("@")
    assert domain == "bounces.test"
    return local


@pytest.mark.parametrize("delivery", [0, 1, 12, 2**31, 2**63 - 1, -1, -127, -128, 1 - 2**63])
def test_a_return_path_names_its_delivery_and_proves_it(delivery: int) -> None:
    local = returned_to(delivery)

    assert local.startswith("bounce+")
    assert len(local) <= 64  # RFC 5321 section 4.5.3.1.1
    assert local == local.lower()
    assert delivery_named(local) == delivery
    assert is_return_path(RING, local, DeliveryId(delivery), ISSUE, _ANNA)


def test_a_server_that_writes_local_parts_in_capitals_loses_nothing() -> None:
    assert is_return_path(RING, returned_to().upper(), DeliveryId(12), ISSUE, _ANNA)


def test_a_return_path_is_of_one_delivery_to_one_reader_alone() -> None:
    """After a backup was restored, number 12 may be somebody else's."""
    local = returned_to()

    assert not is_return_path(RING, local, DeliveryId(12), ISSUE, _BORIS)
    assert not is_return_path(RING, local, DeliveryId(12), IssueId("evening"), _ANNA)
    assert not is_return_path(RING, local, DeliveryId(13), ISSUE, _ANNA)
    assert not is_return_path(RING, local, DeliveryId(-12), ISSUE, _ANNA)


def test_a_return_path_outlives_a_new_key_and_no_other() -> None:
    local = returned_to(ring=KeyRing(keys=(OLD,)))

    assert is_return_path(KeyRing(keys=(NEW, OLD)), local, DeliveryId(12), ISSUE, _ANNA)
    assert not is_return_path(KeyRing(keys=(NEW,)), local, DeliveryId(12), ISSUE, _ANNA)


@pytest.mark.parametrize(
    "local",
    [
        *("", "bounce", "bounce+", "bounce+aaaa", "leave+aaaa", "bounce+0189", "bounce+я"),
        *("x" * 100, f"bounce+{'a' * 57}", f"bounce+{'a' * 26}"),
    ],
)
def test_what_is_no_return_path_names_nobody(local: str) -> None:
    named = delivery_named(local)

    assert named is None or not is_return_path(RING, local, named, ISSUE, _ANNA)
