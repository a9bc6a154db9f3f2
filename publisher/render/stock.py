"""Templates and catalogs as a working process keeps them, read again when a file changes."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from publisher.assets import Assets
from publisher.i18n.catalogs import Stamp, load_catalogs, stamp
from publisher.i18n.localizer import Localizer
from publisher.model.names import Language
from publisher.render.templates import Templates


def words_of(assets: Assets, languages: Iterable[Language]) -> Mapping[Language, Localizer]:
    """The catalogs of these languages; raises Misconfigured for a missing one."""
    folders, spoken = assets.folders("locales"), tuple(languages)
    return _catalogs(folders, spoken, stamp(folders, spoken))


def templates_of(assets: Assets) -> Templates:
    """Whoever fills the newsroom's templates."""
    return _templates(assets.folders("templates"))


@lru_cache(maxsize=16)
def _catalogs(
    folders: tuple[Path, ...], languages: tuple[Language, ...], as_of: Stamp
) -> Mapping[Language, Localizer]:
    return load_catalogs(folders, languages)


@lru_cache(maxsize=4)
def _templates(folders: tuple[Path, ...]) -> Templates:
    return Templates(folders)
