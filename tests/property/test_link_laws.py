"""Signing and verifying are inverse; nothing but what was signed verifies."""

import hmac
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode

from hypothesis import given
from hypothesis import strategies as st

from publisher.links import (
    KeyRing,
    Leave,
    delivery_named,
    is_return_path,
    leave_named,
    message_id,
    return_path,
)
from publisher.model.names import DeliveryId, EditionId, IssueId, SubscriberId
from publisher.settings.fields import LONGEST_NAME
from tests.support.links import old_token, read_leave

KEYS = st.lists(st.binary(min_size=16, max_size=64), min_size=1, max_size=4).map(tuple)
LEAVES = st.builds(
    Leave,
    subscriber=st.integers(0, 2**63 - 1).map(SubscriberId),
    edition=st.from_regex(r"[a-z0-9]+([-_][a-z0-9]+)*", fullmatch=True)
    .filter(lambda name: len(name) <= LONGEST_NAME)
    .map(EditionId),
)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(KEYS, LEAVES, st.emails())
def test_what_was_signed_is_read_again(keys: tuple[bytes, ...], leave: Leave, to: str) -> None:
    ring = KeyRing(keys=keys)

    page, mailbox = ring.leaving(leave.edition)(leave.subscriber, to)
    assert read_leave(ring, page, to) == leave
    for token in (mailbox, mailbox.upper(), mailbox.title()):
        assert read_leave(ring, token, to) == leave


@given(KEYS, st.binary(min_size=16, max_size=64), LEAVES)
def test_a_new_key_in_front_takes_no_link_back(
    keys: tuple[bytes, ...], new: bytes, leave: Leave
) -> None:
    token = KeyRing(keys=keys).sign(leave)

    assert read_leave(KeyRing(keys=(new, *keys)), token) == leave


@given(LEAVES, st.booleans(), st.data())
def test_a_single_changed_bit_is_refused(leave: Leave, old: bool, data: st.DataObject) -> None:
    ring = KeyRing(keys=(bytes(32),))
    token = (
        old_token(bytes(32), leave.subscriber, leave.edition)
        if old
        else ring.sign(leave, "a@b.test")
    )
    raw = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    forged = urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()

    assert read_leave(ring, token, "a@b.test", old=old) == leave
    assert read_leave(ring, forged, "a@b.test", old=True) is None


@given(LEAVES, st.sampled_from([0, 1]), st.data())
def test_a_single_changed_letter_is_refused(leave: Leave, which: int, data: st.DataObject) -> None:
    ring = KeyRing(keys=(bytes(32),))
    token = ring.leaving(leave.edition)(leave.subscriber, "a@b.test")[which]
    at = data.draw(st.integers(0, len(token) - 1))
    same = {token[at]} if which == 0 else {token[at], token[at].upper()}
    letter = data.draw(st.sampled_from(_ALPHABET).filter(lambda one: one not in same))

    assert read_leave(ring, token[:at] + letter + token[at + 1 :], "a@b.test", old=True) is None


@given(LEAVES, LEAVES, st.sampled_from(["a@b.test", "b@b.test"]))
def test_two_leaves_are_two_links(one: Leave, other: Leave, to: str) -> None:
    ring = KeyRing(keys=(bytes(32),))

    same = (one, "a@b.test") == (other, to)
    assert (ring.sign(one, "a@b.test") == ring.sign(other, to)) == same


@given(st.text(max_size=80) | st.from_regex(r"[0-9a-f]{34,60}-[a-z]{0,9}", fullmatch=True))
def test_any_text_is_answered_without_an_error(text: str) -> None:
    assert read_leave(KeyRing(keys=(bytes(32),)), text, old=True) is None
    leave_named(text)


@given(st.binary(min_size=17, max_size=60))
def test_any_bytes_are_answered_without_an_error(data: bytes) -> None:
    for token in (urlsafe_b64encode(data).rstrip(b"=").decode(), f"{data.hex()}-morning"):
        named = leave_named(token)
        assert named is None or named.subscriber < 2**63
        assert read_leave(KeyRing(keys=(bytes(32),)), token, old=True) is None


@given(KEYS, st.integers(1 - 2**63, 2**63 - 1).map(DeliveryId), st.data())
def test_a_single_changed_letter_of_a_return_path_is_refused(
    keys: tuple[bytes, ...], delivery: DeliveryId, data: st.DataObject
) -> None:
    ring = KeyRing(keys=keys)
    issue, reader = IssueId("morning-20261123-0800"), SubscriberId(7)
    local = return_path(ring, delivery, issue, reader, domain="b.test").partition("@")[0]
    at = data.draw(st.integers(len("bounce+"), len(local) - 2))  # the last has spare bits
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(local[at].__ne__))
    changed = local[:at] + other + local[at + 1 :]

    assert is_return_path(ring, local, delivery, issue, reader)
    assert not is_return_path(ring, changed, delivery, issue, reader)


@given(st.binary(min_size=16, max_size=64), LEAVES, st.integers(0, 2**63 - 1).map(DeliveryId))
def test_what_signs_is_hmac_sha_256(key: bytes, leave: Leave, delivery: DeliveryId) -> None:
    """By the standard library's own hand, each use under a key of its own."""
    ring, issue = KeyRing(keys=(key,)), IssueId("morning-20261123-0800")

    def mac(purpose: bytes, payload: bytes) -> bytes:
        return hmac.digest(hmac.digest(key, purpose, "sha256"), payload, "sha256")[:16]

    token = ring.sign(leave, "a@b.test")
    signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert signed[:16] == mac(b"publisher leave 2", signed[16:] + b"\0a@b.test")
    named = f"{issue}\0{leave.subscriber}".encode()
    made = message_id(ring, issue, leave.subscriber, "a.test")
    assert made == mac(b"publisher message-id 1", named).hex() + "@a.test"
    local = return_path(ring, delivery, issue, leave.subscriber, domain="b.test").partition("@")[0]
    letters = local.removeprefix("bounce+")
    back = b32decode(letters.upper() + "=" * (-len(letters) % 8))
    assert back[:16] == mac(b"publisher return path 1", f"{delivery}\0".encode() + named)
    assert b32encode(back).decode().rstrip("=").lower() == letters
    assert delivery_named(local) == delivery
