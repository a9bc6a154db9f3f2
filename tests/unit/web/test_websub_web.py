"""The callback: what hubs may say there, and what nobody may."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from publisher.model.hubs import HubStatus, HubSubscription
from publisher.model.names import SourceId
from publisher.store.schema import migrate
from publisher.web.websub import LARGEST
from tests.support.build import NOON, make_source
from tests.support.hub import (
    FEED,
    TOPIC,
    Doorstep,
    make_state,
    make_subscription,
    open_doorstep,
    signature,
)
from tests.support.web import Answer

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one server for all: its end takes 0.2 s

XML = "application/rss+xml"
CHALLENGE = "c0ffee"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Callback:
    """One source and its subscription, of which no other test knows."""

    step: Doorstep
    source: SourceId

    async def at(self, status: HubStatus, **overrides: Any) -> None:
        await self.step.hubs.save(make_subscription(source=self.source, status=status, **overrides))

    async def stands(self) -> HubSubscription:
        return await self.step.stands(self.source)

    async def path(self) -> str:
        return f"/websub/{(await self.stands()).token}"

    async def told(self, **said: str) -> Answer:
        """As hubs speak: told(mode="subscribe") says what a hub says when all is well."""
        usual = {
            "mode": "subscribe",
            "topic": TOPIC,
            "challenge": CHALLENGE,
            "lease_seconds": "3600",
        }
        query = urlencode({f"hub.{name}": value for name, value in (usual | said).items()})
        return await self.step.visitor.ask(f"{await self.path()}?{query}")

    async def brought(self, body: bytes = FEED, **headers: str) -> Answer:
        """A delivery, signed rightly unless `headers` say otherwise."""
        right = signature((await self.stands()).secret, body)
        given = {"X-Hub-Signature": right, "Content-Type": XML} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.step.visitor.ask(
            await self.path(), method="POST", headers=given, data=BytesIO(body)
        )

    @property
    def taken(self) -> list[tuple[bytes, str]]:
        return [(body, kind) for source, body, kind in self.step.taken if source == self.source]


@pytest.fixture(scope="module")
def serial() -> Iterator[int]:
    return count()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def step(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doorstep]:
    url = f"sqlite:///{tmp_path_factory.mktemp('web') / 'publisher.db'}"
    migrate(url)
    async with open_doorstep(url, seconds=0.5) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def callback(step: Doorstep, serial: Iterator[int]) -> Callback:
    source = make_source(id=SourceId(f"site-{next(serial)}"))
    step.configure(source)
    step.full = False
    await step.states.save(make_state(source=source.id))
    await step.hubs.save(make_subscription(source=source.id))
    return Callback(step, source.id)


# --- a hub verifies -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [HubStatus.ASKED, HubStatus.VERIFIED, HubStatus.FAILED])
async def test_a_hub_that_asks_whether_we_meant_it_hears_its_challenge(
    callback: Callback, status: HubStatus
) -> None:
    """FAILED too: our wish may have reached a hub whose answer was lost."""
    await callback.at(status)
    answer = await callback.told()

    assert (answer.status, answer.text) == (200, CHALLENGE)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    stands = await callback.stands()
    assert stands.status is HubStatus.VERIFIED
    assert (stands.verified_at, stands.expires_at) == (NOON, NOON + HOUR)


async def test_a_hub_that_names_no_lease_is_taken_to_mean_ours(callback: Callback) -> None:
    query = urlencode({"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": CHALLENGE})
    answer = await callback.step.visitor.ask(f"{await callback.path()}?{query}")

    assert answer.status == 200
    assert (await callback.stands()).expires_at == NOON + timedelta(days=10)


async def test_a_challenge_is_never_a_page(callback: Callback) -> None:
    answer = await callback.told(challenge="<script>alert(1)</script>")

    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "said",
    [
        {"challenge": ""},
        {"challenge": "x" * 4097},
        {"challenge": "a\nb"},
        {"challenge": "вызов"},
        {"lease_seconds": ""},
        {"lease_seconds": "-1"},
        {"lease_seconds": "1e9"},
        {"lease_seconds": "९"},
        {"lease_seconds": "9" * 5000},
        {"mode": ""},
        {"mode": "publish"},
        {"mode": "unsubscribe", "challenge": ""},
    ],
    ids=lambda said: str(said)[:40],
)
async def test_what_no_hub_says_is_refused_and_changes_nothing(
    callback: Callback, said: dict[str, str]
) -> None:
    before = await callback.stands()
    answer = await callback.told(**said)

    assert answer.status in {400, 404}
    assert await callback.stands() == before


@pytest.mark.parametrize("name", ["mode", "topic", "challenge", "lease_seconds"])
async def test_a_thing_said_twice_is_refused(callback: Callback, name: str) -> None:
    before = await callback.stands()
    said = {"mode": "subscribe", "topic": TOPIC, "challenge": CHALLENGE, "lease_seconds": "3600"}
    query = urlencode([(f"hub.{key}", value) for key, value in [*said.items(), (name, said[name])]])
    answer = await callback.step.visitor.ask(f"{await callback.path()}?{query}")

    assert answer.status == 400
    assert await callback.stands() == before


@pytest.mark.parametrize("topic", ["", "https://embankment.test/other.xml", f"{TOPIC}/"])
@pytest.mark.parametrize("mode", ["subscribe", "unsubscribe", "denied"])
async def test_nothing_is_agreed_about_another_topic(
    callback: Callback, mode: str, topic: str
) -> None:
    before = await callback.stands()

    assert (await callback.told(mode=mode, topic=topic)).status == 404
    assert await callback.stands() == before


async def test_a_hub_that_refused_us_is_not_told_yes_until_it_is_asked_again(
    callback: Callback,
) -> None:
    await callback.at(HubStatus.DENIED)

    assert (await callback.told()).status == 404


async def test_a_source_that_left_its_hub_is_not_subscribed(callback: Callback) -> None:
    await callback.step.states.save(make_state(source=callback.source, hub=None, topic=None))

    assert (await callback.told()).status == 404


async def test_a_hub_may_forget_only_what_we_do_not_want(callback: Callback) -> None:
    assert (await callback.told(mode="unsubscribe")).status == 404

    callback.step.configure()
    answer = await callback.told(mode="unsubscribe")

    assert (answer.status, answer.text) == (200, CHALLENGE)


# --- a hub refuses --------------------------------------------------------------------------------


async def test_a_refusal_is_kept_with_its_reason_in_one_short_line(callback: Callback) -> None:
    await callback.at(HubStatus.VERIFIED, expires_at=NOON + HOUR)
    answer = await callback.told(mode="denied", reason="Not\n paid\x00 for.   " + "!" * 500)

    assert answer.status == 200
    stands = await callback.stands()
    assert (stands.status, stands.expires_at) == (HubStatus.DENIED, NOON)
    assert stands.problem is not None
    assert stands.problem.args["reason"] == ("Not paid for. " + "!" * 500)[:200]


# --- a hub brings something -----------------------------------------------------------------------


async def test_what_is_signed_rightly_is_handed_on_and_noted(callback: Callback) -> None:
    await callback.at(HubStatus.VERIFIED)
    answer = await callback.brought()

    assert (answer.status, answer.body) == (202, b"")
    assert callback.taken == [(FEED, XML)]
    assert (await callback.stands()).told_at == NOON


@pytest.mark.parametrize("status", HubStatus)
async def test_a_right_signature_counts_whatever_we_think_of_the_hub(
    callback: Callback, status: HubStatus
) -> None:
    """It may deliver while a renewal is under way."""
    await callback.at(status)
    await callback.brought()

    assert len(callback.taken) == 1
    assert (await callback.stands()).status is status


@pytest.mark.parametrize(
    "wrong",
    ["", "sha256=", signature("another", FEED), signature("another", FEED, "md5")],
)
async def test_what_is_signed_wrongly_is_answered_alike_and_dropped(
    callback: Callback, wrong: str
) -> None:
    right = await callback.brought()
    with capture_logs() as said:
        answer = await callback.brought(X_Hub_Signature=wrong)

    assert (answer.status, answer.body) == (right.status, right.body)
    assert len(callback.taken) == 1
    assert [line["event"] for line in said] == ["websub content dropped"]


async def test_what_is_not_signed_is_dropped(callback: Callback) -> None:
    answer = await callback.step.visitor.ask(await callback.path(), method="POST", data=FEED)

    assert answer.status == 202
    assert callback.taken == []
    assert (await callback.stands()).told_at is None


async def test_two_signatures_are_none(callback: Callback) -> None:
    right = signature((await callback.stands()).secret, b"x").encode()
    head = f"POST {await callback.path()} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n".encode()
    line = b"X-Hub-Signature: " + right + b"\r\n"
    raw = head + line + line + b"Connection: close\r\n\r\nx"

    assert (await callback.step.visitor.say(raw)).startswith(b"HTTP/1.1 202")
    assert callback.taken == []


async def test_a_delivery_for_which_there_is_no_room_is_to_come_again(callback: Callback) -> None:
    callback.step.full = True
    answer = await callback.brought()

    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert callback.taken == []


async def test_a_delivery_may_be_fifteen_mebibytes_and_no_more(callback: Callback) -> None:
    assert (await callback.brought(bytes(LARGEST))).status == 202
    assert (await callback.brought(bytes(LARGEST + 1))).status == 413
    assert [len(body) for body, _ in callback.taken] == [LARGEST]


async def test_a_delivery_that_does_not_say_its_length_is_counted_as_it_comes(
    callback: Callback,
) -> None:
    head = f"POST {await callback.path()} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = f"{LARGEST + 1:x}\r\n".encode() + bytes(LARGEST + 1)

    assert (await callback.step.visitor.say(head.encode() + chunk)).startswith(b"HTTP/1.1 413")


async def test_a_delivery_that_drips_is_to_come_again(callback: Callback) -> None:
    head = f"POST {await callback.path()} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nslow"

    assert b"503" in await callback.step.visitor.say(head.encode() + b"\r\n")


async def test_a_packed_delivery_is_refused(callback: Callback) -> None:
    assert (await callback.brought(Content_Encoding="gzip")).status == 415
    assert callback.taken == []


@pytest.mark.parametrize(
    "lost", ["config", "address", "hub"], ids=["no source", "another address", "no hub"]
)
async def test_a_hub_is_told_to_forget_what_we_do_not_want_any_more(
    callback: Callback, lost: str
) -> None:
    await callback.at(HubStatus.VERIFIED, verified_at=NOON, expires_at=NOON + 240 * HOUR)
    match lost:
        case "config":
            callback.step.configure()
        case "address":
            callback.step.configure(make_source(id=callback.source, url="https://new.test/rss"))
        case "hub":
            await callback.step.states.save(make_state(source=callback.source, hub=None))

    assert (await callback.brought()).status == 410
    assert callback.taken == []
    assert (await callback.stands()).expires_at == NOON


# --- anybody else ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token",
    ["", "short", "token-of-nobody-012345", "%00" * 20, "x" * 5000, "../feeds", "%D1%82" * 20],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_address_we_gave_nobody_is_not_there(
    step: Doorstep, token: str, method: str
) -> None:
    query = urlencode({"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": CHALLENGE})
    answer = await step.visitor.ask(f"/websub/{token}?{query}", method=method)

    assert answer.status == 404


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused_and_confirm_nothing(
    callback: Callback, method: str
) -> None:
    query = urlencode({"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": CHALLENGE})
    answer = await callback.step.visitor.ask(f"{await callback.path()}?{query}", method=method)

    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
    assert (await callback.stands()).status is HubStatus.ASKED


async def test_no_log_line_holds_the_token_or_the_secret(callback: Callback) -> None:
    with capture_logs() as said:
        await callback.told()
        await callback.brought()
        await callback.brought(X_Hub_Signature="sha1=00")
        await callback.told(mode="denied", reason="no")

    stands = await callback.stands()
    assert len(said) == 3
    assert stands.token not in str(said)
    assert stands.secret not in str(said)
