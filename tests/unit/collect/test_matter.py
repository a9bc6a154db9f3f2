"""Front matter: each mistake is one Problem with file, line and key."""

from datetime import UTC, datetime

import pytest

from publisher.collect.matter import Matter, read_matter

FILE = "content/en/bridge.md"


def matter(head: str, body: str = "Words.") -> Matter:
    return read_matter(f"---\n{head}\n---\n{body}", FILE)


def test_a_right_head_gives_its_values_and_its_body() -> None:
    read = matter(
        "title: 'A bridge: opened'\nlanguage: en\npublished: 2026-11-22T15:10:00+03:00\nage: 16\n"
        "author: [Anna Orlova, Ivan Petrov]\nbreaking: true\nrelated: library\n"
        "image:\n  src: ../a.png\n  alt: A bridge\n  credit: Vera",
        "Words.\n\n---\n\nMore.",
    )

    assert read.problems == ()
    assert read.values == {
        "title": "A bridge: opened",
        "language": "en",
        "published": datetime(2026, 11, 22, 12, 10, tzinfo=UTC),
        "age": 16,
        "author": ("Anna Orlova", "Ivan Petrov"),
        "breaking": True,
        "related": ("library",),
        "image": {"src": "../a.png", "alt": "A bridge", "credit": "Vera"},
    }
    assert read.body == "Words.\n\n---\n\nMore."


@pytest.mark.parametrize(
    ("head", "line", "key", "words"),
    [
        ("language: en\nage: 16", 1, "title", "no title"),
        ("title:", 2, "title", "no title"),
        ("title: '  '", 2, "title", "no title"),
        ("title: [A, B]", 2, "title", "one text"),
        ("title: A\npublished: 2026-11-22", 3, "published", "no time zone"),
        ("title: A\nlanguage: en\nupdated: 2026-11-22T09:00", 4, "updated", "no time zone"),
        ("title: A\nembargo: tomorrow", 3, "embargo", "no time"),
        ("title: A\npublished: 2026-13-45T09:00Z", 3, "published", "no time"),
        ("title: A\ntags: [x]", 3, "tags", "no key"),
        ("title: A\nage: 17", 3, "age", "one of 0, 6"),
        ("title: A\nage: adult", 3, "age", "one of 0, 6"),
        ("title: A\nbreaking: soon", 3, "breaking", "true or false"),
        ("title: A\nauthor: {name: B}", 3, "author", "list of texts"),
        ("title: A\nimage: a.png", 3, "image", "src, alt"),
        ("title: A\nimage:\n  alt: B", 3, "image", "src, alt"),
        ("title: A\nimage:\n  src: a.png\n  licence: CC", 5, "image.licence", "no key"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_key(
    head: str, line: int, key: str, words: str
) -> None:
    (problem,) = matter(head).problems

    place = problem.place
    assert (place.file, place.line, place.key) == (FILE, line, key)
    assert words in problem.message
    assert problem.message.format(**problem.args)
    assert problem.remedy is None or problem.remedy.format(**problem.args)


def test_all_mistakes_are_told_at_once() -> None:
    found = matter("age: 17\ntags: x\npublished: 2026-11-22").problems

    assert {problem.place.key for problem in found} == {"title", "age", "tags", "published"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("No fence at all.", 1),
        ("---\ntitle: A\nnever closed", 1),
        ("\n---\ntitle: A\n---\n", 1),
        ("---\ntitle: A: B: 'C\n---\n", 2),
        ("---\ntitle: A\n\tauthor: B\n---\n", 3),
        ("---\njust words\n---\n", 1),
        ("---\ntitle: A\nauthor: B\ntitle: C\n---\n", 4),
        ("---\ntitle: &t A\nsummary: *t\n---\n", 3),
        ("---\n" + "[" * 5000 + "\n---\n", 1),
    ],
    ids=["bare", "open", "late", "quote", "tab", "words", "twice", "alias", "deep"],
)
def test_a_head_that_cannot_be_read_makes_the_file_unusable(text: str, line: int) -> None:
    read = read_matter(text, FILE)

    (problem,) = read.problems
    assert (problem.place.file, problem.place.line) == (FILE, line)
    assert problem.message.format(**problem.args)
    assert read.values == {}


@pytest.mark.parametrize("title", ["12:30", "No", "2026", "007", "~", "1e3"])
def test_a_title_is_a_text_whatever_yaml_would_make_of_it(title: str) -> None:
    assert matter(f"title: {title}").values["title"] == title


@pytest.mark.parametrize(
    "words",
    [
        "2026-11-22T09:00+03:00",
        "2026-11-22 09:00:00 +03:00",
        "2026-11-22T06:00Z",
        "'2026-11-22T09:00+0300'",
    ],
)
def test_a_time_with_a_zone_may_be_written_in_the_usual_ways(words: str) -> None:
    read = matter(f"title: A\npublished: {words}")

    assert read.values["published"] == datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def test_an_age_may_be_written_as_it_is_printed() -> None:
    assert matter("title: A\nage: 16+").values["age"] == 16


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm() -> None:
    read = read_matter("\ufeff---\r\ntitle: A\r\n---\r\nWords.\r\n", FILE)

    assert (read.problems, read.values["title"]) == ((), "A")
