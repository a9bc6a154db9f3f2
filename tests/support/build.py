"""Valid nouns by default; override the one thing a test is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from publisher.model.articles import Article, Image
from publisher.model.bounces import Bounce, Kind, Reason, Returned
from publisher.model.deliveries import Delivery, DeliveryStatus
from publisher.model.digests import Digest, Mail
from publisher.model.editions import Edition, Schedule, Window
from publisher.model.issues import Issue, IssueStatus, Item
from publisher.model.legal import LegalProfile, Registration
from publisher.model.names import (
    ArticleId,
    DeliveryId,
    DigestId,
    EditionId,
    IssueId,
    Language,
    SectionId,
    SourceId,
    StoryKey,
    SubscriberId,
)
from publisher.model.newsroom import MailIdentity, Newsroom, Section, Site
from publisher.model.people import Applicant, Consent
from publisher.model.sources import Entry, Rights, Source, SourceKind

MOSCOW = ZoneInfo("Europe/Moscow")
DUE = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # Monday 08:00 in Moscow
NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EN, RU = Language("en"), Language("ru")
STATEMENT = (
    "Сетевое издание «The Embankment» зарегистрировано Федеральной службой по надзору в сфере "
    "связи, информационных технологий и массовых коммуникаций 20 января 2026 г. "
    "Регистрационный номер ЭЛ № ФС77-00000. 16+"
)


def _build(noun: Any, overrides: dict[str, Any]) -> Any:
    return replace(noun, **overrides)


def make_site(**overrides: Any) -> Site:
    site = Site(
        name={EN: "The Embankment", RU: "The Embankment"},
        base_url="https://embankment.test",
        languages=(EN, RU),
        zone=MOSCOW,
        feed_authority="embankment.test,2026",
        privacy={EN: "https://embankment.test/privacy", RU: "https://embankment.test/ru/privacy"},
        follow=("https://t.me/embankment",),
        about={EN: "https://embankment.test/about", RU: "https://embankment.test/ru/about"},
        feeds={EN: "https://embankment.test/feeds", RU: "https://embankment.test/ru/feeds"},
        print={EN: "https://embankment.test/print", RU: "https://embankment.test/ru/print"},
    )
    return _build(site, overrides)  # type: ignore[no-any-return]


def make_sections() -> tuple[Section, ...]:
    titles = {
        "russia": ("Russia", "Россия"),
        "world": ("World", "Мир"),
        "moscow": ("Moscow", "Москва"),
        "business": ("Business", "Бизнес"),
        "opinion": ("Opinion", "Мнения"),
        "meanwhile": ("Meanwhile…", "Тем временем…"),
        "city-guide": ("City Guide", "Афиша и гид"),
    }
    return tuple(
        Section(
            id=SectionId(key),
            title={EN: english, RU: russian},
            label=key == "opinion",
            listing=key == "city-guide",
        )
        for key, (english, russian) in titles.items()
    )


def make_identity(**overrides: Any) -> MailIdentity:
    sender = "The Embankment <digest@embankment.test>"
    identity = MailIdentity(sender={EN: sender, RU: sender}, reply_to="editors@embankment.test")
    return _build(identity, overrides)  # type: ignore[no-any-return]


def make_source(**overrides: Any) -> Source:
    source = Source(
        id=SourceId("site-en"),
        kind=SourceKind.FEED,
        language=EN,
        zone=MOSCOW,
        rights=Rights.OWN,
        url="https://embankment.test/rss/en.xml",
        credit={},
        age=16,
        sections={"City life": SectionId("moscow")},
        otherwise=SectionId("meanwhile"),
    )
    return _build(source, overrides)  # type: ignore[no-any-return]


def make_entry(**overrides: Any) -> Entry:
    entry = Entry(
        key="bridge",
        language=EN,
        title="A bridge opens over the river",
        summary="The first walkers crossed at dawn.",
        body="<p>The first walkers crossed at dawn.</p>",
        url="https://embankment.test/news/bridge",
        section="moscow",
        published_at=DUE - timedelta(hours=5),
        authors=("Anna Orlova",),
    )
    return _build(entry, overrides)  # type: ignore[no-any-return]


def make_image(**overrides: Any) -> Image:
    image = Image(
        file="0123456789abcdef.png",
        media_type="image/png",
        width=1200,
        height=800,
        size=90_000,
        alt="A bridge at dawn",
        caption="The new bridge",
        credit="Vera Lindqvist",
    )
    return _build(image, overrides)  # type: ignore[no-any-return]


def make_article(**overrides: Any) -> Article:
    """An English article on a bridge; `story` or `language` overrides give it a fitting id."""
    story = overrides.get("story", StoryKey("bridge"))
    language = overrides.get("language", EN)
    article = Article(
        id=ArticleId(f"{story}-{language}"),
        source=SourceId("site-en"),
        key=f"{story}-{language}",
        story=story,
        language=language,
        section=SectionId("moscow"),
        url=f"https://embankment.test/{language}/{story}",
        title="A bridge opens over the river",
        summary="The first walkers crossed at dawn.",
        body="<p>The first walkers crossed at dawn.</p>",
        authors=("Anna Orlova",),
        published_at=DUE - timedelta(hours=5),
        updated_at=None,
        collected_at=DUE - timedelta(hours=4),
        available_at=DUE - timedelta(hours=4),
        age=16,
        rights=Rights.OWN,
        credit=None,
        image=None,
        related=(),
        correction=None,
        breaking=False,
        version=1,
        fingerprint="0" * 64,
    )
    return _build(article, overrides)  # type: ignore[no-any-return]


def make_schedule(**overrides: Any) -> Schedule:
    schedule = Schedule(
        words="every working day at 08:00",
        crons=("0 8 * * *",),
        zone=MOSCOW,
        working_days=True,
    )
    return _build(schedule, overrides)  # type: ignore[no-any-return]


def make_edition(**overrides: Any) -> Edition:
    edition = Edition(
        id=EditionId("morning"),
        title={EN: "Morning Briefing", RU: "Утренний выпуск"},
        languages=(EN, RU),
        sections=tuple(section.id for section in make_sections()),
        schedule=make_schedule(),
        legal={EN: "main", RU: "main"},
    )
    return _build(edition, overrides)  # type: ignore[no-any-return]


def make_issue(**overrides: Any) -> Issue:
    """A draft of 23 November 2026 with one paired story."""
    items = (
        Item(
            story=StoryKey("bridge"),
            section=SectionId("moscow"),
            versions=(make_article(), make_article(language=RU, title="Над рекой открыли мост")),
        ),
    )
    issue = Issue(
        id=IssueId("morning-20261123-0800"),
        edition=EditionId("morning"),
        number=1,
        status=IssueStatus.DRAFT,
        window=Window(start=DUE - timedelta(days=3), end=DUE),
        due_at=DUE,
        items=items,
        lead=StoryKey("bridge"),
        age=16,
        composed_at=DUE,
        profiles={EN: "0" * 64, RU: "0" * 64},
    )
    return _build(issue, overrides)  # type: ignore[no-any-return]


def make_digest(**overrides: Any) -> Digest:
    issue = overrides.get("issue", IssueId("morning-20261123-0800"))
    language = overrides.get("language", EN)
    digest = Digest(
        id=DigestId(f"{issue}/{language}/all"),
        issue=issue,
        language=language,
        variant="all",
        subject="A bridge opens over the river",
        sender="The Embankment <digest@embankment.test>",
        html="<p>{{slot:leave}}</p>",
        text="{{slot:leave}}",
        compiled=b"To: \x00address\x00\r\nMessage-ID: <\x00message-id\x00>\r\n\r\n\x00leave\x00\r\n",
    )
    return _build(digest, overrides)  # type: ignore[no-any-return]


def make_consent(**overrides: Any) -> Consent:
    consent = Consent(
        text="Send me the Morning Briefing.",
        at=datetime(2026, 2, 1, 9, 0, tzinfo=UTC),
        source="web form",
        language=EN,
    )
    return _build(consent, overrides)  # type: ignore[no-any-return]


def make_applicant(**overrides: Any) -> Applicant:
    applicant = Applicant(
        email="anna@readers.test",
        language=EN,
        editions=(EditionId("morning"),),
        name="Anna",
        consent=make_consent(),
    )
    return _build(applicant, overrides)  # type: ignore[no-any-return]


def make_delivery(**overrides: Any) -> Delivery:
    delivery = Delivery(
        id=DeliveryId(1),
        issue=IssueId("morning-20261123-0800"),
        subscriber=SubscriberId(1),
        address="anna@readers.test",
        language=EN,
        status=DeliveryStatus.SENDING,
        due_at=DUE,
        next_try_at=DUE,
        tries=0,
        digest=DigestId("morning-20261123-0800/en/all"),
        message_id="m1@embankment.test",
    )
    return _build(delivery, overrides)  # type: ignore[no-any-return]


def make_returned(**overrides: Any) -> Returned:
    returned = Returned(
        delivery=DeliveryId(1),
        issue=IssueId("morning-20261123-0800"),
        edition=EditionId("morning"),
        subscriber=SubscriberId(1),
        address="anna@readers.test",
        message_id="m1@embankment.test",
    )
    return _build(returned, overrides)  # type: ignore[no-any-return]


def make_bounce(**overrides: Any) -> Bounce:
    """A full mailbox."""
    bounce = Bounce(
        at=NOON,
        kind=Kind.BOUNCE,
        reason=Reason.MAILBOX_FULL,
        status="5.2.2",
        text="552 5.2.2 Mailbox full",
        recipient="anna@readers.test",
    )
    return _build(bounce, overrides)  # type: ignore[no-any-return]


def make_mail(**overrides: Any) -> Mail:
    mail = Mail(
        delivery=DeliveryId(1),
        envelope_from="digest@embankment.test",
        recipient="anna@readers.test",
        message_id="m1@embankment.test",
        chunks=(b"Subject: A bridge\r\n\r\n", b"The first walkers.\r\n"),
    )
    return _build(mail, overrides)  # type: ignore[no-any-return]


def make_item(article: Article | None = None, **overrides: Any) -> Item:
    """An item of one article, in its own section."""
    article = article or make_article()
    item = Item(
        story=article.story, section=article.section or SectionId("moscow"), versions=(article,)
    )
    return _build(item, overrides)  # type: ignore[no-any-return]


def make_profile(**overrides: Any) -> LegalProfile:
    profile = LegalProfile(
        id="main",
        valid_from=date(2026, 2, 1),
        review_by=date(2027, 2, 1),
        approved_by="Counsel",
        approved_on=date(2026, 1, 28),
        ruleset="ru-network-2018",
        registered_name="The Embankment",
        registration=Registration(
            number="ЭЛ № ФС77-00000",
            date=date(2026, 1, 20),
            authority="Роскомнадзор",
            form="network_publication",
        ),
        founders=("ООО «Набережная»",),
        editor_in_chief="Соколова А. П.",
        email="editors@embankment.test",
        phone="+7 495 000-00-00",
        postal="119072, Москва, Набережная ул., 1",
        age=16,
        unrated=None,
        statements={RU: STATEMENT},
        copyright={EN: "© {year} The Embankment", RU: "© {year} The Embankment"},
        sample=True,
        version="0" * 64,
    )
    return _build(profile, overrides)  # type: ignore[no-any-return]


def make_newsroom(**overrides: Any) -> Newsroom:
    edition, source, profile = make_edition(), make_source(), make_profile()
    newsroom = Newsroom(
        site=make_site(),
        identity=make_identity(),
        sections=make_sections(),
        sources={source.id: source},
        editions={edition.id: edition},
        profiles={profile.id: (profile,)},
    )
    return _build(newsroom, overrides)  # type: ignore[no-any-return]
