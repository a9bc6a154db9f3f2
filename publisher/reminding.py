"""Reminders that a legal profile is to be reviewed: 60, 30 and 7 days ahead, once each, by mail."""

from collections.abc import Iterator
from datetime import date

from publisher.compose.legal_mail import inspect_shown
from publisher.compose.legal_profile import review_problems
from publisher.compose.visible import read_html
from publisher.errors import Refused
from publisher.house import House
from publisher.model.addresses import address_of
from publisher.model.legal import LegalProfile
from publisher.model.names import DeliveryId
from publisher.model.newsroom import Newsroom
from publisher.model.notices import Notice, NoticeKind
from publisher.model.problems import Problem, msgid
from publisher.render.alarm import AlarmOrder, render_alarm
from publisher.render.decode import decode
from publisher.render.splice import Personal, Splicer

_SUBJECT = msgid("Legal profile “{profile}”: to be reviewed by {date}")


def reviews_due(newsroom: Newsroom, day: date) -> Iterator[tuple[LegalProfile, Problem]]:
    """The newest version of every profile in use whose review is near, or overdue."""
    used = {one for edition in newsroom.editions.values() for one in edition.legal.values()}
    for name in sorted({*used, newsroom.feeds_legal} & newsroom.profiles.keys()):
        newest = max(newsroom.profiles[name], key=lambda one: one.valid_from)
        for problem in review_problems(newest, day=day):
            yield newest, problem


async def remind(house: House) -> tuple[DeliveryId, ...]:
    """Mail whoever runs the newsroom what is due; what was mailed before is not mailed again.

    Raises Refused where even that mail would not be lawful.
    """
    newsroom, now = house.newsroom, house.clock()
    day = now.astimezone(newsroom.site.zone).date()
    queued = []
    for profile, problem in reviews_due(newsroom, day):
        notice = await _notice(house, profile, problem, day)
        queued.append(await house.notices.add(notice, now=now))
    return tuple(queued)


async def _notice(house: House, profile: LegalProfile, problem: Problem, day: date) -> Notice:
    newsroom = house.newsroom
    language = newsroom.site.languages[0]
    text = house.text[language]
    address = newsroom.identity.desk or address_of(newsroom.identity.sender[language])
    which = problem.args.get("reminder", "overdue")
    key = f"review:{profile.id}:{profile.review_by}:{which}:{address}"
    due = text.date(profile.review_by, style="long") if profile.review_by else ""
    order = AlarmOrder(
        key=key,
        subject=text.say(_SUBJECT, profile=profile.id, date=due).replace("\u00a0", " "),
        words=tuple(text.problem(problem).split("\n")),
        language=language,
        newsroom=newsroom,
        profile=profile,
        year=day.year,
    )
    compiled = await house.crunch(render_alarm, order, house.assets)
    if refused := _unlawful(house, order, compiled, address):
        raise Refused(*refused)
    return Notice(
        key=key,
        kind=NoticeKind.ALARM,
        address=address,
        name="",
        language=language,
        compiled=compiled,
        leave_url=newsroom.site.base_url,  # there is nothing to leave: no slot asks for it
    )


def _unlawful(
    house: House, order: AlarmOrder, compiled: bytes, address: str
) -> tuple[Problem, ...]:
    """What the gate says of the final bytes, as it would of any mail."""
    trial = Personal(
        address=address,
        leave_url=order.newsroom.site.base_url,
        message_id="trial@reader.invalid",
        sent_at=house.clock(),
    )
    mail = decode(b"".join(Splicer(compiled).chunks(trial)))
    return inspect_shown(
        mail,
        profile=order.profile,
        issue_age=order.profile.age,
        language=order.language,
        document=read_html(mail.html),
    )
