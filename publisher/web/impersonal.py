"""A digest's HTML as a page for everybody: nothing of one reader, nothing only a mail needs."""

from collections.abc import Iterable, Mapping

from lxml import html as documents

from publisher.model.digests import Digest
from publisher.model.names import Language

_SLOT = "{{slot:"
_LETTER = "letter"  # the class of what stands in mail alone


def impersonal(
    digest: Digest, languages: Mapping[Language, str], feeds: Iterable[Mapping[str, str]] = ()
) -> str | None:
    """The page; None where a template of the newsroom's own put a slot where we know of none.

    `languages`: where each language of the issue stands; named in the head as alternates, and
    `feeds` beside them.
    """
    document = documents.document_fromstring(digest.html)
    for element in list(document.iter()):
        if isinstance(element.tag, str) and (_is_personal(element) or _is_letter(element)):
            element.drop_tree()
    if (head := document.find("head")) is not None:
        own = languages.get(digest.language)
        head.extend([documents.Element("link", rel="canonical", href=own)] if own else [])
        head.extend(
            documents.Element("link", rel="alternate", hreflang=language, href=address)
            for language, address in languages.items()
        )
        head.extend(documents.Element("link", dict(one)) for one in feeds)
    made = str(documents.tostring(document, encoding="unicode", doctype="<!DOCTYPE html>"))
    return None if _SLOT in made else made


def _is_personal(element: documents.HtmlElement) -> bool:
    words = (element.text, *(child.tail for child in element))
    values = element.attrib.values()
    return any(_SLOT in text for text in (*words, *values) if isinstance(text, str))


def _is_letter(element: documents.HtmlElement) -> bool:
    return _LETTER in (element.get("class") or "").split()
