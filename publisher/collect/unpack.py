"""Bodies as they travel, unpacked little by little: gzip, deflate, br (RFC 9110 section 8.4)."""

import zlib
from typing import Protocol

import brotli

_ZLIB_HEAD = 8  # of the low four bits of zlib's first byte (RFC 1950 section 2.2)


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
        self._begun = False

    def take(self, chunk: bytes, most: int) -> bytes:
        if chunk and not self._begun:
            self._begun = True
            if chunk[0] & 0x0F != _ZLIB_HEAD and chunk[:1] != b"\x1f":
                self._inner = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        try:
            return self._inner.decompress(chunk, most)
        except zlib.error as error:
            raise ValueError(str(error)) from error

    @property
    def whole(self) -> bool:
        return self._inner.eof


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def take(self, chunk: bytes, most: int) -> bytes:
        try:
            return bytes(self._inner.process(chunk, output_buffer_limit=most))
        except brotli.error as error:
            raise ValueError("broken br") from error

    @property
    def whole(self) -> bool:
        return bool(self._inner.is_finished())
