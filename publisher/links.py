"""Signed links and message ids: the key ring, and what it signs.  Serves no pages."""

import binascii
import hmac
import os
import re
from base64 import b32decode, urlsafe_b64decode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp

from publisher.errors import Misconfigured
from publisher.model.names import DeliveryId, EditionId, IssueId, SubscriberId
from publisher.model.problems import Place, Problem, msgid

_LEAVE, _OLD_LEAVE = b"publisher leave 2", b"publisher leave 1"
_FOR = b"\0"  # between what a link says and whom it is signed for
_MESSAGE_ID = b"publisher message-id 1"
_RETURN = b"publisher return path 1"
NOBODY = SubscriberId(0)  # whom the links of a trial name: they act on nothing
LEAVES, RETURNS = "leave+", "bounce+"  # how the local parts begin
_RETURN_PATH = re.compile(r"bounce[+=-](?P<token>.+)", re.IGNORECASE)
_LONGEST_LOCAL = 64  # octets, RFC 5321 section 4.5.3.1.1
_IN_ONE_CASE = re.compile(r"(?P<signed>(?:[0-9a-f]{2}){17,25})-(?P<name>[a-z0-9_-]+)")
_NAMELESS = re.compile(r"(?:[0-9a-f]{2}){17,25}")
_MAC = 16  # bytes; RFC 2104 section 5 asks for half of the hash at least
_KEY = 32  # bytes of a new key
_SHORTEST_KEY = 16  # bytes
_LONGEST_TOKEN = 512  # characters; ours are about 50
_HIGHEST_ID = 2**63
_BLOCK = 64  # bytes SHA-256 takes at a time
_INNER, _OUTER = (bytes(octet ^ pad for octet in range(256)) for pad in (0x36, 0x5C))
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")  # RFC 4648 section 5
_OCTETS = tuple(bytes((octet,)) for octet in range(256))
_PAIRS = tuple(one + two for one in _LETTERS for two in _LETTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """What an unsubscribe link says: this reader leaves that edition."""

    subscriber: SubscriberId
    edition: EditionId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Secret keys, newest first: the newest signs, any of them verifies."""

    keys: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys or min(map(len, self.keys)) < _SHORTEST_KEY:
            raise ValueError(f"a key ring needs keys of at least {_SHORTEST_KEY} bytes")

    def sign(self, leave: Leave, address: str = "") -> str:
        """A token for an unsubscribe link: URL-safe, the same bytes every time, never expires.

        `address` is whom it is mailed to; empty for NOBODY.
        """
        return self.leaving(leave.edition)(leave.subscriber, address)[0]

    def leaving(self, edition: EditionId) -> Callable[[SubscriberId, str], tuple[str, str]]:
        """What makes the tokens of an edition's readers, by number and address.

        One for the page; and one for the mailbox, in letters that mean the same in both cases, for
        some servers write local parts in one.
        """
        mac, name = _keyed(self.keys[0], _LEAVE), edition.encode()
        ended = name + _FOR

        def tokens(subscriber: SubscriberId, address: str) -> tuple[str, str]:
            number = _varint(subscriber)
            signed = mac(number + ended + address.encode()) + number
            return _encoded(signed + name), f"{signed.hex()}-{edition}"

        return tokens


def leave_named(token: str) -> Leave | None:
    """Who leaves what by a token, of either kind; believe it once `is_leave` does."""
    payload = (_leave_token(token) or b"")[_MAC:]
    if not any(byte < 0x80 for byte in payload):  # noqa: PLR2004 - where its number ends
        return None
    number, end = _number(payload)
    try:
        name = EditionId(payload[end:].decode())
    except UnicodeDecodeError:
        return None
    return Leave(subscriber=SubscriberId(number), edition=name) if number < _HIGHEST_ID else None


def leaver_named(token: str) -> SubscriberId | None:
    """Who leaves by the token of a mailbox with no edition in it.

    Believe it once `is_leave` does of `whole_token`, for an edition that they had.
    """
    if not _NAMELESS.fullmatch(token.lower()):
        return None
    payload = bytes.fromhex(token)[_MAC:]
    if payload[-1] >= 0x80:  # noqa: PLR2004
        return None
    number, end = _number(payload)
    return SubscriberId(number) if end == len(payload) and number < _HIGHEST_ID else None


def whole_token(token: str, edition: EditionId) -> str:
    """The token of a mailbox that was too long to be written out."""
    return f"{token}-{edition}"


def is_leave(keys: KeyRing, token: str, address: str, *, old: bool) -> bool:
    """Whether a key of the ring signed this token for who has that address.

    After a backup was restored the same number may be another reader's: then it is not.  Links
    that name no address are believed too where `old` says that their reader had such.
    """
    data = _leave_token(token)
    if data is None:
        return False
    mac, payload = data[:_MAC], data[_MAC:]
    forms = [(_LEAVE, payload + _FOR + address.encode())]
    forms += [(_OLD_LEAVE, payload)] if old else []
    macs = [_mac(key, purpose, said) for key in keys.keys for purpose, said in forms]
    signed = [hmac.compare_digest(mac, one) for one in macs]
    return any(signed)


def leave_url(base_url: str, token: str) -> str:
    """The page that unsubscribes; RFC 8058 one-click posts to the same address."""
    return f"{base_url}/unsubscribe/{token}"


def leave_address(token: str, domain: str | None) -> str:
    """The mailbox that unsubscribes whoever writes to it (RFC 2369 section 3.2).

    Empty where nobody reads such mail.  An edition's name that would make it longer than mail
    allows is left out: the signature is over it, and its reader has few.
    """
    local = f"{LEAVES}{token}"
    if len(local) > _LONGEST_LOCAL:
        local = local.partition("-")[0]
    return f"{local}@{domain}" if domain else ""


def message_id(keys: KeyRing, issue: IssueId, subscriber: SubscriberId, domain: str) -> str:
    """The Message-ID (RFC 5322 section 3.6.4, without brackets) of one reader's mail of an issue.

    The same for every retry, as long as the oldest key stays in the ring: adding a new one
    changes no id.  An old key is to be taken out only while no issue is being delivered.
    """
    mac = _mac(keys.keys[-1], _MESSAGE_ID, f"{issue}\0{subscriber}".encode())
    return f"{mac.hex()}@{domain}"


def return_path(
    keys: KeyRing, delivery: DeliveryId, issue: IssueId, subscriber: SubscriberId, *, domain: str
) -> str:
    """Where the bounces of one delivery go (VERP): at most 49 octets before the @.

    In letters that mean the same in both cases, for some servers write local parts in one.
    """
    mac = _return_mac(keys.keys[0], delivery, issue, subscriber)
    return f"{RETURNS}{_base32(mac + _counted(delivery))}@{domain}"


def delivery_named(local: str) -> DeliveryId | None:
    """Which delivery a return path says it is of; believe it once `is_return_path` does."""
    data = _return_token(local)
    if data is None or len(data) <= _MAC or data[-1] >= 0x80:  # noqa: PLR2004
        return None
    is_notice = data[_MAC] == 0 and len(data) > _MAC + 1
    counted = data[_MAC + is_notice :]
    number, end = _number(counted)
    if end != len(counted) or number >= _HIGHEST_ID:
        return None
    return DeliveryId(-number if is_notice else number)


def is_return_path(
    keys: KeyRing, local: str, delivery: DeliveryId, issue: IssueId, subscriber: SubscriberId
) -> bool:
    """Whether a key of the ring signed this local part for this delivery of that issue to them.

    After a backup was restored the same number may be another reader's: then it is not.
    """
    data = _return_token(local)
    if data is None or len(data) <= _MAC or delivery_named(local) != delivery:
        return False
    macs = [_return_mac(key, delivery, issue, subscriber) for key in keys.keys]
    signed = [hmac.compare_digest(data[:_MAC], mac) for mac in macs]
    return any(signed)


# --- keys ---------------------------------------------------------------------------------------


def parse_keys(text: str, *, place: Place) -> tuple[bytes, ...]:
    """Keys as hexadecimal digits, one a line, newest first; blank and # lines do not count.

    Raises Misconfigured, naming the line and never the key.
    """
    keys: list[bytes] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not (digits := line.strip()) or digits.startswith("#"):
            continue
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            key = b""
        if len(key) < _SHORTEST_KEY:
            raise Misconfigured(_no_key(place, number))
        keys.append(key)
    if not keys:
        raise Misconfigured(
            Problem(
                message=msgid("There is no secret key here."),
                remedy=_HOW_TO_MAKE_ONE,
                place=place,
            )
        )
    return tuple(keys)


def read_ring(path: Path) -> KeyRing:
    """The ring of a key file; raises Misconfigured when it cannot be read or holds no keys."""
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            Problem(
                message=msgid("The key file {file} cannot be read: {words}."),
                args={"file": str(path), "words": _words(error)},
                remedy=msgid("Links in mails that were sent depend on it: restore it."),
            )
        ) from error
    return KeyRing(keys=parse_keys(text, place=Place(file=str(path))))


def create_key_file(path: Path, *, token_hex: Callable[[int], str]) -> bool:
    """Write a new key to `path`, for this user's eyes only; False when a file is there already.

    `token_hex` is secrets.token_hex.  Whole or not at all: another process never reads half a key.
    Raises Misconfigured when the folder cannot be written.
    """
    try:
        return _created(path, token_hex(_KEY))
    except OSError as error:
        raise Misconfigured(
            Problem(
                message=msgid("The key file {file} cannot be written: {words}."),
                args={"file": str(path), "words": _words(error)},
                remedy=msgid("Make its folder writable, or set secrets.keys_file."),
            )
        ) from error


def open_ring(path: Path, *, token_hex: Callable[[int], str]) -> KeyRing:
    """The ring of a key file, which is created where there is none."""
    if not path.exists():
        create_key_file(path, token_hex=token_hex)
    return read_ring(path)


_HOW_TO_MAKE_ONE = msgid("Make one with: openssl rand -hex 32")


def _no_key(place: Place, line: int) -> Problem:
    return Problem(
        message=msgid("This is no secret key: at least {digits} hexadecimal digits are needed."),
        args={"digits": 2 * _SHORTEST_KEY},
        remedy=_HOW_TO_MAKE_ONE,
        place=Place(file=place.file, line=line if place.file else None, key=place.key),
    )


def _created(path: Path, key: str) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return False
    handle, draft = mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # somebody else was first, and theirs counts
            os.link(draft, path)
            return True
        return False
    finally:
        Path(draft).unlink()


def _words(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror if isinstance(error, OSError) else error.reason) or str(error)


# --- bytes --------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _keyed(key: bytes, purpose: bytes) -> Callable[[bytes], bytes]:
    """HMAC-SHA-256, keyed per purpose: a token signed for one use is refused for every other.

    RFC 2104's two hashes are begun once: half of what copying an hmac.HMAC takes (measured).
    """
    padded = hmac.digest(key, purpose, sha256).ljust(_BLOCK, b"\0")
    within, around = sha256(padded.translate(_INNER)), sha256(padded.translate(_OUTER))

    def mac(payload: bytes) -> bytes:
        inner, outer = within.copy(), around.copy()
        inner.update(payload)
        outer.update(inner.digest())
        return outer.digest()[:_MAC]

    return mac


def _mac(key: bytes, purpose: bytes, payload: bytes) -> bytes:
    return _keyed(key, purpose)(payload)


def _varint(number: int) -> bytes:
    """Seven bits a byte, lowest first; the eighth bit says that more follow."""
    if number < 0:
        raise ValueError(f"not an id: {number}")
    octets = b""
    while number > 0x7F:  # noqa: PLR2004
        octets += _OCTETS[number & 0x7F | 0x80]
        number >>= 7
    return octets + _OCTETS[number]


def _counted(delivery: DeliveryId) -> bytes:
    """A Notice's number, which counts downwards from -1, stands behind a zero."""
    return _varint(delivery) if delivery >= 0 else b"\0" + _varint(-delivery)


def _number(payload: bytes) -> tuple[int, int]:
    """The inverse of _varint, and where it ends."""
    end = next(at for at, byte in enumerate(payload) if byte < 0x80) + 1  # noqa: PLR2004
    return sum((byte & 0x7F) << 7 * at for at, byte in enumerate(payload[:end])), end


def _leave_token(token: str) -> bytes | None:
    if found := _IN_ONE_CASE.fullmatch(token.lower()):
        return bytes.fromhex(found["signed"]) + found["name"].encode()
    return _decoded(token)


def _return_mac(
    key: bytes, delivery: DeliveryId, issue: IssueId, subscriber: SubscriberId
) -> bytes:
    return _mac(key, _RETURN, f"{delivery}\0{issue}\0{subscriber}".encode())


def _return_token(local: str) -> bytes | None:
    """Some servers set an extension off by another sign than ours."""
    found = _RETURN_PATH.fullmatch(local)
    if found is None or len(local) > _LONGEST_LOCAL:
        return None
    token = found["token"].upper()
    try:
        return b32decode(token.encode("ascii") + b"=" * (-len(token) % 8))
    except (UnicodeEncodeError, binascii.Error):
        return None


def _base32(data: bytes) -> str:
    """RFC 4648 section 6 in lower case, unpadded; half of what b32encode takes (measured)."""
    letters = -(-8 * len(data) // 5)
    pairs = (letters + 1) // 2
    number = int.from_bytes(data, "big") << 10 * pairs - 8 * len(data)
    made = [_PAIRS[number >> at & 0x3FF] for at in range(10 * (pairs - 1), -1, -10)]
    return "".join(made)[:letters]


def _encoded(data: bytes) -> str:
    letters = binascii.b2a_base64(data, newline=False).translate(_URL_SAFE)
    return letters.rstrip(b"=").decode("ascii")


def _decoded(token: str) -> bytes | None:
    """None for anything but the one spelling of its bytes: base64 has spare bits at its end."""
    if len(token) > _LONGEST_TOKEN:
        return None
    try:
        data = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return None
    return data if _encoded(data) == token else None
