"""The catalog gate: whatever is said must be said whole, in every language.  Changes nothing.

The usual tools pass most of these faults in silence (missing, fuzzy, wrong plural count, templates
that do not parse), so the comparison is our own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publisher.errors import Misconfigured
from publisher.i18n.bare import bare_words
from publisher.i18n.catalogs import catalog_file, load_catalogs
from publisher.i18n.extract import Said, said_in
from publisher.i18n.localizer import slots_of
from publisher.i18n.references import missing_templates
from publisher.model.names import Language
from publisher.model.problems import Place, Problem, msgid

_TAG = re.compile(r"</?[a-z][a-z0-9]*\b[^>]*>", re.IGNORECASE)
_PERCENT = re.compile(r"%\((\w+)\)[sd]")
_LONE_PERCENT = re.compile(r"%(?!%|\(\w+\)[sd])")
_MIXED = re.compile(r"\b\w*(?:[a-z][\u0400-\u04ff]|[\u0400-\u04ff][a-z])\w*\b", re.IGNORECASE)
_CODE = re.compile(r"\{[^}]*\}|%\(\w+\)[sd]|<[^>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A sentence of a catalog with its translation: one form, or one per plural form."""

    ids: tuple[str, ...]
    forms: tuple[str, ...]
    fuzzy: bool
    place: Place


def check_catalogs(
    code_root: Path,
    template_folders: Sequence[Path],
    locale_folders: Sequence[Path],
    languages: Iterable[Language],
) -> tuple[Problem, ...]:
    """Everything wrong with templates and catalogs; empty when every sentence is whole.

    Folders come most specific first, as Assets gives them.
    """
    problems: list[Problem] = []
    said: list[Said] = []
    for root in (code_root, *template_folders):
        try:
            said.extend(said_in([root]))
        except Misconfigured as error:
            problems.extend(error.problems)
    for folder in template_folders:
        problems.extend(bare_words(folder))
    problems.extend(missing_templates(template_folders))
    whole = not problems
    for language in languages:
        problems.extend(_language_problems(said, locale_folders, language, whole=whole))
    return tuple(problems)


def _language_problems(
    said: Sequence[Said], folders: Sequence[Path], language: Language, *, whole: bool
) -> Iterator[Problem]:
    try:
        text = load_catalogs(folders, [language])[language]
    except Misconfigured as error:
        yield from error.problems
        return
    entries: dict[str, _Entry] = {}
    forms = 1
    for folder in reversed(folders):  # the most specific one speaks last
        if file := catalog_file(folder, language):
            forms, own = _read(file, language)
            entries |= own
    if not text.manners.source:
        yield from _untranslated(said, entries, language)
    for entry in entries.values():
        yield from _faults(entry, language, forms)
    if whole:  # else a template that did not parse would count as silence
        yield from _unsaid(entries, said, language)


def _untranslated(
    said: Iterable[Said], entries: Mapping[str, _Entry], language: Language
) -> Iterator[Problem]:
    seen: set[str] = set()
    for one in said:
        entry = entries.get(one.key)
        if one.key in seen or (entry and (entry.fuzzy or any(entry.forms))):
            continue
        seen.add(one.key)
        yield Problem(
            message=msgid("Not translated into “{language}”: “{sentence}”"),
            args={"language": language, "sentence": one.key},
            remedy=msgid("Run python -m publisher.i18n.extract, then fill in the empty sentence."),
            place=Place(file=one.file, line=one.line),
        )


def _unsaid(
    entries: Mapping[str, _Entry], said: Iterable[Said], language: Language
) -> Iterator[Problem]:
    spoken = {one.key for one in said}
    for key, entry in entries.items():
        if key not in spoken:
            yield Problem(
                message=msgid("The catalog translates what nobody says: “{sentence}”"),
                args={"language": language, "sentence": key},
                remedy=msgid("Take it out, or mend the sentence in the code or template."),
                place=entry.place,
            )


def _faults(entry: _Entry, language: Language, forms: int) -> Iterator[Problem]:
    """What is wrong inside one entry of a catalog."""
    if entry.fuzzy:
        yield _fault(msgid("A fuzzy translation is not used: “{sentence}”"), entry)
    if not any(entry.forms):
        return
    wanted = forms if len(entry.ids) > 1 else 1
    if len(entry.forms) != wanted or not all(entry.forms):
        yield _fault(
            msgid("“{sentence}” needs {wanted} plural forms in “{language}” and has {found}."),
            entry,
            language=language,
            wanted=wanted,
            found=sum(1 for form in entry.forms if form),
        )
    for form in entry.forms:
        yield from _form_faults(entry, form)


def _form_faults(entry: _Entry, form: str) -> Iterator[Problem]:
    source = entry.ids[-1]
    if strange := _slots(form) ^ _slots(source):
        names = ", ".join(sorted(strange))
        yield _fault(msgid("The slots of “{sentence}” do not agree: {slots}"), entry, slots=names)
    if _PERCENT.search(source) and _LONE_PERCENT.search(form):
        yield _fault(msgid("A lone % must be written %%: “{sentence}”"), entry)
    if sorted(_TAG.findall(form)) != sorted(_TAG.findall(source)):
        yield _fault(msgid("The tags of “{sentence}” do not agree."), entry)
    if mixed := _MIXED.search(_CODE.sub(" ", form)):
        yield _fault(
            msgid("The word “{word}” mixes Latin and Cyrillic letters."), entry, word=mixed.group()
        )


def _slots(sentence: str) -> set[str]:
    """Both kinds: {name} everywhere, %(name)s from {% trans %}."""
    try:
        return set(slots_of(sentence)) | set(_PERCENT.findall(sentence))
    except ValueError:
        return {"{"}  # a brace was lost; no sentence has a slot of that name


def _fault(message: str, entry: _Entry, **args: str | int) -> Problem:
    return Problem(message=message, args={"sentence": entry.ids[0], **args}, place=entry.place)


def _read(file: Path, language: Language) -> tuple[int, dict[str, _Entry]]:
    """How many plural forms the language has, and what the catalog says."""
    from babel.messages.mofile import read_mo  # noqa: PLC0415 - only for checks
    from babel.messages.plurals import get_plural  # noqa: PLC0415 - only for checks
    from babel.messages.pofile import read_po  # noqa: PLC0415 - only for checks

    locale = language.replace("-", "_")
    source = file.with_suffix(".po") if file.with_suffix(".po").is_file() else file
    with source.open("rb") as stream:
        catalog = read_po(stream, locale=locale) if source.suffix == ".po" else read_mo(stream)
    entries = (_entry(one, source) for one in catalog if one.id)
    return get_plural(locale).num_plurals, {entry.ids[0]: entry for entry in entries}


def _entry(message: Any, file: Path) -> _Entry:
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    string = message.string
    forms = (string,) if isinstance(string, str) else tuple(string or ())
    place = Place(file=str(file), line=message.lineno)
    return _Entry(ids=ids, forms=forms, fuzzy=message.fuzzy, place=place)
