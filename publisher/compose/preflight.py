"""The pre-flight: what is wrong with a finished mail besides the law.  Red blocks, amber warns.

It reads the decoded parts and nothing else; the legal gate is legal_digest.py's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from publisher.compose.preflight_links import image_problems, link_problems
from publisher.compose.preflight_looks import (
    client_problems,
    clip_problems,
    contrast_problems,
    style_problems,
)
from publisher.compose.preflight_proof import Proof
from publisher.compose.preflight_words import spelling_problems, subject_problems, text_problems
from publisher.model.problems import Problem, Severity, msgid


class Light(Enum):
    """How a check ended, best first."""

    GREEN = "green"  # nothing to say
    AMBER = "amber"  # a person should look
    RED = "red"  # nothing goes out like this


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check of one mail, and what it found."""

    check: str  # a key of CHECKS
    problems: tuple[Problem, ...]

    @property
    def light(self) -> Light:
        """The worst of its problems."""
        if any(problem.severity is Severity.BLOCK for problem in self.problems):
            return Light.RED
        return Light.AMBER if self.problems else Light.GREEN


# In the order of the table; each name is also the `rule` of its problems.
CHECKS: Mapping[str, str] = {
    "law": msgid("Law"),
    "size": msgid("Size, and where Gmail cuts"),
    "styles": msgid("Style sheets"),
    "links": msgid("Links"),
    "pictures": msgid("Pictures"),
    "contrast": msgid("Contrast, light, dark and inverted"),
    "subject": msgid("Subject"),
    "text": msgid("Text part"),
    "spelling": msgid("Look-alike letters"),
    "clients": msgid("What mail programs drop"),
    "spam": msgid("SpamAssassin"),
}


def look_over(proof: Proof) -> tuple[Finding, ...]:
    """Every check that needs nothing but the mail, in order."""
    checks: Mapping[str, Iterator[Problem]] = {
        "size": clip_problems(proof),
        "styles": style_problems(proof),
        "links": link_problems(proof),
        "pictures": image_problems(proof),
        "contrast": contrast_problems(proof),
        "subject": subject_problems(proof),
        "text": text_problems(proof),
        "spelling": spelling_problems(proof),
        "clients": client_problems(proof),
    }
    return tuple(finding(name, problems) for name, problems in checks.items())


def red_problems(proof: Proof) -> Iterator[Problem]:
    """What blocks, for the gate: an issue like this is held."""
    checks = {
        "links": link_problems(proof),
        "pictures": image_problems(proof),
        "text": text_problems(proof),
    }
    for name, problems in checks.items():
        for problem in finding(name, problems).problems:
            if problem.severity is Severity.BLOCK:
                yield problem


def finding(check: str, problems: Iterator[Problem] | tuple[Problem, ...]) -> Finding:
    """The result of a check; what has no rule of its own bears the check's name."""
    named = (one if one.rule else replace(one, rule=check) for one in problems)
    return Finding(check=check, problems=tuple(named))


def spam_problems(score: float | None, *, limit: float = 5.0) -> Iterator[Problem]:
    """What SpamAssassin thinks: red from its own limit on, amber halfway there; None: not asked."""
    if score is not None and score >= limit / 2:
        yield Problem(
            message=msgid("SpamAssassin gives it {score} points; {limit} make it spam."),
            args={"score": f"{score:.1f}", "limit": f"{limit:.1f}"},
            remedy=msgid("Ask it why: spamassassin -L -t < preview/en.eml"),
            severity=Severity.BLOCK if score >= limit else Severity.NOTE,
        )
