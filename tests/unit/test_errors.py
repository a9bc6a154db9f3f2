"""Our own failures come back whole from another process, each of them."""

import pickle
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest

import publisher
from publisher.collect.fetch import FetchError, FetchReason
from publisher.compose.words import ScheduleError
from publisher.deliver.lock import SomebodySends
from publisher.errors import (
    Misconfigured,
    MoveForbidden,
    PublisherError,
    Refused,
    StoreBusy,
    StoryTaken,
)
from publisher.model.problems import Place, Problem, msgid
from publisher.render.headers import Unmailable

PROBLEM = Problem(
    message=msgid("Cannot read {file}: {words}."),
    args={"file": "a.csv", "words": "gone"},
    place=Place(file="a.csv", line=3),
)
EVERY = [
    PublisherError("words"),
    Refused(PROBLEM, PROBLEM),
    Refused(),
    Misconfigured(PROBLEM),
    StoreBusy("locked"),
    StoryTaken("bridge", "ru", "a1"),
    MoveForbidden("issue", "sent", "draft"),
    ScheduleError(PROBLEM),
    Unmailable("name", "a\r\nBcc: b"),
    FetchError("https://a.test", FetchReason.STATUS, "503", status=503, retry_after="120"),
    SomebodySends(None),
    SomebodySends(7),
]


def kinds(of: type) -> Iterator[type]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_no_kind_of_failure_is_forgotten_here() -> None:
    for module in walk_packages(publisher.__path__, "publisher."):
        if not module.name.endswith(("__main__", ".env")):  # those run something
            import_module(module.name)
    ours = {kind for kind in kinds(PublisherError) if kind.__module__.startswith("publisher.")}

    assert ours == {*map(type, EVERY)} - {PublisherError}


@pytest.mark.parametrize("error", EVERY, ids=repr)
def test_a_failure_comes_back_from_another_process_with_its_words_and_facts(
    error: PublisherError,
) -> None:
    error.add_note("on the way")
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert type(back) is type(error)
    assert str(back) == str(error)
    assert back.args == error.args
    assert vars(back) == vars(error)
