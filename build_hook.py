"""Build the wheel: templates, sample and compiled catalogs travel as publisher/_data."""

from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_TRAVELS = (
    "templates",
    "config",
    "sample/content",
    "sample/wire",
    "sample/starter",
    "sample/subscribers.csv",
)


class DataHook(BuildHookInterface):  # type: ignore[type-arg]
    """Add what lies outside the package to the wheel; an editable install needs none of it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        include = build_data["force_include"]
        for name in _TRAVELS:
            include[str(root / name)] = f"publisher/_data/{name}"
        compiled = Path(mkdtemp())
        for source in sorted((root / "locales").rglob("*")):
            if not source.is_file() or source.suffix in {".mo", ".pot"}:
                continue
            path = source.relative_to(root)
            include[str(source)] = f"publisher/_data/{path}"
            if source.suffix == ".po":
                target = compiled / path.with_suffix(".mo")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(_compiled(source))
                include[str(target)] = f"publisher/_data/{path.with_suffix('.mo')}"


def _compiled(source: Path) -> bytes:
    with source.open("rb") as file:
        catalog = read_po(file, abort_invalid=True)
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()
