"""Which language a call is answered in, and its words."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

from publisher.assets import Assets
from publisher.cli.call import Call
from publisher.errors import Misconfigured
from publisher.i18n.catalogs import load_catalogs
from publisher.i18n.localizer import Localizer
from publisher.model.names import Language
from publisher.model.problems import Problem, msgid


def words_of(call: Call, assets: Assets | None = None) -> Localizer:
    """In the language asked for, else the environment's.

    Raises Misconfigured where there is no such language.
    """
    folders = (assets or Assets()).folders("locales")
    known = _known(folders)
    language = Language(_meant(call.language, known) if call.language else _spoken(call.environ))
    if language not in known:
        raise Misconfigured(
            Problem(
                message=msgid("There is no language “{language}” here."),
                args={"language": language, "known": ", ".join(sorted(known))},
                remedy=msgid("There are: {known}"),
            )
        )
    return load_catalogs(folders, (language,))[language]


def words_at_any_rate(call: Call) -> Localizer:
    """The same where a wrong language, or a broken catalog, may be what is to be said."""
    try:
        return words_of(call, Assets(newsroom=call.config.absolute().parent))
    except (Misconfigured, OSError):
        pass
    try:
        return words_of(call)
    except Misconfigured:
        return words_of(replace(call, language=None))


def _meant(word: str, known: AbstractSet[str]) -> str:
    """RU and ru_RU are ru, where there is no such language of its own."""
    code = word.replace("_", "-").partition("-")[0].lower()
    return code if word not in known and code in known else word


def _spoken(environ: Mapping[str, str]) -> str:
    """The language of the environment (POSIX LC_ALL, LC_MESSAGES, LANG) where we speak it."""
    named = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    code = named.partition("_")[0].partition(".")[0].lower()
    return code if code in _known(Assets().folders("locales")) else "en"


def _known(folders: Iterable[Path]) -> set[str]:
    return {folder.name for root in folders for folder in root.iterdir() if folder.is_dir()}
