"""Whom the law lets be shown advertising in a mail."""

from collections.abc import Mapping

from publisher.model.legal import LegalProfile
from publisher.model.names import Language

_ABROAD = "abroad"


def ads_by_consent(profiles: Mapping[Language, LegalProfile]) -> tuple[Language, ...]:
    """Languages whose readers are shown advertising only where they agreed to it.

    38-FZ, article 18(1): prior consent, which the sender must prove.  Rule sets we know nothing
    of are taken to ask the same.
    """
    return tuple(sorted(one for one, profile in profiles.items() if _asks(profile)))


def _asks(profile: LegalProfile) -> bool:
    return any(ruleset != _ABROAD for ruleset in (profile.ruleset, *profile.also))
