"""What the demo has made so far, as links: the issue and its proofs.  Makes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from publisher.house import House
from publisher.i18n.localizer import Localizer
from publisher.model.issues import Issue
from publisher.model.names import Language
from publisher.model.problems import msgid

PROOFS: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "eml": "message/rfc822",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeIssue:
    """The newest issue and how far its letters have come."""

    id: str
    title: str
    number: int
    due: str
    accepted: int
    planned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """A digest of one language in its forms: extension -> address."""

    language: Language
    name: str
    links: Mapping[str, str]


def own_name(text: Localizer) -> str:
    """A language as its own readers call it; the catalog of each language says it of itself."""
    return text.say(msgid("In English"))


async def newest_issue(house: House, text: Localizer) -> MadeIssue | None:
    """The issue due last, in words of this language; None before there is one."""
    for issue in await house.issues.recent(limit=1):
        balance = await house.ledger.balance(issue.id)
        return MadeIssue(
            id=issue.id,
            title=_title(house, issue, text.language),
            number=issue.number,
            due=text.moment(issue.due_at, house.newsroom.site.zone),
            accepted=balance.accepted,
            planned=balance.planned,
        )
    return None


def proofs(house: House, folder: Path, *, first: Language) -> tuple[Proofs, ...]:
    """The digests that lie in the folder, the page's own language first."""
    found = [
        Proofs(
            language=language,
            name=own_name(house.text[language]),
            links={
                kind: f"/preview/{language}.{kind}"
                for kind in PROOFS
                if (folder / f"{language}.{kind}").is_file()
            },
        )
        for language in _ordered(house, first)
    ]
    return tuple(one for one in found if one.links)


def _ordered(house: House, first: Language) -> list[Language]:
    return sorted(house.newsroom.site.languages, key=lambda language: language != first)


def _title(house: House, issue: Issue, language: Language) -> str:
    edition = house.newsroom.editions.get(issue.edition)
    return edition.title[language] if edition else issue.edition
