"""Catalogs from disk: folders in, one Localizer per language out.  Never half a language."""

import gettext
import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from publisher.errors import Misconfigured
from publisher.i18n.localizer import Localizer
from publisher.i18n.manners import Manners, manners_from
from publisher.model.names import Language
from publisher.model.problems import Place, Problem, msgid

DOMAIN = "publisher"
Stamp = tuple[tuple[str, int], ...]


def load_catalogs(
    folders: Sequence[Path], languages: Iterable[Language]
) -> dict[Language, Localizer]:
    """A Localizer for each language, from `locales` folders, most specific first.

    A more specific folder overrides message by message.  A language without any catalog, an
    unreadable one, or one that CLDR does not know raises Misconfigured: an English frame around
    Russian mail is worse than no mail.
    """
    loaded: dict[Language, Localizer] = {}
    problems: list[Problem] = []
    for language in languages:
        try:
            loaded[language] = _load(folders, language)
        except Misconfigured as error:
            problems.extend(error.problems)
    if problems:
        raise Misconfigured(*problems)
    return loaded


def stamp(folders: Iterable[Path], languages: Iterable[Language]) -> Stamp:
    """Changes whenever a file that load_catalogs() reads changes; for caches."""
    spoken = tuple(languages)
    files = (
        file
        for folder in folders
        for language in spoken
        for file in (*_catalog_files(folder, language), folder / language / "language.toml")
    )
    return tuple((str(file), file.stat().st_mtime_ns) for file in files if file.is_file())


def catalog_file(folder: Path, language: Language) -> Path | None:
    """The .mo of a language, or its .po where that is newer or alone."""
    compiled, source = _catalog_files(folder, language)
    if not source.is_file():
        return compiled if compiled.is_file() else None
    fresh = compiled.is_file() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns
    return compiled if fresh else source


def _catalog_files(folder: Path, language: Language) -> tuple[Path, Path]:
    home = folder / language / "LC_MESSAGES"
    return home / f"{DOMAIN}.mo", home / f"{DOMAIN}.po"


def _load(folders: Sequence[Path], language: Language) -> Localizer:
    files = [file for folder in folders if (file := catalog_file(folder, language))]
    if not files:
        raise Misconfigured(_missing(language))
    _known_to_cldr(language)
    chain = [_translations(file, language) for file in files]
    for specific, general in pairwise(chain):
        specific.add_fallback(general)
    manners = _manners([folder / language / "language.toml" for folder in folders])
    return Localizer(language=language, manners=manners, translations=chain[0])


def _missing(language: Language) -> Problem:
    return Problem(
        message=msgid("There is no catalog for the language “{language}”."),
        args={"language": language},
        remedy=msgid(
            "Add locales/{language}/LC_MESSAGES/publisher.po, or take the language out of "
            "site.languages."
        ),
        place=Place(key="site.languages"),
    )


def _known_to_cldr(language: Language) -> None:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - heavy, and seldom needed

    try:
        Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        raise Misconfigured(
            Problem(
                message=msgid("“{language}” is not a language that CLDR knows."),
                args={"language": language},
                remedy=msgid("Use a BCP 47 tag such as en, ru or pt-BR."),
                place=Place(key="site.languages"),
            )
        ) from None


def _translations(file: Path, language: Language) -> gettext.NullTranslations:
    try:
        if file.suffix == ".mo":
            return gettext.GNUTranslations(io.BytesIO(file.read_bytes()))
        return _compiled(file, language)
    except (OSError, ValueError) as error:
        raise Misconfigured(_unreadable(file, error)) from error


def _compiled(file: Path, language: Language) -> gettext.NullTranslations:
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - only for a checkout
    from babel.messages.pofile import PoFileError, read_po  # noqa: PLC0415 - the same

    try:
        with file.open("rb") as source:
            catalog = read_po(source, locale=language.replace("-", "_"), abort_invalid=True)
    except PoFileError as error:
        raise ValueError(str(error)) from error
    machine = io.BytesIO()
    write_mo(machine, catalog)  # fuzzy and empty ones are left out, as in every .mo
    machine.seek(0)
    return gettext.GNUTranslations(machine)


def _unreadable(file: Path, error: Exception) -> Problem:
    return Problem(
        message=msgid("The file cannot be read: {reason}"),
        args={"reason": str(error)},
        place=Place(file=str(file)),
    )


def _manners(files: Sequence[Path]) -> Manners:
    """All of them merged, the first one strongest."""
    merged: dict[str, Any] = {}
    for file in reversed(files):
        if file.is_file():
            merged = _merge(merged, _table(file))
    return manners_from(merged)


def _table(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text("utf-8"))
        manners_from(table)
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(_unreadable(file, error)) from error
    return table


def _merge(general: Mapping[str, Any], specific: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(general)
    for key, value in specific.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged
