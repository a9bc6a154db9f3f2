"""What every table of the schema has in common."""

from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from publisher.settings import fields as f


class Table(BaseModel):
    """A TOML table: nothing is guessed or turned into another type, nothing unknown passes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


def words_of(enum: Any) -> BeforeValidator:
    """One word of an enum, as its member."""
    return f.one_of({member.value: member for member in enum})
