"""Bodies as they travel: whole and right, whatever the pieces they come in."""

import gzip
import zlib
from collections.abc import Callable
from contextlib import suppress

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.unpack import unpacker

LARGE = 1 << 17  # bytes; several blocks of brotli


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def in_two(body: bytes) -> bytes:
    middle = len(body) // 2
    return gzip.compress(body[:middle]) + gzip.compress(body[middle:])


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("", bytes),
    ("gzip", gzip.compress),
    ("gzip", in_two),
    ("X-GZip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", lambda body: bytes(brotli.compress(body, quality=1))),
]
BODIES = st.binary(max_size=99) | st.builds(
    lambda some, size: (some * size)[:size],
    st.binary(min_size=1, max_size=99),
    st.integers(0, LARGE),
)


def unpacked(encoding: str, data: bytes, step: int, largest: int = LARGE) -> bytes | None:
    """None for more than the largest."""
    unpack, body = unpacker(encoding), b""
    for start in range(0, len(data), step):
        body += unpack.take(data[start : start + step], largest + 1 - len(body))
        if len(body) > largest:
            return None
    assert unpack.whole
    return body


@pytest.mark.parametrize(("encoding", "pack"), PACKERS)
@given(body=BODIES, step=st.integers(7, 70_000))
def test_what_was_packed_comes_out_whole_and_not_a_byte_too_many(
    encoding: str, pack: Callable[[bytes], bytes], body: bytes, step: int
) -> None:
    data = pack(body)

    assert unpacked(encoding, data, step, len(body)) == body
    if body:
        assert unpacked(encoding, data, step, len(body) - 1) is None


@pytest.mark.parametrize(("encoding", "pack"), PACKERS[3:])
@given(body=BODIES, data=st.data())
def test_half_is_never_taken_for_whole(
    encoding: str, pack: Callable[[bytes], bytes], body: bytes, data: st.DataObject
) -> None:
    packed = pack(body)
    cut = data.draw(st.integers(0, len(packed) - 1))
    unpack = unpacker(encoding)
    unpack.take(packed[:cut], LARGE + 1)

    assert not unpack.whole


@given(st.sampled_from(["gzip", "deflate", "br"]), st.binary(max_size=99))
def test_noise_is_an_error_or_little(encoding: str, noise: bytes) -> None:
    with suppress(ValueError):
        assert len(unpacker(encoding).take(noise, 1000)) < LARGE


@pytest.mark.parametrize("pack", [gzip.compress, brotli.compress])
def test_a_bomb_gives_little_more_than_it_is_asked_for(pack: Callable[[bytes], bytes]) -> None:
    encoding = "gzip" if pack is gzip.compress else "br"

    assert len(unpacker(encoding).take(pack(bytes(1 << 24)), 1 << 20)) < (1 << 20) + LARGE


def test_what_follows_a_gzip_document_and_is_none_is_left_out() -> None:
    assert unpacked("gzip", gzip.compress(b"a") + b"\0\0\x1f\x8b", 1) == b"a"


def test_a_gzip_document_of_very_many_pieces_is_refused() -> None:
    with pytest.raises(ValueError, match="pieces"):
        unpacked("gzip", gzip.compress(b"") * 2000, 1 << 16)


def test_an_encoding_nobody_asked_for_is_refused() -> None:
    with pytest.raises(ValueError, match="zstd"):
        unpacker("zstd")
