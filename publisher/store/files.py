"""The public folder: bytes appear whole, by rename, or not at all."""

import errno
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import MappingProxyType

from publisher.errors import Refused
from publisher.manifest import PACKED
from publisher.model.problems import Problem, msgid


class PublicFiles:
    """The port Files below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    @property
    def root(self) -> Path:
        return self._root

    def read(self, path: str) -> bytes | None:
        try:
            return self._place(path).read_bytes()
        except FileNotFoundError:
            return None

    def write(
        self,
        path: str,
        data: bytes,
        *,
        packed: Mapping[str, bytes] = MappingProxyType({}),
        modified: datetime | None = None,
    ) -> bool:
        place = self._place(path)
        is_new = self.read(path) != data
        if not (is_new or packed):
            return False
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _put_beside(place, packed, modified)  # first: none may outlive the bytes it was made of
            if is_new:
                _replace(place, data, modified)
        except OSError as error:
            _unpack(place)
            raise Refused(_unwritten(place, error)) from error
        return is_new

    def remove(self, path: str) -> bool:
        place = self._place(path)
        try:
            _take_from_beside(place)
            place.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise Refused(_unremoved(place, error)) from error
        return True

    def _place(self, path: str) -> Path:
        """Raises ValueError for a path that leads out of the folder."""
        place = (self._root / path).resolve()
        if not place.is_relative_to(self._root) or place == self._root:
            raise ValueError(f"not below the public folder: {path}")
        return place


def _put_beside(place: Path, packed: Mapping[str, bytes], modified: datetime | None) -> None:
    """The packed forms for static servers, `.gz` and `.br`; those not given go."""
    _take_from_beside(place, but=packed)
    for suffix, form in packed.items():
        _replace(_beside(place, suffix), form, modified)


def _take_from_beside(place: Path, *, but: Collection[str] = ()) -> None:
    for suffix in PACKED:
        if suffix not in but:
            _beside(place, suffix).unlink(missing_ok=True)


def _unpack(place: Path) -> None:
    """After trouble: what stands is served as it stands."""
    for suffix in PACKED:
        with suppress(OSError):
            _beside(place, suffix).unlink()


def _beside(place: Path, suffix: str) -> Path:
    return place.with_name(f"{place.name}{suffix}")


def _replace(place: Path, data: bytes, modified: datetime | None = None) -> None:
    draft = NamedTemporaryFile(  # noqa: SIM115 - it is renamed, so closing must not delete it
        dir=place.parent, prefix=".", suffix=".draft", delete=False
    )
    try:
        with draft:
            draft.write(data)
            draft.flush()
            os.fsync(draft.fileno())
        Path(draft.name).chmod(0o644)
        if modified is not None:
            os.utime(draft.name, (modified.timestamp(), modified.timestamp()))
        Path(draft.name).replace(place)
    except BaseException:
        Path(draft.name).unlink(missing_ok=True)
        raise


def _unwritten(place: Path, error: OSError) -> Problem:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return Problem(
        message=msgid("The disk is full: {file} is as it was.")
        if full
        else msgid("{file} cannot be written: {words}."),
        args={"file": str(place), "words": error.strerror or str(error)},
        remedy=msgid("Make room, then run the same command again.") if full else None,
    )


def _unremoved(place: Path, error: OSError) -> Problem:
    return Problem(
        message=msgid("{file} cannot be removed: {words}."),
        args={"file": str(place), "words": error.strerror or str(error)},
        remedy=msgid("Remove it by hand: it may be public."),
    )
