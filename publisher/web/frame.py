"""What frames every web page: the day above, the legal block of that day below.  Judges nothing."""

from datetime import datetime

from publisher.compose.legal import profile_on
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.render.imprint import imprint_of, today_in
from publisher.render.sheet import Imprint

__all__ = ["imprint_on", "today_in"]


def imprint_on(newsroom: Newsroom, language: Language, *, now: datetime) -> Imprint | None:
    """What stands at the foot of every page; None before the first version of the profile."""
    local = now.astimezone(newsroom.site.zone)
    profile = profile_on(newsroom.profiles.get(newsroom.feeds_legal, ()), local.date())
    return None if profile is None else imprint_of(profile, language, year=local.year)
