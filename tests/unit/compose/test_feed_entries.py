from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from publisher.compose.feed_entries import kept_back, related_stories
from publisher.model.articles import Article
from publisher.model.feeds import Alternate, Feed, FeedEntry, Related
from publisher.model.labels import LabelledName, LabelList
from publisher.model.names import Language, SectionId, StoryKey
from publisher.model.newsroom import FeedPolicy
from publisher.model.sources import Rights, Sponsor
from tests.support.build import (
    DUE,
    EN,
    NOON,
    RU,
    STATEMENT,
    make_article,
    make_image,
    make_newsroom,
    make_profile,
)
from tests.support.outfeeds import build_feeds

HOUR = timedelta(hours=1)


class Echo:
    """Words that show which sentence was asked for, in which language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def say(self, message: str, /, **args: object) -> str:
        return f"[{self._language}] {message.format(**args)}"


def feeds(
    *articles: Article,
    versions: Sequence[Article] | None = None,
    policy: FeedPolicy | None = None,
    now: datetime = NOON,
    **profile: Any,
) -> dict[str, Feed]:
    built = build_feeds(
        make_newsroom(feeds=policy or FeedPolicy()),
        {one: [a for a in articles if a.language == one] for one in (EN, RU)},
        articles if versions is None else versions,
        profile=make_profile(**profile),
        words={EN: Echo(EN), RU: Echo(RU)},
        now=now,
    )
    assert len({feed.path for feed in built}) == len(built)
    return {feed.path: feed for feed in built}


def entry(article: Article, *others: Article, **options: Any) -> FeedEntry:
    feed = feeds(article, versions=[article, *others], **options)[f"feeds/{article.language}/all"]
    (only,) = feed.entries
    return only


def story(name: str, **overrides: Any) -> Article:
    built: Article = make_article(story=StoryKey(name), **overrides)
    return built


# --- channels ---------------------------------------------------------------------------------


def test_there_is_a_feed_per_language_and_section_even_empty() -> None:
    built = feeds()

    sections = [
        "all",
        "russia",
        "world",
        "moscow",
        "business",
        "opinion",
        "meanwhile",
        "city-guide",
    ]
    assert list(built) == [f"feeds/{one}/{name}" for one in ("en", "ru") for name in sections]
    empty = built["feeds/ru/moscow"]
    assert empty.entries == ()
    assert empty.updated_at == datetime(2026, 2, 1, tzinfo=UTC)  # when the profile came in force
    assert empty.copyright == "© 2026 The Embankment"  # the year the profile came in force
    assert empty.age == 16


def test_a_channel_names_itself_and_its_law() -> None:
    feed = feeds(make_article())["feeds/en/moscow"]

    assert feed.id == "tag:embankment.test,2026:feed/en/moscow"
    assert (feed.language, feed.section) == (EN, "moscow")
    assert feed.title == "[en] The Embankment: Moscow"
    assert feed.subtitle == "[en] Stories of The Embankment, section “Moscow”"
    assert feed.home_url == "https://embankment.test/"
    assert feed.url == "https://embankment.test/feeds/en/moscow"
    assert feed.author == "The Embankment"
    assert feed.statement == STATEMENT
    assert feed.age == 16


def test_the_whole_feed_bears_the_name_of_the_site() -> None:
    feed = feeds(make_article())["feeds/ru/all"]

    assert feed.id == "tag:embankment.test,2026:feed/ru/all"
    assert feed.section is None
    assert (feed.title, feed.subtitle) == ("The Embankment", "[ru] All stories of The Embankment")


def test_the_newest_come_first_and_no_more_than_the_policy_says() -> None:
    articles = [story(f"s{n}", published_at=DUE - n * HOUR) for n in (3, 1, 2)]
    twins = [story("t2", published_at=DUE - 4 * HOUR), story("t1", published_at=DUE - 4 * HOUR)]
    other = story("r", section=SectionId("russia"), published_at=DUE - 9 * HOUR)

    built = feeds(*articles, *twins, other, policy=FeedPolicy(items=4))

    assert [e.id.split("/")[1] for e in built["feeds/en/all"].entries] == ["s1", "s2", "s3", "t1"]
    assert [e.id.split("/")[1] for e in built["feeds/en/russia"].entries] == ["r"]


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({"published_at": NOON + HOUR}, id="of the future"),
        pytest.param({"available_at": NOON + HOUR}, id="under embargo"),
        pytest.param({"section": None}, id="not placed"),
        pytest.param({"section": SectionId("sport")}, id="of a section config lost"),
        pytest.param({"age": 18}, id="above the masthead's mark"),
        pytest.param({"age": None}, id="unrated"),
    ],
)
def test_an_article_is_absent_while_it_is(overrides: dict[str, Any]) -> None:
    article = make_article(**overrides)
    translation = make_article(language=RU)

    built = feeds(article, translation)

    assert built["feeds/en/all"].entries == ()
    assert [one.language for one in built["feeds/ru/all"].entries] == [RU]


def test_what_a_mark_keeps_back_is_said() -> None:
    articles = [
        story("a", age=18),
        story("b", age=None),
        story("c"),
        story("d", age=18, section=None),
    ]

    problems = kept_back(articles, profile=make_profile(), now=NOON)

    assert [problem.args["article"] for problem in problems] == ["a-en", "b-en"]
    assert {problem.rule for problem in problems} == {"L08"}


def test_backlog_is_in_the_feeds() -> None:
    assert entry(make_article(available_at=None))


def test_the_channel_is_as_new_as_its_newest_change_and_never_asks_the_clock() -> None:
    changed = story("a", published_at=DUE - 9 * HOUR, updated_at=DUE - HOUR)
    newest = story("b", published_at=DUE - 2 * HOUR)

    first, second = (feeds(changed, newest, now=now) for now in (NOON, NOON + HOUR))

    assert first == second
    assert first["feeds/en/all"].updated_at == DUE - HOUR


def test_the_copyright_has_the_year_of_the_newest_entry_in_the_sites_zone() -> None:
    new_year = datetime(2026, 12, 31, 21, 30, tzinfo=UTC)  # 00:30 of 2027 in Moscow

    feed = feeds(make_article(published_at=new_year), now=new_year)["feeds/en/all"]

    assert feed.copyright == "© 2027 The Embankment"


def test_a_language_without_a_copyright_line_takes_the_first() -> None:
    built = feeds(copyright={EN: "© {year} The {Embankment}"}, valid_from=date(2025, 1, 1))

    assert built["feeds/ru/all"].copyright == "© 2025 The {Embankment}"
    assert feeds(copyright={})["feeds/ru/all"].copyright == ""


def test_the_channel_bears_the_highest_mark_of_its_own_entries() -> None:
    built = feeds(story("a", age=6), story("b", age=12, section=SectionId("world")), age=None)

    assert built["feeds/en/all"].age == 12
    assert built["feeds/en/moscow"].age == 6
    assert built["feeds/en/russia"].age is None


# --- entries ----------------------------------------------------------------------------------


def test_an_entry_has_the_articles_facts() -> None:
    article = make_article(
        url="/en/bridge", credit="The Wire", image=make_image(), updated_at=DUE - HOUR
    )

    made = entry(article)

    assert made.id == "tag:embankment.test,2026:story/bridge/en"
    assert made.url == "https://embankment.test/en/bridge"
    assert (made.title, made.summary) == (article.title, article.summary)
    assert (made.language, made.authors) == (EN, ("Anna Orlova",))
    assert (made.section, made.section_title) == ("moscow", "Moscow")
    assert (made.published_at, made.updated_at) == (DUE - 5 * HOUR, DUE - HOUR)
    assert (made.age, made.credit) == (16, "The Wire")
    assert made.image == article.image
    assert made.image_url == "https://embankment.test/media/0123456789abcdef.png"


def test_an_address_that_makes_no_sense_is_left_as_it_is() -> None:
    assert entry(make_article(url="https://[bad/")).url == "https://[bad/"


def test_an_unchanged_article_was_updated_when_it_was_published() -> None:
    assert entry(make_article()).updated_at == DUE - 5 * HOUR
    assert entry(make_article(updated_at=DUE - 9 * HOUR)).updated_at == DUE - 5 * HOUR


def test_odd_story_keys_give_ids_a_tag_may_have() -> None:
    assert entry(story("мост 50%/1")).id == (
        "tag:embankment.test,2026:story/%D0%BC%D0%BE%D1%81%D1%82%2050%25/1/en"
    )


def test_an_unrated_article_takes_the_profiles_mark() -> None:
    assert entry(make_article(age=None), unrated=12).age == 12


def test_the_other_language_is_an_alternate_when_it_is_public() -> None:
    article, russian = make_article(), make_article(language=RU)

    assert entry(article, russian).alternates == (
        Alternate(language=RU, url="https://embankment.test/ru/bridge"),
    )
    assert entry(article, make_article(language=RU, available_at=NOON + HOUR)).alternates == ()
    assert entry(article, make_article(language=RU, section=None)).alternates == ()


def test_related_stories_are_named_in_the_entrys_own_language() -> None:
    keys = tuple(StoryKey(key) for key in ("bridge", "d", "gone", "a", "a", "foreign", "b", "c"))
    others = [story(key, title=key.upper()) for key in ("a", "b", "c", "d")]
    foreign = story("foreign", language=RU)

    made = entry(make_article(related=keys), *others, foreign)

    assert made.related == tuple(
        Related(title=key.upper(), url=f"https://embankment.test/en/{key}") for key in "dab"
    )


def test_the_stories_to_look_up_are_the_articles_and_those_they_name() -> None:
    articles = [story("a", related=(StoryKey("b"),)), story("c")]

    assert related_stories(articles) == {"a", "b", "c"}


# --- content ----------------------------------------------------------------------------------

BODY = "<p>The first walkers crossed at dawn.</p>"
LEGAL = f'<p lang="ru"><small>{STATEMENT}</small></p>\n<p><small>16+</small></p>'
FIGURE = (
    '<figure><img src="https://embankment.test/media/0123456789abcdef.png" alt="A bridge at dawn"'
    ' width="1200" height="800"><figcaption>The new bridge <small>Vera Lindqvist</small>'
    "</figcaption></figure>"
)
SHORT = FeedPolicy(visible_legal_line=False)


def test_content_is_the_body_and_the_legal_line() -> None:
    assert entry(make_article()).content == f"{BODY}\n{LEGAL}"


def test_the_legal_line_may_be_left_to_the_channel() -> None:
    assert entry(make_article(), policy=SHORT).content == BODY


def test_a_courtesy_statement_stands_beside_the_registered_one() -> None:
    statements = {RU: "ЭЛ № ФС77-00000 <16+>", EN: "Registered."}

    feed = feeds(make_article(), statements=statements)["feeds/en/all"]

    assert feed.statement == "ЭЛ № ФС77-00000 <16+> Registered."
    assert feed.entries[0].content.endswith(
        '<p lang="ru"><small>ЭЛ № ФС77-00000 &lt;16+&gt;</small></p>\n'
        '<p lang="en"><small>Registered.</small></p>\n<p><small>16+</small></p>'
    )


@pytest.mark.parametrize(
    ("overrides", "policy"),
    [
        pytest.param({}, FeedPolicy(full=False, visible_legal_line=False), id="by policy"),
        pytest.param({"rights": Rights.QUOTE, "image": make_image()}, SHORT, id="quoted"),
        pytest.param({"body": " "}, SHORT, id="no body"),
    ],
)
def test_content_is_the_summary(overrides: dict[str, Any], policy: FeedPolicy) -> None:
    made = entry(make_article(summary="Dawn & <dusk>", **overrides), policy=policy)

    assert made.content == "<p>Dawn &amp; &lt;dusk&gt;</p>"
    assert (made.image, made.image_url) == (None, None)


def test_an_article_without_any_text_is_its_headline() -> None:
    assert entry(make_article(summary="", body=""), policy=SHORT).content == ""


def test_a_correction_stands_on_top_then_the_picture_the_text_and_whose_it_is() -> None:
    article = make_article(
        correction="It opened on {Sunday} & not before.", image=make_image(), credit="The <Wire>"
    )

    assert entry(article, policy=SHORT).content.split("\n") == [
        "<p><strong>[en] Correction: It opened on {Sunday} &amp; not before.</strong></p>",
        FIGURE,
        BODY,
        "<p><cite>The &lt;Wire&gt;</cite></p>",
    ]


def test_a_picture_without_caption_shows_its_credit_alone() -> None:
    content = entry(make_article(image=make_image(caption="")), policy=SHORT).content

    assert "<figcaption><small>Vera Lindqvist</small></figcaption>" in content


def test_an_uncredited_picture_is_not_printed() -> None:
    made = entry(make_article(image=make_image(credit=None)), policy=SHORT)

    assert (made.content, made.image) == (BODY, None)


def test_a_picture_the_body_shows_already_is_not_printed_twice() -> None:
    body = '<p><img src="/media/0123456789abcdef.png" alt=""></p>'

    content = entry(make_article(body=body, image=make_image()), policy=SHORT).content

    assert content == (
        '<p><img src="https://embankment.test/media/0123456789abcdef.png" alt=""></p>'
    )


def test_advertising_is_in_no_feed() -> None:
    """It goes by mail, to those who agreed to it."""
    offer = make_article(sponsored=Sponsor(advertiser="A Shop", erid="2VtzqABCDEF"))

    assert {len(feed.entries) for feed in feeds(offer).values()} == {0}
    assert feeds(replace(offer, sponsored=None))["feeds/en/all"].entries


def test_a_name_of_the_newsrooms_lists_is_never_told_without_its_label() -> None:
    """Rule L14, in feeds too."""
    names = LabelList(
        id="agents",
        names=(LabelledName(name="Иван Речной", forms=("Ивана Речного",)),),
        note={RU: "{name} внесён в реестр.", EN: "{name} is on the register."},
        checked=NOON.date(),
    )
    told = make_article(title="A word of Ивана Речного")
    feed = build_feeds(
        make_newsroom(labels={"agents": names}),
        {EN: [told], RU: []},
        [told],
        profile=make_profile(labels=("agents",)),
        words={EN: Echo(EN), RU: Echo(RU)},
        now=NOON,
    )[0]

    assert "Иван Речной is on the register." in feed.entries[0].content
