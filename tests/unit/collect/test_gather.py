"""One look at one source: entries in, failures as values."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pictures

from publisher.beside import here
from publisher.collect.darkroom import Darkroom, pictures
from publisher.collect.fetch import HttpFetcher, open_fetcher
from publisher.collect.gather import Errand, Tools, gather
from publisher.model.articles import Article
from publisher.model.names import SectionId
from publisher.model.newsroom import Section
from publisher.model.sources import FetchState, FoundImage, Harvest, Rights, Source, SourceKind
from tests.support.build import (
    EN,
    NOON,
    RU,
    make_article,
    make_entry,
    make_newsroom,
    make_source,
)
from tests.support.dice import Loaded
from tests.support.origin import Origin, open_origin

FLAT = Loaded(0)
LATER = NOON + timedelta(hours=1)
RSS = b"<rss version='2.0'><channel><title>W</title><item><title>A</title><guid>a</guid></item></channel></rss>"


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with open_origin() as standing:
        yield standing


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with open_fetcher(
        "Publisher (+https://embankment.test)", seconds=5, gap=timedelta(0)
    ) as ours:
        yield ours


def errand(source: Source, *, root: Path = Path("/room"), **overrides: Any) -> Errand:
    made = Errand(source=source, newsroom=make_newsroom(), root=root, now=NOON)
    return replace(made, **overrides)


def fresh(source: Source) -> FetchState:
    return FetchState(source=source.id)


async def look(
    source: Source, state: FetchState, fetcher: HttpFetcher, **overrides: Any
) -> Harvest:
    tools = Tools(fetcher=fetcher, crunch=here, dice=FLAT, known=nobody)
    return await gather(errand(source, **overrides), state, tools)


async def nobody(keys: Collection[str]) -> Mapping[str, Article]:
    return {}


def folder(root: Path) -> Source:
    (root / "content").mkdir(exist_ok=True)
    return make_source(kind=SourceKind.FOLDER, url=None, path=str(root / "content"))


def story(root: Path, name: str = "a.md", title: str = "A") -> None:
    (root / "content" / name).write_text(f"---\ntitle: {title}\n---\nWords.\n", "utf-8")


# --- feeds --------------------------------------------------------------------------------------


async def test_a_feed_is_read_and_remembered(origin: Origin, fetcher: HttpFetcher) -> None:
    source = make_source(
        allow_private=True,
        url=origin.page("/f", RSS, headers={"ETag": '"1"', "Last-Modified": "x"}),
    )

    harvest = await look(source, fresh(source), fetcher)

    state = harvest.state
    assert [entry.key for entry in harvest.entries] == ["a"]
    assert not harvest.unchanged
    assert (state.etag, state.last_modified, state.url) == ('"1"', "x", source.url)
    assert state.checked_at == state.succeeded_at == state.first_pass_at == NOON
    assert (state.failures, state.problem) == (0, None)
    assert state.next_check_at == NOON + timedelta(minutes=15)


async def test_a_304_means_unchanged(origin: Origin, fetcher: HttpFetcher) -> None:
    source = make_source(allow_private=True, url=origin.page("/f", RSS, headers={"ETag": '"1"'}))
    first = await look(source, fresh(source), fetcher)

    second = await look(source, first.state, fetcher, now=LATER)

    assert second.unchanged
    assert second.entries == ()
    assert origin.asked[1].headers["if-none-match"] == '"1"'
    assert second.state == replace(
        first.state,
        checked_at=LATER,
        succeeded_at=LATER,
        next_check_at=LATER + timedelta(minutes=15),
    )


async def test_the_same_bytes_mean_unchanged(origin: Origin, fetcher: HttpFetcher) -> None:
    source = make_source(allow_private=True, url=origin.page("/f", RSS))
    first = await look(source, fresh(source), fetcher)

    assert (await look(source, first.state, fetcher)).unchanged
    origin.page("/f", RSS + b" ")
    assert not (await look(source, first.state, fetcher)).unchanged


async def test_validators_belong_to_the_address_that_gave_them(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    source = make_source(allow_private=True, url=origin.page("/f", RSS, headers={"ETag": '"1"'}))
    first = await look(source, fresh(source), fetcher)
    moved = replace(source, url=origin.page("/g", RSS, headers={"ETag": '"1"'}))

    second = await look(moved, first.state, fetcher)

    assert not second.unchanged
    assert "if-none-match" not in origin.asked[1].headers


@pytest.mark.parametrize(
    "edit",
    [
        {"sections": {"City life": SectionId("world")}},
        {"section": SectionId("world")},
        {"otherwise": None},
        {"language": RU},
        {"age": 18},
        {"rights": Rights.QUOTE},
        {"credit": {EN: "The Wire"}},
    ],
    ids=lambda edit: next(iter(edit)),
)
async def test_another_config_reads_the_same_feed_anew(
    origin: Origin, fetcher: HttpFetcher, edit: dict[str, Any]
) -> None:
    source = make_source(allow_private=True, url=origin.page("/f", RSS, headers={"ETag": '"1"'}))
    first = await look(source, fresh(source), fetcher)

    second = await look(replace(source, **edit), first.state, fetcher)

    assert [entry.key for entry in second.entries] == ["a"]
    assert second.state.first_pass_at == first.state.first_pass_at


async def test_a_new_section_of_the_newsroom_reads_anew_and_a_new_rhythm_does_not(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    source = make_source(allow_private=True, url=origin.page("/f", RSS, headers={"ETag": '"1"'}))
    first = await look(source, fresh(source), fetcher)
    newsroom = make_newsroom()
    larger = replace(
        newsroom, sections=(*newsroom.sections, Section(id=SectionId("sport"), title={}))
    )

    rhythm = await look(replace(source, every=timedelta(hours=1)), first.state, fetcher)
    section = await look(source, first.state, fetcher, newsroom=larger)

    assert rhythm.unchanged
    assert not section.unchanged


async def test_a_failure_is_a_value_with_a_pause_that_grows(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    source = make_source(allow_private=True, url=origin.url("/gone"))
    state = fresh(source)
    pauses = []
    for _ in range(3):
        harvest = await look(source, state, fetcher)
        state = harvest.state
        assert harvest.entries == ()
        assert state.problem is not None
        assert state.next_check_at is not None
        pauses.append(state.next_check_at - NOON)

    assert pauses == [timedelta(minutes=minutes) for minutes in (15, 30, 60)]
    assert state.failures == 3
    assert (state.succeeded_at, state.first_pass_at) == (None, None)
    assert "404" in state.problem.message.format(**state.problem.args)


async def test_a_source_that_recovers_is_well_and_keeps_its_validators(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    source = make_source(allow_private=True, url=origin.page("/f", RSS, headers={"ETag": '"1"'}))
    well = await look(source, fresh(source), fetcher)
    origin.page("/f", b"oh no", status=503)
    ill = await look(source, well.state, fetcher)
    origin.page("/f", RSS, headers={"ETag": '"1"'})

    again = await look(source, ill.state, fetcher)

    assert ill.state.etag == '"1"'
    assert again.unchanged
    assert (again.state.failures, again.state.problem) == (0, None)


async def test_a_web_page_where_a_feed_was_promised_is_a_failure_in_words(
    origin: Origin, fetcher: HttpFetcher
) -> None:
    url = origin.page("/f", b"<!DOCTYPE html><html><p>Hi", headers={"ETag": '"html"'})

    state = (
        await look(make_source(url=url, allow_private=True), fresh(make_source()), fetcher)
    ).state

    assert state.problem is not None
    assert "neither RSS nor Atom" in state.problem.message
    assert state.problem.place.key == "sources.site-en.url"
    assert (state.etag, state.body_hash) == (None, None)


async def test_a_wrong_charset_is_seen_through(origin: Origin, fetcher: HttpFetcher) -> None:
    words = "Мост через реку открыли на рассвете, и город ждал этого три года"
    body = RSS.replace(b"A</title>", words.encode("koi8-r") + b"</title>")
    url = origin.page("/f", body, content_type="text/xml; charset=utf-8")

    harvest = await look(make_source(url=url, allow_private=True), fresh(make_source()), fetcher)

    assert harvest.entries[0].title == words


# --- folders ------------------------------------------------------------------------------------


async def test_a_folder_is_read_once_and_then_left_until_it_changes(
    tmp_path: Path, fetcher: HttpFetcher
) -> None:
    source = folder(tmp_path)
    story(tmp_path)
    first = await look(source, fresh(source), fetcher, root=tmp_path)

    second = await look(source, first.state, fetcher, root=tmp_path, now=LATER)
    story(tmp_path, title="B")
    third = await look(source, second.state, fetcher, root=tmp_path)

    assert [entry.title for entry in first.entries] == ["A"]
    assert second.unchanged
    assert second.state.first_pass_at == NOON
    assert [entry.title for entry in third.entries] == ["B"]


async def test_a_wrong_file_is_told_until_it_is_mended(
    tmp_path: Path, fetcher: HttpFetcher
) -> None:
    source = folder(tmp_path)
    story(tmp_path)
    (tmp_path / "content" / "b.md").write_text("no head", "utf-8")
    first = await look(source, fresh(source), fetcher, root=tmp_path)

    second = await look(source, first.state, fetcher, root=tmp_path)

    assert first.problems == second.problems != ()
    assert [entry.key for entry in second.entries] == ["a"]


async def test_a_folder_that_is_not_there_is_a_failure_in_words(
    tmp_path: Path, fetcher: HttpFetcher
) -> None:
    source = make_source(kind=SourceKind.FOLDER, url=None, path=str(tmp_path / "none"))

    state = (await look(source, fresh(source), fetcher)).state

    assert state.problem is not None
    assert state.problem.message.format(**state.problem.args).startswith("There is no folder /")
    assert state.problem.place.key == "sources.site-en.path"
    assert state.next_check_at == NOON + timedelta(seconds=20)


# --- pictures -----------------------------------------------------------------------------------


@dataclass
class Drawer:
    """The port Files, in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        return self.kept.get(path)

    def write(self, path: str, data: bytes) -> bool:
        new = self.kept.get(path) != data
        self.kept[path] = data
        return new


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


@pytest.fixture
def room(fetcher: HttpFetcher, drawer: Drawer) -> Darkroom:
    return Darkroom(fetcher=fetcher, files=drawer, crunch=here)


def drawn(colour: str = "red") -> bytes:
    out = BytesIO()
    Pictures.new("RGB", (40, 20), colour).save(out, "PNG")
    return out.getvalue()


def pictured(src: str, key: str = "a", credit: str | None = "Vera", **said: str) -> Any:
    return make_entry(key=key, image=FoundImage(src=src, credit=credit, **said))


async def test_a_picture_is_fetched_and_kept_below_media(
    origin: Origin, room: Darkroom, drawer: Drawer
) -> None:
    src = origin.page("/a.png", drawn(), content_type="image/png")

    images, problems = await pictures(
        [pictured(src, alt="A bridge")], make_source(allow_private=True), room
    )

    image = images["a"]
    assert problems == ()
    assert (image.width, image.height, image.alt, image.credit) == (40, 20, "A bridge", "Vera")
    assert len(drawer.kept[f"media/{image.file}"]) == image.size
    assert origin.asked[0].headers["user-agent"].startswith("Publisher")


async def test_a_picture_we_have_is_not_fetched_again(
    origin: Origin, room: Darkroom, drawer: Drawer
) -> None:
    src = origin.page("/a.png", drawn(), content_type="image/png")
    entries = [pictured(src), pictured(src, key="b")]
    images, _ = await pictures(entries, make_source(allow_private=True), room)
    known = {key: make_article(key=key, image=images[key]) for key in images}
    origin.page("/a.png", b"", status=500)

    again, problems = await pictures(
        [pictured(src, caption="New words")], make_source(allow_private=True), room, known=known
    )

    assert len(origin.asked) == 1
    assert again["a"] == replace(images["a"], caption="New words")
    assert problems == ()
    drawer.kept.clear()
    assert (await pictures(entries[:1], make_source(allow_private=True), room, known=known))[
        0
    ] == {}


async def test_what_will_not_be_printed_is_not_fetched(origin: Origin, room: Darkroom) -> None:
    src = origin.page("/a.png", drawn())

    quoted = await pictures(
        [pictured(src)], make_source(allow_private=True, rights=Rights.QUOTE), room
    )
    uncredited = await pictures([pictured(src, credit=" ")], make_source(allow_private=True), room)

    assert quoted == uncredited == ({}, ())
    assert origin.asked == []


async def test_a_picture_that_cannot_be_used_costs_itself_alone(
    origin: Origin, room: Darkroom
) -> None:
    entries = [
        pictured(origin.url("/none.png"), key="a"),
        pictured(origin.page("/b", b"words"), key="b"),
        pictured(origin.page("/c.png", drawn()), key="c"),
        pictured("/etc/passwd", key="d"),
        pictured("file:///etc/passwd", key="e"),
    ]

    images, problems = await pictures(entries, make_source(allow_private=True), room)

    assert list(images) == ["c"]
    assert len(problems) == 4
    assert all(problem.message.format(**problem.args) for problem in problems)


async def test_a_file_is_read_every_time_for_it_may_be_another(
    tmp_path: Path, room: Darkroom
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(drawn())
    source = folder(tmp_path)
    first, _ = await pictures([pictured(str(path))], source, room)
    path.write_bytes(drawn("blue"))

    known = {"a": make_article(image=first["a"])}
    second, _ = await pictures([pictured(str(path))], source, room, known=known)

    assert first["a"].file != second["a"].file
    gone, problems = await pictures([pictured(str(tmp_path / "none.png"))], source, room)
    assert gone == {}
    assert "No such file" in problems[0].message.format(**problems[0].args)
