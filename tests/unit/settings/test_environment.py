from pathlib import Path

import pytest

from publisher.settings.environment import password_name
from tests.support.config import NEWSROOM, refusals, said, settings_from

KEY = "ab" * 32
RELAY = '[smtp.relays.main]\nusername = "digest"\n'


def test_the_database_of_this_machine_goes_before_the_config(tmp_path: Path) -> None:
    environ = {"PUBLISHER_STORAGE_URL": "postgresql://digest:pass@db/news"}

    settings = settings_from(tmp_path, None, environ)

    assert settings.storage_url == "postgresql://digest:pass@db/news"
    assert "pass@" not in repr(settings)


def test_keys_come_newest_first_with_commas_between(tmp_path: Path) -> None:
    environ = {"PUBLISHER_SECRET_KEYS": f"{KEY}, {'cd' * 16}"}

    assert settings_from(tmp_path, None, environ).secret_keys == (
        bytes.fromhex(KEY),
        bytes.fromhex("cd" * 16),
    )


def test_keys_come_from_a_file_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"# new\n{KEY}\n\n{'cd' * 16}\n")

    settings = settings_from(tmp_path, None, {"PUBLISHER_SECRET_KEYS_FILE": str(tmp_path / "keys")})

    assert settings.secret_keys == (bytes.fromhex(KEY), bytes.fromhex("cd" * 16))


def test_a_password_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("secret \n")
    environ = {"PUBLISHER_SMTP_MAIN_PASSWORD_FILE": str(tmp_path / "word")}

    settings = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": RELAY}, environ)

    assert settings.relay.password == "secret "  # noqa: S105 - made up


def test_a_relay_names_its_variable() -> None:
    assert password_name("spare-one") == "PUBLISHER_SMTP_SPARE_ONE_PASSWORD"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PUBLISHER_STORAGE_URL": "mysql://me:pass@db/x"}, "is not the address of a database"),
        ({"PUBLISHER_SECRET_KEYS": "too short"}, "This is no secret key"),
        ({"PUBLISHER_SECRET_KEYS": " , "}, "There is no secret key here"),
        ({"PUBLISHER_SECRET_KEYS_FILE": "/nowhere/keys"}, "/nowhere/keys cannot be read"),
        ({"PUBLISHER_SMTP_MAIN_PASSWORD_FILE": "/nowhere/word"}, "/nowhere/word cannot be read"),
        (
            {"PUBLISHER_SMTP_MAIN_PASSWORD": "a", "PUBLISHER_SMTP_MAIN_PASSWORD_FILE": "b"},
            "PUBLISHER_SMTP_MAIN_PASSWORD_FILE are both set",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_wrong_with_a_variable_is_said_without_its_secret(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    [problem] = refusals(tmp_path, None, environ)

    assert words in said(problem)
    assert problem.place.key in environ
    assert "pass" not in said(problem)


def test_the_environment_is_told_together_with_the_files(tmp_path: Path) -> None:
    text = NEWSROOM.replace("Europe/Moscow", "Moon")

    problems = refusals(tmp_path, {"newsroom.toml": text}, {"PUBLISHER_SECRET_KEYS": "x"})

    assert [one.place.key for one in problems] == ["site.timezone", "PUBLISHER_SECRET_KEYS"]
