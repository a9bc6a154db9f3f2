"""Proofs: digests as files an editor opens, LANG.html, LANG.txt, LANG.eml."""

import errno
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from publisher.errors import Refused
from publisher.model.digests import Digest
from publisher.model.problems import Problem, msgid
from publisher.render.splice import eml_preview


def write_proofs(folder: Path, digests: Iterable[Digest], *, sent_at: datetime) -> None:
    """What would be sent, bar the personal slots; raises Refused where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for digest in digests:
            (folder / f"{digest.language}.html").write_text(digest.html, "utf-8")
            (folder / f"{digest.language}.txt").write_text(digest.text, "utf-8")
            (folder / f"{digest.language}.eml").write_bytes(eml_preview(digest, sent_at=sent_at))
    except OSError as error:
        raise Refused(_unwritten(folder, error)) from error


def _unwritten(folder: Path, error: OSError) -> Problem:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return Problem(
        message=msgid("{file} cannot be written: {words}."),
        args={"file": str(folder), "words": error.strerror or str(error)},
        remedy=msgid("Make room, then run the same command again.") if full else None,
    )
