"""Where a digest leads beside its stories: the browser, other languages, ourselves, the way out."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlsplit

from publisher.i18n.localizer import Localizer
from publisher.model.articles import Article
from publisher.model.editions import Edition, Fallback
from publisher.model.issues import Issue
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.model.problems import msgid
from publisher.render.cleaning import web_url
from publisher.render.sheet import Door

# Said in the language it leads to, and translated as that: «Читать по-русски».
_OWN_LANGUAGE = msgid("Read in English")


def archive_url(issue: Issue, edition: Edition, newsroom: Newsroom, language: Language) -> str:
    """Where that language of the issue stands in the browser, once it is sealed."""
    due = issue.due_at.astimezone(edition.schedule.zone)
    when = f"{due:%Y-%m-%d-%H%M}"
    return f"{newsroom.site.base_url}/archive/{edition.id}/{when}/{language}"


def browser_url(issue: Issue, edition: Edition, newsroom: Newsroom, language: Language) -> str:
    """The same; empty for an issue to a few, which the archive does not show."""
    return "" if issue.only_to else archive_url(issue, edition, newsroom, language)


def tongues(
    issue: Issue, edition: Edition, newsroom: Newsroom, words: Mapping[Language, Localizer]
) -> Iterator[Door]:
    """This issue in every language that `words` knows and that has a digest of it."""
    for language in edition.languages:
        text = words.get(language)
        if text and issue.only_to is None and _is_told(issue, edition, language):
            url = archive_url(issue, edition, newsroom, language)
            yield Door(url=url, name=text.say(_OWN_LANGUAGE), language=language)


def doors(newsroom: Newsroom, text: Localizer) -> Iterator[Door]:
    """What [site.links] names, in the order a reader looks for it."""
    site, language = newsroom.site, text.language
    named = (
        (text.say(msgid("About us")), site.about),
        (text.say(msgid("Privacy")), site.privacy),
        (text.say(msgid("Feeds")), site.feeds),
        (text.say(msgid("Print editions")), site.print),
    )
    for name, pages in named:
        if url := web_url(pages.get(language, "")):
            yield Door(url=url, name=name)
    for url in filter(web_url, site.follow):
        yield Door(url=url, name=_bare(url))


def archive_door(edition: Edition, newsroom: Newsroom, text: Localizer) -> Door:
    """Every issue that went out, in the browser."""
    url = f"{newsroom.site.base_url}/archive/{edition.id}/{text.language}"
    return Door(url=url, name=text.say(msgid("All issues")))


def change_door(edition: Edition, newsroom: Newsroom, text: Localizer) -> Door | None:
    """A letter to those who can change a subscription."""
    desk = newsroom.identity.desk
    if not desk:
        return None
    subject = text.say(msgid("Change my subscription: {edition}"), edition=edition.id)
    name = text.say(msgid("Change language or sections"))
    return Door(url=letter(desk, subject), name=name, plain=desk)


def error_door(desk: str, article: Article | None, issue: Issue, text: Localizer) -> Door | None:
    """A letter to the editors that names the story, or the whole issue."""
    if not desk:
        return None
    subject = (
        text.say(msgid("Error in story {id}"), id=article.id)
        if article
        else text.say(msgid("Error in issue {id}"), id=issue.id)
    )
    return Door(url=letter(desk, subject), name=text.say(msgid("Report an error")), plain=desk)


def letter(address: str, subject: str) -> str:
    """A mailto link (RFC 6068)."""
    return f"mailto:{quote(address, safe='@+.-_')}?subject={quote(subject)}"


def _is_told(issue: Issue, edition: Edition, language: Language) -> bool:
    """Whether anything is printed for readers of that language."""
    printed = [one for one in issue.items if not one.linked and not one.sponsored]
    if edition.fallback is not Fallback.STRICT:
        return bool(printed)
    return any(version.language == language for one in printed for version in one.versions)


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".rstrip("/")
