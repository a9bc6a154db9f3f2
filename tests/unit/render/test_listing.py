import pytest

from publisher.render.listing import mailing_list, message_type, sender_id
from tests.support.build import EN, RU, make_edition, make_identity, make_issue, make_newsroom


def test_a_list_is_told_apart_by_edition_and_language() -> None:
    english = mailing_list(make_issue(), make_edition(), make_newsroom(), EN)
    russian = mailing_list(make_issue(), make_edition(), make_newsroom(), RU)

    assert (english.id, russian.id) == ("morning-en.embankment.test", "morning-ru.embankment.test")
    assert (english.message_type, russian.message_type) == ("morningen", "morningru")


def test_gmail_gets_the_issue_and_the_sender_and_no_reader() -> None:
    feedback = mailing_list(make_issue(), make_edition(), make_newsroom(), RU).feedback_id

    assert feedback == "20261123-0800:ru:morning:embankment-test"
    assert len(feedback.split(":")) == 4


def test_the_archive_is_named_by_the_hour_of_the_edition() -> None:
    made = mailing_list(make_issue(), make_edition(), make_newsroom(), EN)

    assert made.archived_at == "https://embankment.test/archive/morning/2026-11-23-0800/en"


def test_help_comes_from_a_person_where_one_is_named() -> None:
    nobody = make_newsroom(identity=make_identity(reply_to=None))

    assert mailing_list(make_issue(), make_edition(), make_newsroom(), EN).help == (
        "mailto:editors@embankment.test?subject=help"
    )
    assert mailing_list(make_issue(), make_edition(), nobody, EN).help == "https://embankment.test"


@pytest.mark.parametrize(
    ("reply_to", "help_address"),
    [
        ("The Editors <editors@embankment.test>", "editors@embankment.test"),
        ('"Орлова, Анна" <editors@набережная.рф>', "editors@xn--80aacqag8bfy8m.xn--p1ai"),
        ("desk+a/b?c@embankment.test", "desk+a%2Fb%3Fc@embankment.test"),
    ],
)
def test_help_is_asked_of_an_address_whatever_its_name(reply_to: str, help_address: str) -> None:
    newsroom = make_newsroom(identity=make_identity(reply_to=reply_to))

    made = mailing_list(make_issue(), make_edition(), newsroom, EN)
    assert made.help == f"mailto:{help_address}?subject=help"


@pytest.mark.parametrize(
    ("domain", "sender"),
    [
        ("embankment.test", "embankment-test"),
        ("news.embankment.test", "news-embankment"),
        ("a.io", "a-io-mail"),
        ("xn--80a1acny.xn--p1ai", "xn-80a1acny-xn"),
    ],
)
def test_gmail_wants_five_to_fifteen_characters_of_a_sender(domain: str, sender: str) -> None:
    assert sender_id(domain) == sender
    assert 5 <= len(sender) <= 15


def test_mail_ru_wants_latin_letters_and_digits() -> None:
    assert message_type("city-guide_2ru") == "cityguide2ru"
    assert len(message_type("x" * 40)) == 32
