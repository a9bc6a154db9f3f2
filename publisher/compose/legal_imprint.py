"""The legal gate on the imprint of a final mail: readers see every fact of it in both parts.

The registration statement that counts is legal_mail.py's.
"""

from collections.abc import Iterator
from typing import Final

from publisher.compose.legal_rulesets import statement_of
from publisher.compose.letters import count_of, folded, without
from publisher.compose.visible import Document
from publisher.model.digests import DecodedMail
from publisher.model.legal import LegalProfile
from publisher.model.problems import Place, Problem, msgid

_POSTAL: Final = "contacts.postal"


def imprint_problems(
    document: Document, mail: DecodedMail, profile: LegalProfile
) -> Iterator[Problem]:
    """L02, L07, L09 and L18 as printed: whatever counsel filled in, readers see, in every view.

    What a ruleset demands is filled in (legal_profile.py); so what it demands is printed.
    """
    texts = (*(view.text for view in document.views), mail.text)
    statement = statement_of(profile)
    for key, fact in facts_of(profile):
        if not all(count_of(fact, text) for text in texts):
            yield _unprinted(key, fact, rule="L18" if key == _POSTAL else "L02")
    if not all(_in_masthead(profile.registered_name, statement, text) for text in texts):
        yield _unprinted("registered_name", profile.registered_name, rule="L07")
    for language, words in profile.statements.items():
        if words != statement and not all(count_of(words, text) == 1 for text in texts):
            yield _unprinted(f"statement.{language}", words, rule="L09")


def facts_of(profile: LegalProfile) -> Iterator[tuple[str, str]]:
    """The facts of the imprint that are filled in, with their keys in config."""
    yield from (("founders", founder) for founder in profile.founders if founder.strip())
    facts = {
        "editor_in_chief": profile.editor_in_chief,
        "contacts.email": profile.email,
        "contacts.phone": profile.phone,
        _POSTAL: profile.postal,
        "owner": profile.owner,
        "responsible": profile.responsible,
    }
    yield from ((key, fact) for key, fact in facts.items() if fact.strip())


def _in_masthead(name: str, statement: str, text: str) -> bool:
    """Whether the registered name stands above the statement, as a masthead does."""
    if not name.strip() or not folded(statement):
        return True  # other rules say so
    return count_of(name, without(statement, text)[0]) > 0


def _unprinted(key: str, fact: str, *, rule: str) -> Problem:
    return Problem(
        message=msgid("The HTML or the text part does not show {key} of the imprint: “{fact}”."),
        args={"key": key, "fact": fact},
        remedy=msgid("Print it in both templates, as the legal profile holds it, and visibly."),
        rule=rule,
        place=Place(key=key),
    )
