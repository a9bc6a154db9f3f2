"""Boxes that mail waits in: nothing leaves one before it was taken in."""

import asyncio
import mailbox
import os
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.bounces import boxes
from publisher.bounces.boxes import Arrival, Box, Files, MaildirBox, set_aside
from publisher.errors import Refused

MIB = 1024 * 1024


async def waiting(box: Box) -> list[Arrival]:
    return [arrival async for arrival in box.waiting()]


def everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


async def test_a_maildir_is_made_where_there_is_none(tmp_path: Path) -> None:
    assert await waiting(MaildirBox(tmp_path / "var" / "bounces")) == []
    assert {one.name for one in (tmp_path / "var" / "bounces").iterdir()} == {"new", "cur", "tmp"}


async def test_what_waits_stays_until_it_is_settled(tmp_path: Path) -> None:
    box = MaildirBox(tmp_path)
    boxes.make_maildir(tmp_path)
    (tmp_path / "new" / "2").write_bytes(b"second")
    (tmp_path / "new" / "1").write_bytes(b"first")
    (tmp_path / "cur" / "0:2,S").write_bytes(b"seen")
    (tmp_path / "tmp" / "3").write_bytes(b"half")

    first = await waiting(box)
    assert [one.raw for one in first] == [b"first", b"second", b"seen"]
    assert await waiting(box) == first

    await box.settle(first[0], aside=False)
    await box.settle(first[2], aside=True)
    await box.settle(first[0], aside=False)  # somebody else was quicker
    assert [one.raw for one in await waiting(box)] == [b"second"]
    assert (tmp_path / ".Aside" / "new" / "0").read_bytes() == b"seen"


async def test_a_pass_over_a_maildir_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "_AT_ONCE", 2)
    boxes.make_maildir(tmp_path)
    for number in range(3):
        (tmp_path / "new" / str(number)).write_bytes(b"x")

    assert len(await waiting(MaildirBox(tmp_path))) == 2


async def test_what_is_no_mail_keeps_no_mail_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe would be waited for, a link leads elsewhere, a folder has no bytes."""
    monkeypatch.setattr(boxes, "_AT_ONCE", 2)
    boxes.make_maildir(tmp_path)
    new = tmp_path / "new"
    os.mkfifo(new / "0-pipe")
    (new / "1-folder").mkdir()
    (new / "2-link").symlink_to("/dev/zero")
    (new / "3-gone").symlink_to("nowhere")
    (new / "4-mail").write_bytes(b"mail")
    box = MaildirBox(tmp_path)

    found = await waiting(box)

    assert [one.raw for one in found] == [b"mail"]
    await box.settle(found[0], aside=False)
    assert len(list(new.iterdir())) == 4  # not ours to delete


async def test_a_mail_that_vanishes_or_is_beyond_measure_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "_LARGEST", 10)
    boxes.make_maildir(tmp_path)
    for name in ("1", "2", "3"):
        (tmp_path / "new" / name).write_bytes(b"x" * 100)
    found = []
    async for arrival in MaildirBox(tmp_path).waiting():
        (tmp_path / "new" / "2").unlink(missing_ok=True)
        found.append(arrival.raw)

    assert found == [b"x" * 10] * 2
    assert (tmp_path / "new" / "3").stat().st_size == 100


async def test_what_is_kept_aside_is_never_written_over(tmp_path: Path) -> None:
    box = MaildirBox(tmp_path)
    boxes.make_maildir(tmp_path)
    for place in ("new/1", "cur/1:2,S"):
        (tmp_path / place).write_bytes(place.encode())
    for arrival in await waiting(box):
        await box.settle(arrival, aside=True)

    kept = {one.read_bytes() for one in (tmp_path / ".Aside" / "new").iterdir()}
    assert kept == {b"new/1", b"cur/1:2,S"}


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(Refused):
        await waiting(MaildirBox(tmp_path / "file"))


async def test_files_folders_and_mbox_are_read_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(b"Subject: 1\n\none\n")
    (tmp_path / "mbox").write_bytes(
        b"From a@b.test Mon Nov 23 09:00:00 2026\nSubject: 2\n\ntwo\n\n"
        b"From a@b.test Mon Nov 23 09:00:00 2026\nSubject: 3\n\nthree\n"
    )
    (tmp_path / "maildir" / "new").mkdir(parents=True)
    (tmp_path / "maildir" / "new" / "4").write_bytes(b"Subject: 4\n\nfour\n")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "5.eml").write_bytes(b"Subject: 5\n\nfive\n")
    before = everything(tmp_path)

    box = Files([tmp_path / name for name in ("one.eml", "mbox", "maildir", "plain")])
    found = await waiting(box)
    for arrival in found:
        await box.settle(arrival, aside=False)

    assert [one.raw.partition(b"\n")[0] for one in found] == [
        b"Subject: %d" % number for number in (1, 2, 3, 4, 5)
    ]
    assert [one.name for one in found][1:3] == [f"{tmp_path}/mbox:1", f"{tmp_path}/mbox:2"]
    assert everything(tmp_path) == before


@given(st.lists(st.sampled_from([b"From a@b\n", b"\n", b"x\n", b">From\n", b" From \n", b"y" * 9])))
def test_an_mbox_is_parted_as_the_standard_library_parts_it(lines: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mbox"
        path.write_bytes(b"From a@b\n" + b"".join(lines))
        box = mailbox.mbox(path)
        expected = [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 - it is no dict
        box.close()

        assert [one.raw for one in asyncio.run(waiting(Files([path])))] == expected


@pytest.mark.parametrize(
    ("sent", "mails"),
    [(b"Subject: 1\n\none\n", 1), (b"From a@b\n\none\n\nFrom a@b\n\ntwo\n", 2)],
    ids=["mail", "mbox"],
)
async def test_what_another_program_writes_is_read_once(
    tmp_path: Path, sent: bytes, mails: int
) -> None:
    """publisher bounces <(formail …): a pipe gives its bytes once."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = asyncio.create_task(asyncio.to_thread(pipe.write_bytes, sent))
    found = await asyncio.to_thread(asyncio.run, waiting(Files([pipe])))
    await writing

    assert len(found) == mails
    assert sum(len(one.raw) for one in found) >= 5


async def test_of_a_maildir_its_mails_alone_are_read(tmp_path: Path) -> None:
    """Dovecot keeps files of its own beside them."""
    boxes.make_maildir(tmp_path)
    (tmp_path / "dovecot.index.log").write_bytes(b"x")

    assert await waiting(Files([tmp_path])) == []


async def test_a_folder_without_mails_is_refused_before_any_mail_is_read(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(b"Subject: 1\n\none\n")
    (tmp_path / "none" / "below").mkdir(parents=True)
    os.mkfifo(tmp_path / "none" / "pipe")

    with pytest.raises(Refused) as refused:
        await anext(Files([tmp_path / "one.eml", tmp_path / "none"]).waiting())

    assert "is no Maildir" in refused.value.problems[0].message


@pytest.mark.parametrize("mbox", [False, True])
async def test_of_a_mail_without_measure_the_beginning_is_read(tmp_path: Path, mbox: bool) -> None:
    """In a Maildir and in a file: fifty megabytes take no more memory than eight."""
    boxes.make_maildir(tmp_path)
    head = b"From a@b.test\n" * mbox + b"Subject: 1\n\n"
    file = tmp_path / "new" / "1"
    file.write_bytes(head)
    os.truncate(file, 50 * MIB)
    for box in (Files([file]), MaildirBox(tmp_path)):
        tracemalloc.start()
        try:
            [arrival] = await waiting(box)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert len(arrival.raw) == 8 * MIB
        assert peak < 40 * MIB


def test_what_is_set_aside_is_kept_once_for_our_eyes_only(tmp_path: Path) -> None:
    folder = tmp_path / "aside"

    assert set_aside(folder, b"a")
    assert set_aside(folder, b"a")
    assert set_aside(folder, b"b")

    assert sorted(one.read_bytes() for one in (folder / "new").iterdir()) == [b"a", b"b"]
    assert (folder / "new").stat().st_mode & 0o077 == 0


def test_a_full_folder_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "_MOST_ASIDE", 1)

    assert set_aside(tmp_path, b"a")
    assert not set_aside(tmp_path, b"b")
