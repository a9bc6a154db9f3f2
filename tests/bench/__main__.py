"""Every benchmark of this folder in turn, or the named ones.  make bench, make bench BENCH=feeds."""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def topics() -> list[str]:
    """The modules here that can be run: those with a `main`."""
    found = sorted(HERE.glob("*.py"))
    return [one.stem for one in found if one != Path(__file__) and "def main(" in one.read_text()]


def main() -> None:
    """Run them; what follows `--` goes to each."""
    given = sys.argv[1:]
    cut = given.index("--") if "--" in given else len(given)
    wanted, rest = given[:cut], given[cut + 1 :]
    if unknown := set(wanted) - set(topics()):
        sys.exit(
            f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(topics())}"
        )
    for topic in wanted or topics():
        sys.stdout.write(f"\n== {topic}\n")
        sys.stdout.flush()
        sys.argv = [topic, *rest]
        runpy.run_module(f"tests.bench.{topic}", run_name="__main__")


if __name__ == "__main__":
    main()
