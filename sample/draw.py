"""Draws the sample newsroom's pictures into a folder: `python sample/draw.py [FOLDER]`."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pictures import library, market, organ, rink, river, ship, tram
from pictures.sheet import Sheet

PRINTS: Mapping[str, Callable[[], Sheet]] = {
    "river-at-dawn": river.draw,
    "tram-in-snow": tram.draw,
    "library-windows": library.draw,
    "ship-in-ice": ship.draw,
    "market-hall": market.draw,
    "ice-rink": rink.draw,
    "hall-organ": organ.draw,
}


def main(arguments: list[str]) -> None:
    """Draw every print into the folder named, or into `content/images` next to this file."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parent / "content" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PRINTS.items():
        draw().save(folder / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
