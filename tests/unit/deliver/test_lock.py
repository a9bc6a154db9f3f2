"""One sender at a time, for as long as it lives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from publisher.deliver.lock import SomebodySends, sender_lock

HOLD = """
import sys
from pathlib import Path
from publisher.deliver.lock import sender_lock
with sender_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_sender_learns_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "var" / "sender.lock"
    with sender_lock(path), pytest.raises(SomebodySends) as refused, sender_lock(path):
        pytest.fail("two senders")
    assert refused.value.pid == os.getpid()


def test_the_lock_is_free_once_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "sender.lock"
    for _ in range(2):
        with sender_lock(path):
            assert path.read_text() == f"{os.getpid()}\n"


def test_a_killed_sender_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "sender.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(SomebodySends) as refused, sender_lock(path):
            pytest.fail("two senders")
        assert refused.value.pid == other.pid
        other.kill()
    with sender_lock(path):
        pass
