"""Bodies as they travel, unpacked little by little: gzip, deflate, br (RFC 9110 section 8.4)."""

import zlib
from typing import Protocol

import brotli

_ZLIB_HEAD = 8  # of the low four bits of zlib's first byte (RFC 1950 section 2.2)
_GZIP_HEAD = b"\x1f\x8b"
_MEMBERS = 1000  # of one gzip document; each costs a copy of what follows
_BLOCK = 1 << 15  # brotli stops at the end of a block only, and its blocks grow with the limit


class Unpacker(Protocol):
    """Takes what arrives; gives no more than it is asked for."""

    def take(self, chunk: bytes, most: int) -> bytes:
        """What the chunk unpacks to, `most` bytes or little more; ValueError for broken ones."""
        ...

    @property
    def whole(self) -> bool:
        """Whether the end was seen."""
        ...


def unpacker(encoding: str) -> Unpacker:
    """For a Content-Encoding; ValueError for one that we did not ask for."""
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip" | "deflate":
            return _Zlib()
        case "br":
            return _Brotli()
        case other:
            raise ValueError(f"Content-Encoding {other[:40]}")


class _Plain:
    whole = True

    def take(self, chunk: bytes, most: int) -> bytes:
        return chunk


class _Zlib:
    """gzip, or deflate as the RFC has it, or deflate as some servers have it: without a head."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its head
        self._begun, self._members = False, 1

    def take(self, chunk: bytes, most: int) -> bytes:
        if chunk and not self._begun:
            self._begun = True
            if chunk[0] & 0x0F != _ZLIB_HEAD and chunk[:1] != _GZIP_HEAD[:1]:
                self._inner = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        if len(self._inner.unused_data) >= len(_GZIP_HEAD):
            return b""  # something follows that is nothing to us
        try:
            found = self._inner.decompress(chunk, most)
            while len(found) < most and (rest := self._next_member()):
                found += self._inner.decompress(rest, most - len(found))
        except zlib.error as error:
            raise ValueError(str(error)) from error
        return found

    def _next_member(self) -> bytes:
        """What follows a member that has ended, where that is another (RFC 1952 section 2.2)."""
        rest = self._inner.unused_data
        if not rest.startswith(_GZIP_HEAD):
            return b""
        self._members += 1
        if self._members > _MEMBERS:
            raise ValueError("gzip in too many pieces")
        self._inner = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        return rest

    @property
    def whole(self) -> bool:
        return self._inner.eof


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def take(self, chunk: bytes, most: int) -> bytes:
        found = bytearray()
        try:
            while len(found) < most and (got := self._block(chunk)):
                found += got
                chunk = b""  # there may be more to come of it, whatever the decoder says
        except brotli.error as error:
            raise ValueError("broken br") from error
        return bytes(found)

    def _block(self, chunk: bytes) -> bytes:
        return bytes(self._inner.process(chunk, output_buffer_limit=_BLOCK))

    @property
    def whole(self) -> bool:
        return bool(self._inner.is_finished())
