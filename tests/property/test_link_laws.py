"""Signing and verifying are inverse; nothing but what was signed verifies."""

import hmac
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from publisher.links import (
    KeyRing,
    Leave,
    delivery_named,
    is_return_path,
    message_id,
    return_path,
)
from publisher.model.names import DeliveryId, EditionId, IssueId, SubscriberId
from tests.support.links import old_token

KEYS = st.lists(st.binary(min_size=16, max_size=64), min_size=1, max_size=4).map(tuple)
LEAVES = st.builds(
    Leave,
    subscriber=st.integers(0, 2**63 - 1).map(SubscriberId),
    edition=st.from_regex(r"[a-z0-9]+([-_][a-z0-9]+)*", fullmatch=True).map(EditionId),
    mark=st.integers(0, 2**16 - 1),
)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(KEYS, LEAVES)
def test_what_was_signed_is_read_again(keys: tuple[bytes, ...], leave: Leave) -> None:
    ring = KeyRing(keys=keys)

    assert ring.verify_leave(ring.sign(leave)) == leave


@given(KEYS, st.binary(min_size=16, max_size=64), LEAVES)
def test_a_new_key_in_front_takes_no_link_back(
    keys: tuple[bytes, ...], new: bytes, leave: Leave
) -> None:
    token = KeyRing(keys=keys).sign(leave)

    assert KeyRing(keys=(new, *keys)).verify_leave(token) == leave


@given(LEAVES, st.data())
def test_a_single_changed_bit_of_an_old_link_is_refused(leave: Leave, data: st.DataObject) -> None:
    ring = KeyRing(keys=(bytes(32),))
    token = old_token(bytes(32), leave.subscriber, leave.edition)
    raw = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    forged = urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()

    assert ring.verify_leave(token) == replace(leave, mark=None)
    assert ring.verify_leave(forged) is None


@given(LEAVES, LEAVES)
def test_two_leaves_are_two_links(one: Leave, other: Leave) -> None:
    ring = KeyRing(keys=(bytes(32),))

    assert (ring.sign(one) == ring.sign(other)) == (one == other)


@given(LEAVES, st.data())
def test_a_single_changed_letter_is_refused(leave: Leave, data: st.DataObject) -> None:
    ring = KeyRing(keys=(bytes(32),))
    token = ring.sign(leave)
    at = data.draw(st.integers(0, len(token) - 1))
    others = _ALPHABET.replace(token[at], "").replace(token[at].upper(), "")
    letter = data.draw(st.sampled_from(others))

    assert ring.verify_leave(token[:at] + letter + token[at + 1 :]) is None


@given(st.text(max_size=80))
def test_any_text_is_answered_without_an_error(text: str) -> None:
    assert KeyRing(keys=(bytes(32),)).verify_leave(text) is None


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

    token = ring.sign(leave)
    assert token[:32] == mac(b"publisher leave 2", token[32:].encode()).hex()
    old = old_token(key, leave.subscriber, leave.edition)
    assert ring.verify_leave(old) == replace(leave, mark=None)
    named = f"{issue}\0{leave.subscriber}".encode()
    made = message_id(ring, issue, leave.subscriber, "a.test")
    assert made == mac(b"publisher message-id 1", named).hex() + "@a.test"
    local = return_path(ring, delivery, issue, leave.subscriber, domain="b.test").partition("@")[0]
    letters = local.removeprefix("bounce+")
    back = b32decode(letters.upper() + "=" * (-len(letters) % 8))
    assert back[:16] == mac(b"publisher return path 1", f"{delivery}\0".encode() + named)
    assert b32encode(back).decode().rstrip("=").lower() == letters
    assert delivery_named(local) == delivery
