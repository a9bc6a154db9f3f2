"""A mail that came back, read: what it is, whom it is about, why, and which of ours it was."""

import logging
import re
from collections.abc import Iterable
from dataclasses import replace

from flufl.bounce import all_failures

from publisher.bounces import complaints, prose
from publisher.bounces.addresses import address_in, addressed, is_machine
from publisher.bounces.dsn import Notified, notifications
from publisher.bounces.letter import LONGEST, Letter, letter_of, open_letter
from publisher.bounces.notices import notice
from publisher.bounces.reasons import best_status, why
from publisher.model.bounces import Failure, Kind, Reading, Reason, Traces

__all__ = ("LONGEST", "read")
_ITS_LOG = logging.getLogger("flufl.bounce")
_KEPT = 1000  # characters of what the server said
_READ = 6000  # characters that a reason is looked for in
_MOST = 20  # recipients of one report: ours have one
# Servers set an extension off by other signs too, and forwarders put a local part into theirs.
_LEAVES = re.compile(r"\bleave[+=-]([A-Za-z0-9_-]{20,})@", re.IGNORECASE)
_RETURNS = re.compile(r"\b(bounce[+=-][A-Za-z0-9]{20,57})@", re.IGNORECASE)
_LEAVE_LINK = re.compile(r"/unsubscribe/([A-Za-z0-9_-]{20,512})")
_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-RcptTo", "To", "Cc")
_PATHS = ("Return-Path", "X-Envelope-From")
_CHALLENGE = re.compile(
    r"(?:please )?(?:confirm|verify) (?:your|this|the) (?:e-?mail|mail|message)\b", re.IGNORECASE
)
_GOOD = frozenset({"delivered", "relayed", "expanded"})
_REPORTED = {"auth-failure": Reason.AUTHENTICATION, "virus": Reason.CONTENT}  # no reader said it
_NO_BLAME = frozenset({"not-spam", "dmarc"})
_TRIED = "delayed"


def read(raw: bytes, *, to: Iterable[str] = ()) -> Reading:
    """What a mail says; `to` is whom the envelope names, where somebody knows.

    Never raises: one mail from a stranger must not keep all that wait behind it.
    """
    try:
        return storable(_read(raw, to))
    except Exception:  # noqa: BLE001 - whatever it was, the mail is kept aside for a person
        return Reading(kind=Kind.UNREAD)


def _read(raw: bytes, to: Iterable[str]) -> Reading:
    letter = open_letter(raw)
    there = [*to, *(one for name in _TO for one in letter.fields(name))]
    traces = _traces(letter, there)
    if tokens := _some(token for one in there for token in _LEAVES.findall(one)):
        return Reading(kind=Kind.LEAVE, wants_out=tokens, failures=_leaver(letter), traces=traces)
    for reader in (_complaint, _service, _notified, _forwarded, _apple, _told, _other):
        if found := reader(letter, traces):
            return found
    return Reading(kind=Kind.REPLY if _is_answer(letter) else Kind.UNREAD, traces=traces)


# --- kinds of mail ------------------------------------------------------------------------------


def _complaint(letter: Letter, traces: Traces) -> Reading | None:
    found = complaints.feedback(letter)
    if found is None:
        return None
    returns = tuple(_RETURNS.findall(found.returned_to))
    traces = _more(traces, returns=returns, addresses=found.recipients)
    if found.kind in _NO_BLAME:
        return Reading(kind=Kind.REPLY, traces=traces, reporter=found.reporter)
    reason = _REPORTED.get(found.kind, Reason.COMPLAINT)
    kind = Kind.COMPLAINT if reason is Reason.COMPLAINT else Kind.BOUNCE
    named = found.recipients or ("",)
    failures = tuple(Failure(recipient=one, reason=reason, text=found.kind) for one in named)
    return Reading(kind=kind, failures=failures[:_MOST], traces=traces, reporter=found.reporter)


def _service(letter: Letter, traces: Traces) -> Reading | None:
    """What a sending service tells as JSON."""
    found = notice(letter.words)
    if found is None:
        return None
    kind = Kind.COMPLAINT if found.complaint else Kind.BOUNCE
    failures = tuple(
        Failure(
            recipient=address,
            reason=Reason.COMPLAINT if found.complaint else why(status, text),
            status=best_status(status, text),
            text=text[:_KEPT],
        )
        for address, status, text in found.recipients
    )
    traces = _more(traces, addresses=[one.recipient for one in failures])
    return Reading(kind=kind, failures=failures[:_MOST], traces=traces, reporter=found.reporter)


def _notified(letter: Letter, traces: Traces) -> Reading | None:
    """RFC 3464."""
    found = notifications(letter)
    if not found:
        return None
    bad = [one for one in found if one.action not in _GOOD and not one.status.startswith("2.")]
    traces = _more(traces, addresses=[one.original or one.recipient for one in found])
    reporter = next((one.reporter for one in found if one.reporter), "")
    if not bad:
        return Reading(kind=Kind.REPLY, traces=traces, reporter=reporter)
    failed = [one for one in bad if one.action != _TRIED]
    late = not failed
    blamed = frozenset(failed or bad)
    spared = [one for one in found if one not in blamed]
    told = _first_of_each(failed or bad)
    said = {one.recipient: one.words for one in prose.told(letter)} if len(told) > 1 else {}
    return Reading(
        kind=Kind.DELAY if late else Kind.BOUNCE,
        failures=tuple(
            _failure(one, said.get(one.recipient) or _about(one.recipient, letter.words))
            for one in told
        ),
        spared=_some(one.original or one.recipient for one in spared),
        traces=traces,
        reporter=reporter,
    )


def _first_of_each(rows: Iterable[Notified]) -> list[Notified]:
    """What is said first of each recipient, of as many as there can rightly be."""
    first: dict[str, Notified] = {}
    for one in rows:
        first.setdefault(one.recipient, one)
    return list(first.values())[:_MOST]


def _forwarded(letter: Letter, traces: Traces) -> Reading | None:
    """A report that somebody sent on to us."""
    inside = letter.original
    if inside is None or inside.get_content_type() != "multipart/report":
        return None
    return _notified(letter_of(inside), traces)


def _apple(letter: Letter, traces: Traces) -> Reading | None:
    """Leaving by mail, through an address we did not sign: whoever wrote it is meant."""
    if "X-Apple-Unsubscribe" not in letter.head:
        return None
    return Reading(kind=Kind.LEAVE, failures=_leaver(letter), traces=traces)


def _told(letter: Letter, traces: Traces) -> Reading | None:
    """Words for people."""
    if not prose.is_bounce(letter) or _is_challenge(letter):
        return None
    if _is_automatic(letter) and not _is_system(letter):
        return None
    late = prose.is_delay(letter)
    named = prose.told(letter)
    around = letter.words[:_READ] if len(named) == 1 else ""  # of several, of whom is it said?
    failures = tuple(
        Failure(
            recipient=one.recipient,
            reason=why("", one.words[:_READ], around=around),
            status=best_status("", one.words[:_READ]),
            text=" ".join(one.words.split())[:_KEPT],
        )
        for one in named[:_MOST]
    )
    if not failures:
        reason = why("", letter.words[:_READ])
        text = " ".join(letter.words.split())[:_KEPT]
        failures = (Failure(recipient="", reason=reason, text=text),)
    traces = _more(traces, addresses=[one.recipient for one in failures if one.recipient])
    return Reading(kind=Kind.DELAY if late else Kind.BOUNCE, failures=failures, traces=traces)


def _other(letter: Letter, traces: Traces) -> Reading | None:
    """What flufl.bounce knows of oddities; it gives no reason, so the words are asked for one."""
    if _is_automatic(letter) or _is_challenge(letter):
        return None
    _ITS_LOG.disabled = True  # it prints what its detectors raise, traceback and all
    try:
        temporary, permanent = all_failures(letter.head)
    except Exception:  # noqa: BLE001 - its detectors raise whatever on what they do not expect
        return None
    named = {address_in(one.decode("utf-8", "replace")) for one in (*permanent, *temporary)} - {""}
    if not named:
        return None
    words = letter.words[:_READ]
    reason, status = why("", words), best_status("", words)
    said = " ".join(words.split())[:_KEPT]
    failures = tuple(
        Failure(recipient=one, reason=reason, status=status, text=said)
        for one in sorted(named)[:_MOST]
    )
    kind = Kind.BOUNCE if permanent else Kind.DELAY
    return Reading(kind=kind, failures=failures, traces=_more(traces, addresses=named))


# --- parts --------------------------------------------------------------------------------------


def storable(reading: Reading) -> Reading:
    """Without what a database refuses: NUL, and halves of characters that no UTF-8 has."""
    failures = tuple(
        replace(
            one,
            recipient=_clean(one.recipient),
            status=_clean(one.status),
            text=_clean(one.text),
        )
        for one in reading.failures
    )
    traces = Traces(
        returns=_cleaned(reading.traces.returns),
        leaves=_cleaned(reading.traces.leaves),
        message_ids=_cleaned(reading.traces.message_ids),
        addresses=_cleaned(reading.traces.addresses),
    )
    return replace(reading, failures=failures, traces=traces, reporter=_clean(reading.reporter))


def _cleaned(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(_clean, texts))


def _clean(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _failure(one: Notified, around: str) -> Failure:
    """The server's words are in the diagnostic; some reporters keep them for people alone."""
    status = best_status(one.status, one.diagnostic)
    around = around[:_READ]
    return Failure(
        recipient=one.recipient,
        reason=why(status, one.diagnostic[:_READ], around=around),
        status=status,
        text=(one.diagnostic or " ".join(around.split()))[:_KEPT],
    )


def _about(recipient: str, words: str) -> str:
    """The words from the first naming of a recipient on; all of them where none names it."""
    at = words.find(recipient)
    return words[at:] if at >= 0 else words


def _leaver(letter: Letter) -> tuple[Failure, ...]:
    return tuple(
        Failure(recipient=one, reason=Reason.LEFT) for one in addressed(letter.head, "From")[:1]
    )


def _traces(letter: Letter, there: Iterable[str]) -> Traces:
    """Everything that may tell which mail of ours came back."""
    head = letter.original
    quoted = [str(value) for _, value in head.items()] if head is not None else []
    paths = [*there, *(text for _, text in letter.reports)]
    paths += [str(head.get(name, "")) for name in _PATHS] if head is not None else []
    links = [token for one in quoted for token in _LEAVE_LINK.findall(one.replace("\n ", ""))]
    fields = [one for name in ("In-Reply-To", "References") for one in letter.fields(name)]
    fields += [str(one) for one in head.get_all("Message-ID", [])] if head is not None else []
    ids = [one.strip("<>") for field in fields for one in field.split()]
    return Traces(
        returns=_some(local for path in paths for local in _RETURNS.findall(path)),
        leaves=_some(links),
        message_ids=_some(ids),
        addresses=_some(addressed(head, "X-RcptTo", "To")),
    )


def _some(found: Iterable[str]) -> tuple[str, ...]:
    """Each once, and not more than there can rightly be."""
    return tuple(dict.fromkeys(one for one in found if one))[:_MOST]


def _more(traces: Traces, *, returns: Iterable[str] = (), addresses: Iterable[str] = ()) -> Traces:
    return Traces(
        returns=_some((*traces.returns, *returns)),
        leaves=traces.leaves,
        message_ids=traces.message_ids,
        addresses=_some((*addresses, *traces.addresses)),
    )


def _is_challenge(letter: Letter) -> bool:
    """Somebody's filter wants a person to prove themselves; it may call itself a mail system."""
    return bool(_CHALLENGE.match(letter.field("Subject")))


def _is_automatic(letter: Letter) -> bool:
    """An answering machine of a person (RFC 3834)."""
    subject = letter.field("Subject").lower()
    away = re.match(
        r"(?:out of (?:the )?office|automatic reply|auto(?:matic)?[ -:]|away|автоответ|vacation)",
        subject,
    )
    return (
        bool(away)
        or "X-Auto-Response-Suppress" in letter.head
        or bool(letter.head.get("X-Autoreply"))
    )


def _is_system(letter: Letter) -> bool:
    senders = [*addressed(letter.head, "From"), *addressed(letter.head, "Sender")]
    return any(is_machine(one) for one in senders)


def _is_answer(letter: Letter) -> bool:
    """An answering machine; what a person writes is for a person to read."""
    automatic = letter.field("Auto-Submitted").lower().startswith("auto-")
    if _is_automatic(letter) or _is_challenge(letter):
        return True
    return automatic and not _is_system(letter)
