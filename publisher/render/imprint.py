"""The legal block of a web page, from the profile of its day.  Judges nothing."""

from datetime import datetime

from publisher.i18n.localizer import Localizer
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.render.sheet import Imprint, Statement


def imprint_of(profile: LegalProfile, language: Language, *, year: int) -> Imprint:
    """What stands at the foot of every page."""
    notice = profile.copyright.get(language) or next(iter(profile.copyright.values()), "")
    return Imprint(
        language=next(iter(profile.statements), language),
        statements=tuple(
            Statement(language=tongue, words=words) for tongue, words in profile.statements.items()
        ),
        copyright=notice.replace("{year}", str(year)),
        founders=profile.founders,
        editor_in_chief=profile.editor_in_chief,
        email=profile.email,
        phone=profile.phone,
        postal=profile.postal,
        owner=profile.owner,
        responsible=profile.responsible,
        age="" if profile.age is None else f"{profile.age}+",
    )


def today_in(text: Localizer, newsroom: Newsroom, *, now: datetime) -> str:
    """The date as a masthead prints it: Monday, November 23, 2026."""
    day = text.date(now, newsroom.site.zone, style="full")
    return day[:1].upper() + day[1:]
