"""The schema of [look]: colours that can be read, typefaces, a logo.  Part of schema.py."""

import re
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from publisher.compose.colours import Colour, contrast, parse_colour
from publisher.model.look import DARK, LIGHT
from publisher.model.problems import msgid
from publisher.settings.known import known_to
from publisher.settings.mistakes import Mistake
from publisher.settings.table import Table
from publisher.settings.words import shown

READABLE: Final = 4.5  # WCAG 2, 1.4.3: small text
_HEX: Final = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_TYPEFACE: Final = re.compile(r"[^\W_](?:[\w -]{0,48}\w)?")
_GENERIC: Final = ("serif", "sans-serif", "monospace")
_PNG: Final = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_LARGEST: Final = 200_000  # bytes, as of any picture (law 11)
_COLUMN: Final = 552  # px


def _colour(value: str) -> str:
    if not _HEX.fullmatch(value):
        raise Mistake(
            msgid("{found} is not a colour that every mail program knows."),
            remedy=msgid('Write it with six digits: "#8a1c1c".'),
            found=shown(value),
        )
    return value.lower()


Hex = Annotated[str, AfterValidator(_colour)]


def _read_on(ground: str, value: str) -> str:
    """The value, unless words in it are too faint on that ground."""
    ratio = contrast(_known(value), _known(ground))
    if ratio < READABLE:
        raise Mistake(
            msgid("Words in {colour} on {ground} are faint: {ratio} to 1."),
            remedy=msgid("Take a darker or lighter colour: small text needs 4.5 to 1."),
            colour=value,
            ground=ground,
            ratio=f"{ratio:.1f}",
        )
    return value


def _known(value: str) -> Colour:
    colour = parse_colour(value)
    if colour is None:
        raise TypeError(value)  # _colour lets nothing else through
    return colour


class _Colours(Table):
    """Grounds first: the words are measured against them."""

    paper: Hex = LIGHT.paper
    tint: Hex = LIGHT.tint
    ink: Hex = Field(default=LIGHT.ink, validate_default=True)
    grey: Hex = Field(default=LIGHT.grey, validate_default=True)
    accent: Hex = Field(default=LIGHT.accent, validate_default=True)
    rule: Hex = LIGHT.rule

    @field_validator("ink", "grey", "accent")
    @classmethod
    def _can_be_read(cls, value: str, info: ValidationInfo) -> str:
        grounds = ("paper", "tint") if info.field_name == "ink" else ("paper",)
        for ground in grounds:
            if ground in info.data:  # else it is wrong itself, and said
                _read_on(info.data[ground], value)
        return value


class Light(_Colours):
    """[look] light."""


class Dark(_Colours):
    """[look] dark."""

    paper: Hex = DARK.paper
    tint: Hex = DARK.tint
    ink: Hex = Field(default=DARK.ink, validate_default=True)
    grey: Hex = Field(default=DARK.grey, validate_default=True)
    accent: Hex = Field(default=DARK.accent, validate_default=True)
    rule: Hex = DARK.rule


def _typefaces(value: list[str]) -> list[str]:
    for name in value:
        if not _TYPEFACE.fullmatch(name):
            raise Mistake(
                msgid("{found} cannot be the name of a typeface."),
                remedy=msgid("Use letters, digits, spaces and hyphens."),
                found=shown(name),
            )
    if not value or value[-1] not in _GENERIC:
        raise Mistake(
            msgid("A reader who has none of these typefaces is given any at all."),
            remedy=msgid("End the list with one of: {known}."),
            known=", ".join(_GENERIC),
        )
    return value


Typefaces = Annotated[list[str], AfterValidator(_typefaces)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A PNG file as it was read."""

    path: str  # absolute
    digest: str  # hex SHA-256 of its bytes
    width: int  # px
    height: int


def _picture(value: object, info: ValidationInfo) -> Picture:
    path = known_to(info).root / str(value)
    try:
        data = path.read_bytes()
    except OSError:
        raise Mistake(
            msgid("There is no file {file}."),
            remedy=msgid("Correct the path; it begins at the folder above the config."),
            file=str(path),
        ) from None
    if not data.startswith(_PNG) or len(data) > _LARGEST:
        raise Mistake(
            msgid("{file} is not a PNG of at most {limit} bytes."),
            remedy=msgid("Save the logo as PNG, with a transparent ground."),
            file=str(path),
            limit=_LARGEST,
        )
    at = len(_PNG)
    width, height = (int.from_bytes(data[a:b]) for a, b in pairwise((at, at + 4, at + 8)))
    return Picture(
        path=str(path),
        digest=sha256(data).hexdigest(),
        width=max(1, width),
        height=height,
    )


class LogoTable(Table):
    """[look] logo."""

    file: Annotated[Picture, BeforeValidator(_picture)]
    width: int = Field(default=276, ge=16, le=_COLUMN)


class LookTable(Table):
    """[look]."""

    text: Typefaces = Field(default_factory=lambda: ["Georgia", "Times New Roman", "serif"])
    labels: Typefaces = Field(default_factory=lambda: ["Arial", "sans-serif"])
    light: Light = Light()
    dark: Dark = Dark()
    logo: LogoTable | None = None
