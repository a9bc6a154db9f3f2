"""SpamAssassin asked for its score, where it is installed; it reaches no network (-L)."""

import asyncio
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from datetime import timedelta

_SCORE = re.compile(rb"^X-Spam-Status:\s*\w+,\s*score=(-?[\d.]+)", re.MULTILINE)
_PROGRAM = "spamassassin"
_PATIENCE = timedelta(seconds=60)


async def spam_score(
    message: bytes, *, program: str = _PROGRAM, patience: timedelta = _PATIENCE
) -> float | None:
    """The points of a whole message; None where there is no such program, or no answer in time."""
    path = shutil.which(program)
    if path is None:
        return None
    process = await asyncio.create_subprocess_exec(
        path, "-L", "-t", stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(patience.total_seconds()):
            judged, _ = await process.communicate(message)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    found = _SCORE.search(judged)
    return float(found[1]) if found else None
