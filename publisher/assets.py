"""Where templates, catalogs and the sample newsroom lie: the newsroom's own, then ours.

One resolver for the wheel (publisher/_data) and a checkout (the top folder).
"""

from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """A folder that travels with the program: "templates", "locales", "sample", "config"."""
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """The folders to search, the newsroom's first, so that one file overrides one file."""

    newsroom: Path | None = None  # the folder above config/

    def folders(self, name: str) -> tuple[Path, ...]:
        """Existing folders of that name, most specific first."""
        own = (self.newsroom / name,) if self.newsroom else ()
        return tuple(folder for folder in (*own, shipped(name)) if folder.is_dir())

    def find(self, name: str) -> Path | None:
        """The first existing file of that path below the folders: "templates/email/base.html"."""
        top, _, rest = name.partition("/")
        for folder in self.folders(top):
            if (folder / rest).is_file():
                return folder / rest
        return None
