"""What comes back, from the mail server's envelope to suppression and the ledger."""

import asyncio
import json
import shutil
import smtplib
from collections import ChainMap
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher import notice_room, pipeline
from publisher.app import App
from publisher.bounce_room import Absorbed, Fate, absorb_one
from publisher.bounces.boxes import Arrival, MaildirBox, make_maildir
from publisher.errors import StoreBusy
from publisher.inbox import open_inbox
from publisher.links import leave_address, message_id
from publisher.model.bounces import Kind, Reason
from publisher.model.inboxes import Maildir, Socket
from publisher.model.issues import IssueStatus
from publisher.model.names import EditionId, IssueId
from publisher.model.people import SuppressionReason
from tests.support.bounces import arf, dsn, head_of, letter
from tests.support.build import make_applicant
from tests.support.links import old_token
from tests.support.newsroom import MORNING, Room, composed, enrol, free_port, make_room
from tests.support.smtp_server import RealServer, Received, real_server

READERS = 6
BOSS = "chief@embankment.test"
DOMAIN = "bounces.embankment.test"
BOUNCES = f'[smtp.bounces]\ndomain = "{DOMAIN}"\nintake = "maildir:var/bounces"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """A newsroom whose issue was sent to some readers."""

    room: Room
    app: App
    issue: IssueId
    mails: dict[str, Received]  # by reader
    trials: dict[str, Received]  # Notices, by address

    async def absorb(self, raw: bytes, *to: str) -> Absorbed:
        return await absorb_one(self.app.house, raw, to)

    async def suppressions(self, email: str) -> list[SuppressionReason]:
        rows = await self.app.house.audience.suppressions(email)
        return [row.reason for row in rows]

    async def runs(self, email: str) -> bool:
        person = await self.app.house.audience.find(email)
        assert person is not None
        return person.subscriptions[0].left_at is None


Sent = tuple[dict[str, Received], dict[str, Received]]


async def _made(folder: Path, readers: int) -> Sent:
    async with real_server(RealServer()) as server:
        room = make_room(folder, smtp=server.port)
        (room.config / "bounces.toml").write_text(BOUNCES, "utf-8")
        async with room.at_work() as app:
            await enrol(app, readers)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
            for address in (BOSS, "r1@readers.test"):
                trial = await notice_room.trial(app.house, issue.id, address)
                await app.house.notices.add(trial, now=app.house.clock())
            await pipeline.deliver(app.house, stop=asyncio.Event(), notices_only=True)
    mails = [{one.recipient: one} for one in server.mails]
    return dict(ChainMap(*mails[:readers])), dict(ChainMap(*mails[readers:]))


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sent]:
    """A newsroom after its issue was sent, and two trials of it; every test gets a copy."""
    folder = tmp_path_factory.mktemp("sent") / "room"
    return folder, asyncio.run(_made(folder, READERS))


@pytest.fixture
async def news(sent: tuple[Path, Sent], tmp_path: Path) -> AsyncIterator[Mailed]:
    folder, (mails, trials) = sent
    room = Room(folder=tmp_path / "room", web=8025, smtp=1)
    shutil.copytree(folder, room.folder)
    async with room.at_work() as app:
        [issue] = await app.house.issues.with_status(IssueStatus.SENT)
        yield Mailed(room=room, app=app, issue=issue.id, mails=mails, trials=trials)


async def test_every_mail_has_a_return_path_of_its_own(news: Mailed) -> None:
    senders = {one.sender for one in news.mails.values()}

    assert len(senders) == READERS
    assert all(one.startswith("bounce+") and one.endswith(f"@{DOMAIN}") for one in senders)


async def test_a_hard_bounce_suppresses_its_reader_and_stands_in_the_ledger(news: Mailed) -> None:
    sender = news.mails["r1@readers.test"].sender
    absorbed = await news.absorb(dsn(recipient="r1@readers.test"), sender)
    again = await news.absorb(dsn(recipient="r1@readers.test"), sender)

    assert absorbed.fate is Fate.RECORDED
    assert absorbed.suppressed is SuppressionReason.HARD_BOUNCE
    assert again.fate is Fate.KNOWN
    assert await news.suppressions("r1@readers.test") == [SuppressionReason.HARD_BOUNCE]
    assert await news.suppressions("r2@readers.test") == []
    document = await asyncio.to_thread(news.room.json, "deliveries", news.issue)
    listed = await news.room.called("deliveries", news.issue, "--lang", "ru")

    assert listed.out.splitlines()[0].endswith("Вернулось")
    assert listed.out.splitlines()[1].endswith("нет такого ящика")
    told = {one["address"]: one["bounces"] for one in document["deliveries"]}
    assert told["r2@readers.test"] == []
    [bounce] = told["r1@readers.test"]
    assert bounce["at"] == "2026-11-23T09:00:00Z"
    assert (bounce["kind"], bounce["reason"], bounce["weight"]) == (
        "bounce",
        "user_unknown",
        "hard",
    )
    assert (bounce["status"], bounce["recipient"]) == ("5.1.1", "r1@readers.test")


async def test_the_reader_who_is_suppressed_is_the_one_we_mailed(news: Mailed) -> None:
    """A forwarder's bounce names an address we never heard of."""
    raw = dsn(recipient="somebody@elsewhere.test", to=news.mails["r2@readers.test"].sender)
    absorbed = await news.absorb(raw)

    assert absorbed.returned is not None
    assert absorbed.returned.address == "r2@readers.test"
    assert await news.suppressions("r2@readers.test") == [SuppressionReason.HARD_BOUNCE]
    assert await news.suppressions("somebody@elsewhere.test") == []


async def test_a_forged_bounce_suppresses_nobody(news: Mailed) -> None:
    sender = news.mails["r1@readers.test"].sender
    local = sender.partition("@")[0]
    forged = f"{local[:-3]}{'aaa' if local[-3:] != 'aaa' else 'bbb'}@{DOMAIN}"
    turned = f"bounce+{'a' if local[7] != 'a' else 'b'}{local[8:]}@{DOMAIN}"
    original = head_of(news.mails["r1@readers.test"].data)
    fates = [
        (await news.absorb(dsn(recipient="r1@readers.test"), forged)).fate,
        (await news.absorb(dsn(recipient="r1@readers.test", original=original), turned)).fate,
        (await news.absorb(dsn(recipient="r1@readers.test"))).fate,
    ]

    assert fates == [Fate.FORGED, Fate.FORGED, Fate.STRANGE]
    assert await news.suppressions("r1@readers.test") == []


async def test_a_bounce_is_known_by_the_mail_it_quotes(news: Mailed) -> None:
    """Where a relay has put its own return path."""
    head = head_of(news.mails["r1@readers.test"].data)
    absorbed = await news.absorb(dsn(recipient="r1@readers.test", original=head))

    assert absorbed.fate is Fate.RECORDED
    assert await news.suppressions("r1@readers.test") == [SuppressionReason.HARD_BOUNCE]


async def test_a_message_id_and_the_readers_address_are_enough(news: Mailed) -> None:
    house = news.app.house
    person = await house.audience.find("r1@readers.test")
    assert person is not None
    name = message_id(house.keys, news.issue, person.id, "embankment.test")
    head = f"Message-ID: <{name}>\nTo: r1@readers.test\nSubject: x\n"
    theirs = await news.absorb(dsn(recipient="r1@readers.test", original=head))
    others = await news.absorb(dsn(recipient="r2@readers.test", original=head))

    assert (theirs.fate, others.fate) == (Fate.RECORDED, Fate.RECORDED)
    assert others.returned is not None
    assert others.returned.address == "r1@readers.test"


async def test_a_report_on_several_says_of_our_reader_what_it_says_of_them(news: Mailed) -> None:
    """A forwarder's list: somebody else of it failed, ours has the mail or gets it yet."""
    sender = news.mails["r1@readers.test"].sender
    both = [
        dsn(recipient="old@elsewhere.test").replace(
            b"\r\n\r\n--B1\r\nContent-Type: text/rfc822",
            b"\r\n\r\nFinal-Recipient: rfc822; r1@readers.test\r\n"
            + fields
            + b"\r\n\r\n--B1\r\nContent-Type: text/rfc822",
        )
        for fields in (
            b"Action: delivered\r\nStatus: 2.0.0",
            b"Action: delayed\r\nStatus: 4.4.1",
            b"Action: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full",
        )
    ]
    spared, later, full = [await news.absorb(raw, sender) for raw in both]

    assert (spared.fate, later.fate, full.fate) == (Fate.IGNORED, Fate.IGNORED, Fate.RECORDED)
    assert full.failure is not None
    assert full.failure.reason is Reason.MAILBOX_FULL
    assert await news.suppressions("r1@readers.test") == []


@pytest.mark.parametrize(
    ("charset", "odd"), [("us-ascii", b"\0"), ("unicode_escape", rb"\ud800"), ("utf-8", b"\xff")]
)
async def test_what_no_database_keeps_does_not_keep_a_bounce_out(
    news: Mailed, charset: str, odd: bytes
) -> None:
    """Else it would wait in its box for ever, and all behind it."""
    sender = news.mails["r1@readers.test"].sender
    raw = letter(
        sender,
        "Undelivered: <r1@readers.test>: no such ODD user",
        sender="mailer-daemon@mx.test",
        Subject="Undelivered mail",
    )
    raw = raw.replace(b"ODD", odd).replace(b"utf-8", charset.encode())
    absorbed = await news.absorb(raw, sender)

    assert absorbed.fate is Fate.RECORDED
    assert absorbed.failure is not None
    assert "\0" not in absorbed.failure.text
    absorbed.failure.text.encode("utf-8")


async def test_a_complaint_ends_the_subscription_for_ever(news: Mailed) -> None:
    head = head_of(news.mails["r1@readers.test"].data).replace("r1@readers.test", "redacted")
    absorbed = await news.absorb(arf(original=head))

    assert absorbed.kind is Kind.COMPLAINT
    assert await news.suppressions("r1@readers.test") == [SuppressionReason.COMPLAINT]
    assert not await news.runs("r1@readers.test")
    assert await news.runs("r2@readers.test")


async def test_a_mail_to_the_mailbox_that_unsubscribes_unsubscribes_at_once(news: Mailed) -> None:
    head = head_of(news.mails["r1@readers.test"].data).replace("\n ", " ")
    mailbox = head.partition("<mailto:")[2].partition("?")[0]
    forged = mailbox.replace("leave+", "leave+x")
    refused = await news.absorb(letter(forged, "unsubscribe"))
    absorbed = await news.absorb(letter(mailbox, "unsubscribe"))

    assert (refused.fate, absorbed.fate) == (Fate.FORGED, Fate.LEFT)
    assert not await news.runs("r1@readers.test")
    assert await news.suppressions("r1@readers.test") == []


def _rewritten(mailbox: str, way: str) -> str:
    local, _, domain = mailbox.partition("@")
    return {
        "small": mailbox.lower(),
        "capitals": mailbox.upper(),
        "hyphen": mailbox.replace("+", "-"),
        "equals": mailbox.replace("+", "="),
        "forwarded": f"SRS0=Xy9=QT={domain}={local}@forwarder.test",
        "tagged": f"prvs=0123456789={mailbox}",
    }[way]


_WAYS = ["small", "capitals", "hyphen", "equals", "forwarded", "tagged"]


@pytest.mark.parametrize("way", _WAYS)
async def test_a_mailbox_that_unsubscribes_is_known_however_servers_write_it(
    news: Mailed, way: str
) -> None:
    head = head_of(news.mails["r1@readers.test"].data).replace("\n ", " ")
    mailbox = head.partition("<mailto:")[2].partition("?")[0]

    assert (await news.absorb(letter(_rewritten(mailbox, way), "unsubscribe"))).fate is Fate.LEFT
    assert not await news.runs("r1@readers.test")


@pytest.mark.parametrize("way", _WAYS)
async def test_a_return_path_is_known_however_servers_write_it(news: Mailed, way: str) -> None:
    to = _rewritten(news.mails["r1@readers.test"].sender, way)
    absorbed = await news.absorb(dsn(recipient="somebody@else.test", to="x@x.test"), to)

    assert absorbed.fate is Fate.RECORDED
    assert await news.suppressions("r1@readers.test") == [SuppressionReason.HARD_BOUNCE]


async def test_an_edition_with_a_long_name_is_left_by_mail_and_no_other(news: Mailed) -> None:
    """Its name has no room in the address: it is one of those that the reader has."""
    house, long, email = news.app.house, EditionId("x" * 60), "r1@readers.test"
    other = EditionId("y" * 60)
    for address, editions in ((email, (long, other)), ("r2@readers.test", (long,))):
        applicant = make_applicant(email=address, editions=editions)
        await house.audience.enrol([applicant], now=house.clock())
    person = await house.audience.find(email)
    assert person is not None
    mailbox = leave_address(house.keys.leaving(long)(person.id, email)[1], DOMAIN)
    forged = mailbox.replace("leave+", "leave+0", 1).replace("@", "0@")

    fates = [(await news.absorb(letter(to, "Bye"))).fate for to in (forged, mailbox.upper())]

    assert fates == [Fate.FORGED, Fate.LEFT]
    person = await house.audience.find(email)
    assert person is not None
    assert {tie.edition for tie in person.subscriptions if tie.left_at} == {long}
    second = await house.audience.find("r2@readers.test")
    assert second is not None
    assert all(tie.left_at is None for tie in second.subscriptions)


async def test_a_link_of_who_had_the_number_before_a_backup_was_restored_ends_nothing(
    news: Mailed,
) -> None:
    house = news.app.house
    person = await house.audience.find("r1@readers.test")
    assert person is not None
    page, mailbox = house.keys.leaving(MORNING)(person.id, "carol@readers.test")
    old = old_token(house.keys.keys[0], person.id, MORNING)
    for token in (page, mailbox, old):
        asked = await news.absorb(letter(f"leave+{token}@{DOMAIN}", "unsubscribe"))
        head = f"List-Unsubscribe: <https://embankment.test/unsubscribe/{token}>\nSubject: x\n"
        told = await news.absorb(arf(original=head))
        assert (asked.fate, told.fate) == (Fate.FORGED, Fate.STRANGE)

    assert await news.runs("r1@readers.test")
    assert await news.suppressions("r1@readers.test") == []


async def test_our_own_fault_stops_the_sending_and_blames_no_reader(news: Mailed) -> None:
    house = news.app.house
    later = await _another_issue(news)
    said = "550 5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy"
    stopped = [
        (await news.absorb(dsn(recipient=reader, said=said, status="5.7.26"), one.sender)).stopped
        for reader, one in news.mails.items()
    ]

    assert stopped == [(), (), (later,), (), (), ()]
    issue = await house.issues.get(later)
    assert issue is not None
    assert issue.status is IssueStatus.STOPPED
    for reader in news.mails:
        assert await news.suppressions(reader) == []
    await house.issues.move(later, IssueStatus.SEALED, now=house.clock(), by="editor")
    assert (await news.absorb(dsn(said=said, status="5.7.26", action="failed"))).stopped == ()


async def _another_issue(news: Mailed) -> IssueId:
    """One that is sealed, and waits."""
    house = news.app.house
    first = await house.issues.get(news.issue)
    assert first is not None
    other = replace(
        first,
        id=IssueId("morning-20261124-0800"),
        number=2,
        status=IssueStatus.APPROVED,
        due_at=first.due_at + timedelta(days=1),
        sealed_at=None,
        items=(),
        lead=None,
    )
    await house.issues.save(other)
    digests = [
        replace(one, id=one.id.replace(first.id, other.id), issue=other.id)
        for one in await house.digests.of(first.id)
    ]
    sealed = replace(other, status=IssueStatus.SEALED, sealed_at=house.clock())
    await house.outbox.seal(sealed, digests, now=house.clock())
    return other.id


async def test_full_mailboxes_add_up(news: Mailed) -> None:
    sender = news.mails["r1@readers.test"].sender
    full = dsn(said="552 5.2.2 Mailbox full", status="5.2.2", recipient="r1@readers.test")
    absorbed = await news.absorb(full, sender)

    assert absorbed.failure is not None
    assert absorbed.failure.reason is Reason.MAILBOX_FULL
    assert absorbed.suppressed is None
    assert await news.suppressions("r1@readers.test") == []


# --- Notices --------------------------------------------------------------------------------------


@pytest.mark.parametrize("quoted", [False, True], ids=["its own return path", "quoted"])
async def test_a_trial_that_comes_back_is_known_and_a_dead_address_is_mailed_no_more(
    news: Mailed, quoted: bool
) -> None:
    house, trial = news.app.house, news.trials[BOSS]
    raw = dsn(recipient=BOSS, original=head_of(trial.data) if quoted else "")
    to = () if quoted else (trial.sender,)

    absorbed, again = await news.absorb(raw, *to), await news.absorb(raw, *to)

    assert (absorbed.fate, again.fate) == (Fate.RECORDED, Fate.KNOWN)
    assert absorbed.returned is not None
    assert absorbed.returned.issue.startswith(f"notice:test:{news.issue}:")
    assert await news.suppressions(BOSS) == [SuppressionReason.HARD_BOUNCE]
    number = absorbed.returned.delivery
    [kept] = (await house.returns.about([number]))[number]
    assert (kept.reason, kept.recipient) == (Reason.USER_UNKNOWN, BOSS)


async def test_a_notice_to_a_reader_counts_for_their_address_and_ends_no_subscription(
    news: Mailed,
) -> None:
    reader = "r1@readers.test"
    trial = news.trials[reader]
    assert trial.sender != news.mails[reader].sender
    full = dsn(said="552 5.2.2 Mailbox full", status="5.2.2", recipient=reader)

    soft = await news.absorb(full, trial.sender)
    complaint = await news.absorb(arf(original=head_of(trial.data)))

    assert (soft.fate, soft.suppressed) == (Fate.RECORDED, None)
    since = news.app.house.clock() - timedelta(days=1)
    assert len(await news.app.house.returns.history(reader, since=since)) == 2
    assert complaint.suppressed is SuppressionReason.COMPLAINT
    assert await news.suppressions(reader) == [SuppressionReason.COMPLAINT]
    assert await news.runs(reader)


# --- a Maildir, and the command ------------------------------------------------------------------


async def test_a_maildir_is_emptied_of_what_was_read_and_keeps_the_rest_aside(news: Mailed) -> None:
    folder = news.room.folder / "var" / "bounces"
    box = MaildirBox(folder)
    assert await pipeline.absorb_bounces(news.app.house, box) == {}
    sender = news.mails["r1@readers.test"].sender
    (folder / "new" / "1").write_bytes(dsn(to=sender, recipient="r1@readers.test"))
    (folder / "cur" / "2:2,S").write_bytes(letter(f"x@{DOMAIN}", "Dear editors, thank you."))

    fates = await pipeline.absorb_bounces(news.app.house, box)
    again = await pipeline.absorb_bounces(news.app.house, box)

    assert fates == {Fate.RECORDED: 1, Fate.UNREAD: 1}
    assert again == {}
    assert [one.name for one in (folder / ".Aside" / "new").iterdir()] == ["2"]
    assert await news.suppressions("r1@readers.test") == [SuppressionReason.HARD_BOUNCE]


async def test_mail_handed_over_is_in_the_ledger_or_kept_aside(news: Mailed) -> None:
    port = free_port()
    inbox = Socket(host="127.0.0.1", port=port, lmtp=True)
    sender = news.mails["r1@readers.test"].sender
    mails = [
        dsn(recipient="r1@readers.test"),
        letter(f"x@{DOMAIN}", "Dear editors, thank you."),
        dsn(recipient="r2@readers.test"),
    ]

    def hand_over() -> None:
        with smtplib.LMTP("127.0.0.1", port, timeout=30) as server:
            for raw, to in zip(mails, (sender, f"x@{DOMAIN}", f"x@{DOMAIN}"), strict=True):
                assert server.sendmail("", [to], raw) == {}

    async with open_inbox(lambda: news.app.house, inbox, domain=DOMAIN):
        await asyncio.to_thread(hand_over)

    aside = news.room.folder / "var" / "bounces-aside" / "new"
    assert await news.suppressions("r1@readers.test") == [SuppressionReason.HARD_BOUNCE]
    assert await news.suppressions("r2@readers.test") == []
    kept = sorted(one.read_bytes().partition(b"\r\n.\r\n")[0] for one in aside.iterdir())
    assert len(kept) == 2
    read_later = await asyncio.to_thread(news.room.json, "bounces", str(aside.parent))
    assert read_later["fates"]["strange"] == read_later["fates"]["unread"] == 1


async def test_a_box_is_looked_into_while_the_house_stands(news: Mailed) -> None:
    folder = news.room.folder / "var" / "bounces"
    make_maildir(folder)
    sender = news.mails["r1@readers.test"].sender
    (folder / "new" / "1").write_bytes(dsn(to=sender, recipient="r1@readers.test"))

    async with open_inbox(lambda: news.app.house, Maildir(folder=folder), domain=DOMAIN):
        async with asyncio.timeout(60):
            while not await news.suppressions("r1@readers.test"):
                await asyncio.sleep(0.01)


async def test_nothing_is_opened_where_config_names_no_place(news: Mailed) -> None:
    async with open_inbox(lambda: news.app.house, None, domain=None):
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_busy_database_loses_no_mail(news: Mailed) -> None:
    folder = news.room.folder / "var" / "bounces"
    make_maildir(folder)
    sender = news.mails["r1@readers.test"].sender
    place = folder / "new" / "1"
    place.write_bytes(dsn(to=sender, recipient="r1@readers.test"))
    busy = replace(news.app.house, returns=Busy())

    with pytest.raises(StoreBusy):
        await pipeline.absorb_bounces(busy, MaildirBox(folder))

    assert place.exists()
    fates = await pipeline.absorb_bounces(news.app.house, MaildirBox(folder))
    assert fates == {Fate.RECORDED: 1}


async def test_a_crash_between_ledger_and_box_counts_nothing_twice(news: Mailed) -> None:
    folder = news.room.folder / "var" / "bounces"
    make_maildir(folder)
    sender = news.mails["r1@readers.test"].sender
    full = dsn(to=sender, said="552 5.2.2 Mailbox full", status="5.2.2")
    (folder / "new" / "1").write_bytes(full)

    for _ in range(3):
        with pytest.raises(Died):
            await pipeline.absorb_bounces(news.app.house, Crashing(folder))
    fates = await pipeline.absorb_bounces(news.app.house, MaildirBox(folder))

    assert fates == {Fate.KNOWN: 1}
    document = await asyncio.to_thread(news.room.json, "deliveries", news.issue)
    told = {one["address"]: one["bounces"] for one in document["deliveries"]}
    assert [one["reason"] for one in told["r1@readers.test"]] == ["mailbox_full"]


class Died(Exception):
    pass


class Crashing(MaildirBox):
    """The process dies when it is about to take the mail away."""

    async def settle(self, arrival: Arrival, *, aside: bool) -> None:
        raise Died


class Busy:
    """A database that somebody holds."""

    def __getattr__(self, name: str) -> Any:
        raise StoreBusy("database is locked")


async def test_the_command_reads_files_and_says_what_each_came_to(
    news: Mailed, tmp_path: Path
) -> None:
    paths = {"dsn": tmp_path / "1.eml", "note": tmp_path / "2.eml", "box": tmp_path / "mbox"}
    sender = news.mails["r1@readers.test"].sender
    paths["dsn"].write_bytes(dsn(to=sender, recipient="r1@readers.test"))
    paths["note"].write_bytes(letter(f"x@{DOMAIN}", "Dear editors, thank you."))
    head = head_of(news.mails["r2@readers.test"].data)
    paths["box"].write_bytes(b"From fbl@corp.mail.ru\n" + arf(original=head))
    said = await news.room.called("bounces", *map(str, paths.values()), "--json")
    words = await news.room.called("bounces", str(paths["dsn"]))

    assert said.code == 0, said.err
    document: Any = json.loads(said.out)
    assert document["read"] == 3
    assert document["fates"] == {
        "recorded": 2,
        "left": 0,
        "known": 0,
        "ignored": 0,
        "forged": 0,
        "strange": 0,
        "unread": 1,
    }
    assert [one["fate"] for one in document["mails"]] == ["recorded", "unread", "recorded"]
    assert document["mails"][0] | {"text": None} == {
        "file": str(paths["dsn"]),
        "fate": "recorded",
        "kind": "bounce",
        "reason": "user_unknown",
        "weight": "hard",
        "status": "5.1.1",
        "text": None,
        "recipient": "r1@readers.test",
        "delivery": document["mails"][0]["delivery"],
        "issue": news.issue,
        "address": "r1@readers.test",
        "suppressed": "hard_bounce",
    }
    assert document["mails"][2]["suppressed"] == "complaint"
    assert "1 read, 0 new in the ledger, 0 left, 0 kept aside." in words.out
    assert all(path.exists() for path in paths.values())


async def test_the_command_without_files_reads_where_config_says(news: Mailed) -> None:
    new = news.room.folder / "var" / "bounces" / "new"
    new.mkdir(parents=True)
    sender = news.mails["r1@readers.test"].sender
    (new / "1").write_bytes(dsn(to=sender, recipient="r1@readers.test"))
    said = await news.room.called("bounces", "--json")

    assert json.loads(said.out)["fates"]["recorded"] == 1
    assert list(new.iterdir()) == []


@pytest.mark.parametrize(
    ("intake", "words"),
    [
        (None, "Config names no place where bounces come in"),
        ("lmtp://127.0.0.1:2424", "is handed to `publisher run`"),
    ],
)
def test_the_command_says_where_nothing_waits(
    tmp_path: Path, intake: str | None, words: str
) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    if intake:
        text = f'[smtp.bounces]\ndomain = "{DOMAIN}"\nintake = "{intake}"\n'
        (room.config / "bounces.toml").write_text(text, "utf-8")

    code, _, err = room.call("bounces")

    assert code == 1
    assert words in err


def test_a_folder_without_mails_is_said(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)

    code, out, err = room.call("bounces", str(room.folder))

    assert code == 1
    assert "is no Maildir" in err
    assert "0 read" not in out


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)

    code, _, err = room.call("bounces", str(tmp_path / "none.eml"))

    assert code == 1
    assert "none.eml" in err
