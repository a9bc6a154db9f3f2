"""`init`: a new newsroom laid out from the starter kit.  Fills nothing in."""

from pathlib import Path

from publisher.assets import Assets
from publisher.errors import Refused
from publisher.model.problems import Place, Problem, msgid

_STARTER = "starter"


def lay_out(folder: Path, assets: Assets) -> tuple[Path, ...]:
    """Copy the starter's files below `folder`; returns the ones written, relative to it.

    Files that are there already stay as they are.  Raises Refused where a config stands already,
    or nothing can be written.
    """
    if _occupied(folder / "config"):
        raise Refused(
            Problem(
                message=msgid("A newsroom stands in {folder} already."),
                args={"folder": str(folder)},
                remedy=msgid("Choose another folder, or move its config away."),
                place=Place(file=str(folder / "config")),
            )
        )
    kit = next(home / _STARTER for home in assets.folders("sample") if (home / _STARTER).is_dir())
    files = sorted(file for file in kit.rglob("*") if file.is_file())
    try:
        return tuple(
            file.relative_to(kit) for file in files if _copied(file, folder / file.relative_to(kit))
        )
    except OSError as error:
        raise Refused(
            Problem(
                message=msgid("{folder} cannot be written: {words}."),
                args={"folder": str(folder), "words": error.strerror or str(error)},
                remedy=msgid("Choose a folder that is yours."),
            )
        ) from error


def _occupied(config: Path) -> bool:
    return config.is_file() or (config.is_dir() and any(config.iterdir()))


def _copied(source: Path, target: Path) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("xb") as file:
            file.write(source.read_bytes())
    except FileExistsError:
        return False
    return True
