"""A word to those who run the newsroom, as a compiled letter.  Decides nothing of what it says."""

from dataclasses import dataclass

from publisher.assets import Assets
from publisher.i18n.catalogs import load_catalogs
from publisher.model.legal import LegalProfile
from publisher.model.look import Look
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.render.imprint import imprint_of
from publisher.render.inline import inline_styles
from publisher.render.mime import Letter, compile_letter
from publisher.render.sheet import Imprint
from publisher.render.templates import Templates, tidy


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOrder:
    """Everything an alarm is made from; it pickles, for another process may do the work."""

    key: str
    subject: str
    words: tuple[str, ...]  # paragraphs
    language: Language
    newsroom: Newsroom
    profile: LegalProfile
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """What its templates place."""

    subject: str
    preheader: str
    name: str
    words: tuple[str, ...]
    imprint: Imprint
    look: Look
    notes: tuple[str, ...] = ()


def render_alarm(order: AlarmOrder, assets: Assets) -> bytes:
    """The whole message, with slots for the address; the same order gives the same bytes."""
    text = load_catalogs(assets.folders("locales"), (order.language,))[order.language]
    templates = Templates(assets.folders("templates"))
    page = AlarmView(
        subject=order.subject,
        preheader=order.words[0],
        name=order.profile.registered_name,
        words=order.words,
        imprint=imprint_of(order.profile, order.language, year=order.year),
        look=order.newsroom.look,
    )
    html = templates.render("email/alarm.html.j2", text=text, digest=page)
    plain = templates.render("email/alarm.txt.j2", text=text, digest=page)
    identity = order.newsroom.identity
    return compile_letter(
        Letter(
            seed=order.key,
            sender=identity.sender[order.language],
            reply_to=identity.reply_to,
            subject=order.subject,
            language=order.language,
            html=inline_styles(html),
            text=tidy(plain),
        )
    )
