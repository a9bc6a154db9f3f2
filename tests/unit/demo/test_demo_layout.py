"""Where the demo may be laid out, and where not."""

from pathlib import Path

import pytest

from publisher.assets import Assets
from publisher.demo.layout import claim, is_laid_out, lay_out_config
from publisher.errors import Refused
from publisher.settings.newsroom_kit import lay_out


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("part", ["config", "content", "var"])
def test_the_newsroom_of_somebody_is_left_alone(tmp_path: Path, part: str) -> None:
    (tmp_path / part).mkdir()
    (tmp_path / part / "own.toml").write_text("mine")

    with pytest.raises(Refused, match="not empty"):
        claim(tmp_path)

    assert list(contents(tmp_path)) == [str(tmp_path / part / "own.toml")]


def test_a_lone_list_of_subscribers_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "subscribers.csv").write_text("mine")

    with pytest.raises(Refused, match="not empty"):
        claim(tmp_path)

    assert contents(tmp_path) == {str(tmp_path / "subscribers.csv"): b"mine"}


def test_a_newsroom_with_its_list_of_subscribers_is_no_demo(tmp_path: Path) -> None:
    """Else the demo would collect, compose and mail in somebody's name."""
    lay_out(tmp_path, Assets())
    (tmp_path / "subscribers.csv").write_text("mine")

    assert not is_laid_out(tmp_path)


def test_a_newsroom_that_was_just_begun_is_left_alone(tmp_path: Path) -> None:
    """It has no list of subscribers yet."""
    lay_out(tmp_path / "paper", Assets())
    before = contents(tmp_path)

    with pytest.raises(Refused):
        claim(tmp_path / "paper")

    assert contents(tmp_path) == before


def test_a_demo_that_was_broken_off_is_laid_out_again(tmp_path: Path) -> None:
    claim(tmp_path / "demo")
    lay_out_config(tmp_path / "demo")

    claim(tmp_path / "demo")
