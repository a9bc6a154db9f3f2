"""Laws of signing: whatever the reader's values, every signature is right; one bit, and none is."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.deliver.dkim import Signer
from publisher.model.dkim import Dkim
from tests.property.test_mail_laws import ANNA, PLAIN
from tests.support.signing import made_dkim, verified

with TemporaryDirectory() as _folder:
    DKIM: Dkim = made_dkim(Path(_folder))
FIXED = (
    b"From: a@b.test\r\nTo: ",
    b"\r\nSubject:  =?utf-8?B?0JTQsA==?=\r\n =?utf-8?B?0JTQsA==?=\r\nX-Y: ",
    b",\r\n ",
    b"\r\nDate: today\r\n\r\nA  b\t\r\n\r\n=\r\n",
    b"=\r\n c \r\n=\r\n",
    b"=\r\n\r\n--x--\r\n",
)
HEADER = st.from_regex(rb"[!-~]([ -~\t]*[!-~])?", fullmatch=True)
BODY = st.one_of(
    st.binary(max_size=80).map(lambda value: bytes(one for one in value if one not in b"\0\r\n")),
    st.lists(st.sampled_from([b" ", b"\t", b"x", b"=", b"=\r\n"]), max_size=12).map(b"".join),
)
VALUES = st.tuples(HEADER, HEADER, HEADER, BODY, BODY)


def mail(values: tuple[bytes, ...]) -> tuple[bytes, ...]:
    chunks = [FIXED[0]]
    for value, chunk in zip(values, FIXED[1:], strict=True):
        chunks += [value, chunk]
    return tuple(chunks)


@given(values=VALUES, at=st.integers(0, 1_790_000_000))  # dkimpy refuses what is not yet
@settings(max_examples=60)
def test_whatever_the_values_every_signature_is_right(values: tuple[bytes, ...], at: int) -> None:
    chunks = mail(values)

    message = Signer(DKIM, FIXED)(chunks, at=at) + b"".join(chunks)
    assert verified(message, DKIM) == [True, True]


@given(values=VALUES, data=st.data())
@settings(max_examples=60)
def test_one_changed_bit_of_a_value_and_no_signature_is_right(
    values: tuple[bytes, ...], data: st.DataObject
) -> None:
    chunks = list(mail(values))
    signatures = Signer(DKIM, FIXED)(chunks, at=1)
    places = [at for at in range(1, len(chunks), 2) if chunks[at].strip()]
    at = data.draw(st.sampled_from(places))
    seen = [n for n, byte in enumerate(chunks[at]) if byte in range(0x21, 0x7F)]
    if not seen:
        return
    byte = data.draw(st.sampled_from(seen))
    flipped = chunks[at][byte] ^ (1 << data.draw(st.integers(0, 6)))
    if flipped in b"\0\t\n\v\f\r ":  # another blank, or no message any more
        return
    chunks[at] = chunks[at][:byte] + bytes([flipped]) + chunks[at][byte + 1 :]

    assert verified(signatures + b"".join(chunks), DKIM) == [False, False]


@given(
    name=st.text(max_size=60),
    local=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20),
)
@settings(max_examples=60)
def test_whoever_the_reader_is_every_signature_of_their_mail_is_right(
    name: str, local: str
) -> None:
    anna = replace(ANNA, name=name, address=f"{local}@readers.test", leave_by_mail="leave+x@b.test")
    chunks = PLAIN.chunks(anna)

    message = Signer(DKIM, PLAIN.fixed)(chunks, at=1) + b"".join(chunks)
    assert verified(message, DKIM) == [True, True]
