"""SpamAssassin's score: asked where the program is, left out where it is not."""

import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.deliver.spam import spam_score

MAIL = b"From: a@embankment.test\r\nTo: b@readers.test\r\nSubject: A bridge\r\n\r\nIt opens.\r\n"


def program(folder: Path, words: str) -> str:
    file = folder / "judge"
    file.write_text(
        f"#!{sys.executable}\nimport sys, time\nmail = sys.stdin.buffer.read()\n{words}\n"
    )
    file.chmod(0o755)
    return str(file)


async def test_without_the_program_there_is_no_score() -> None:
    assert await spam_score(MAIL, program="no-such-program-here") is None


@pytest.mark.parametrize("score", [-1.0, 0.0, 12.5])
async def test_the_score_is_read_from_its_header(tmp_path: Path, score: float) -> None:
    words = f'print("X-Spam-Status: No, score={score} required=5.0 tests=NONE\\n")'

    assert await spam_score(MAIL, program=program(tmp_path, words)) == score


async def test_words_that_are_no_score_are_none(tmp_path: Path) -> None:
    assert await spam_score(MAIL, program=program(tmp_path, 'print("?")')) is None


async def test_a_program_that_never_ends_is_ended(tmp_path: Path) -> None:
    slow = program(tmp_path, "time.sleep(600)")

    assert await spam_score(MAIL, program=slow, patience=timedelta(seconds=0.5)) is None


@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="spamassassin: NOT CHECKED")
async def test_the_real_one_gives_a_score() -> None:
    score = await spam_score(MAIL)

    assert score is not None
    assert -20 < score < 100
