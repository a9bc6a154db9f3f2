"""Kind `folder`: Markdown files with front matter become Entries."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

from publisher.collect.clean import clean, plain_text, shortened, strip_illegal
from publisher.collect.matter import Matter, read_matter
from publisher.model.names import Language
from publisher.model.problems import Place, Problem, msgid
from publisher.model.sources import Entry, FoundImage, Source, Sponsor

_LARGEST = 1 << 20  # bytes of a story file
_SUMMARY = 300  # characters of one taken from the text
_FIRST_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderPass:
    """Everything in a folder, and a hash that changes when any story file does."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    hash: str


def folder_hash(source: Source) -> str:
    """Hex SHA-256 over names and contents of the story files.

    Raises OSError when the folder is not there.
    """
    folder = _folder(source)
    return _hash([(path, _bytes(path)) for path in _files(folder)], folder)


def read_folder(source: Source, root: Path, site: str) -> FolderPass:
    """Every story file below the folder; one that is wrong costs itself alone.

    `root`: the folder above config/, which pictures stay below; files are named from there.
    `site`: what relative links lead to.  Raises OSError when the folder is not there.
    """
    folder = _folder(source)
    files = [(path, _bytes(path)) for path in _files(folder)]
    reader = _Reader(source=source, folder=folder, root=root, site=site)
    found = [reader.entry(path, data) for path, data in files]
    return FolderPass(
        entries=tuple(one for one in found if isinstance(one, Entry)),
        problems=tuple(problem for one in found if isinstance(one, tuple) for problem in one),
        hash=_hash(files, folder),  # of what was read: a file changed meanwhile is read again
    )


def shown(source: Source, root: Path, key: str) -> str:
    """The story file of a key as an editor knows it: from the folder above config/ on."""
    path = Path(source.path or "") / f"{key}.md"
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _folder(source: Source) -> Path:
    folder = Path(source.path or "")
    if not folder.is_dir():
        raise NotADirectoryError(str(folder))
    return folder


def _files(folder: Path) -> list[Path]:
    """In order of name; hidden ones are left, and a link that leads out of the folder."""
    top = folder.resolve()
    return sorted(
        path
        for path in folder.rglob("*.md")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
        and path.resolve().is_relative_to(top)
    )


def _bytes(path: Path) -> bytes | None:
    """At most one byte more than we take; None for what cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except OSError:
        return None


def _text(data: bytes | None, name: str) -> str | Problem:
    if data is None:
        return _unreadable(name, msgid("The file cannot be read."))
    if len(data) > _LARGEST:
        return _unreadable(name, msgid("The file is larger than one MiB."))
    try:
        return strip_illegal(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _unreadable(name, msgid("The file is not UTF-8."), line)


def _hash(files: list[tuple[Path, bytes | None]], folder: Path) -> str:
    digest = sha256()
    for path, data in files:
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode("utf-8", "replace"))
        digest.update(sha256(data or b"").digest())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    source: Source
    folder: Path
    root: Path
    site: str

    def entry(self, path: Path, data: bytes | None) -> Entry | tuple[Problem, ...]:
        key = strip_illegal(path.relative_to(self.folder).with_suffix("").as_posix())
        name = shown(self.source, self.root, key)
        text = _text(data, name)
        if isinstance(text, Problem):
            return (text,)
        matter = read_matter(text, name)
        if matter.problems:
            return matter.problems
        language = matter.values.get("language") or self.source.language
        if language is None:
            sentence = msgid("Neither the file nor its source names a language.")
            return (Problem(message=sentence, place=matter.place("language")),)
        image = self._image(matter, path)
        if isinstance(image, Problem):
            return (image,)
        return self._made(key, Language(language), matter, image)

    def _made(
        self, key: str, language: Language, matter: Matter, image: FoundImage | None
    ) -> Entry:
        values = matter.values
        markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        body = clean(markdown.render(matter.body), base=self.site)
        return Entry(
            key=key,
            language=language,
            title=values["title"],
            summary=values.get("summary") or _first_words(body),
            body=body,
            story=values.get("story"),
            section=values.get("section"),
            published_at=values.get("published"),
            updated_at=values.get("updated"),
            embargo_until=values.get("embargo"),
            age=values.get("age"),
            authors=values.get("author", ()),
            image=image,
            related=values.get("related", ()),
            correction=values.get("correction"),
            breaking=values.get("breaking", False),
            sponsored=Sponsor(**values["sponsored"]) if "sponsored" in values else None,
        )

    def _image(self, matter: Matter, path: Path) -> FoundImage | Problem | None:
        """A picture of ours, wherever links lead, or one behind an http address."""
        image = matter.values.get("image")
        if image is None:
            return None
        src = image["src"]
        if urlsplit(src).scheme not in {"http", "https"}:
            file = (path.parent / src).resolve()
            if not file.is_relative_to(self._home().resolve()):
                return _outside(matter, src, self._home())
            src = str(file)
        return FoundImage(
            src=src,
            alt=image.get("alt", ""),
            caption=image.get("caption", ""),
            credit=image.get("credit") or None,
        )

    def _home(self) -> Path:
        """What pictures stay below; a source elsewhere may keep them beside its folder."""
        return self.root if self.folder.is_relative_to(self.root) else self.folder.parent


def _first_words(body: str) -> str:
    found = _FIRST_PARAGRAPH.search(body)
    return shortened(plain_text(found[1] if found else body), _SUMMARY)


def _outside(matter: Matter, src: str, home: Path) -> Problem:
    return Problem(
        message=msgid("The picture {src} lies outside the newsroom."),
        args={"src": src, "folder": str(home)},
        remedy=msgid("Put it below {folder}."),
        place=matter.place("image.src"),
    )


def _unreadable(name: str, message: str, line: int | None = None) -> Problem:
    return Problem(message=message, place=Place(file=name, line=line))
