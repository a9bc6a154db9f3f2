"""Templates spoilt line by line and block by block: unlawful mail is never sent, nothing connects.

What a mutation takes away is told by a reading of its own (html5lib), not by the gate's.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import html5lib
import pytest

from publisher import pipeline
from publisher.app import App
from publisher.compose.layout import lay_out
from publisher.compose.letters import folded
from publisher.errors import Misconfigured, Refused
from publisher.gate import examine, judged
from publisher.hand import approve
from publisher.model.digests import Digest
from publisher.model.issues import Issue, IssueStatus
from publisher.render.email import render_digest
from publisher.render.view import PrintOrder
from tests.support.build import RU, STATEMENT
from tests.support.newsroom import Room, composed, enrol, make_room
from tests.support.smtp_server import raw_server

SHIPPED = Path(__file__).parents[2] / "templates" / "email"
BLOCK = re.compile(r"{%-?\s*block (\w+)")
FACTS = (
    *(STATEMENT, "ООО «Набережная»", "Соколова А. П.", "editors@embankment.test"),
    *("+7 495 000-00-00", "119072, Москва, Набережная ул., 1", "© 2026 The Embankment"),
)
HIDDEN = {
    "emptied": "{{% block {0} %}}{{% endblock %}}",
    "commented out": "{{% block {0} %}}<!--{{{{ super() }}}}-->{{% endblock %}}",
    "not displayed": (
        '{{% block {0} %}}<tbody style="display:none!important">{{{{ super() }}}}</tbody>'
        "{{% endblock %}}"
    ),
    "behind the clip": (
        "{{% block {0} %}}<!--" + "x" * 100_000 + "-->{{{{ super() }}}}{{% endblock %}}"
    ),
}


def blocks(name: str) -> list[str]:
    """Every block of a template and of what it extends."""
    text = (SHIPPED / name).read_text("utf-8")
    base = SHIPPED / "base.html.j2"
    if name == "digest.html.j2":
        text += base.read_text("utf-8")
    return list(dict.fromkeys(BLOCK.findall(text)))


def read_by_others(digest: Digest) -> tuple[str, str]:
    """Both parts as plain words: comments are nothing, every element is shown."""
    tree = html5lib.parse(digest.html, namespaceHTMLElements=False)
    body = tree.find("body")
    words = "".join(body.itertext()) if body is not None else ""
    return folded(words), folded(digest.text)


def lacks(digest: Digest, whole: Digest) -> bool:
    """Whether a legal fact that stood in a part does not stand there as often any more."""
    pairs = zip(read_by_others(digest), read_by_others(whole), strict=True)
    return any(
        now.count(folded(fact)) < min(1, before.count(folded(fact)))
        for now, before in pairs
        for fact in (*FACTS, "{{slot:leave}}", "16+")
    )


@asynccontextmanager
async def newsroom(folder: Path, smtp: int = 1) -> AsyncIterator[tuple[Room, App, Issue]]:
    room = make_room(folder / "room", smtp=smtp, stories=("bridge",))
    async with room.at_work() as app:
        await enrol(app, 2)
        yield room, app, await composed(app)


def override(room: Room, name: str, text: str) -> None:
    file = room.folder / "templates" / "email" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


@pytest.mark.parametrize("way", HIDDEN)
async def test_check_3_each_block_of_each_template_hidden_opens_no_connection(
    tmp_path: Path, way: str
) -> None:
    """The whole way: composed, approved, sealed, delivered; the server must see nobody."""
    async with raw_server() as server, newsroom(tmp_path, server.port) as (room, app, issue):
        refused = 0
        names = ("digest.html.j2", "digest.txt.j2") if way == "emptied" else ("digest.html.j2",)
        for name in names:
            for block in blocks(name):
                made = HIDDEN[way].format(block)
                override(room, name, f'{{% extends "shipped/email/{name}" %}}{made}')
                if await is_unlawful(app, issue):
                    refused += 1
                    await try_everything(app, issue)
            (room.folder / "templates" / "email" / name).unlink()
        legal = {"masthead", "legal", "footer"}
        assert refused >= (2 * len(legal) if way == "emptied" else len(legal))
        assert server.sessions == 0


async def is_unlawful(app: App, issue: Issue) -> bool:
    """What the gate says of the templates as they are now."""
    return bool((await examine(app.house, issue)).problems)


async def try_everything(app: App, issue: Issue) -> None:
    """Compose it again, say yes, seal, send."""
    made = await pipeline.compose(app.house, issue.edition)
    assert made.issue is not None
    assert made.issue.status is IssueStatus.HELD
    with pytest.raises(Refused):
        await approve(app.house, issue.id, by="anna")
    with pytest.raises(Refused):
        await pipeline.seal(app.house, issue.id, by="anna")
    await pipeline.deliver(app.house, stop=asyncio.Event())


def lines_of(file: Path) -> Iterator[tuple[int, str]]:
    """The file less one line that prints something, for every such line."""
    lines = file.read_text("utf-8").split("\n")
    for at, line in enumerate(lines):
        if "{{" in line:
            yield at + 1, "\n".join([*lines[:at], *lines[at + 1 :]])


FILES = ["digest.txt.j2", *sorted(f"parts/{one.name}" for one in SHIPPED.glob("parts/*.html.j2"))]


@pytest.mark.parametrize("name", FILES)
async def test_each_printing_line_of_each_template_taken_out_is_refused_where_it_is_the_laws(
    tmp_path: Path, name: str
) -> None:
    async with newsroom(tmp_path) as (room, app, issue):
        order = order_of(app, issue)
        whole = render_digest(order, app.house.assets)
        assert not judged(app.house, whole, order)
        for line, text in lines_of(SHIPPED / name):
            override(room, name, text)
            try:
                digest = render_digest(order, app.house.assets)
            except Misconfigured:
                continue  # it does not parse any more: nothing is printed
            if lacks(digest, whole):
                assert judged(app.house, digest, order), f"{name}:{line}"


def order_of(app: App, issue: Issue) -> PrintOrder:
    newsroom = app.house.newsroom
    edition = newsroom.editions[issue.edition]
    layout = lay_out(issue, edition, newsroom, RU)
    assert layout is not None
    [profile] = newsroom.profiles["main"]
    return PrintOrder(
        layout=layout, issue=issue, edition=edition, newsroom=newsroom, profile=profile
    )
