"""`publisher check --issue`: the pre-flight of every digest an issue would be, or was, sent as."""

from collections.abc import Mapping
from dataclasses import dataclass

from publisher.compose.preflight import CHECKS, Finding, Light, finding, look_over, spam_problems
from publisher.deliver.spam import spam_score
from publisher.gate import examine, once, proof_of
from publisher.hand import known_issue
from publisher.house import House
from publisher.model.digests import Digest
from publisher.model.issues import Issue
from publisher.model.names import IssueId, Language
from publisher.model.problems import Problem, Severity
from publisher.pipeline import plan_of
from publisher.render.splice import eml_preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One digest, looked over."""

    language: Language
    variant: str
    subject: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """Everything the pre-flight of an issue found."""

    issue: Issue
    law: Finding  # of the issue and all its digests
    digests: tuple[Looked, ...]

    @property
    def light(self) -> Light:
        """The worst there is."""
        lights = [self.law.light, *(one.light for each in self.digests for one in each.findings)]
        return max(lights, key=list(Light).index)

    @property
    def variants(self) -> Mapping[Language, int]:
        """How many digests each language has."""
        counts: dict[Language, int] = {}
        for one in self.digests:
            counts[one.language] = counts.get(one.language, 0) + 1
        return counts


async def preflight(house: House, issue_id: IssueId) -> Preflight:
    """Look an issue over in every language and variant; raises Refused where there is none.

    What was sealed is looked at as it was sealed, everything else as it would be now.
    """
    issue = await known_issue(house, issue_id)
    digests, said = await _printed(house, issue)
    law = tuple(one for one in said if one.rule not in CHECKS)
    seen: set[Language] = set()
    looked = []
    for digest in digests:
        found = look_over(proof_of(house, digest, issue))
        if digest.language not in seen:  # its variants differ by stories left out
            seen.add(digest.language)
            found = (*found, await _spam(digest, issue))
        looked.append(
            Looked(
                language=digest.language,
                variant=digest.variant,
                subject=digest.subject,
                findings=found,
            )
        )
    return Preflight(issue=issue, law=finding("law", law), digests=tuple(looked))


async def _printed(house: House, issue: Issue) -> tuple[tuple[Digest, ...], tuple[Problem, ...]]:
    if issue.sealed_at:
        return tuple(await house.digests.of(issue.id)), issue.problems
    planned = await plan_of(house, issue)
    examined = await examine(house, issue, planned.pages)
    held = [one for one in issue.problems if one.severity is Severity.BLOCK]
    return examined.digests, once([*examined.problems, *held])


async def _spam(digest: Digest, issue: Issue) -> Finding:
    message = eml_preview(digest, sent_at=issue.due_at)
    return finding("spam", tuple(spam_problems(await spam_score(message))))
