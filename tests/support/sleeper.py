"""An aide that sleeps as long as it is told, and says how long; what is no length it refuses."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from publisher.aide import serve


@contextmanager
def _at_work() -> Iterator[Callable[[float], float]]:
    def work(seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    yield work


if __name__ == "__main__":
    serve(_at_work)
