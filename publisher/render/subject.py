"""The subject of a digest: by the edition's rule, or the editor's own; no two mails share one."""

from collections.abc import Mapping

from publisher.i18n.localizer import DateStyle, Localizer
from publisher.model.editions import SubjectRule
from publisher.model.names import Language
from publisher.model.problems import msgid
from publisher.render.cleaning import clean
from publisher.render.typography import plain_spaces, typeset
from publisher.render.view import PrintOrder

SUBJECT_LIMIT = 110  # characters of a headline in a subject; inboxes show half of it


def subject_line(order: PrintOrder, words: Mapping[Language, Localizer]) -> str:
    """One line, plain spaces only.

    The date keeps it unique; where the edition has another issue that day, the hour does, and
    where another edition has one, its title: they may share a lead.
    """
    text = words[order.layout.language]
    own = clean(order.layout.subject, SUBJECT_LIMIT)
    return plain_spaces(own or _by_rule(order, words, text))


def _by_rule(order: PrintOrder, words: Mapping[Language, Localizer], text: Localizer) -> str:
    lead, layout = order.layout.lead, order.layout
    title = order.edition.title[text.language]
    if layout.corrections and not layout.items:
        return text.say(
            msgid("Corrections: {title}, {date}"), title=title, date=_date(order, text, "long")
        )
    if order.edition.subject is SubjectRule.TITLE:
        return text.say(msgid("{title}, {date}"), title=title, date=_date(order, text, "long"))
    if order.edition.subject is SubjectRule.LEAD and lead:
        headline = clean(lead.article.title, SUBJECT_LIMIT)
        if known := words.get(lead.article.language):
            headline = typeset(headline, known.manners.typography)
        if order.issue.beside_others:
            return text.say(
                msgid("{title} · {edition}, {date}"),
                title=headline,
                edition=title,
                date=_date(order, text, "short"),
            )
        return text.say(msgid("{title} · {date}"), title=headline, date=_date(order, text, "short"))
    counted = text.plural(
        "{n} story for {date}",
        "{n} stories for {date}",
        n=layout.count,
        date=_date(order, text, "day"),
    )
    if not order.issue.beside_others:
        return counted
    return text.say(msgid("{title}: {stories}"), title=title, stories=counted)


def _date(order: PrintOrder, text: Localizer, style: DateStyle) -> str:
    due, zone = order.issue.due_at, order.edition.schedule.zone
    day = text.date(due, zone, style=style)
    if not order.issue.twice_a_day:
        return day
    return text.say(msgid("{date}, {time}"), date=day, time=text.time(due, zone))
