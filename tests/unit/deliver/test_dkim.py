"""Signatures, checked by those who did not make them: dkimpy and opendkim."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from publisher.assets import Assets
from publisher.deliver.dkim import Signer, dns_records
from publisher.model.digests import Digest
from publisher.model.dkim import Algorithm, Dkim
from publisher.render.email import render_digest
from publisher.render.splice import Personal, Splicer
from tests.support.build import NOON, RU
from tests.support.sheets import ordinary_day
from tests.support.signing import OPENDKIM, made_dkim, opendkim_says, verified

AT = 1_795_500_000
FORMS: dict[str, tuple[Algorithm, ...]] = {
    "rsa": (Algorithm.RSA,),
    "ed25519": (Algorithm.ED25519,),
    "both": (Algorithm.RSA, Algorithm.ED25519),
}


@pytest.fixture(scope="module")
def digest() -> Digest:
    return render_digest(ordinary_day(RU), Assets())


def signed(digest: Digest, dkim: Dkim, number: int = 1) -> bytes:
    splicer = Splicer(digest.compiled)
    chunks = splicer.chunks(
        Personal(
            address=f"reader{number}@readers.test",
            leave_url=f"https://embankment.test/unsubscribe/{number}",
            message_id=f"{number}@embankment.test",
            sent_at=NOON,
        )
    )
    return Signer(dkim, splicer.fixed)(chunks, at=AT) + b"".join(chunks)


def tag(message: bytes, name: str) -> str:
    """A tag of the first signature, unfolded."""
    field = re.split(rb"\r\n(?![ \t])", message)[0].decode()
    found = re.search(rf"[;\s]{name}=([^;]*)", field)
    assert found
    return re.sub(r"\s", "", found[1])


@pytest.mark.parametrize("algorithms", FORMS.values(), ids=FORMS)
def test_dkimpy_finds_every_signature_right(
    digest: Digest, tmp_path: Path, algorithms: Sequence[Algorithm]
) -> None:
    dkim = made_dkim(tmp_path, *algorithms)

    assert verified(signed(digest, dkim), dkim) == [True] * len(algorithms)


@pytest.mark.skipif(OPENDKIM is None, reason="opendkim is not installed: NOT CHECKED by it")
def test_opendkim_finds_both_signatures_right_and_a_changed_one_wrong(
    digest: Digest, tmp_path: Path
) -> None:
    dkim = made_dkim(tmp_path)
    message = signed(digest, dkim)

    said = opendkim_says(message, dkim, tmp_path)
    assert said.count("dkim=pass") == 2
    assert "2048-bit key" in said
    said = opendkim_says(message.replace(b"reader1@", b"reader2@"), dkim, tmp_path)
    assert said.count("dkim=fail") == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Subject: ", b"Subject: x"),
        (b"To: reader1@", b"To: reader2@"),
        (b"Date: Mon", b"Date: Tue"),
        (b"unsubscribe/1>", b"unsubscribe/2>"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Clicks"),
        (b"Precedence: bulk", b"Precedence: list"),
        (b"=D0=9F", b"=D0=A0"),
        (b"</html", b"</HTML"),
        (b"\r\nFrom: ", b"\r\nSubject: another\r\nFrom: "),
        (b"\r\nFrom: ", b"\r\nFrom: another@x.test\r\nFrom: "),
        (b"\r\nFrom: ", b"\r\nCc: another@x.test\r\nFrom: "),
        (b"\r\nFrom: ", b"\r\nList-Unsubscribe: <https://x.test>\r\nFrom: "),
    ],
)
def test_a_change_is_found(digest: Digest, tmp_path: Path, before: bytes, after: bytes) -> None:
    dkim = made_dkim(tmp_path)
    message = signed(digest, dkim)
    assert before in message

    assert verified(message.replace(before, after, 1), dkim) == [False, False]


def test_what_relays_may_do_changes_nothing(digest: Digest, tmp_path: Path) -> None:
    dkim = made_dkim(tmp_path)
    message = signed(digest, dkim)
    head, _, body = message.partition(b"\r\n\r\n")
    head = head.replace(b"\r\nTo: ", b"\r\nTO:\t ").replace(
        b"\r\nReply-To:", b"\r\nReply-To: \r\n "
    )

    relayed = b"Received: from a by b\r\n" + head + b"\r\n\r\n" + body + b"\r\n\r\n"
    assert verified(relayed, dkim) == [True, True]


def test_every_field_is_covered_and_what_a_forger_would_add_is_covered_once_more(
    digest: Digest, tmp_path: Path
) -> None:
    message = signed(digest, made_dkim(tmp_path))
    names = tag(message, "h").split(":")
    there = [
        name.decode().lower()
        for name in re.findall(rb"^([\w-]+):", message.partition(b"\r\n\r\n")[0], re.MULTILINE)
        if name != b"DKIM-Signature"
    ]

    assert set(there) <= set(names)
    for name in ("from", "to", "subject", "date", "reply-to", "message-id", "content-type"):
        assert names.count(name) == 2
    assert (names.count("list-unsubscribe"), names.count("list-unsubscribe-post")) == (2, 2)
    assert names.count("cc") == 1


def test_a_signature_says_when_who_and_how(digest: Digest, tmp_path: Path) -> None:
    message = signed(digest, made_dkim(tmp_path, Algorithm.RSA))

    assert (tag(message, "a"), tag(message, "c")) == ("rsa-sha256", "relaxed/relaxed")
    assert (tag(message, "d"), tag(message, "s"), tag(message, "t")) == (
        *("embankment.test", "s1"),
        str(AT),
    )
    assert " l=" not in message.partition(b"\r\n\r\n")[0].decode()
    assert all(len(line) <= 78 for line in message.partition(b"\r\nFrom:")[0].split(b"\r\n"))


def test_the_same_mail_at_the_same_second_has_the_same_signature(
    digest: Digest, tmp_path: Path
) -> None:
    dkim = made_dkim(tmp_path)

    assert signed(digest, dkim) == signed(digest, dkim)


def test_the_body_hash_goes_on_from_what_all_mails_share(digest: Digest, tmp_path: Path) -> None:
    """Signing one mail leaves nothing behind in the next."""
    dkim = made_dkim(tmp_path)
    splicer = Splicer(digest.compiled)
    signer = Signer(dkim, splicer.fixed)

    for number in (1, 2, 1):
        personal = Personal(
            address=f"r{number}@readers.test",
            leave_url=f"https://x.test/{number}",
            message_id="a@b",
            sent_at=NOON,
        )
        chunks = splicer.chunks(personal)
        assert verified(signer(chunks, at=AT) + b"".join(chunks), dkim) == [True, True]


def test_a_value_within_a_line_of_the_body_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line of its own|its own line"):
        Signer(made_dkim(tmp_path), (b"From: a@b\r\n\r\nDear ", b",\r\n"))


def test_blanks_and_empty_lines_are_read_the_relaxed_way(tmp_path: Path) -> None:
    dkim = made_dkim(tmp_path)
    fixed = (
        b"From:  a@b.test \r\nSubject: a\t b\r\n  c\r\nTo: ",
        b" \r\nX:\r\n\r\n  a \t b \t\r\n\r\n\tc\r\n",
        b"= d  \r\n\r\n\r\n",
    )
    chunks = (fixed[0], b"b@c.test", fixed[1], b"  v  w ", fixed[2])

    assert verified(Signer(dkim, fixed)(chunks, at=AT) + b"".join(chunks), dkim) == [True, True]


def test_the_dns_records_are_what_receivers_look_up(tmp_path: Path) -> None:
    rsa, ed25519 = dns_records(made_dkim(tmp_path))

    assert rsa.name == "s1._domainkey.embankment.test"
    assert rsa.value.startswith("v=DKIM1; k=rsa; p=MIIBIjAN")
    assert ed25519.name == "s2._domainkey.embankment.test"
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", ed25519.value)
