"""Which of our languages a visitor reads, before we know who they are."""

from collections.abc import Iterator, Sequence

from starlette.requests import Request

from publisher.model.names import Language


def wanted(request: Request, languages: Sequence[Language]) -> Language:
    """The language of the address ("/ru/…"), else the best of Accept-Language, else the first."""
    folder = request.scope["path"].split("/", 2)[1]
    tags = [folder, *_preferred(request.headers.get("accept-language", ""))]
    return next(
        (language for tag in tags for language in languages if language == tag), languages[0]
    )


def _preferred(header: str) -> Iterator[str]:
    """The tags of RFC 9110 section 12.5.4, best first, each followed by its plain language."""
    weighed = [_weighed(part) for part in header[:500].split(",")]
    for weight, tag in sorted(weighed, key=lambda one: -one[0]):
        if weight > 0:
            yield tag
            yield tag.partition("-")[0]


def _weighed(part: str) -> tuple[float, str]:
    tag, _, weight = part.partition(";")
    try:
        return float(weight.strip().removeprefix("q=") or 1), tag.strip().lower()
    except ValueError:
        return 0, ""
