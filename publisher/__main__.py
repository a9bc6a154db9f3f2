"""`python -m publisher` and the `publisher` script: hand over to the command line."""

import sys

from publisher.cli.main import run
from publisher.cli.streams import prepare


def main() -> None:
    """Run the command line and leave with its exit code: 0, 1 or 2."""
    prepare()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
