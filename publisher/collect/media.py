"""Pictures, made fit to be served by us (law 11): no EXIF, ≤ 1200 px, ≤ 200 KB, named by hash."""

import warnings
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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pictures.DecompressionBombWarning)
            with Pictures.open(BytesIO(data), formats=_FORMATS) as found:
                if found.width * found.height > _MOST_PIXELS:
                    raise NotAPicture("too many pixels")
                flat = found.mode in {"P", "1", "L"} and found.format in {"PNG", "GIF"}
                picture = ImageOps.exif_transpose(found)
                picture = picture.convert("RGBA" if _clear(picture) else "RGB")
    except (OSError, ValueError, SyntaxError, Pictures.DecompressionBombError, Warning) as error:
        raise NotAPicture(str(error)) from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Pictures.Resampling.LANCZOS)
    if flat or picture.mode == "RGBA":
        print_ = _png(picture)
        if len(print_) <= LARGEST:
            return _prepared(print_, "image/png", "png", picture)
    return _jpeg(_on_white(picture))


def _clear(picture: Pictures.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info


def _png(picture: Pictures.Image) -> bytes:
    colours = picture.quantize(256, method=Pictures.Quantize.FASTOCTREE)
    out = BytesIO()
    colours.save(out, "PNG", optimize=True)
    return out.getvalue()


def _jpeg(picture: Pictures.Image) -> Prepared:
    for quality in _QUALITIES:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= LARGEST:
            break
    return _prepared(out.getvalue(), "image/jpeg", "jpg", picture)


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
