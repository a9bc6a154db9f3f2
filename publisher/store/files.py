"""The public folder: bytes appear whole, by rename, or not at all."""

import errno
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from publisher.errors import Refused
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

    def write(self, path: str, data: bytes) -> bool:
        place = self._place(path)
        if self.read(path) == data:
            return False
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _replace(place, data)
        except OSError as error:
            raise Refused(_unwritten(place, error)) from error
        return True

    def remove(self, path: str) -> bool:
        place = self._place(path)
        try:
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


def _replace(place: Path, data: bytes) -> None:
    draft = NamedTemporaryFile(  # noqa: SIM115 - it is renamed, so closing must not delete it
        dir=place.parent, prefix=".", suffix=".draft", delete=False
    )
    try:
        with draft:
            draft.write(data)
            draft.flush()
            os.fsync(draft.fileno())
        Path(draft.name).chmod(0o644)
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
