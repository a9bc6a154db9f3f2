import pytest

from publisher.i18n.manners import Typography
from publisher.model.names import Language
from publisher.render.typography import first_sentence, plain_spaces, typeset
from tests.support.build import EN, RU
from tests.support.sheets import localizers

_WORDS = localizers()
_RULES = {language: text.manners.typography for language, text in _WORDS.items()}


@pytest.mark.parametrize(
    ("raw", "printed"),
    [
        ('Газета "Набережная" вышла', "Газета «Набережная» вышла"),
        ('"Он сказал "нет" и ушёл"', "«Он сказал „нет“ и\u00a0ушёл»"),
        ("Москва - столица", "Москва\u00a0— столица"),
        ("Москва — столица", "Москва\u00a0— столица"),
        ("Он жил в доме у реки", "Он жил в\u00a0доме у\u00a0реки"),
        ("И в лесу", "И\u00a0в\u00a0лесу"),
        ("Дом № 5", "Дом №\u00a05"),
        ("А. П. Соколова", "А.\u00a0П.\u00a0Соколова"),
        ("21 материал", "21\u00a0материал"),
        ("население 1 234 567 человек", "население 1\u00a0234\u00a0567\u00a0человек"),
        ("Так ли это", "Так\u00a0ли это"),
        ("Ждём...", "Ждём…"),
        ("счёт 3 - 2", "счёт 3 - 2"),
        ("кто-то", "кто-то"),
    ],
)
def test_russian(raw: str, printed: str) -> None:
    assert typeset(raw, _RULES[RU]) == printed


@pytest.mark.parametrize(
    ("raw", "printed"),
    [
        ('He said "no" and left', "He said “no” and left"),
        ("It's the city's", "It’s the city’s"),
        ("They said 'yes' twice", "They said ‘yes’ twice"),
        ("the '90s", "the ’90s"),
        ("Moscow - and beyond", "Moscow—and beyond"),
        ("Moscow -- and beyond", "Moscow—and beyond"),
        ("It won 3 - 2", "It won 3 - 2"),
        ("Wait...", "Wait…"),
        ("in the U.S. today", "in the U.S. today"),
    ],
)
def test_english(raw: str, printed: str) -> None:
    assert typeset(raw, _RULES[EN]) == printed


@pytest.mark.parametrize("language", [EN, RU])
@pytest.mark.parametrize(
    "span",
    [
        "ФС77-62667",
        "2124-1",
        "https://embankment.test/a-b?c='d'",
        "o'hara@readers.test",
        "`say 'no' - never`",
        "10:28",
        "2026-11-23",
    ],
)
def test_check_05_protected_spans_keep_every_byte(language: str, span: str) -> None:
    assert span in typeset(f"см. {span} и далее", _RULES[language])  # type: ignore[index]


def test_without_rules_nothing_changes() -> None:
    assert typeset('A "b" - c...', Typography()) == 'A "b" - c...'


def test_plain_spaces_leave_nothing_a_subject_could_not_carry() -> None:
    assert plain_spaces("в\u00a0доме\u202f5\u2009м") == "в доме 5 м"


@pytest.mark.parametrize(
    ("language", "text", "first"),
    [
        (RU, "Вышли на рассвете. Гранит отмыт.", "Вышли на рассвете."),
        (RU, "Музей им. Пушкина открыт. И всё.", "Музей им. Пушкина открыт."),
        (RU, "«Иди!» — сказал он. Она ушла.", "«Иди!» — сказал он. Она ушла."),
        (RU, "Собрали 5 млн. Потом ещё больше.", "Собрали 5 млн. Потом ещё больше."),
        (EN, "Mr. Smith left. He won.", "Mr. Smith left."),
        (EN, "He asked: “Why?” Nobody knew.", "He asked: “Why?”"),
        (EN, "It met in Sept. It was hot. Yes.", "It met in Sept. It was hot."),
        (EN, "no end here", "no end here"),
    ],
)
def test_the_first_sentence_ends_where_a_reader_would_say(
    language: Language, text: str, first: str
) -> None:
    """Where nobody can tell («он. Она»), more is kept rather than less."""
    assert first_sentence(text, _RULES[language]) == first
