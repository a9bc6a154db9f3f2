"""Advertising: the word, the advertiser and the token it must carry (rule L13)."""

from collections.abc import Iterator, Sequence

from publisher.compose.legal_rulesets import RULESETS
from publisher.compose.letters import count_of
from publisher.model.articles import Article
from publisher.model.issues import Issue, PrintedItem
from publisher.model.legal import LegalProfile
from publisher.model.problems import Problem, msgid
from publisher.model.sources import Sponsor


def asks_token(profile: LegalProfile) -> bool:
    """Whether an advertisement must name its erid: as the profile says, else as its laws do."""
    if profile.ad_token is not None:
        return profile.ad_token
    names = (profile.ruleset, *profile.also)
    return any(name not in RULESETS or RULESETS[name].ad_tokens for name in names)


def sponsor_problems(issue: Issue, profile: LegalProfile) -> Iterator[Problem]:
    """L13 before rendering: whoever pays is named, and has a token where the law asks for one."""
    for item in issue.items:
        for article in item.versions:
            if article.sponsored:
                yield from _sponsor(article, article.sponsored, profile)


def advertising_problems(
    texts: Sequence[str], printed: Sequence[PrintedItem], profile: LegalProfile, word: str
) -> Iterator[Problem]:
    """L13 as printed: every view shows the word, the advertiser and the token of each."""
    for item in printed:
        sponsor = item.article.sponsored
        if sponsor is None:
            continue
        facts = [sponsor.advertiser, sponsor.erid] if asks_token(profile) else [sponsor.advertiser]
        for fact in (word, *facts):
            if not fact.strip() or not all(count_of(fact, text) for text in texts):
                yield _unprinted(item.article, fact)
    least = sum(1 for item in printed if item.article.sponsored)
    if any(count_of(word, text) < least for text in texts):
        yield _too_few(word, least)


def _sponsor(article: Article, sponsor: Sponsor, profile: LegalProfile) -> Iterator[Problem]:
    if not sponsor.advertiser.strip():
        yield _lacking(
            article, msgid("The advertisement “{title}” ({article}) names nobody who pays.")
        )
    if not sponsor.erid.strip() and asks_token(profile):
        yield _lacking(article, msgid("The advertisement “{title}” ({article}) has no erid."))


def _lacking(article: Article, message: str) -> Problem:
    return Problem(
        message=message,
        args={"title": article.title, "article": article.id},
        remedy=msgid("Write it into “sponsored” of that article, or leave the article out."),
        rule="L13",
    )


def _unprinted(article: Article, fact: str) -> Problem:
    return Problem(
        message=msgid("The advertisement “{title}” does not show “{fact}” in both parts."),
        args={"title": article.title, "fact": fact},
        remedy=msgid(
            "Print the block of advertising as the template that came with Publisher does."
        ),
        rule="L13",
    )


def _too_few(word: str, least: int) -> Problem:
    return Problem(
        message=msgid("Not every advertisement is marked “{word}”; there are {count}."),
        args={"word": word, "count": least},
        remedy=msgid(
            "Print the block of advertising as the template that came with Publisher does."
        ),
        rule="L13",
    )
