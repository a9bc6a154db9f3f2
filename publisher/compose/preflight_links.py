"""Pre-flight of links and pictures: syntax, our own routes, files, alt texts, credits.  Offline."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from publisher.compose.letters import folded
from publisher.compose.preflight_proof import Proof
from publisher.model.problems import Problem, Severity, msgid

_PLAIN: Final = frozenset({"mailto", "tel"})
_DESCRIBE: Final = msgid("Say in the article's “alt” what the picture shows.")
_CUT: Final = 100  # letters of a credit: templates may cut the rest
_MEDIA: Final = "/media/"
_OURS: Final = ("/archive/", "/feeds/", "/media/", "/unsubscribe/", "/preferences/", "/confirm/")


def link_problems(proof: Proof) -> Iterator[Problem]:
    """Every address a reader can follow is whole, and one of ours is one that we serve."""
    said: set[str] = set()
    for link in proof.elements("a", "area"):
        address = (link.get("href") or "").strip()
        if address not in said:
            said.add(address)
            yield from _address(address, folded(link.text_content()), proof)


def image_problems(proof: Proof) -> Iterator[Problem]:
    """Every picture is ours, there, described and credited."""
    seen = [view.text for view in proof.document.views]
    for image in proof.elements("img"):
        address = (image.get("src") or "").strip()
        if not address.startswith(f"{proof.base_url}{_MEDIA}"):
            yield _blocks(
                msgid(
                    "The picture {address} is not one of ours: its server would see every reader."
                ),
                msgid("Let pictures come from {base}."),
                address=address or "?",
                base=f"{proof.base_url}{_MEDIA}",
            )
            continue
        file = unquote(address.removeprefix(f"{proof.base_url}{_MEDIA}"))
        if file not in proof.present:
            yield _blocks(
                msgid("The picture {file} is not in public/media."),
                msgid("Collect again, or take the picture out of the article."),
                file=file,
            )
        if image.get("alt") is None:
            yield _blocks(msgid("The picture {file} has no alt text."), _DESCRIBE, file=file)
        elif not image.get("alt", "").strip():
            yield _warns(
                msgid("The alt text of the picture {file} is empty."), _DESCRIBE, file=file
            )
        known = [folded(one)[:_CUT] for one in proof.pictures.get(file, ()) if one.strip()]
        if not all(any(one in text for one in known) for text in seen):
            yield _blocks(
                msgid("The picture {file} is shown without its credit."),
                msgid("Print the credit below the picture, or leave the picture out."),
                file=file,
            )


def _address(address: str, words: str, proof: Proof) -> Iterator[Problem]:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme in _PLAIN and parts.path.strip():
        return
    if parts.scheme not in {"http", "https"} or not host or " " in address:
        yield _blocks(
            msgid("The link “{words}” leads nowhere: {address}"),
            msgid("Write the whole address, with https://."),
            words=words,
            address=address or "?",
        )
    elif address.startswith(f"{proof.base_url}/"):
        yield from _route(unquote(parts.path), words, proof)
    elif parts.scheme == "http":
        yield _warns(
            msgid("The link “{words}” is not encrypted: {address}"),
            msgid("Write https:// where the site has it."),
            words=words,
            address=address,
        )


def _route(path: str, words: str, proof: Proof) -> Iterator[Problem]:
    """Our own addresses: what stands below the routes of DESIGN is ours, the rest the site's."""
    if not path.startswith(_OURS) or path.startswith(tuple(proof.pages)):
        return
    if path.removeprefix(_MEDIA) in proof.present:
        return
    yield _blocks(
        msgid("The link “{words}” leads to {path}, which we do not serve."),
        msgid("Mend the address in the template or in the article."),
        words=words,
        path=path,
    )


def _blocks(message: str, remedy: str, **args: str) -> Problem:
    return Problem(message=message, args=args, remedy=remedy)


def _warns(message: str, remedy: str, **args: str) -> Problem:
    return Problem(message=message, args=args, remedy=remedy, severity=Severity.NOTE)
