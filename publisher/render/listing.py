"""What the mail of an issue says of its list: to mail clients, and to the big receivers."""

import re

from publisher.model.editions import Edition
from publisher.model.issues import Issue
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.render.doors import archive_url, letter
from publisher.render.headers import domain_of, wire_address
from publisher.render.mime import MailingList

_SHORTEST, _LONGEST_SENDER = 5, 15  # Gmail's limits of the last field of Feedback-ID
_LONGEST_TYPE = 32  # Mail.ru's limit of X-Mailru-Msgtype


def mailing_list(
    issue: Issue, edition: Edition, newsroom: Newsroom, language: Language
) -> MailingList:
    """The same for every reader, and but for the issue's own names the same every day."""
    site, identity = newsroom.site, newsroom.identity
    domain, desk = domain_of(identity.sender[language]), identity.desk
    due = issue.due_at.astimezone(edition.schedule.zone)
    return MailingList(
        name=edition.title[language],
        id=f"{edition.id}-{language}.{domain}",
        help=letter(wire_address(desk), "help") if desk else site.base_url,
        archived_at=archive_url(issue, edition, newsroom, language),
        feedback_id=f"{due:%Y%m%d-%H%M}:{language}:{edition.id}:{sender_id(domain)}",
        message_type=message_type(f"{edition.id}{language}"),
    )


def sender_id(domain: str) -> str:
    """Who sends, as Gmail counts complaints: from the domain, so that it never changes."""
    name = re.sub(r"[^a-z0-9]+", "-", domain.lower())
    short = name[:_LONGEST_SENDER].rstrip("-")
    return short if len(short) >= _SHORTEST else f"{short}-mail"


def message_type(name: str) -> str:
    """A kind of mail, as Mail.ru counts it: Latin letters and digits only."""
    return re.sub(r"[^A-Za-z0-9]", "", name)[:_LONGEST_TYPE]
