"""Laws of the message: what goes in comes out, whatever the words are."""

from email import message_from_bytes, policy
from email.parser import BytesParser
from quopri import decodestring
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from publisher.render.decode import decode
from publisher.render.headers import encode_header, encode_mailbox
from publisher.render.mime import quoted_printable

MIXED = st.lists(
    st.one_of(
        st.sampled_from(
            ["21 новый материал", "за 8 сентября", "new stories", "«Мост»", "“x”", "16+"]
        ),
        st.sampled_from([" ", "  ", ", ", "=?", "?=", "=", "_", "😀", "é", "<", ">", '"', "—"]),
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12),
    ),
    max_size=14,
).map("".join)


@given(subject=MIXED)
def test_check_22_subjects_round_trip(subject: str) -> None:
    header = encode_header("Subject", subject)
    message = f"{header}\r\n\r\n".encode("ascii")

    assert decode(message).subject == subject
    assert all(len(line) <= 78 for line in header.split("\r\n"))
    assert "?==?" not in header


def test_check_22_ten_thousand_mixed_subjects_round_trip() -> None:
    """Python 3.11's own encoder glues the words of 650 of them."""
    dice = Random(22)  # noqa: S311 - the same ten thousand every time
    words = [
        "21",
        "новый",
        "материал",
        "за",
        "8",
        "сентября",
        "new",
        "stories",
        "for",
        "Sep",
        "«Мост»",
        "“x”",
        "16+",
        "—",
        "U.S.",
        "ё",
        "😀",
    ]
    for _ in range(10_000):
        subject = " ".join(dice.choices(words, k=dice.randint(1, 14)))
        header = encode_header("Subject", subject)

        assert decode(f"{header}\r\n\r\n".encode("ascii")).subject == subject
        assert max(map(len, header.split("\r\n"))) <= 78
        assert "?==?" not in header


@given(
    subject=st.lists(st.sampled_from(["материал", "за", "new", "8", "«x»"]), min_size=1).map(
        " ".join
    )
)
def test_check_22_the_newer_parser_of_python_reads_them_too(subject: str) -> None:
    message = f"{encode_header('Subject', subject)}\r\n\r\n".encode("ascii")

    assert BytesParser(policy=policy.default).parsebytes(message)["subject"] == subject


@given(name=MIXED.map(str.strip).filter(lambda name: name.strip('"<>') == name and "<" not in name))
def test_display_names_round_trip(name: str) -> None:
    header = f"From: {encode_mailbox(f'{name} <a@b.test>')}"
    parsed = message_from_bytes(f"{header}\r\n\r\n".encode("ascii"), policy=policy.compat32)

    assert str(parsed["from"]).endswith("a@b.test" + (">" if name else ""))
    assert header.split("\r\n", maxsplit=1)[0] != "From:"
    assert all(len(line) <= 78 for line in header.split("\r\n"))


@given(
    words=st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=300)
)
def test_quoted_printable_round_trips(words: str) -> None:
    encoded = quoted_printable(words)

    assert decodestring(encoded).replace(b"\r\n", b"\n").decode() == words
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert not any(line.endswith((b" ", b"\t")) for line in encoded.split(b"\r\n"))
