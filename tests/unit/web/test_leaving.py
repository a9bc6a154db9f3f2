"""The door out: the page behind the link of every mail."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from publisher.assets import Assets
from publisher.errors import Misconfigured, StoreBusy
from publisher.i18n.catalogs import load_catalogs
from publisher.links import NOBODY, KeyRing, Leave, leave_url
from publisher.model.names import EditionId, Language, SubscriberId
from publisher.model.people import Subscriber
from publisher.model.problems import Problem
from publisher.render.templates import Templates
from publisher.store.audience import SqlAudience
from publisher.store.database import Database, open_database
from publisher.store.schema import migrate
from publisher.store.tables import subscribers
from publisher.web.public import Reception, application
from tests.support.build import EN, NOON, RU, make_applicant, make_consent, make_newsroom
from tests.support.links import old_token
from tests.support.web import Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one server for all: its end takes 0.2 s

MORNING, WEEKLY = EditionId("morning"), EditionId("weekly")
KEYS = KeyRing(keys=(b"new key, 32 bytes long, is here.", b"old key, 32 bytes long, is here."))
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ENGLISH = {"Accept-Language": "en"}


@dataclass
class Front:
    """The readers' web with one reader of each language, both in two editions."""

    visitor: Visitor
    audience: SqlAudience
    readers: dict[Language, Subscriber]
    stop: Callable[[bool], None]  # whether the database is busy

    def link(self, language: Language = EN, edition: EditionId = MORNING, **over: Any) -> str:
        reader, keys = self.readers[language], over.get("keys", KEYS)
        address = over.get("address", reader.email)
        return leave_url("", keys.leaving(edition)(reader.id, address)[over.get("which", 0)])

    async def running(self, language: Language = EN) -> set[EditionId]:
        reader = await self.audience.get(self.readers[language].id)
        assert reader is not None
        return {tie.edition for tie in reader.subscriptions if tie.left_at is None}


@dataclass
class _Stoppable:
    """The real audience; it can be made busy."""

    real: SqlAudience
    busy: bool = field(default=False)

    async def get(self, subscriber: SubscriberId) -> Subscriber | None:
        if self.busy:
            raise StoreBusy
        return await self.real.get(subscriber)

    async def leave(self, subscriber: SubscriberId, edition: EditionId, *, now: datetime) -> bool:
        return await self.real.leave(subscriber, edition, now=now)


@dataclass(frozen=True)
class Open:
    """The readers' web, without readers."""

    visitor: Visitor
    database: Database
    audience: SqlAudience
    stoppable: _Stoppable
    reception: Reception
    serial: Iterator[int] = field(default_factory=count)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def open_doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    folder = tmp_path_factory.mktemp("web")
    url = f"sqlite:///{folder / 'publisher.db'}"
    migrate(url)
    assets, newsroom = Assets(), make_newsroom()
    words = load_catalogs(assets.folders("locales"), newsroom.site.languages)
    async with open_database(url) as database:
        stoppable = _Stoppable(real=SqlAudience(database))
        reception = Reception(
            newsroom=lambda: newsroom,
            text=lambda: words,
            audience=stoppable,  # type: ignore[arg-type] # all that the door asks for
            keys=KEYS,
            pages=Templates(assets.folders("templates")),
            clock=lambda: NOON,
            public=folder / "public",
        )
        async with visiting(application(reception)) as visitor:
            yield Open(
                visitor=visitor,
                database=database,
                audience=stoppable.real,
                stoppable=stoppable,
                reception=reception,
            )


@pytest_asyncio.fixture(loop_scope="module")
async def front(open_doors: Open) -> Front:
    """Two readers of whom no other test knows."""
    number = next(open_doors.serial)
    people = {EN: f"anna{number}@readers.test", RU: f"boris{number}@chitateli.test"}
    both = (MORNING, WEEKLY)
    await open_doors.audience.enrol(
        [
            make_applicant(email=email, language=language, editions=both)
            for language, email in people.items()
        ],
        now=NOON,
    )
    found = {language: await open_doors.audience.find(email) for language, email in people.items()}
    return Front(
        visitor=open_doors.visitor,
        audience=open_doors.audience,
        readers={language: one for language, one in found.items() if one},
        stop=lambda busy: setattr(open_doors.stoppable, "busy", busy),
    )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_at_the_link_changes_nothing(front: Front, method: str) -> None:
    for _ in range(3):
        answer = await front.visitor.ask(front.link(), method=method)
        assert answer.status == 200

    assert await front.running() == {MORNING, WEEKLY}


async def test_the_page_asks_with_a_form_that_posts_to_itself(front: Front) -> None:
    page = (await front.visitor.ask(front.link())).text

    assert '<form method="post">' in page
    assert page.count("<button") == 1
    assert "Morning Briefing" in page


async def test_one_click_ends_that_edition_and_no_other(front: Front) -> None:
    answer = await front.visitor.ask(front.link(), method="POST", data=ONE_CLICK)

    assert answer.status == 200
    assert await front.running() == {WEEKLY}


@pytest.mark.parametrize(("language", "words"), [(EN, "Unsubscribe"), (RU, "Отписаться")])
async def test_check_15_leaving_works_without_log_in_in_the_readers_language_for_ever(
    front: Front, language: Language, words: str
) -> None:
    """A link names no day, so one of 61 days ago is the one of today."""
    link = front.link(language)
    asked = await front.visitor.ask(link)
    clicked = await front.visitor.ask(link, method="POST", data=ONE_CLICK)

    assert (asked.status, clicked.status) == (200, 200)
    assert f'lang="{language}"' in asked.text
    assert words in asked.text
    assert "password" not in asked.text
    assert await front.running(language) == {WEEKLY}


async def test_one_click_needs_no_cookie_and_is_sent_nowhere(front: Front) -> None:
    answer = await front.visitor.ask(front.link(), method="POST", data=ONE_CLICK)

    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "data",
    [None, b"", b"List-Unsubscribe=One-Click", b"nonsense=1", b"\x00\xff" * 100],
    ids=["none", "empty", "one click", "nonsense", "bytes"],
)
async def test_the_body_is_not_looked_at(front: Front, data: bytes | None) -> None:
    assert (await front.visitor.ask(front.link(), method="POST", data=data)).status == 200
    assert await front.running() == {WEEKLY}


async def test_a_second_click_is_answered_like_the_first(front: Front) -> None:
    first = await front.visitor.ask(front.link(), method="POST", data=ONE_CLICK)
    second = await front.visitor.ask(front.link(), method="POST", data=ONE_CLICK)

    assert (first.status, first.body) == (second.status, second.body)
    assert await front.running() == {WEEKLY}


async def test_who_has_left_is_not_asked_again(front: Front) -> None:
    done = await front.visitor.ask(front.link(), method="POST")
    page = await front.visitor.ask(front.link())

    assert page.text == done.text
    assert "<form" not in page.text


async def test_a_link_signed_with_an_older_key_still_works(front: Front) -> None:
    older = KeyRing(keys=KEYS.keys[1:])

    assert (await front.visitor.ask(front.link(keys=older), method="POST")).status == 200
    assert await front.running() == {WEEKLY}


async def test_the_token_of_the_mailbox_opens_the_page_too(front: Front) -> None:
    link = leave_url("", front.link(which=1).rpartition("/")[2].upper())

    assert (await front.visitor.ask(link, method="POST")).status == 200
    assert await front.running() == {WEEKLY}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_of_who_had_the_number_before_a_backup_was_restored_acts_on_nobody(
    front: Front, method: str
) -> None:
    lost = front.link(address="carol@readers.test")

    assert (await front.visitor.ask(lost, method=method)).status == 404
    assert await front.running() == {MORNING, WEEKLY}


async def test_a_link_signed_for_no_address_acts_on_who_was_a_reader_then(
    front: Front, open_doors: Open
) -> None:
    """Who came later never had one: it is of somebody a restored backup knows nothing of."""
    reader = front.readers[EN]
    link = leave_url("", old_token(KEYS.keys[0], reader.id, MORNING))
    later = await front.visitor.ask(link, method="POST")
    still = await front.running()
    async with open_doors.database.write() as tx:
        mine = update(subscribers).where(subscribers.c.id == reader.id)
        await tx.execute(mine.values(had_old_links=True))
    before = await front.visitor.ask(link, method="POST")

    assert (later.status, still) == (404, {MORNING, WEEKLY})
    assert (before.status, await front.running()) == (200, {WEEKLY})
    assert (await front.visitor.ask(front.link(edition=WEEKLY), method="POST")).status == 200
    assert await front.running() == set()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_was_changed_is_answered_in_words_and_acts_on_nothing(
    front: Front, method: str
) -> None:
    link = front.link()
    other = KeyRing(keys=(b"somebody else's key, 32 bytes it",))
    odd = [
        link[:-1],
        link + "A",
        link[:-3] + ("AAA" if link[-3:] != "AAA" else "BBB"),
        front.link(keys=other),
        "/unsubscribe/preview",
        "/unsubscribe/%00%ff",
        "/unsubscribe/" + "x" * 3000,
    ]
    for path in odd:
        answer = await front.visitor.ask(path, method=method, headers=ENGLISH)
        assert answer.status == 404, path
        assert "This link does not work" in answer.text

    assert await front.running() == {MORNING, WEEKLY}


async def test_a_link_of_somebody_who_is_not_in_the_books_is_answered_in_words(
    front: Front,
) -> None:
    reader = front.readers[EN]
    strange = Leave(subscriber=SubscriberId(99), edition=MORNING)
    for leave in (strange, replace(strange, subscriber=SubscriberId(2**63 - 1))):
        stranger = leave_url("", KEYS.sign(leave, reader.email))
        assert (await front.visitor.ask(stranger, method="POST")).status == 404


@pytest.mark.parametrize("hour", ["0001-01-01T00:00", "9999-12-31T23:59"])
@pytest.mark.parametrize("zone", ["-12:00", "+00:00", "+14:00"])
async def test_a_consent_of_no_possible_hour_keeps_nobody(
    front: Front, hour: str, zone: str
) -> None:
    """As an old import took it."""
    reader = front.readers[EN]
    given = make_consent(at=datetime.fromisoformat(hour + zone))
    await front.audience.enrol(
        [make_applicant(email=reader.email, editions=(MORNING, WEEKLY), consent=given)], now=NOON
    )

    assert (await front.visitor.ask(front.link())).status == 200
    assert (await front.visitor.ask(front.link(), method="POST", data=ONE_CLICK)).status == 200
    assert await front.running() == {WEEKLY}


async def test_the_page_speaks_the_readers_language_whatever_the_browser_says(
    front: Front,
) -> None:
    page = (await front.visitor.ask(front.link(RU), headers=ENGLISH)).text

    assert '<html lang="ru">' in page
    assert "Утренний выпуск" in page


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en;q=0.5, ru;q=0.7", "ru"),
        ("de, fr", "en"),
        ("ru;q=0", "en"),
        ("ru;q=nonsense", "en"),
        (",;;,q", "en"),
        ("", "en"),
    ],
)
async def test_a_visitor_we_do_not_know_is_answered_in_a_language_they_ask_for(
    front: Front, header: str, language: str
) -> None:
    answer = await front.visitor.ask("/unsubscribe/x", headers={"Accept-Language": header})

    assert f'<html lang="{language}">' in answer.text


async def test_the_address_is_masked(front: Front) -> None:
    for method in ("GET", "POST"):
        page = (await front.visitor.ask(front.link(), method=method)).text
        assert "anna" not in page
        assert "a•••@readers.test" in page


async def test_the_page_lets_nothing_else_in_and_is_never_kept(front: Front) -> None:
    headers = (await front.visitor.ask(front.link())).headers

    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-robots-tag"] == "noindex"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "form-action 'self'" in headers["content-security-policy"]


async def test_the_page_carries_mark_and_statement(front: Front) -> None:
    page = (await front.visitor.ask(front.link())).text

    assert page.count("16+") >= 2
    assert "Регистрационный номер ЭЛ № ФС77-00000. 16+" in page


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_not_allowed(front: Front, method: str) -> None:
    answer = await front.visitor.ask(front.link(), method=method)

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert await front.running() == {MORNING, WEEKLY}


async def test_an_address_with_a_slash_too_many_is_not_sent_on(front: Front) -> None:
    assert (await front.visitor.ask(front.link() + "/", method="POST")).status == 404


async def test_a_busy_database_is_said_so_and_may_be_asked_again(front: Front) -> None:
    front.stop(True)
    busy = await front.visitor.ask(front.link(), method="POST", headers=ENGLISH)
    front.stop(False)

    assert busy.status == 503
    assert busy.headers["retry-after"] == "30"
    assert "nothing was changed" in busy.text
    assert await front.running() == {MORNING, WEEKLY}


async def test_a_reader_whose_language_the_newsroom_gave_up_is_answered_in_the_first_one(
    front: Front,
) -> None:
    german = make_applicant(email="clara@leser.test", language=Language("de"), editions=(MORNING,))
    await front.audience.enrol([german], now=NOON)
    reader = await front.audience.find("clara@leser.test")
    assert reader is not None
    front.readers[Language("de")] = reader

    answer = await front.visitor.ask(front.link(Language("de")), method="POST")

    assert '<html lang="en">' in answer.text
    assert await front.running(Language("de")) == set()


async def test_an_edition_that_is_no_more_can_still_be_left(front: Front) -> None:
    answer = await front.visitor.ask(front.link(edition=WEEKLY), method="POST")

    assert answer.status == 200
    assert "“The Embankment” no longer goes to" in answer.text
    assert await front.running() == {MORNING}


async def test_a_broken_template_costs_a_reader_no_traceback(
    open_doors: Open, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    """The click counts all the same; the log says why, and not whose link it was."""

    class Broken:
        def render(self, name: str, *, text: object, **context: object) -> str:
            raise Misconfigured(
                Problem(message="The template {name} is missing.", args={"name": name})
            )

    reception = replace(open_doors.reception, pages=Broken())
    async with visiting(application(reception)) as visitor:
        answer = await visitor.ask(front.link(), method="POST", headers=ENGLISH)

    assert answer.status == 500
    assert answer.text.startswith("Something is broken here.")
    assert await front.running() == {WEEKLY}
    log = capsys.readouterr().out
    assert "The template web/leave_done.html.j2 is missing." in log
    assert front.link().rpartition("/")[2] not in log


async def test_what_is_not_there_is_answered_in_words(front: Front) -> None:
    english = await front.visitor.ask("/nothing", headers=ENGLISH)
    russian = await front.visitor.ask("/ru/nothing", headers=ENGLISH)

    assert (english.status, russian.status) == (404, 404)
    assert "There is no such page" in english.text
    assert '<html lang="ru">' in russian.text


async def test_health_is_one_line(front: Front) -> None:
    assert (await front.visitor.ask("/healthz")).text == "ok\n"


async def test_an_endless_body_is_hung_up_on(front: Front) -> None:
    """The click counts; what follows is not read."""
    link = front.link().encode()
    head = b"POST " + link + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n"

    answer = await front.visitor.say(head + b"x" * 1000)

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer
    assert await front.running() == {WEEKLY}


async def test_a_body_of_unknown_length_is_hung_up_on(front: Front) -> None:
    link = front.link().encode()
    head = b"POST " + link + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    answer = await front.visitor.say(head + b"5\r\nhello\r\n")

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer


async def test_a_short_body_that_never_comes_is_not_waited_for(front: Front) -> None:
    link = front.link().encode()
    head = b"POST " + link + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", front.visitor.port)
    writer.write(head)

    async with asyncio.timeout(4):
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()

    assert await front.running() == {WEEKLY}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_link_of_a_trial_acts_on_nobody_and_says_so(front: Front, method: str) -> None:
    token = KEYS.sign(Leave(subscriber=NOBODY, edition=MORNING))
    answer = await front.visitor.ask(leave_url("", token), method=method, headers=ENGLISH)

    assert answer.status == 200
    assert "It acts on nothing" in answer.text
    assert await front.running() == {MORNING, WEEKLY}
