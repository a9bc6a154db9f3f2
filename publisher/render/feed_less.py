"""Standing feed files without what was withdrawn: our own documents in, less of them out."""

import json
from collections.abc import Collection, Iterator
from html import escape
from typing import Any, Final

from lxml import etree

from publisher.render.feeds import unmistakable
from publisher.render.json_feed import written

_ELSEWHERE: Final = frozenset({"alternate", "related"})
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_ENCODED: Final = "{http://purl.org/rss/1.0/modules/content/}encoded"
_SITEMAP: Final = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def without(
    data: bytes, *, ids: Collection[str], urls: Collection[str], naming: bool = False
) -> bytes:
    """A feed of ours less these entries, and less the links of others to these addresses.

    `naming`: entries whose content leads to one of them go as well: issues, which tell of many.
    The same bytes where it has none of them; what is left is left as it was.  Raises ValueError
    or lxml.etree.XMLSyntaxError for what is neither JSON nor XML.
    """
    if data[:1] == b"{":
        return _json_without(data, ids, urls, naming=naming)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    tree = etree.ElementTree(etree.fromstring(data, parser))
    gone = list(_gone(tree, ids, urls, naming=naming))
    for element in gone:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)  # with the white space behind it
    if not gone:
        return data
    left = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    left = left.replace(b'"?><', b'"?>\n<', 1)  # lxml drops the line end behind an instruction
    return unmistakable(left) if tree.getroot().tag == "rss" else left


def _gone(
    tree: "etree._ElementTree[etree._Element]",
    ids: Collection[str],
    urls: Collection[str],
    *,
    naming: bool,
) -> Iterator[etree._Element]:
    for page in tree.iter(f"{_SITEMAP}url"):
        if (page.findtext(f"{_SITEMAP}loc") or "").strip() in urls:
            yield page
    for entry in tree.iter("item", f"{_ATOM}entry"):
        name = entry.findtext("guid") or entry.findtext(f"{_ATOM}id") or ""
        told = entry.findtext(_ENCODED) or entry.findtext(f"{_ATOM}content") or ""
        whole = name.strip() in ids or (naming and _leads_to(urls, told))
        yield from [entry] if whole else _links_to(urls, entry)


def _links_to(urls: Collection[str], entry: etree._Element) -> list[etree._Element]:
    """Its other languages and what is related; never its own address."""
    links = entry.findall(f"{_ATOM}link")
    own = entry.findtext("link") or next((one.get("href") for one in links), None)
    return [
        one
        for one in links
        if one.get("rel") in _ELSEWHERE and one.get("href") in urls and one.get("href") != own
    ]


def _leads_to(urls: Collection[str], html: str) -> bool:
    return any(f'href="{escape(url)}"' in html for url in urls)


def _json_without(
    data: bytes, ids: Collection[str], urls: Collection[str], *, naming: bool
) -> bytes:
    document = json.loads(data)
    items = [
        _unlinked(one, urls)
        for one in document.get("items", ())
        if one.get("id") not in ids
        and not (naming and _leads_to(urls, one.get("content_html", "")))
    ]
    less = {**document, "items": items}
    return data if less == document else written(less)


def _unlinked(item: dict[str, Any], urls: Collection[str]) -> dict[str, Any]:
    return {
        name: [one for one in value if one.get("url") not in urls]
        if name in {"_alternates", "_related"}
        else value
        for name, value in item.items()
    }
