"""Kind `folder`: Markdown files with front matter become Entries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from publisher.collect.clean import clean, plain_text, shortened, strip_illegal
from publisher.collect.matter import read_matter
from publisher.model.names import Language
from publisher.model.problems import Place, Problem, msgid
from publisher.model.sources import Entry, FoundImage, Source

_LARGEST = 1 << 20  # bytes of a story file
_SUMMARY = 300  # characters of one taken from the text
_FIRST_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderPass:
    """Everything in a folder, and a hash that changes when any of it does."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    hash: str


def folder_hash(folder: Path) -> str:
    """Hex SHA-256 over names and contents of the story files."""
    digest = sha256()
    for path in _files(folder):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def read_folder(source: Source) -> FolderPass:
    """Every story file below the folder; one that is wrong costs itself alone.

    Raises OSError when the folder is not there.
    """
    folder = Path(source.path or "")
    if not folder.is_dir():
        raise NotADirectoryError(str(folder))
    found = [_entry(path, folder, source) for path in _files(folder)]
    return FolderPass(
        entries=tuple(one for one in found if isinstance(one, Entry)),
        problems=tuple(problem for one in found if isinstance(one, tuple) for problem in one),
        hash=folder_hash(folder),
    )


def _files(folder: Path) -> list[Path]:
    """In order of name; a link that leads out of the folder is not followed."""
    top = folder.resolve()
    found = [path for path in folder.rglob("*.md") if path.is_file()]
    return sorted(path for path in found if path.resolve().is_relative_to(top))


def _entry(path: Path, folder: Path, source: Source) -> Entry | tuple[Problem, ...]:
    name = _shown(path, folder)
    if path.stat().st_size > _LARGEST:
        return (_unreadable(name, msgid("The file is larger than one MiB.")),)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        return (_unreadable(name, msgid("The file is not UTF-8.")),)
    except OSError:
        return (_unreadable(name, msgid("The file cannot be read.")),)
    matter = read_matter(strip_illegal(text), name)
    if matter.problems:
        return matter.problems
    language = matter.values.get("language") or source.language
    if language is None:
        return (_unreadable(name, msgid("Neither the file nor its source names a language.")),)
    key = path.relative_to(folder).with_suffix("").as_posix()
    return _made(key, Language(str(language)), matter.values, matter.body, path)


def _made(
    key: str, language: Language, values: Mapping[str, Any], markdown: str, path: Path
) -> Entry:
    body = clean(
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    )
    image = values.get("image")
    return Entry(
        key=key,
        language=language,
        title=_line(values["title"]),
        summary=_line(values.get("summary") or "") or _first_words(body),
        body=body,
        story=_text(values.get("story")),
        section=_text(values.get("section")),
        published_at=values.get("published"),
        updated_at=values.get("updated"),
        embargo_until=values.get("embargo"),
        age=values.get("age"),
        authors=tuple(_texts(values.get("author"))),
        image=_image(image, path) if image else None,
        related=tuple(_texts(values.get("related"))),
        correction=_line(values.get("correction") or "") or None,
        breaking=bool(values.get("breaking", False)),
    )


def _image(image: Mapping[str, Any], path: Path) -> FoundImage:
    return FoundImage(
        src=str((path.parent / str(image["src"])).resolve()),
        alt=_line(image.get("alt") or ""),
        caption=_line(image.get("caption") or ""),
        credit=_line(image.get("credit") or "") or None,
    )


def _first_words(body: str) -> str:
    found = _FIRST_PARAGRAPH.search(body)
    return shortened(plain_text(found[1] if found else body), _SUMMARY)


def _line(value: object) -> str:
    return " ".join(str(value).split())


def _text(value: object) -> str | None:
    return _line(value) if value is not None else None


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    return [_line(one) for one in (value if isinstance(value, list) else [value])]


def _shown(path: Path, folder: Path) -> str:
    """The path as an editor knows it: from the newsroom's content folder on, where it has one."""
    parts = (*folder.parts, *path.relative_to(folder).parts)
    start = len(parts) - 1 - parts[::-1].index("content") if "content" in parts else 0
    return "/".join(parts[start:]) if start else str(path)


def _unreadable(name: str, message: str) -> Problem:
    return Problem(message=message, place=Place(file=name))
