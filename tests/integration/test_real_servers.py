"""An issue from `publisher run` through Postfix into Dovecot, judged by rspamd and opendkim.

And back: what Postfix cannot deliver, and a mail that asks to leave, come in by LMTP; a report in
a mailbox comes in by IMAP.
"""

import asyncio
import imaplib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from publisher import pipeline
from publisher.app import App
from publisher.bounce_room import Fate
from publisher.bounces.imap import ImapBox
from publisher.deliver.spam import spam_score
from publisher.errors import Refused
from publisher.model.bounces import Reason
from publisher.model.dkim import Dkim
from publisher.model.inboxes import Mailbox
from publisher.model.names import IssueId, Language
from publisher.model.people import SuppressionReason
from tests.support import mail_servers as servers
from tests.support.bounces import dsn
from tests.support.build import EN, RU, make_applicant, make_consent
from tests.support.newsroom import Room, free_port, make_living_room
from tests.support.signing import OPENDKIM, made_dkim, opendkim_says, records, verified
from tests.support.standing import running

DOMAIN = "bounces.embankment.test"
SIGNING = """\
[smtp.dkim]
domain = "embankment.test"
selectors.rsa = { name = "s1", key_file = "secrets/rsa.pem" }
selectors.ed25519 = { name = "s2", key_file = "secrets/ed25519.pem" }
"""
READERS: dict[str, Language] = {"anna": EN, "boris": RU, "gone": EN}
_PATIENCE = 60  # seconds for anything that must happen

WHY_NOT = servers.why_not("postfix", "dovecot")
JUDGE = next((one for one in ("rspamd", "spamassassin") if servers.program(one)), None)

pytestmark = pytest.mark.skipif(
    bool(WHY_NOT), reason=f"the end-to-end run with real servers is NOT MADE: {WHY_NOT}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """Everything that stands between a newsroom and its readers."""

    room: Room
    dkim: Dkim
    smtp: int
    imap: int
    imaps: int
    trust: ssl.SSLContext
    log: Path
    rspamd: servers.Rspamd | None

    def mails(self, user: str) -> list[bytes]:
        """What the user finds, read over IMAP."""
        with imaplib.IMAP4(servers.HOST, self.imap, timeout=_PATIENCE) as box:
            box.login(f"{user}@readers.test", servers.PASSWORD)
            box.select("INBOX", readonly=True)
            found = box.uid("SEARCH", "ALL")[1][0].split()
            return [bytes(box.uid("FETCH", uid.decode(), "(BODY[])")[1][0][1]) for uid in found]

    async def arrived(self, user: str, count: int) -> list[bytes]:
        """So many mails of a user, now or when they come."""
        for _ in range(_PATIENCE * 5):
            if len(found := await asyncio.to_thread(self.mails, user)) >= count:
                return found
            await asyncio.sleep(0.2)
        raise AssertionError((user, self.log.read_text("utf-8", "replace")))

    async def mail(self, user: str) -> bytes:
        """The one mail of a user."""
        [found] = await self.arrived(user, 1)
        return found

    def post(self, raw: bytes, *, sender: str, to: str) -> None:
        """Mail by anybody, through the relay."""
        with smtplib.SMTP(servers.HOST, self.smtp, timeout=_PATIENCE) as relay:
            relay.sendmail(sender, [to], raw)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    smtp, imap, imaps, lmtp = free_port(), free_port(), free_port(), free_port()
    room = make_living_room(tmp_path_factory.mktemp("street") / "room", smtp=smtp, web=free_port())
    (room.folder / "secrets").mkdir()
    dkim = made_dkim(room.folder / "secrets")
    intake = f'[smtp.bounces]\ndomain = "{DOMAIN}"\nintake = "lmtp://127.0.0.1:{lmtp}"\n'
    (room.config / "mail.toml").write_text(SIGNING + intake, "utf-8")
    room.edit(f'base_url = "http://127.0.0.1:{room.web}"', 'base_url = "https://embankment.test"')
    with ExitStack() as stack:
        folder = stack.enter_context(servers.folder_for_servers())
        judge = None
        if JUDGE == "rspamd":  # the first, for it takes its time
            nameserver = stack.enter_context(servers.name_server(zone(dkim)))
            judge = stack.enter_context(servers.rspamd(folder, nameserver=nameserver))
        users = (*[one for one in READERS if one != "gone"], "returns")
        log = stack.enter_context(
            servers.postfix(folder, port=smtp, users=users, domain=DOMAIN, lmtp=lmtp)
        )
        trust = stack.enter_context(servers.dovecot(folder, port=imap, tls=imaps))
        yield Street(
            room=room,
            dkim=dkim,
            smtp=smtp,
            imap=imap,
            imaps=imaps,
            trust=trust,
            log=log,
            rspamd=judge,
        )


def zone(dkim: Dkim) -> dict[tuple[str, str], str]:
    """What the newsroom's operators put into DNS."""
    spf = "v=spf1 ip4:192.0.2.25 -all"
    keys = {(name, "TXT"): value for name, value in records(dkim).items()}
    return {
        **keys,
        ("embankment.test", "TXT"): spf,
        (DOMAIN, "TXT"): spf,
        ("_dmarc.embankment.test", "TXT"): "v=DMARC1; p=reject",
        ("embankment.test", "MX"): "10 relay.embankment.test.",
        ("embankment.test", "A"): "192.0.2.25",
        (DOMAIN, "MX"): "10 relay.embankment.test.",
        ("relay.embankment.test", "A"): "192.0.2.25",
        ("25.2.0.192.in-addr.arpa", "PTR"): "relay.embankment.test.",
    }


@pytest.mark.timeout(600)  # about ten seconds; a busy machine starts servers slowly
async def test_an_issue_reaches_its_readers_and_what_comes_back_is_taken_in(
    street: Street, tmp_path: Path
) -> None:
    await _enrolled(street.room)
    async with running(street.room) as live:
        issue = (await live.heard("issue sealed"))["issue"]
        mails = {user: await street.mail(user) for user in ("anna", "boris")}
        returned = await live.heard("came back")
        await asyncio.to_thread(_ask_to_leave, street, mails["boris"])
        left = await live.heard("came back", count=2)
        code = await live.ended()

    assert code == 0
    assert (returned["fate"], returned["reason"], returned["suppressed"]) == (
        "recorded",
        "user_unknown",
        "hard_bounce",
    )
    assert left["fate"] == "left"
    async with street.room.at_work() as app:
        await _check_books(app, IssueId(issue))
        await _check_imap(street, app, IssueId(issue))
    for user, raw in mails.items():
        _check_mail(raw, user)
        assert verified(raw, street.dkim) == [True, True]
        await _check_ham(street, raw, user)
        if OPENDKIM:
            said = opendkim_says(raw, street.dkim, tmp_path)
            assert said.count("dkim=pass") == 2, said
    if unseen := [one for one, seen in (("as ham", JUDGE), ("by opendkim", OPENDKIM)) if not seen]:
        pytest.skip(f"all else was right, but NOT JUDGED {' and '.join(unseen)}: not installed")


async def _enrolled(room: Room) -> None:
    async with room.at_work() as app:
        people = [
            make_applicant(
                email=f"{user}@readers.test",
                language=language,
                name=None,
                consent=make_consent(at=room.now.replace(year=room.now.year - 1)),
            )
            for user, language in READERS.items()
        ]
        await app.house.audience.enrol(people, now=app.house.clock())


def _ask_to_leave(street: Street, raw: bytes) -> None:
    """As a mail program does for its user."""
    field = BytesParser(policy=policy.compat32).parsebytes(raw)["List-Unsubscribe"]
    mailbox = field.replace("\n", "").partition("<mailto:")[2].partition("?")[0]
    assert mailbox.startswith("leave+")
    wish = EmailMessage()
    wish["From"], wish["To"], wish["Subject"] = "boris@readers.test", mailbox, "unsubscribe"
    street.post(wish.as_bytes(), sender="boris@readers.test", to=mailbox)


async def _check_books(app: App, issue: IssueId) -> None:
    """Who got it, what came back, who left, and who is not written to again."""
    assert (await app.house.ledger.balance(issue)).accepted == len(READERS)
    for row, _ in await app.house.ledger.deliveries(issue):
        person = await app.house.audience.find(row.address)
        assert person is not None
        returned = (await app.house.returns.about([row.id])).get(row.id, ())
        blocked = [one.reason for one in await app.house.audience.suppressions(row.address)]
        gone, left = row.address.startswith("gone"), row.address.startswith("boris")
        assert [one.reason for one in returned] == ([Reason.USER_UNKNOWN] if gone else [])
        assert blocked == ([SuppressionReason.HARD_BOUNCE] if gone else [])
        assert (person.subscriptions[0].left_at is not None) is left


def _check_mail(raw: bytes, user: str) -> None:
    """What the mailbox holds is what was meant."""
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    assert mail["Return-Path"].strip("<>").startswith("bounce+")
    assert mail["To"].addresses[0].addr_spec == f"{user}@readers.test"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    body = mail.get_body(("plain",))
    assert body is not None
    assert ("Открыт bridge" if READERS[user] == RU else "The bridge opens") in body.get_content()


async def _check_ham(street: Street, raw: bytes, user: str) -> None:
    """rspamd with a whole DNS, or SpamAssassin without any; skips neither language."""
    if street.rspamd is None:
        score = await spam_score(raw) if JUDGE else None
        assert JUDGE is None or (score is not None and score < 2)
        return
    await asyncio.to_thread(street.rspamd.wait)
    own, _, rest = raw.partition(b"DKIM-Signature:")  # what Postfix wrote stands on top
    sender = own.partition(b"Return-Path: <")[2].partition(b">")[0].decode()
    said: Any = await asyncio.to_thread(
        street.rspamd.judge,
        b"DKIM-Signature:" + rest,
        ip="192.0.2.25",
        helo="relay.embankment.test",
        hostname="relay.embankment.test",
        from_=sender,
        rcpt=f"{user}@readers.test",
    )
    assert said["action"] == "no action", said
    points = {one: facts["score"] for one, facts in said["symbols"].items() if facts["score"]}
    assert said["score"] < 2, sorted(points.items(), key=str)
    assert {"R_DKIM_ALLOW", "R_SPF_ALLOW", "DMARC_POLICY_ALLOW"} <= said["symbols"].keys(), said


async def _check_imap(street: Street, app: App, issue: IssueId) -> None:
    """A report that lies in a mailbox, beside a letter that is for a person."""
    [[anna, _]] = [
        row for row in await app.house.ledger.deliveries(issue) if row[0].address.startswith("anna")
    ]
    path = BytesParser(policy=policy.default).parsebytes(await street.mail("anna"))["Return-Path"]
    report = dsn(to=path.strip("<>"), said="552 5.2.2 Mailbox full", status="5.2.2")
    for raw in (report, b"Subject: Thank you\r\n\r\nDear editors, thank you.\r\n"):
        await asyncio.to_thread(street.post, raw, sender="", to="returns@readers.test")
    await street.arrived("returns", 2)
    mailbox = Mailbox(
        host=servers.HOST,
        port=street.imaps,
        tls=True,
        user="returns@readers.test",
        folder="INBOX",
        password=servers.PASSWORD,
    )

    plain = replace(mailbox, port=street.imap, tls=False)

    first = await pipeline.absorb_bounces(app.house, ImapBox(mailbox, tls=street.trust))
    second = await pipeline.absorb_bounces(app.house, ImapBox(plain))

    assert first == {Fate.RECORDED: 1, Fate.UNREAD: 1}
    assert second == {}
    assert len(await street.arrived("returns", 1)) == 1
    [bounce] = (await app.house.returns.about([anna.id]))[anna.id]
    assert bounce.reason is Reason.MAILBOX_FULL
    wrong = replace(plain, password="wrong")  # noqa: S106
    for box in (ImapBox(wrong), ImapBox(mailbox)):  # nobody vouches for that certificate
        with pytest.raises(Refused):
            await pipeline.absorb_bounces(app.house, box)
