"""Signing from config to the wire: the mail that arrives is right for those who check it."""

import asyncio
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.model.addresses import normalise
from publisher.model.deliveries import DeliveryStatus
from publisher.model.dkim import Algorithm
from publisher.standing import ConfigReader
from tests.support.build import make_applicant
from tests.support.links import read_leave
from tests.support.newsroom import Room, composed, enrol, make_room
from tests.support.signing import made_dkim, pem, verified
from tests.support.smtp_server import raw_server, real_server

SIGNING = """\
[smtp.dkim]
domain = "embankment.test"
selectors.rsa = { name = "s1", key_file = "secrets/rsa.pem" }
selectors.ed25519 = { name = "s2", key_file = "secrets/ed25519.pem" }
"""


def signing_room(folder: Path, smtp: int) -> Room:
    room = make_room(folder, smtp=smtp)
    (room.folder / "secrets").mkdir()
    (room.config / "signing.toml").write_text(SIGNING, "utf-8")
    return room


async def test_every_mail_arrives_with_both_signatures_right(tmp_path: Path) -> None:
    async with real_server() as server:
        room = signing_room(tmp_path / "room", server.port)
        dkim = made_dkim(room.folder / "secrets")
        async with room.at_work() as app:
            await enrol(app, 6)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())

    assert len(server.mails) == 6
    for mail in server.mails:
        assert verified(mail.data, dkim) == [True, True]


def test_check_says_what_dns_needs(tmp_path: Path) -> None:
    room = signing_room(tmp_path / "room", 1)
    made_dkim(room.folder / "secrets")

    said = room.json("check")
    assert [(one["name"], one["type"]) for one in said["dns"]] == [
        ("s1._domainkey.embankment.test", "TXT"),
        ("s2._domainkey.embankment.test", "TXT"),
    ]
    assert said["dns"][0]["value"].startswith("v=DKIM1; k=rsa; p=")


def test_a_broken_key_is_said_with_its_file_and_line_and_nothing_starts(tmp_path: Path) -> None:
    room = signing_room(tmp_path / "room", 1)
    made_dkim(room.folder / "secrets", Algorithm.RSA)

    code, _, words = room.call("check")
    assert code == 1
    assert "config/signing.toml" in words
    assert "ed25519.pem" in words
    code, _, words = room.call("issues")
    assert code == 2
    assert "ed25519.pem" in words


async def test_readers_are_named_and_may_leave_by_mail_where_mail_is_read(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        bounces = '[smtp.bounces]\ndomain = "bounces.embankment.test"\nintake = "maildir:var/in"\n'
        (room.config / "bounces.toml").write_text(bounces, "utf-8")
        async with room.at_work() as app:
            anna = make_applicant(email="anna@xn--80a1acny.xn--p1ai", name="Анна Орлова\r\nBcc: x")
            await app.house.audience.enrol([anna], now=room.now)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
            keys = app.house.keys

    [mail] = server.mails
    message = BytesParser(policy=policy.default).parsebytes(mail.data)
    [to] = message["To"].addresses
    https, mailto = message["List-Unsubscribe"].split(", ")
    token = https.removesuffix(">").rpartition("/")[2]
    assert (to.display_name, to.addr_spec) == ("Анна Орлова Bcc: x", "anna@xn--80a1acny.xn--p1ai")
    assert message["Bcc"] is None
    assert message["Date"] == "Mon, 23 Nov 2026 12:00:00 +0300"
    mailbox = mailto.removeprefix("<mailto:leave+")
    assert mailbox.endswith("@bounces.embankment.test?subject=unsubscribe>")
    page, box = (read_leave(keys, one, to.addr_spec) for one in (token, mailbox.partition("@")[0]))
    assert page is not None
    assert page == box


@pytest.mark.parametrize("offered", [True, False])
async def test_an_address_in_another_script_goes_out_where_the_server_takes_it(
    tmp_path: Path, *, offered: bool
) -> None:
    async with real_server(smtputf8=offered) as server:
        room = signing_room(tmp_path / "room", server.port)
        dkim = made_dkim(room.folder / "secrets")
        async with room.at_work() as app:
            anna = make_applicant(email=normalise("анна@Почта.рф"), name="Анна")
            boris = make_applicant(email="boris@readers.test", name="Boris")
            await app.house.audience.enrol([anna, boris], now=room.now)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
            rows = await app.house.ledger.deliveries(issue.id)

    by_address = {delivery.address: (delivery, tries) for delivery, tries in rows}
    delivery, tries = by_address["анна@xn--80a1acny.xn--p1ai"]
    assert by_address["boris@readers.test"][0].status is DeliveryStatus.ACCEPTED
    if not offered:
        assert delivery.status is DeliveryStatus.REJECTED
        assert "SMTPUTF8" in tries[0].text
        return
    assert delivery.status is DeliveryStatus.ACCEPTED
    mail = next(one for one in server.mails if one.recipient == delivery.address)
    assert "SMTPUTF8" in mail.options
    assert "To: =?utf-8?B?0JDQvdC90LA=?= <анна@xn--80a1acny.xn--p1ai>\r\n".encode() in mail.data
    assert verified(mail.data, dkim) == [True, True]


@pytest.mark.parametrize(
    ("extensions", "signed", "form"),
    [
        (b"250 8BITMIME\r\n", False, b"8bit"),
        (b"250 8BITMIME\r\n", True, b"quoted-printable"),
        (b"250 PIPELINING\r\n", False, b"quoted-printable"),
    ],
)
async def test_the_server_gets_eight_bits_where_it_takes_them_and_nothing_is_signed(
    tmp_path: Path, *, extensions: bytes, signed: bool, form: bytes
) -> None:
    async with raw_server({"EHLO": b"250-relay.test\r\n" + extensions}) as server:
        lay = signing_room if signed else lambda folder, smtp: make_room(folder, smtp=smtp)
        room = lay(tmp_path / "room", server.port)
        if signed:
            made_dkim(room.folder / "secrets")
        async with room.at_work() as app:
            await enrol(app, 2)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
            balance = await app.house.ledger.balance(issue.id)

    assert balance.accepted == 2
    eight = form == b"8bit"
    assert [b"BODY=8BITMIME" in line for line in server.lines if line.startswith(b"MAIL")] == [
        eight
    ] * 2
    for text in server.texts:
        assert text.isascii() is not eight
        assert b"Content-Transfer-Encoding: " + form in text


async def test_a_key_that_cannot_be_read_does_not_replace_the_old_one(tmp_path: Path) -> None:
    room = signing_room(tmp_path / "room", 1)
    made_dkim(room.folder / "secrets")
    file = room.config / "signing.toml"
    async with room.at_work() as app:
        reader = ConfigReader(app, room.config, {})
        file.write_text(SIGNING.replace('"s1"', '"s3"').replace("rsa.pem", "new.pem"), "utf-8")
        await reader.look()
        assert app.house.dkim
        assert app.house.dkim.keys[0].selector == "s1"

        (room.folder / "secrets" / "new.pem").touch(mode=0o600)
        (room.folder / "secrets" / "new.pem").write_bytes(pem(Algorithm.RSA))
        file.write_text(file.read_text("utf-8") + "\n", "utf-8")
        await reader.look()
        assert app.house.dkim
        assert app.house.dkim.keys[0].selector == "s3"


async def test_whom_readers_answer_may_have_a_name(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        written = 'reply_to = "editors@embankment.test"'
        room.edit(written, 'reply_to = "Редакция <editors@embankment.test>"')
        said = await room.called("check")
        async with room.at_work() as app:
            await enrol(app, 1)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())

    assert said.code == 0, said.err
    [mail] = [BytesParser(policy=policy.default).parsebytes(one.data) for one in server.mails]
    [answers] = mail["Reply-To"].addresses
    assert (answers.display_name, answers.addr_spec) == ("Редакция", "editors@embankment.test")
    assert mail["List-Help"] == "<mailto:editors@embankment.test?subject=help>"
    words = mail.get_body(("plain",))
    assert words is not None
    assert "Редакция" not in words.get_content()
    assert "editors@embankment.test" in words.get_content()
