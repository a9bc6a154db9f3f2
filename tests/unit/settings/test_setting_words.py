from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from publisher.settings import addresses, words
from publisher.settings.mistakes import Mistake, nearest


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("45m", timedelta(minutes=45)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("1h30m", timedelta(minutes=90)),
        ("10s", timedelta(seconds=10)),
        (" 1d2h3m4s ", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_a_span_is_read(text: str, length: timedelta) -> None:
    assert words.span(text) == length


@pytest.mark.parametrize(
    ("text", "part"), [("40%", 0.4), ("0%", 0.0), ("100%", 1.0), ("12.5 %", 0.125)]
)
def test_a_share_is_read(text: str, part: float) -> None:
    assert words.share(text) == part


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2027-02-20", (date(2027, 2, 20),)),
        (date(2027, 2, 20), (date(2027, 2, 20),)),
        ("2027-12-31..2028-01-02", (date(2027, 12, 31), date(2028, 1, 1), date(2028, 1, 2))),
        ("2027-02-20 .. 2027-02-20", (date(2027, 2, 20),)),
    ],
)
def test_days_are_read_with_both_ends(value: object, found: tuple[date, ...]) -> None:
    assert words.days(value) == found


@pytest.mark.parametrize(
    "mailbox",
    [
        "digest@embankment.test",
        "The Embankment <digest@embankment.test>",
        "Набережная <digest@embankment.test>",
        '"Smith, Jones" <a@b.test>',
        "J. Smith <a@b.test>",
        "<a@b.test>",
        "a+b@b.test",
        "Почта <a@почта.test>",
    ],
)
def test_a_mailbox_passes_as_it_is_written(mailbox: str) -> None:
    assert addresses.mailbox(mailbox) == mailbox


@pytest.mark.parametrize(
    ("mailbox", "address"),
    [
        ("The Embankment <digest@embankment.test>", "digest@embankment.test"),
        ("A@B.Test", "A@b.test"),
        ("Почта <a@почта.test>", "a@xn--80a1acny.test"),
    ],
)
def test_the_address_of_a_mailbox_is_in_the_form_of_the_mail_system(
    mailbox: str, address: str
) -> None:
    assert addresses.address_in(mailbox) == address


@pytest.mark.parametrize(
    ("text", "found"),
    [("127.0.0.1:8080", ("127.0.0.1", 8080)), ("[::1]:0", ("::1", 0)), ("a.test:1", ("a.test", 1))],
)
def test_an_address_to_listen_on_is_read(text: str, found: tuple[str, int]) -> None:
    assert addresses.listen_address(text) == found


@pytest.mark.parametrize(
    "address",
    [
        "https://embankment.test",
        "http://127.0.0.1:8025",
        "http://[::1]:8025/x",
        "https://почта.test/",
        "https://a.test/x?y=z#f",
    ],
)
def test_a_web_address_passes(address: str) -> None:
    assert addresses.web_address(address) == address


BAD: list[tuple[Callable[[str], object], object]] = [
    *((words.span, bad) for bad in ("", "5", "5 m", "m", "-5m", "1m1h", "400d", "٣m", 5, None)),
    *((words.share, bad) for bad in ("", "40", "-1%", "101%", "%", 0.4)),
    *((words.rates, bad) for bad in ("", "14", "0/second", "1/week", 14, [], ["1/day", ""])),
    *((words.hours, bad) for bad in ("", "7-22", "07:00", "07:00-07:00", "25:00-26:00", 7)),
    *((words.days, bad) for bad in ("", "2027-1-1", "2027-13-01", "2027-01-01..", "x..y", 5, "٢٠٢٧-01-01")),
    *((words.days, bad) for bad in (datetime(2027, 1, 1), "2027-01-01..2029-01-01", "a.ICS")),  # noqa: DTZ001 - what TOML may hold
    *((words.zone, bad) for bad in ("", "Mars/Base", "/etc/passwd", "europe/moscow", None)),
    *((addresses.mailbox, bad) for bad in ("", "a", "a@b", "a@b.test\n", "a <b> <c@d.test>", "a@b.test, c@d.test")),
    *((addresses.mailbox, bad) for bad in ("A <a@b.test", "A <a@b.test> x", "A\x00 <a@b.test>", '"A" B" <a@b.test>')),
    *((addresses.web_address, bad) for bad in ("", "a.test", "//a.test", "ftp://a.test", "http://", "http://a b/")),
    *((addresses.web_address, bad) for bad in ("http://a.test/\n", "http://[::1", "http://a.test:x/", "http://a..б/")),
    *((addresses.base_address, bad) for bad in ("https://a.test/", "https://a.test?x", "https://a.test#x")),
    *((addresses.page_address, bad) for bad in ("", "privacy", "//a.test/x", "/a b", "javascript:x")),
    *((addresses.listen_address, bad) for bad in ("", "8080", ":8080", "::1:80", "a:99999", "a:b")),
    *((addresses.host_name, bad) for bad in ("", "a b", "a/b", "-", "a:80", "a_b")),
    *((addresses.feed_authority, bad) for bad in ("", "a.test", "a.test,26", "a.test,2026-13", " a,2026")),
    *((addresses.database, bad) for bad in ("", "sqlite://", "sqlite:///", "mysql://a/b", "x.db")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "value"), BAD, ids=lambda value: getattr(value, "__name__", repr(value))
)
def test_what_cannot_be_read_is_a_mistake_with_a_remedy(
    read: Callable[[object], object], value: object
) -> None:
    with pytest.raises(Mistake) as caught:
        read(value)

    assert caught.value.remedy


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(Mistake) as caught:
        addresses.database("mysql://me:secret@db/x")

    assert "secret" not in str(caught.value.slots)


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("moscow", "Europe/Moscow"),
        ("Europe/Mosco", "Europe/Moscow"),
        ("EUROPE/MOSCOW", "Europe/Moscow"),
        ("Paris", None),
    ],
)
def test_the_nearest_name_is_found_whatever_its_case(word: str, near: str | None) -> None:
    assert nearest(word, ["UTC", "Europe/Moscow"]) == near


def test_long_values_are_cut_in_messages() -> None:
    assert len(words.shown("x" * 5000)) < 70
    assert words.shown({"a": 1}) == "{…}"
    assert words.shown([1]) == "[…]"
