from pathlib import Path

import pytest

from publisher.errors import Misconfigured
from publisher.i18n.extract import main, said_in


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "publisher").mkdir()
    (tmp_path / "templates").mkdir()
    home = tmp_path / "locales" / "ru" / "LC_MESSAGES"
    home.mkdir(parents=True)
    (home / "publisher.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Kept."\nmsgstr "Осталось."\n\nmsgid "Gone."\nmsgstr "Ушло."\n',
        "utf-8",
    )
    (tmp_path / "publisher" / "words.py").write_text('x = msgid("Kept.")\ny = say("New.")\n')
    (tmp_path / "templates" / "page.html.j2").write_text('{{ plural("{n} cat", "{n} cats", n=1) }}')
    return tmp_path


def test_new_sentences_come_in_old_ones_go_translations_stay(project: Path) -> None:
    assert main([str(project)]) == 0

    catalog = (project / "locales/ru/LC_MESSAGES/publisher.po").read_text("utf-8")
    assert 'msgid "Kept."\nmsgstr "Осталось."' in catalog
    assert 'msgid "New."\nmsgstr ""' in catalog
    assert catalog.count("msgstr[2]") == 1
    assert "Gone" not in catalog


def test_the_same_sources_give_the_same_bytes(project: Path) -> None:
    files = ("locales/publisher.pot", "locales/ru/LC_MESSAGES/publisher.po")
    main([str(project)])
    first = [(project / file).read_bytes() for file in files]
    main([str(project)])

    assert [(project / file).read_bytes() for file in files] == first
    assert b"POT-Creation-Date" not in first[0]


def test_a_broken_template_stops_the_extraction(project: Path) -> None:
    (project / "templates" / "page.html.j2").write_text("{% if %}")

    with pytest.raises(Misconfigured):
        said_in([project / "templates"])


def test_a_command_says_its_docstring_paragraph_by_paragraph_and_no_other_function_does(
    project: Path,
) -> None:
    (project / "publisher" / "commands.py").write_text(
        "@command\ndef send() -> None:\n"
        '    """Seal an issue,\n    and deliver it.\n\n    Twice is once.\n    """\n'
        '@app.command("import")\ndef import_() -> None:\n    """Add people."""\n'
        '@lru_cache\ndef known() -> None:\n    """Nobody reads this."""\n'
    )
    said = [one.key for one in said_in([project / "publisher" / "commands.py"])]

    assert said == ["Seal an issue, and deliver it.", "Twice is once.", "Add people."]
