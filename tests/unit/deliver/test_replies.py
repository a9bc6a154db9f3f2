"""Replies read strictly, however the bytes were cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.deliver.replies import LINE, LINES, Garbled, ReplyReader
from publisher.model.deliveries import Reply


def read(*parts: bytes) -> Reply | None:
    reader = ReplyReader()
    found = [reply for part in parts for reply in reader.feed(part)]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"250 OK\r\n", Reply(code=250, text="OK")),
        (b"250\r\n", Reply(code=250, text="")),
        (b"250 2.0.0 OK\r\n", Reply(code=250, text="OK", enhanced="2.0.0")),
        (
            b"550-5.1.1 No such user\r\n550 5.1.1 here\r\n",
            Reply(code=550, text="No such user here", enhanced="5.1.1"),
        ),
        (b"250 5.1.1 OK\r\n", Reply(code=250, text="5.1.1 OK")),
        (b"550 5.1.1\r\n", Reply(code=550, text="", enhanced="5.1.1")),
        (b"450 \xff\x01odd\r\n", Reply(code=450, text="�?odd")),
        ("550 нет такого\r\n".encode(), Reply(code=550, text="нет такого")),
    ],
)
def test_a_reply_is_code_enhanced_code_and_words(raw: bytes, expected: Reply) -> None:
    assert read(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n",
        b"250 OK\n",
        b"25 OK\r\n",
        b"150 OK\r\n",
        b"600 OK\r\n",
        b"2500 OK\r\n",
        b"250_OK\r\n",
        b"250 O\rK\r\n",
        b"250 O\0K\r\n",
        b"\r\n",
        b"250-one\r\n251 two\r\n",
        b"250-" + b"x" * LINE + b"\r\n",
        b"250 " + b"x" * LINE,
        b"250-more\r\n" * LINES,
    ],
)
def test_what_is_no_reply_is_garbled(raw: bytes) -> None:
    with pytest.raises(Garbled):
        read(raw)


def test_the_longest_reply_is_still_one() -> None:
    reply = read(b"250-more\r\n" * (LINES - 1) + b"250 end\r\n")

    assert reply is not None
    assert reply.text.endswith("more end")


def test_several_replies_come_one_by_one_and_a_piece_is_kept() -> None:
    reader = ReplyReader()
    assert [*reader.feed(b"250 one\r\n250-two\r\n250 three\r\n35")] == [
        Reply(code=250, text="one"),
        Reply(code=250, text="two three"),
    ]
    assert not reader.empty
    assert [*reader.feed(b"4 go\r\n")] == [Reply(code=354, text="go")]
    assert reader.empty


def test_what_was_whole_before_garbage_counts() -> None:
    replies = ReplyReader().feed(b"250 OK\r\nrubbish\r\n")
    assert next(replies) == Reply(code=250, text="OK")
    with pytest.raises(Garbled):
        next(replies)


@given(st.data())
def test_the_cuts_between_packets_change_nothing(data: st.DataObject) -> None:
    raw = b"550-5.7.1 we do not\r\n550-5.7.1 want\r\n550 5.7.1 this\r\n"
    cuts = sorted(data.draw(st.sets(st.integers(1, len(raw) - 1))))
    parts = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]

    assert read(*parts) == Reply(code=550, text="we do not want this", enhanced="5.7.1")


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_being_garbled(raw: bytes) -> None:
    try:
        reply = read(raw)
    except Garbled:
        return
    assert reply is None or 200 <= reply.code < 600
