import re
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from publisher.errors import Misconfigured
from publisher.model.dkim import Algorithm
from publisher.model.editions import OnHoliday
from publisher.model.inboxes import Inbox, Mailbox, Maildir, Socket
from publisher.model.names import EditionId, SourceId
from publisher.model.problems import Problem, Severity
from publisher.model.rates import Hours, Rate, WarmUp, groups_of
from publisher.model.relays import LogIn, Security
from publisher.model.sources import Rights, SourceKind
from publisher.settings.build import version_of
from publisher.settings.load import fingerprint, load
from tests.support.build import EN, MOSCOW, RU
from tests.support.config import (
    NEWSROOM,
    NOW,
    lay_config,
    places_of,
    refusals,
    said,
    settings_from,
)

# --- what comes out -----------------------------------------------------------------------------


def test_newsroom_toml_alone_is_enough(tmp_path: Path) -> None:
    settings = settings_from(tmp_path)

    assert settings.root == tmp_path.resolve()
    assert settings.storage_url == f"sqlite:///{tmp_path.resolve()}/var/publisher.db"
    assert settings.listen == ("127.0.0.1", 8080)
    assert settings.keys_file == tmp_path.resolve() / "var/secret.key"
    assert settings.public == tmp_path.resolve() / "public"
    assert settings.envelope_from == "digest@embankment.test"
    assert settings.secret_keys is None
    assert settings.notes == ()
    assert (settings.relay.name, settings.relay.host, settings.relay.port) == (
        "main",
        "127.0.0.1",
        25,
    )


def test_the_site_is_as_written(tmp_path: Path) -> None:
    links = 'links.privacy = { en = "/privacy", ru = "https://a.test/ru" }\nlinks.follow = ["/f"]\n'
    text = NEWSROOM.replace("[mail]\n", f"{links}[mail]\n")
    site = settings_from(tmp_path, {"newsroom.toml": text}).newsroom.site

    assert site.languages == (EN, RU)
    assert site.zone == MOSCOW
    assert site.privacy == {EN: "https://embankment.test/privacy", RU: "https://a.test/ru"}
    assert site.follow == ("https://embankment.test/f",)


def test_sections_keep_the_order_of_config(tmp_path: Path) -> None:
    sections = settings_from(tmp_path).newsroom.sections

    assert [section.id for section in sections] == ["moscow", "world"]
    assert sections[0].title == {EN: "Moscow", RU: "Москва"}


def test_a_feed_and_a_folder_become_sources(tmp_path: Path) -> None:
    sources = settings_from(tmp_path).newsroom.sources
    feed, folder = sources[SourceId("site-en")], sources[SourceId("stories")]

    assert (feed.kind, feed.language, feed.rights) == (SourceKind.FEED, EN, Rights.OWN)
    assert feed.every == timedelta(minutes=5)
    assert feed.sections == {"City life": "moscow"}
    assert feed.otherwise is None
    assert (folder.kind, folder.language) == (SourceKind.FOLDER, None)
    assert folder.path == str(tmp_path.resolve() / "content")
    assert folder.zone == MOSCOW


def test_an_edition_takes_what_it_leaves_out_from_the_one_it_is_like(tmp_path: Path) -> None:
    editions = settings_from(tmp_path).newsroom.editions
    morning, weekly = editions[EditionId("morning")], editions[EditionId("weekly")]

    assert weekly.title[EN] == "The Week"
    assert weekly.sections == morning.sections
    assert weekly.limits == replace(morning.limits, min=5)
    assert weekly.schedule.crons == ("0 17 * * 5",)
    assert weekly.schedule.calendar == morning.schedule.calendar
    assert (weekly.schedule.on_holiday, morning.schedule.on_holiday) == (OnHoliday.DAY_BEFORE, None)
    assert date(2027, 1, 10) in morning.schedule.calendar.off
    assert morning.legal == {EN: "main", RU: "main"}
    assert morning.fallback_limit == 0.4


def test_what_both_leave_out_is_as_the_noun_says(tmp_path: Path) -> None:
    text = NEWSROOM.replace('late = "3h"\n', "")
    morning = settings_from(tmp_path, {"newsroom.toml": text}).newsroom.editions[
        EditionId("morning")
    ]

    assert morning.late == timedelta(hours=3)
    assert morning.draft == timedelta(0)


def test_an_edition_may_be_in_fewer_languages(tmp_path: Path) -> None:
    text = NEWSROOM.replace('calendar = "ru"', 'calendar = "ru"\nlanguages = ["ru"]')
    morning = settings_from(tmp_path, {"newsroom.toml": text}).newsroom.editions[
        EditionId("morning")
    ]

    assert morning.languages == (RU,)
    assert morning.legal == {RU: "main"}


def test_a_profile_is_complete_and_knows_its_version(tmp_path: Path) -> None:
    [profile] = settings_from(tmp_path).newsroom.profiles["main"]

    assert profile.valid_from == date(2026, 2, 1)
    assert profile.registration is not None
    assert profile.registration.date == date(2026, 1, 20)
    assert (profile.age, profile.unrated) == (16, None)
    assert profile.approved_by == ""
    assert len(profile.version) == 64


def test_a_profile_may_follow_several_rulesets_and_name_who_is_behind_it(tmp_path: Path) -> None:
    text = NEWSROOM.replace(
        'ruleset = "ru-network-2018"',
        'ruleset = ["ru-network-2018", "abroad"]\ncountries = ["DE", "US"]\n'
        'owner = "Embankment Media B.V."\nresponsible = "Anna Orlova, Amsterdam"',
    )
    [profile] = settings_from(tmp_path, {"newsroom.toml": text}).newsroom.profiles["main"]

    assert (profile.ruleset, profile.also) == ("ru-network-2018", ("abroad",))
    assert profile.countries == ("DE", "US")
    assert profile.owner == "Embankment Media B.V."
    assert profile.responsible == "Anna Orlova, Amsterdam"


LABELS = """
[labels.agents]
note = { ru = "{name} в списке редакции.", en = "{name} is on the newsroom's list." }
checked = 2026-11-20
max_age = "7d"
names."Иван Петров" = ["Ивана Петрова", "Ivan Petrov"]
"""


def test_lists_of_names_are_the_newsrooms_own(tmp_path: Path) -> None:
    text = NEWSROOM.replace(
        "[[legal.main]]",
        '[[legal.main]]\nlabels = ["agents"]\nads = { word = { ru = "Реклама" }, erid = false }',
    )
    newsroom = settings_from(tmp_path, {"newsroom.toml": text + LABELS}).newsroom
    [profile] = newsroom.profiles["main"]
    agents = newsroom.labels["agents"]

    assert profile.labels == ("agents",)
    assert (profile.ad_word, profile.ad_token) == ({RU: "Реклама"}, False)
    assert agents.names[0].forms == ("Ивана Петрова", "Ivan Petrov")
    assert (agents.checked, agents.max_age) == (date(2026, 11, 20), timedelta(days=7))


def test_a_profile_cannot_want_a_list_that_is_not_there(tmp_path: Path) -> None:
    text = NEWSROOM.replace("[[legal.main]]", '[[legal.main]]\nlabels = ["agent"]')

    [problem] = refusals(tmp_path, {"newsroom.toml": text + LABELS})
    assert "There is no list of names “agent”." in said(problem)


def test_versions_of_a_profile_are_oldest_first(tmp_path: Path) -> None:
    older = NEWSROOM[NEWSROOM.index("[[legal.main]]") :].replace("2026-02-01", "2025-02-01")
    versions = settings_from(tmp_path, {"newsroom.toml": NEWSROOM + older}).newsroom.profiles

    assert [one.valid_from.year for one in versions["main"]] == [2025, 2026]


def test_the_version_changes_with_a_field_and_not_with_the_order_of_lines() -> None:
    one = {"from": date(2026, 2, 1), "age": {"mark": 16, "unrated": "hold"}, "sample": True}
    other = {"sample": True, "age": {"unrated": "hold", "mark": 16}, "from": date(2026, 2, 1)}

    assert version_of("main", one) == version_of("main", other)
    assert version_of("main", one) != version_of("main", {**one, "sample": False})
    assert version_of("main", one) != version_of("other", one)


def test_the_machines_are_as_written(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    system = (
        "[storage]\nurl = 'postgresql://digest@db/news'\n[web]\nlisten = '[::1]:9090'\n"
        "repeat = '1h'\nproxies = ['127.0.0.1', 'fd00::/8']\n"
        "[secrets]\nkeys_file = '/etc/keys'\n[feeds]\ncontent = 'summary'\nitems = 10\n"
        "[smtp.relays.main]\nhost = 'mail.embankment.test'\nport = 587\nsecurity = 'starttls'\n"
        "ca_file = 'ca.pem'\nusername = 'digest'\nlogin = 'plain'\nconnections = 5\n"
    )
    environ = {"PUBLISHER_SMTP_MAIN_PASSWORD": "secret"}
    settings = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": system}, environ)

    assert settings.storage_url == "postgresql://digest@db/news"
    assert settings.listen == ("::1", 9090)
    assert settings.repeat == timedelta(hours=1)
    assert [str(one) for one in settings.proxies] == ["127.0.0.1/32", "fd00::/8"]
    assert settings.keys_file == Path("/etc/keys")
    assert (settings.newsroom.feeds.items, settings.newsroom.feeds.full) == (10, False)
    assert settings.relay.security is Security.STARTTLS
    assert settings.relay.ca_file == tmp_path.resolve() / "ca.pem"
    assert settings.relay.password == "secret"  # noqa: S105 - made up
    assert settings.relay.login is LogIn.PLAIN
    assert "secret" not in repr(settings)


def test_a_key_is_found_again_for_problems_said_later(tmp_path: Path) -> None:
    settings = settings_from(tmp_path)
    line = NEWSROOM.splitlines().index('statement.ru = "Сетевое издание «The Embankment». 16+"') + 1

    place = settings.place("legal.main.statement.ru")

    assert (place.file, place.line, place.key) == (
        "config/newsroom.toml",
        line,
        "legal.main.statement.ru",
    )
    assert (
        settings.place("legal.main.approved").line
        == NEWSROOM.splitlines().index("[[legal.main]]") + 1
    )


# --- the way out ----------------------------------------------------------------------------------


def test_rates_groups_warm_up_hours_and_waves_are_read(tmp_path: Path) -> None:
    more = (
        '[smtp.relays.main]\nrate = ["14/second", "50000/day"]\n'
        "warm_up = { from = 2026-11-20, days = [500, 1000] }\nweight = 3\n"
        '[smtp.groups.gmail]\nrate = "20/second"\nconnections = 4\n'
        '[smtp.groups.ours]\ndomains = ["Почта.рф", "bk.ru"]\n'
        '[editions.late]\nlike = "morning"\nhours = "07:00-22:00"\nwaves = true\n'
    )
    settings = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more})
    relay, groups = settings.relay, groups_of(settings.groups)
    late = settings.newsroom.editions[EditionId("late")]

    assert [(one.count, one.per) for one in relay.rates] == [
        (14, timedelta(seconds=1)),
        (50000, timedelta(days=1)),
    ]
    assert relay.warm_up == WarmUp(start=date(2026, 11, 20), days=(500, 1000))
    assert relay.weight == 3
    assert settings.groups["gmail"].connections == 4
    assert settings.groups["gmail"].rates == (Rate(count=20, per=timedelta(seconds=1)),)
    assert groups.group("a@googlemail.com") == "gmail"
    assert groups.group("a@xn--80a1acny.xn--p1ai") == "ours"
    assert groups.group("a@bk.ru") == "ours"  # config may take a domain from a house we know
    assert groups.group("a@mail.ru") == "mail-ru"
    assert (late.hours, late.waves) == (Hours(start=time(7), end=time(22)), True)


def test_of_two_rates_for_one_span_the_smaller_holds(tmp_path: Path) -> None:
    """Tokens of the larger one would only run out later."""
    more = '[smtp.relays.main]\nrate = ["14/second", "9/second", "10/second", "500/day"]\n'
    relay = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more}).relay

    assert relay.rates == (
        Rate(count=9, per=timedelta(seconds=1)),
        Rate(count=500, per=timedelta(days=1)),
    )


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("gmial", "Did you mean “gmail”?"), ("partners", "we know only gmail, mail-ru, yandex")],
)
def test_a_group_that_limits_nobody_is_refused(tmp_path: Path, name: str, remedy: str) -> None:
    more = f'[smtp.groups.yahoo]\nrate = "9/second"\n[smtp.groups.{name}]\nrate = "1/second"\n'
    [problem] = refusals(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more})

    assert f"The group {name} limits nobody: it has no domains." in said(problem)
    assert remedy in said(problem)
    assert (problem.place.line, problem.place.key) == (3, f"smtp.groups.{name}")


def test_a_domain_in_two_groups_is_noted(tmp_path: Path) -> None:
    more = "[smtp.groups.a]\ndomains = ['x.test']\n[smtp.groups.b]\ndomains = ['x.test']\n"
    [note] = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more}).notes

    assert "x.test is in the groups a and b; b counts." in said(note)


# --- what is kept and not acted on --------------------------------------------------------------


def test_keys_that_change_nothing_yet_are_said_once_each(tmp_path: Path) -> None:
    more = (
        '[alerts]\nto = ["chief@embankment.test"]\nwebhook = "https://chat.test/hook"\n'
        '[smtp.relays.main]\nrate = "14/second"\n[smtp.relays.spare]\nport = 26\nweight = 2\n'
    )
    notes = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more}).notes

    assert {one.severity for one in notes} == {Severity.NOTE}
    assert places_of(notes) == [
        ("config/system.toml", 2, "alerts.to"),
        ("config/system.toml", 3, "alerts.webhook"),
    ]
    assert "“alerts.to” is kept, but this version does not act on it." in said(notes[0])


def test_a_bounces_domain_that_nobody_reads_is_noted_and_not_used(tmp_path: Path) -> None:
    more = '[smtp.bounces]\ndomain = "bounces.test"\n'
    settings = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more})

    assert settings.bounces_domain is None
    assert settings.inbox is None
    [note] = settings.notes
    assert note.place.key == "smtp.bounces.domain"
    assert "Nobody reads what comes back to bounces.test" in said(note)


@pytest.mark.parametrize(
    ("intake", "inbox"),
    [
        ("lmtp://127.0.0.1:2424", Socket(host="127.0.0.1", port=2424, lmtp=True)),
        ("smtp://[::1]:2525", Socket(host="::1", port=2525, lmtp=False)),
        (
            "imaps://bounces%40embankment.test@mail.test/Returned%20mail",
            Mailbox(
                host="mail.test",
                port=993,
                tls=True,
                user="bounces@embankment.test",
                folder="Returned mail",
                password="secret",  # noqa: S106
            ),
        ),
        (
            "imap://bounces@localhost:10143",
            Mailbox(
                host="localhost",
                port=10143,
                tls=False,
                user="bounces",
                folder="INBOX",
                password="secret",  # noqa: S106
            ),
        ),
    ],
)
def test_what_comes_back_is_read_where_config_says(
    tmp_path: Path, intake: str, inbox: Inbox
) -> None:
    more = f'[smtp.bounces]\ndomain = "Bounces.test"\nintake = "{intake}"\n'
    settings = settings_from(
        tmp_path,
        {"newsroom.toml": NEWSROOM, "system.toml": more},
        {"PUBLISHER_BOUNCES_PASSWORD": "secret"},
    )

    assert settings.inbox == inbox
    assert settings.bounces_domain == "bounces.test"
    assert settings.notes == ()


def test_a_maildir_for_bounces_begins_at_the_root_of_the_newsroom(tmp_path: Path) -> None:
    more = '[smtp.bounces]\ndomain = "bounces.test"\nintake = "maildir:var/bounces"\n'
    settings = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more})

    assert settings.inbox == Maildir(folder=tmp_path / "var" / "bounces")


def test_a_mailbox_without_a_password_is_noted(tmp_path: Path) -> None:
    more = '[smtp.bounces]\ndomain = "bounces.test"\nintake = "imaps://b@mail.test"\n'
    [note] = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more}).notes

    assert "PUBLISHER_BOUNCES_PASSWORD is not set" in said(note)


def test_values_that_ask_for_nothing_more_are_not_noted(tmp_path: Path) -> None:
    more = '[feeds]\nhubs = []\n[smtp.relays.main]\nrate = "unlimited"\n'

    assert settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more}).notes == ()


def test_a_user_name_without_a_password_is_noted(tmp_path: Path) -> None:
    more = '[smtp.relays.main]\nusername = "digest"\n'
    [note] = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more}).notes

    assert "PUBLISHER_SMTP_MAIN_PASSWORD is not set" in said(note)


# --- files --------------------------------------------------------------------------------------


def test_a_key_set_in_two_files_is_one_problem_that_names_both(tmp_path: Path) -> None:
    files = {"newsroom.toml": NEWSROOM, "other.toml": '\n[site]\ntimezone = "UTC"\n'}

    [problem] = refusals(tmp_path, files)

    assert places_of([problem]) == [("config/other.toml", 3, "site.timezone")]
    assert "site.timezone is set in config/newsroom.toml, line 5, and once more here." in said(
        problem
    )


def test_tables_may_be_spread_over_files(tmp_path: Path) -> None:
    files = {"newsroom.toml": NEWSROOM, "z.toml": '[sources.more]\nkind = "folder"\npath = "m"\n'}
    files["z.toml"] += 'rights = "own"\n'

    assert SourceId("more") in settings_from(tmp_path, files).newsroom.sources


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[site]\nname = Embankment\n", 2, "is a text without quotes?"),
        ("[site]\nname\n", 2, "An equals sign is missing"),
        ('[site]\nname = "a\nb = 1\n', 2, "A text is not closed"),
        ("[site]\na = 1\na = 2\n", 3, "This key is set twice."),
        ("[site]\n[mail]\n[site]\n", 3, "This table is opened twice."),
        ("[site]\na = [1\nb = 2\n", 3, "A list is not closed"),
        ("a = { b = 1\n", 1, "a brace or a comma is missing"),
        ("a = 2026-02-30\n", 1, "There is no such date."),
        ('a = "C:\\data"\n', 1, "A backslash"),
        ("a = 1 b = 2\n", 1, "Two things stand on one line"),
        ("[site]\n]\n", 2, "This line is not TOML."),
        ('a = """\nx\n', 2, "A text is not closed"),
    ],
)
def test_broken_toml_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    problems = refusals(tmp_path, {"newsroom.toml": NEWSROOM, "x.toml": text})

    assert places_of(problems) == [("config/x.toml", line, None)]
    assert words in said(problems[0])


def test_every_broken_file_is_told(tmp_path: Path) -> None:
    problems = refusals(tmp_path, {"a.toml": "a\n", "b.toml": "[b\n", "newsroom.toml": NEWSROOM})

    assert [one.place.file for one in problems] == ["config/a.toml", "config/b.toml"]


def test_a_thousand_brackets_end_in_words(tmp_path: Path) -> None:
    [problem] = refusals(tmp_path, {"a.toml": "a = " + "[" * 20_000})

    assert problem.place.file == "config/a.toml"


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    folder = lay_config(tmp_path)
    (folder / "b.toml").write_bytes("# один\n# два".encode("cp1251"))

    with pytest.raises(Misconfigured) as caught:
        load(folder, {}, now=NOW)

    assert places_of(caught.value.problems) == [("config/b.toml", 1, None)]


def test_the_mark_that_windows_editors_put_first_is_no_mistake(tmp_path: Path) -> None:
    assert not refusals(tmp_path, {"newsroom.toml": "\ufeff" + NEWSROOM})


def test_an_editors_scratch_file_is_not_read(tmp_path: Path) -> None:
    assert not refusals(tmp_path, {"newsroom.toml": NEWSROOM, ".#newsroom.toml": "not toml"})


def test_a_folder_without_config_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path / "nowhere", {}, now=NOW)

    assert "publisher init" in said(caught.value.problems[0])


def test_the_fingerprint_changes_with_any_file_and_only_then(tmp_path: Path) -> None:
    folder = lay_config(tmp_path)
    first = fingerprint(folder)
    (folder / "notes.txt").write_text("not config")

    assert fingerprint(folder) == first
    (folder / "system.toml").write_text("[web]\n")
    second = fingerprint(folder)
    (folder / "system.toml").write_text("[web]\n\n")

    assert len({first, second, fingerprint(folder)}) == 3
    assert fingerprint(tmp_path / "nowhere") != first


# --- signing ------------------------------------------------------------------------------------


def test_signing_keys_are_named_with_their_files_and_lines(tmp_path: Path) -> None:
    more = (
        '[smtp.dkim]\ndomain = "Embankment.test"\n'
        'selectors.rsa = { name = "s1", key_file = "secrets/rsa.pem" }\n'
        'selectors.ed25519 = { name = "s2", key_file = "/etc/keys/ed.pem" }\n'
    )
    settings = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more})

    assert settings.notes == ()
    assert settings.dkim
    assert settings.dkim.domain == "embankment.test"
    rsa, ed25519 = settings.dkim.files
    assert (rsa.algorithm, rsa.selector) == (Algorithm.RSA, "s1")
    assert rsa.file == tmp_path / "secrets" / "rsa.pem"
    assert (rsa.place.file, rsa.place.line) == ("config/system.toml", 3)
    assert rsa.place.key == "smtp.dkim.selectors.rsa.key_file"
    assert ed25519.file == Path("/etc/keys/ed.pem")


def test_a_signature_that_counts_for_nobody_is_noted(tmp_path: Path) -> None:
    more = (
        '[smtp.dkim]\ndomain = "elsewhere.test"\n'
        'selectors.ed25519 = { name = "s2", key_file = "ed.pem" }\n'
    )
    notes = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more}).notes

    assert [one.severity for one in notes] == [Severity.NOTE] * 2
    assert "elsewhere.test" in said(notes[0])
    assert "Ed25519" in said(notes[1])


@pytest.mark.parametrize(
    "words",
    [
        'selectors.rsa = { name = "s_1", key_file = "k" }',
        'selectors.rsa = { name = "", key_file = "k" }',
        'selectors.rsa = { name = "a..b", key_file = "k" }',
        'selectors.rsa = { name = "a.-b", key_file = "k" }',
        'selectors.rsa = { name = "ключ", key_file = "k" }',
        'selectors.rsa = { name = "s1 ", key_file = "k" }',
        'selectors.rsa = { name = "s1; d=x", key_file = "k" }',
        "selectors = {}",
    ],
)
def test_selectors_that_cannot_be_are_refused(tmp_path: Path, words: str) -> None:
    more = f'[smtp.dkim]\ndomain = "embankment.test"\n{words}\n'

    with pytest.raises(Misconfigured):
        settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "system.toml": more})


@pytest.mark.parametrize(
    ("address", "notes"),
    [("http://news.test", 1), ("https://news.test", 0), ("http://127.0.0.1:8025", 0)],
)
def test_a_site_without_https_is_noted_for_one_click_needs_it(
    tmp_path: Path, address: str, notes: int
) -> None:
    text = re.sub(r'base_url = "[^"]*"', f'base_url = "{address}"', NEWSROOM)

    found = settings_from(tmp_path, {"newsroom.toml": text}).notes
    assert [one.place.key for one in found] == ["site.base_url"] * notes


def _refused_signing(folder: Path, more: str) -> Problem:
    with pytest.raises(Misconfigured) as refused:
        settings_from(folder, {"newsroom.toml": NEWSROOM, "signing.toml": more})
    [problem] = refused.value.problems
    assert problem.remedy
    assert problem.place.file == "config/signing.toml"
    return problem


@pytest.mark.parametrize("twin", ["s1", "S1"])
def test_two_keys_under_one_selector_are_refused(tmp_path: Path, twin: str) -> None:
    """RFC 8463: a receiver finds one record, and one of the two signatures is wrong for all."""
    more = (
        '[smtp.dkim]\ndomain = "embankment.test"\n'
        'selectors.rsa = { name = "s1", key_file = "rsa.pem" }\n'
        f'selectors.ed25519 = {{ name = "{twin}", key_file = "ed.pem" }}\n'
    )
    problem = _refused_signing(tmp_path, more)

    assert "a name in DNS holds one key" in problem.message
    assert problem.place.line == 3


@pytest.mark.parametrize(
    "domain",
    [
        "",
        " ",
        "embank ment.test",
        "embankment",
        "127.0.0.1",
        "::1",
        "a..test",
        "-a.test",
        "a@b.test",
    ],
)
def test_a_domain_that_cannot_sign_is_refused_with_its_line(tmp_path: Path, domain: str) -> None:
    more = (
        f'[smtp.dkim]\ndomain = "{domain}"\n'
        'selectors.rsa = { name = "s1", key_file = "rsa.pem" }\n'
    )
    problem = _refused_signing(tmp_path, more)

    assert problem.message == "{found} is not a domain that mail can be signed by."
    assert (problem.place.line, problem.place.key) == (2, "smtp.dkim.domain")


def test_a_domain_in_another_script_signs_as_dns_knows_it(tmp_path: Path) -> None:
    more = (
        '[smtp.dkim]\ndomain = "Набережная.РФ"\n'
        'selectors.rsa = { name = "s1", key_file = "rsa.pem" }\n'
    )
    settings = settings_from(tmp_path, {"newsroom.toml": NEWSROOM, "signing.toml": more})

    assert settings.dkim
    assert settings.dkim.domain == "xn--80aacqag8bfy8m.xn--p1ai"
