"""Pictures, made fit to be served by us (law 11): no EXIF, ≤ 1200 px, ≤ 200 KB, named by hash."""

import struct
import warnings
import zlib
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from PIL import Image as Pictures
from PIL import ImageOps

LONGEST_SIDE = 1200  # px
LARGEST = 200_000  # bytes
_QUALITIES = (85, 78, 70, 62, 54, 46, 38, 30)
_MOST_PIXELS = 60_000_000  # a bomb holds more
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_FLAT = frozenset({"P", "L", "1"})  # modes of at most 256 colours
_SMALLER = 0.8  # of its sides, where even the lowest quality is too large
# What Pillow raises over broken files, beside OSError.
_BROKEN = (
    ValueError, SyntaxError, TypeError, LookupError, EOFError, MemoryError, OverflowError,
    struct.error, zlib.error, Pictures.DecompressionBombError, Warning,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A picture's final bytes."""

    data: bytes
    media_type: str
    extension: str
    width: int  # px
    height: int  # px

    @property
    def file(self) -> str:
        """Its name, from its content."""
        return f"{sha256(self.data).hexdigest()[:32]}.{self.extension}"


class NotAPicture(Exception):
    """Bytes that Pillow does not read, or that unpack into too many pixels."""


def prepare(data: bytes) -> Prepared:
    """The picture re-encoded; the same bytes give the same picture.  Raises NotAPicture.

    Few-coloured prints stay PNG where that is small enough; everything else becomes JPEG.
    """
    drawn = _opened(data)
    flat = drawn.mode in _FLAT
    picture = drawn.convert(_full(drawn))
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Pictures.Resampling.LANCZOS)
    print_ = None
    if flat and picture.size == drawn.size:
        print_ = _png(drawn)  # colour for colour
    elif flat or picture.mode == "RGBA":
        print_ = _png(picture.quantize(256, method=Pictures.Quantize.FASTOCTREE))
    if print_ is not None and len(print_) <= LARGEST:
        return _prepared(print_, "image/png", "png", picture)
    return _jpeg(_on_white(picture))


def cut(data: bytes, width: int, height: int) -> Prepared:
    """A picture of ours cut to that size: as much on either side, a third of it above.

    Faces and horizons stand high.  Raises NotAPicture.
    """
    drawn = _opened(data)
    flat = drawn.mode in _FLAT
    left, top = (drawn.width - width) // 2, (drawn.height - height) // 3
    picture = drawn.crop((left, top, left + width, top + height))
    print_ = _png(picture) if flat or _clear(picture) else None
    if print_ is not None:  # it was small enough whole
        return _prepared(print_, "image/png", "png", picture)
    return _jpeg(_on_white(picture.convert(_full(picture))))


def _opened(data: bytes) -> Pictures.Image:
    """The first frame, upright, with nothing left of what else the file told."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pictures.DecompressionBombWarning)
            with Pictures.open(BytesIO(data), formats=_FORMATS) as found:
                if found.width * found.height > _MOST_PIXELS:
                    raise NotAPicture("too many pixels")
                drawn = found.format in {"PNG", "GIF"}
                upright = ImageOps.exif_transpose(found)
                picture = upright.copy() if drawn else upright.convert(_full(upright))
    except (OSError, *_BROKEN) as error:
        raise NotAPicture(" ".join(str(error).split()) or type(error).__name__) from error
    clear = picture.info.get("transparency")
    picture.info = {} if clear is None else {"transparency": clear}
    return picture


def _full(picture: Pictures.Image) -> str:
    return "RGBA" if _clear(picture) else "RGB"


def _clear(picture: Pictures.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info


def _png(picture: Pictures.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _jpeg(picture: Pictures.Image) -> Prepared:
    for quality in _QUALITIES:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= LARGEST:
            return _prepared(out.getvalue(), "image/jpeg", "jpg", picture)
    sides = (max(1, int(picture.width * _SMALLER)), max(1, int(picture.height * _SMALLER)))
    return _jpeg(picture.resize(sides, Pictures.Resampling.LANCZOS))


def _on_white(picture: Pictures.Image) -> Pictures.Image:
    if picture.mode != "RGBA":
        return picture
    paper = Pictures.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _prepared(data: bytes, media_type: str, extension: str, picture: Pictures.Image) -> Prepared:
    return Prepared(
        data=data,
        media_type=media_type,
        extension=extension,
        width=picture.width,
        height=picture.height,
    )
