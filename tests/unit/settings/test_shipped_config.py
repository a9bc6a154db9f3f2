"""The configs that travel with the program, and the example the contract is written in."""

from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from publisher.assets import Assets, shipped
from publisher.compose.legal import blocking, check_profile
from publisher.errors import Refused
from publisher.model.names import EditionId
from publisher.settings.load import load
from publisher.settings.newsroom_kit import lay_out
from tests.support.build import EN, RU
from tests.support.config import NOW, said, settings_from

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT.parent / "shared" / "reference" / "example-newsroom.toml"
SYSTEM = """\
[storage]
url = "sqlite:///var/publisher.db"
[web]
listen = "127.0.0.1:8080"
[secrets]
keys_file = "var/secret.key"
[smtp.relays.main]
host = "127.0.0.1"
port = 25
security = "none"
username = "digest"
connections = 20
rate = "unlimited"
[smtp.bounces]
domain = "bounces.embankment.test"
intake = "maildir:var/bounces"
[smtp.dkim]
domain = "embankment.test"
selectors.rsa = { name = "s1", key_file = "secrets/dkim-rsa.pem" }
selectors.ed25519 = { name = "s2", key_file = "secrets/dkim-ed25519.pem" }
[feeds]
items = 50
content = "full"
hubs = []
visible_legal_line = true
"""


@pytest.mark.skipif(
    not EXAMPLE.is_file(), reason="the editors' contract is not beside this checkout: NOT CHECKED"
)
def test_the_editors_contract_loads_with_the_machines_half(tmp_path: Path) -> None:
    files = {"newsroom.toml": EXAMPLE.read_text("utf-8"), "system.toml": SYSTEM}

    settings = settings_from(tmp_path, files)

    assert {one.place.key for one in settings.notes} == {
        "alerts.to",
        "alerts.webhook",
        "smtp.relays.main.username",
    }
    [profile] = settings.newsroom.profiles["main"]
    assert not blocking(check_profile(profile, day=date(2026, 11, 23), languages=(EN, RU)))


def test_the_sample_newsroom_is_sound_and_may_be_sent() -> None:
    settings = load(shipped("config"), {}, now=NOW)

    [profile] = settings.newsroom.profiles["main"]
    assert settings.notes == ()
    assert profile.sample
    assert not blocking(check_profile(profile, day=date(2026, 11, 23), languages=(EN, RU)))
    assert settings.newsroom.editions[EditionId("morning")].approval == 0


def test_the_sample_names_the_ports_the_demo_replaces() -> None:
    text = "".join(file.read_text("utf-8") for file in shipped("config").glob("*.toml"))

    assert 'base_url = "http://127.0.0.1:8025"' in text
    assert 'listen = "127.0.0.1:8025"' in text
    assert text.count("port = 2525\n") == 1


def test_a_new_newsroom_is_a_valid_config_whose_imprint_is_still_missing(tmp_path: Path) -> None:
    made = lay_out(tmp_path, Assets())

    settings = load(tmp_path / "config", {}, now=NOW)
    [profile] = settings.newsroom.profiles["main"]
    missing = check_profile(profile, day=date(2026, 11, 23), languages=(EN, RU))

    assert Path("config/newsroom.toml") in made
    assert settings.notes == ()
    assert [one.place.key for one in blocking(missing)] == [
        "legal.main.approved",
        "legal.main.registered_name",
        "legal.main.registration.number",
        "legal.main.registration.authority",
        "legal.main.age.mark",
        "legal.main.statement.ru",
        "legal.main.founders",
        "legal.main.editor_in_chief",
        "legal.main.contacts.email",
        "legal.main.contacts.phone",
        "legal.main.copyright.en",
        "legal.main.copyright.ru",
    ]
    lines = (tmp_path / "config/newsroom.toml").read_text("utf-8").splitlines()
    assert lines[(settings.place("legal.main.founders").line or 0) - 1].startswith("founders")


def test_a_newsroom_that_stands_is_not_overwritten(tmp_path: Path) -> None:
    lay_out(tmp_path, Assets())

    with pytest.raises(Refused) as caught:
        lay_out(tmp_path, Assets())

    assert "stands in" in said(caught.value.problems[0])


def test_files_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "README.md").write_text("mine")

    made = lay_out(tmp_path, Assets())

    assert (tmp_path / "README.md").read_text() == "mine"
    assert Path("README.md") not in made
    assert Path("content/ru/first-story.md") in made


def test_a_folder_that_cannot_be_written_ends_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Refused) as caught:
        lay_out(tmp_path / "file" / "newsroom", Assets())

    assert "cannot be written" in said(caught.value.problems[0])


def test_the_starter_can_be_overridden(tmp_path: Path) -> None:
    copytree(shipped("sample") / "starter", tmp_path / "own/sample/starter")
    (tmp_path / "own/sample/starter/extra.txt").write_text("x")

    made = lay_out(tmp_path / "new", Assets(newsroom=tmp_path / "own"))

    assert Path("extra.txt") in made
