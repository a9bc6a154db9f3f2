"""Kind `folder`: files become entries, and one that is wrong costs itself alone."""

import os
from pathlib import Path

import pytest

from publisher.collect.folder import FolderPass, folder_hash, read_folder
from publisher.model.names import Language
from publisher.model.problems import Problem
from publisher.model.sources import Source, SourceKind
from tests.support.build import EN, make_source

SITE = "https://embankment.test/"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "newsroom" / "content").mkdir(parents=True)
    return tmp_path / "newsroom"


def source(root: Path, language: Language | None = EN) -> Source:
    return make_source(
        kind=SourceKind.FOLDER, url=None, path=str(root / "content"), language=language
    )


def write(root: Path, name: str, text: str | bytes) -> Path:
    path = root / "content" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def story(root: Path, name: str, head: str = "title: A bridge", body: str = "Words.") -> Path:
    return write(root, name, f"---\n{head}\n---\n{body}")


def read(root: Path, language: Language | None = EN) -> FolderPass:
    return read_folder(source(root, language), root, SITE)


def only(found: FolderPass) -> Problem:
    assert found.entries == ()
    (problem,) = found.problems
    assert problem.message.format(**problem.args)
    return problem


def test_markdown_becomes_sanitised_html(root: Path) -> None:
    story(
        root,
        "en/bridge.md",
        body="# Big\n\nA **bold** [link](/news/x) <script>alert(1)</script>"
        "<b onclick='x()'>b</b> [bad](javascript:x)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n~~gone~~\n\n![p](http://spy.test/p.gif)",
    )

    (entry,) = read(root).entries

    assert entry.key == "en/bridge"
    assert '<strong>bold</strong> <a href="https://embankment.test/news/x">link</a>' in entry.body
    assert "<b>b</b>" in entry.body
    assert "<td>1</td>" in entry.body
    assert "<s>gone</s>" in entry.body
    for evil in ("script", "onclick", "javascript:", "<img", "spy.test", "<h1"):
        assert evil not in entry.body.replace("[bad](javascript:x)", "")


def test_a_summary_not_written_is_the_first_paragraph(root: Path) -> None:
    story(root, "a.md", body="The **first** walkers & others.\n\nThe second paragraph.")
    story(root, "b.md", head="title: B\nsummary: Said.", body="Other words.")

    assert [entry.summary for entry in read(root).entries] == [
        "The first walkers & others.",
        "Said.",
    ]


def test_one_wrong_file_costs_itself_alone(root: Path) -> None:
    story(root, "a.md")
    story(root, "b.md", head="age: 17")
    write(root, "c.md", b"---\ntitle: \xff\xfe\n---\n")
    write(root, "d.md", "no head")
    story(root, "e.md")

    found = read(root)

    assert [entry.key for entry in found.entries] == ["a", "e"]
    assert {problem.place.file for problem in found.problems} == {
        "content/b.md",
        "content/c.md",
        "content/d.md",
    }


def test_a_file_that_is_not_utf8_is_told_with_its_line(root: Path) -> None:
    write(root, "a.md", "---\ntitle: A\nsummary: Мост\n---\n".encode("windows-1251"))

    place = only(read(root)).place

    assert (place.file, place.line) == ("content/a.md", 3)


def test_a_file_that_is_too_large_is_not_read(root: Path) -> None:
    story(root, "a.md", body="x" * (1 << 20))

    assert "larger" in only(read(root)).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read_costs_itself_alone(root: Path) -> None:
    story(root, "a.md").chmod(0)
    story(root, "b.md")

    found = read(root)

    assert [entry.key for entry in found.entries] == ["b"]
    assert "cannot be read" in found.problems[0].message


def test_a_language_comes_from_the_file_then_from_the_source(root: Path) -> None:
    story(root, "a.md", head="title: A\nlanguage: ru")
    story(root, "b.md")

    assert [entry.language for entry in read(root).entries] == ["ru", "en"]
    assert [entry.key for entry in read(root, None).entries] == ["a"]
    assert read(root, None).problems[0].place.file == "content/b.md"


def test_a_link_out_of_the_folder_is_not_followed(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.md"
    outside.write_text("---\ntitle: Secret\n---\n", "utf-8")
    (root / "content" / "a.md").symlink_to(outside)
    (root / "content" / "away").symlink_to(tmp_path)
    (root / "content" / "gone.md").symlink_to(tmp_path / "nowhere")

    assert read(root).entries == read(root).problems == ()


def test_hidden_files_are_nobodys_stories(root: Path) -> None:
    story(root, ".draft.md")
    story(root, ".git/a.md")

    assert read(root).entries == ()


def test_a_picture_beside_the_stories_is_found(root: Path) -> None:
    story(root, "en/a.md", head="title: A\nimage: {src: ../../images/a.png, credit: Vera}")
    story(root, "en/b.md", head="title: B\nimage: {src: 'https://pictures.test/b.png'}")

    first, second = read(root).entries

    assert first.image is not None
    assert second.image is not None
    assert first.image.src == str((root / "images" / "a.png").resolve())
    assert first.image.credit == "Vera"
    assert (second.image.src, second.image.credit) == ("https://pictures.test/b.png", None)


@pytest.mark.parametrize(
    "src", ["../../secret.png", "/etc/passwd", "x/../../../../etc/passwd", "link.png"]
)
def test_a_picture_outside_the_newsroom_is_refused_in_words(
    root: Path, tmp_path: Path, src: str
) -> None:
    (root / "content" / "link.png").symlink_to(tmp_path / "secret.png")
    story(root, "a.md", head=f"title: A\nimage:\n  src: {src}")

    problem = only(read(root))

    assert "outside" in problem.message
    assert (problem.place.line, problem.place.key) == (4, "image.src")


def test_the_hash_moves_with_every_change_and_with_nothing_else(root: Path) -> None:
    path = story(root, "a.md")
    first = read(root).hash

    assert folder_hash(source(root)) == first
    story(root, "b.md")
    second = folder_hash(source(root))
    path.rename(path.with_name("c.md"))
    third = folder_hash(source(root))
    assert len({first, second, third}) == 3


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        read_folder(source(tmp_path), tmp_path, SITE)
