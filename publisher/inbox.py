"""The door for what comes back: a box looked into now and then, or a server that is handed it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from publisher import pipeline
from publisher.bounce_room import KEPT_ASIDE, Absorbed, absorb_one
from publisher.bounces.boxes import Arrival, Box, MaildirBox, set_aside
from publisher.bounces.imap import ImapBox
from publisher.bounces.listener import Take, listening
from publisher.house import House
from publisher.model.inboxes import Inbox, Mailbox, Maildir, Socket

ASIDE = Path("var") / "bounces-aside"
_MAILDIR_EVERY, _IMAP_EVERY = 10.0, 60.0  # seconds
_MANY = 100  # mails of one look: more wait there, and the next look is soon
_SOON = 0.2
_log = structlog.get_logger()


def box_of(inbox: Inbox) -> Box | None:
    """The box of a place; None for one that is not looked into, but handed mail."""
    match inbox:
        case Maildir():
            return MaildirBox(inbox.folder)
        case Mailbox():
            return ImapBox(inbox)
        case Socket():
            return None


@asynccontextmanager
async def open_inbox(
    house: Callable[[], House], inbox: Inbox | None, *, domain: str | None
) -> AsyncIterator[None]:
    """Take in what comes back until the block ends; nothing where config names no place."""
    if inbox is None or domain is None:
        yield
    elif isinstance(inbox, Socket):
        async with listening(inbox, domain=domain, take=_taker(house)) as port:
            _log.info("listening for bounces", host=inbox.host, port=port, lmtp=inbox.lmtp)
            yield
    else:
        every = _MAILDIR_EVERY if isinstance(inbox, Maildir) else _IMAP_EVERY
        async with asyncio.TaskGroup() as group:
            task = group.create_task(_look(house, inbox, every), name="bounces")
            try:
                yield
            finally:
                task.cancel()


async def _look(house: Callable[[], House], inbox: Inbox, every: float) -> None:
    """Look into the box again and again; what fails is logged, and tried the next time."""
    while True:
        taken = 0
        try:
            if box := box_of(inbox):
                fates = await pipeline.absorb_bounces(house(), box, told=_logged)
                taken = sum(fates.values())
        except Exception as error:  # noqa: BLE001 - delivery and the web must not stop for it
            _log.warning("bounces not read", why=repr(error))
        await asyncio.sleep(_SOON if taken >= _MANY else every)


def _taker(house: Callable[[], House]) -> Take:
    async def take(raw: bytes, to: Sequence[str]) -> bool:
        absorbed = await absorb_one(house(), raw, to)
        _logged(Arrival(name="-", raw=b""), absorbed)
        if absorbed.fate not in KEPT_ASIDE:
            return True
        return await asyncio.to_thread(set_aside, house().root / ASIDE, raw)

    return take


def _logged(arrival: Arrival, absorbed: Absorbed) -> None:
    failure, returned = absorbed.failure, absorbed.returned
    known = {
        "reason": failure and failure.reason.value,
        "status": failure and failure.status,
        "issue": returned and returned.issue,
        "delivery": returned and returned.delivery,
        "suppressed": absorbed.suppressed and absorbed.suppressed.value,
    }
    facts = {name: value for name, value in known.items() if value}
    if absorbed.stopped and failure:
        _log.error(
            "sending stopped: mail comes back by our own fault",
            issues=list(absorbed.stopped),
            said=failure.text,
        )
    tell = _log.warning if absorbed.fate in KEPT_ASIDE else _log.info
    tell("came back", fate=absorbed.fate.value, kind=absorbed.kind.value, **facts)
