"""What editors get wrong: each ends in one Problem with file, line, key and words."""

from pathlib import Path

import pytest

from tests.support.config import NEWSROOM, places_of, refusals, said

FILE = "config/newsroom.toml"


def _changed(old: str, new: str) -> tuple[str, int]:
    """The newsroom with one line changed, and the number of that line."""
    lines = NEWSROOM.splitlines()
    [at] = [at for at, line in enumerate(lines) if line == old]
    lines[at] = new
    return "\n".join(lines) + "\n", at + 1


ZONE = 'timezone = "Europe/Moscow"'
BASE = 'base_url = "https://embankment.test"'
MAIL = (
    'from = { en = "The Embankment <digest@embankment.test>", '
    'ru = "Набережная <digest@embankment.test>" }'
)
SEND = 'send = "every working day at 08:00"'
REGISTRATION = NEWSROOM.splitlines()[-4]
CASES = [
    # --- site
    ("name", 'name = { en = "The Embankment", ru = "Набережная" }', 'name = "Embankment"', "site.name", "A table is needed here"),
    ("name-one", 'name = { en = "The Embankment", ru = "Набережная" }', 'name = { en = "E" }', "site.name", "missing in these languages: ru"),
    ("name-third", 'name = { en = "The Embankment", ru = "Набережная" }', 'name = { en = "E", ru = "Н", de = "D" }', "site.name.de", "“de” is not a language"),
    ("name-empty", 'name = { en = "The Embankment", ru = "Набережная" }', 'name = { en = "", ru = "Н" }', "site.name.en", "The text is empty"),
    ("base-slash", BASE, 'base_url = "https://embankment.test/"', "site.base_url", "without a slash"),
    ("base-none", BASE, 'base_url = "embankment.test"', "site.base_url", "is not a web address"),
    ("base-port", BASE, 'base_url = "https://embankment.test:99999"', "site.base_url", "is not a web address"),
    ("base-password", BASE, 'base_url = "https://a:b@embankment.test"', "site.base_url", "is not a web address"),
    ("base-number", BASE, "base_url = 5", "site.base_url", "A text is needed here, not 5"),
    ("zone", ZONE, 'timezone = "Europe/Moskow"', "site.timezone", "Did you mean “Europe/Moscow”?"),
    ("zone-city", ZONE, 'timezone = "moscow"', "site.timezone", "Did you mean “Europe/Moscow”?"),
    ("zone-none", ZONE, 'timezone = "xyzzyx"', "site.timezone", "Write a name of the tz database"),
    ("zone-path", ZONE, 'timezone = "../Moscow"', "site.timezone", "There is no time zone"),
    ("zone-local", ZONE, 'timezone = "localtime"', "site.timezone", "There is no time zone"),
    ("zone-unset", ZONE, 'timezone = "Factory"', "site.timezone", "There is no time zone"),
    ("zone-number", ZONE, "timezone = 3", "site.timezone", "3 is not a time zone"),
    ("unknown", ZONE, 'timezon = "Europe/Moscow"', "site.timezon", "Did you mean “timezone”?"),
    ("authority", 'feed_authority = "embankment.test,2026"', 'feed_authority = "embankment.test"', "site.feed_authority", "cannot stand in the ids"),
    # --- mail
    ("from-none", MAIL, 'from = { en = "The Embankment", ru = "a@b.test" }', "mail.from.en", "is not an e-mail address"),
    ("from-inject", MAIL, 'from = { en = "a@b.test\\r\\nBcc: c@d.test", ru = "a@b.test" }', "mail.from.en", "is not an e-mail address"),
    ("from-comma", MAIL, 'from = { en = "A, B <a@b.test>", ru = "a@b.test" }', "mail.from.en", "needs quotes"),
    ("from-cyrillic", MAIL, 'from = { en = "я@b.test", ru = "a@b.test" }', "mail.from.en", "is not an e-mail address"),
    # --- sections
    ("title", 'world.title = { en = "World", ru = "Мир" }', 'world.title = { ru = "Мир" }', "sections.world.title", "missing in these languages: en"),
    ("label", 'world.title = { en = "World", ru = "Мир" }', 'world = { title = { en = "W", ru = "М" }, label = "yes" }', "sections.world.label", "A yes or no is needed here"),
    # --- sources
    ("kind-page-links", 'every = "5m"', 'links = "a["', "sources.site-en.links", "is not a CSS selector"),
    ("links-foreign", 'every = "5m"', 'links = "a"', "sources.site-en.links", "has no “links”"),
    ("allow-private", 'every = "5m"', 'allow_private = "yes"', "sources.site-en.allow_private", "A yes or no is needed here"),
    ("kind-none", 'kind = "feed"', 'kind = "feeds"', "sources.site-en.kind", "Did you mean “feed”?"),
    ("url", 'url = "https://embankment.test/rss/en.xml"', 'url = "ftp://embankment.test/"', "sources.site-en.url", "begins with http"),
    ("source-language", 'language = "en"', 'language = "de"', "sources.site-en.language", "“de” is not a language"),
    ("every", 'every = "5m"', 'every = "5 minutes"', "sources.site-en.every", "is not a span of time"),
    ("every-0", 'every = "5m"', 'every = "0m"', "sources.site-en.every", "too short or too long"),
    ("every-years", 'every = "5m"', 'every = "999999d"', "sources.site-en.every", "too short or too long"),
    ("age", "age = 16", "age = 17", "sources.site-en.age", "17 is not an age mark"),
    ("age-text", "age = 16", 'age = "16"', "sources.site-en.age", "is not an age mark"),
    ("category", 'section."City life" = "moscow"', 'section."City life" = "moscw"', 'sources.site-en.section."City life"', "Did you mean “moscow”?"),
    ("otherwise", 'otherwise = "hold"', 'otherwise = "held"', "sources.site-en.otherwise", "Did you mean “hold”?"),
    ("path", 'path = "content"', 'url = "https://embankment.test/"', "sources.stories.url", "has no “url”"),
    # --- calendars
    ("off", 'off = ["2027-01-01..2027-01-10"]', 'off = ["2027-01-10..2027-01-01"]', "calendars.ru.off", "ends before it begins"),
    ("off-none", 'off = ["2027-01-01..2027-01-10"]', 'off = ["2027-02-30"]', "calendars.ru.off", "is not a day"),
    ("off-ics", 'off = ["2027-01-01..2027-01-10"]', 'off = ["holidays.ics"]', "calendars.ru.off", "not part of this version"),
    ("ics", 'off = ["2027-01-01..2027-01-10"]', 'ics = "holidays.ics"', "calendars.ru.ics", "not part of this version"),
    ("working", 'working = ["2027-02-20"]', 'working = ["2027-01-04"]', "calendars.ru.working", "2027-01-04 is off and working"),
    # --- editions
    ("edition-name", "[editions.morning]", "[editions.Morning]", "editions.Morning", "cannot be a name"),
    ("edition-long", "[editions.morning]", f"[editions.{'m' * 65}]", f"editions.{'m' * 65}", "too long: 65 letters"),
    ("edition-section", 'sections = ["moscow", "world"]', 'sections = ["moscow", "wrld"]', "editions.morning.sections", "Did you mean “world”?"),
    ("edition-twice", 'sections = ["moscow", "world"]', 'sections = ["moscow", "moscow"]', "editions.morning.sections", "stands here twice"),
    ("send", SEND, 'send = "every thursdy at 08:00"', "editions.morning.send", "not understood at “thursdy”"),
    ("send-cron", SEND, 'send = { cron = "0 8 * * mon-fri 1" }', "editions.morning.send", "is not a cron"),
    ("send-table", SEND, 'send = { corn = "0 8 * * *" }', "editions.morning.send", "is not a schedule"),
    ("calendar", 'calendar = "ru"', 'calendar = "rus"', "editions.morning.calendar", "There is no calendar “rus”"),
    ("limit", 'fallback_limit = "40%"', "fallback_limit = 0.4", "editions.morning.fallback_limit", "0.4 is not a share"),
    ("limit-high", 'fallback_limit = "40%"', 'fallback_limit = "140%"', "editions.morning.fallback_limit", "is not a share"),
    ("items", "items = { min = 3, max = 24 }", "items = { min = 30, max = 24 }", "editions.morning.items.max", "At most 24 stories, but at least 30"),
    ("items-bool", "items = { min = 3, max = 24 }", "items = { min = true }", "editions.morning.items.min", "A whole number is needed here, not true"),
    ("items-0", "items = { min = 3, max = 24 }", "items = { max = 0 }", "editions.morning.items.max", "0 is too small"),
    ("like", 'like = "morning"', 'like = "mornings"', "editions.weekly.like", "Did you mean “morning”?"),
    ("like-self", 'like = "morning"', 'like = "weekly"', "editions.weekly.like", "round in a circle: weekly → weekly"),
    ("holiday", 'on_holiday = "day before"', 'on_holiday = "before"', "editions.weekly.on_holiday", "Did you mean “day before”?"),
    ("profile", 'legal = "main"', 'legal = { en = "main", ru = "mane" }', "editions.morning.legal.ru", "Did you mean “main”?"),
    ("profile-half", 'legal = "main"', 'legal = { en = "main" }', "editions.morning.legal", "missing in these languages: ru"),
    # --- legal
    ("from", "from = 2026-02-01", 'from = "2026-02-01"', "legal.main.from", "A day is needed here"),
    ("from-hour", "from = 2026-02-01", "from = 2026-02-01T00:00:00Z", "legal.main.from", "A day is needed here"),
    ("ruleset", 'ruleset = "ru-network-2018"', 'ruleset = "ru-network-2019"', "legal.main.ruleset", "Did you mean “ru-network-2018”?"),
    ("mark", 'age = { mark = 16, unrated = "hold" }', 'age = { mark = 16, unrated = "held" }', "legal.main.age.unrated", "or “hold” with them"),
    ("statement", 'statement.ru = "Сетевое издание «The Embankment». 16+"', 'statement.ru = " Сетевое издание"', "legal.main.statement.ru", "begins or ends with a space"),
    ("copyright", 'copyright = { en = "© {year} The Embankment", ru = "© {year} Набережная" }', 'copyright = { en = "© {yer}" }', "legal.main.copyright.en", "“{yer}”"),
    ("form", REGISTRATION, REGISTRATION.replace("network_publication", "network_publicaton"), "legal.main.registration.form", "Did you mean “network_publication”?"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "key", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_one_wrong_line_is_one_problem_with_its_place(
    tmp_path: Path, old: str, new: str, key: str, words: str
) -> None:
    text, line = _changed(old, new)

    problems = refusals(tmp_path, {"newsroom.toml": text})

    assert (FILE, line, key) in places_of(problems)
    [problem] = [one for one in problems if one.place.line == line]
    assert words in said(problem)
    assert problem.remedy


SYSTEM = [
    ("[storage]\nurl = 'mysql://x/y'\n", 2, "storage.url", "is not the address of a database"),
    ("[storage]\nurl = 'sqlite:///:memory:'\n", 2, "storage.url", "is not the address of a data"),
    ("[web]\nlisten = '127.0.0.1'\n", 2, "web.listen", "is not an address to listen on"),
    ("[web]\nlisten = 8080\n", 2, "web.listen", "is not an address to listen on"),
    ("[web]\nrepeat = 'hourly'\n", 2, "web.repeat", "is not a span of time"),
    ("[web]\nproxies = ['nginx']\n", 2, "web.proxies", "is neither an address nor a network"),
    ("[web]\nproxies = ['10.0.0.1/8']\n", 2, "web.proxies", "is neither an address nor a"),
    ("[smtp.relays.main]\nport = 70000\n", 2, "smtp.relays.main.port", "70000 is too large"),
    ("[smtp.relays.main]\nsecurity = 'ssl'\n", 2, "smtp.relays.main.security", "Known here: none"),
    ("[smtp.relays.main]\nrate = 14\n", 2, "smtp.relays.main.rate", "14 is not a rate"),
    ("[smtp.relays.main]\nrate = '0/day'\n", 2, "smtp.relays.main.rate", "is not a rate"),
    ("[smtp.relays.main]\nrate = ['1/day', 'x']\n", 2, "smtp.relays.main.rate", "is not a rate"),
    ("[smtp.groups.x]\ndomains = ['a b']\n", 2, "smtp.groups.x.domains", "name of a host"),
    (
        "[smtp.relays.main]\nwarm_up = { from = 2026-11-20, days = [] }\n",
        2,
        "smtp.relays.main.warm_up.days",
        "At least one is needed",
    ),
    ("[smtp.relays.main]\nhost = 'a b'\n", 2, "smtp.relays.main.host", "is not the name of a host"),
    (
        "[smtp.relays.main]\npassword = 'x'\n",
        2,
        "smtp.relays.main.password",
        "into the environment",
    ),
    ("[smtp.relays.main]\nlogin = 'ntlm'\n", 2, "smtp.relays.main.login", "plain, login, cram-md5"),
    ("[smtp.relays.main]\nca_file = 'no.pem'\n", 2, "smtp.relays.main.ca_file", "There is no file"),
    ("[feeds]\ncontent = 'all'\n", 2, "feeds.content", "Known here: full, summary"),
    ("[feeds]\nitems = 0\n", 2, "feeds.items", "0 is too small"),
    ("[feeds]\nlegal = 'mane'\n", 2, "feeds.legal", "There is no legal profile “mane”"),
    ("[smtp.bounces]\nintake = 'maildir:x'\n", 1, "smtp.bounces.domain", "“domain” is missing"),
    *(
        (
            f"[smtp.bounces]\ndomain = 'b.test'\nintake = '{intake}'\n",
            3,
            "smtp.bounces.intake",
            words,
        )
        for intake, words in (
            ("var/bounces", "is not a place bounces come in"),
            ("maildir:", "is not a place bounces come in"),
            ("lmtp://127.0.0.1", "is not a place bounces come in"),
            ("pop3://b@mail.test", "is not a place bounces come in"),
            ("imaps://mail.test", "is not a place bounces come in"),
            ("imap://b@mail.test", "would cross the network in the clear"),
            ("imaps://b:secret@mail.test", "A password stands in"),
        )
    ),
    ("smtp = 5\n", 1, "smtp", "A table is needed here, not 5"),
    ("[[sections]]\n", 1, "sections", "once more here"),
]


@pytest.mark.parametrize(("text", "line", "key", "words"), SYSTEM, ids=[s[2] for s in SYSTEM])
def test_the_machines_half_is_checked_too(
    tmp_path: Path, text: str, line: int, key: str, words: str
) -> None:
    problems = refusals(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": text})

    assert places_of(problems) == [("config/system.toml", line, key)]
    assert words in said(problems[0])


def test_everything_wrong_is_said_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = (
        NEWSROOM.replace("Europe/Moscow", "Europe/Moskow")
        .replace('every = "5m"', 'evry = "5m"')
        .replace('"every friday at 17:00"', '"every fryday at 17:00"')
        .replace("mark = 16", "mark = 15")
    )

    assert [key for _, _, key in places_of(refusals(tmp_path, {"newsroom.toml": text}))] == [
        "site.timezone",
        "sources.site-en.evry",
        "editions.weekly.send",
        "legal.main.age.mark",
    ]


def test_what_an_edition_inherits_is_wrong_once_and_where_it_is_written(tmp_path: Path) -> None:
    text, line = _changed('late = "3h"', 'late = "3 hours"')

    assert places_of(refusals(tmp_path, {"newsroom.toml": text})) == [
        (FILE, line, "editions.morning.late")
    ]


def test_a_circle_of_editions_is_one_problem(tmp_path: Path) -> None:
    text = NEWSROOM.replace("[editions.morning]", '[editions.morning]\nlike = "weekly"')

    [problem] = refusals(tmp_path, {"newsroom.toml": text})

    assert "morning → weekly → morning" in said(problem)


def test_a_schedule_that_never_fires_is_refused(tmp_path: Path) -> None:
    off = 'off = ["2026-01-01..2026-12-31", "2027-01-01..2027-12-31", "2028-01-01..2028-12-31"'
    more = ', "2029-01-01..2029-12-31", "2030-01-01..2030-12-31", "2031-01-01..2031-12-31"]'
    text = NEWSROOM.replace('off = ["2027-01-01..2027-01-10"]', off + more)
    text = text.replace('working = ["2027-02-20"]\n', "")

    problems = refusals(tmp_path, {"newsroom.toml": text})

    assert ("editions.morning.send", True) in [
        (one.place.key, "never fires" in said(one)) for one in problems
    ]


def test_a_missing_key_is_told_at_the_head_of_its_table(tmp_path: Path) -> None:
    lines = NEWSROOM.splitlines()
    head = lines.index("[editions.morning]") + 1
    text = NEWSROOM.replace('title = { en = "Morning Briefing", ru = "Утренний выпуск" }\n', "")

    [problem] = refusals(tmp_path, {"newsroom.toml": text})

    assert places_of([problem]) == [(FILE, head, "editions.morning.title")]
    assert "The key “title” is missing." in said(problem)


def test_an_empty_file_misses_the_tables_that_must_be(tmp_path: Path) -> None:
    problems = refusals(tmp_path, {"newsroom.toml": ""})

    assert [one.place.key for one in problems] == ["site", "mail", "sections", "legal"]


def test_a_feed_without_language_and_a_folder_without_path_are_told(tmp_path: Path) -> None:
    text = NEWSROOM.replace('language = "en"\n', "").replace('path = "content"\n', "")

    assert [one.place.key for one in refusals(tmp_path, {"newsroom.toml": text})] == [
        "sources.site-en.language",
        "sources.stories.path",
    ]


def test_a_name_that_stands_in_addresses_must_be_plain(tmp_path: Path) -> None:
    text = NEWSROOM.replace("world.title", '"the world".title')

    keys = [one.place.key for one in refusals(tmp_path, {"newsroom.toml": text})]

    assert 'sections."the world"' in keys


def test_two_versions_of_a_profile_begin_on_different_days(tmp_path: Path) -> None:
    profile = NEWSROOM[NEWSROOM.index("[[legal.main]]") :]

    [problem] = refusals(tmp_path, {"newsroom.toml": NEWSROOM + profile})

    assert "Two versions of this legal profile begin on 2026-02-01" in said(problem)
    assert problem.place.key == "legal.main"


def test_a_mistake_in_the_second_version_has_the_second_line(tmp_path: Path) -> None:
    profile = NEWSROOM[NEWSROOM.index("[[legal.main]]") :].replace("2026-02-01", "2026-03-01")
    broken = profile.replace("ru-network-2018", "ru")
    line = len(NEWSROOM.splitlines()) + 3

    assert places_of(refusals(tmp_path, {"newsroom.toml": NEWSROOM + broken})) == [
        (FILE, line, "legal.main.ruleset")
    ]
