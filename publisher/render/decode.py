"""A message as a reader's client decodes it: what the legal gate reads."""

from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesParser

from publisher.model.digests import DecodedMail


def decode(message: bytes) -> DecodedMail:
    """The parts and headers of a whole message, transfer encodings and encoded words undone.

    A part that is missing is an empty string; the gate says so.
    """
    parsed = BytesParser(policy=policy.compat32).parsebytes(message)
    html, text = _part(parsed, "text/html"), _part(parsed, "text/plain")
    headers = tuple((name.lower(), _decoded(str(value))) for name, value in parsed.items())
    return DecodedMail(
        subject=next((value for name, value in headers if name == "subject"), ""),
        html=html,
        text=text,
        headers=headers,
        size=len(html.encode("utf-8")),
    )


def _part(parsed: "Message[str, str] | EmailMessage", kind: str) -> str:
    for part in parsed.walk():
        if part.get_content_type() == kind:
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8") if isinstance(payload, bytes) else ""
    return ""


def _decoded(value: str) -> str:
    """Unfolded (RFC 5322 section 2.2.3), encoded words read (RFC 2047)."""
    unfolded = "".join(value.splitlines())
    try:
        return str(make_header(decode_header(unfolded)))
    except (LookupError, ValueError, MessageError):  # of a charset nobody knows: shown as it stands
        return unfolded
