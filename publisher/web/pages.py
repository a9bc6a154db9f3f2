"""Web pages as HTML: templates/web with the words of one language."""

from typing import Protocol

from publisher.i18n.localizer import Localizer


class Pages(Protocol):
    """Whoever fills templates; render.templates does."""

    def render(self, name: str, *, text: Localizer, **context: object) -> str: ...
