"""`check`: config, templates, catalogs, legal profiles; the next runs; what DNS needs."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

import publisher
from publisher.app import App, signing_of, utc_now
from publisher.assets import Assets
from publisher.cli.call import command
from publisher.cli.desk import at_desk, call_of, settings_of
from publisher.cli.difference import check_difference
from publisher.cli.preflight import report_preflight
from publisher.cli.screen import Screen
from publisher.compose import legal
from publisher.compose.legal_used import edited_versions
from publisher.compose.window import firings
from publisher.deliver.dkim import DnsRecord, dns_records
from publisher.deliver.trust import check_ca
from publisher.errors import Misconfigured, Refused, StoreBusy
from publisher.i18n.gate import check_catalogs
from publisher.model.names import IssueId, Language
from publisher.model.problems import Problem, Severity, msgid
from publisher.preflight import preflight
from publisher.settings.load import Settings
from publisher.store.database import open_database
from publisher.store.ledger import SqlLedger
from publisher.store.schema import pending

_RUNS = 3  # next runs shown per edition


@command
def check(
    context: typer.Context,
    *,
    issue: Annotated[
        str | None,
        typer.Option(help=msgid("The pre-flight of this issue instead."), metavar="ISSUE"),
    ] = None,
    diff: Annotated[
        bool,
        typer.Option(
            "--diff", help=msgid("What the config changes of the one acted on last, instead.")
        ),
    ] = False,
) -> None:
    """Look over config, templates, catalogs and legal profiles; show the next runs."""
    if diff:
        check_difference(context)
        return
    if issue is not None:
        _check_issue(context, IssueId(issue))
        return
    call = call_of(context)
    settings = settings_of(call)
    assets = Assets(newsroom=settings.root)
    screen = Screen.of(call, assets)
    now = utc_now()
    problems = [*settings.notes, *_catalog_problems(settings, assets)]
    problems += [_placed(problem, settings) for problem in _legal_problems(settings)]
    problems += [_placed(problem, settings) for problem in asyncio.run(_book_problems(settings))]
    problems += [
        _placed(one, settings) for relay in settings.relays.values() for one in check_ca(relay)
    ]
    records, unsigned = _dns_records(settings)
    problems += unsigned
    runs = {
        edition.id: [
            (instant.astimezone(edition.schedule.zone), instant)
            for instant in islice(firings(edition.schedule, after=now), _RUNS)
        ]
        for edition in settings.newsroom.editions.values()
    }
    blocked = [one for one in problems if one.severity is not Severity.NOTE]
    screen.document(
        {
            "ok": not blocked,
            "problems": [screen.plain(problem) for problem in problems],
            "next": {edition: [utc for _, utc in times] for edition, times in runs.items()},
            "dns": [{"name": one.name, "type": "TXT", "value": one.value} for one in records],
        }
    )
    screen.table(
        (msgid("Edition"), msgid("Next run"), msgid("UTC")),
        [
            (edition, f"{local:%Y-%m-%d %H:%M} {local.tzname()}", f"{utc:%Y-%m-%d %H:%MZ}")
            for edition, times in runs.items()
            for local, utc in times
        ],
    )
    for one in records:
        screen.say(
            msgid("For DKIM, DNS needs this TXT record: {name} {value}"),
            name=one.name,
            value=one.value,
        )
    screen.problems([one for one in problems if one not in blocked])
    if blocked:
        screen.refuse(blocked)
    screen.say(msgid("All is well."))


def _check_issue(context: typer.Context, issue: IssueId) -> None:
    async def work(desk: App, screen: Screen) -> None:
        report_preflight(screen, await preflight(desk.house, issue))

    at_desk(context, work)


def _dns_records(settings: Settings) -> tuple[Sequence[DnsRecord], Sequence[Problem]]:
    """What receivers must find to check our signatures; or why there are none."""
    try:
        dkim = signing_of(settings)
    except Misconfigured as error:
        return (), error.problems
    return dns_records(dkim) if dkim else (), ()


def _catalog_problems(settings: Settings, assets: Assets) -> tuple[Problem, ...]:
    """Templates that do not parse, sentences that are not or wrongly translated."""
    return check_catalogs(
        Path(publisher.__file__).parent,
        assets.folders("templates"),
        assets.folders("locales"),
        settings.newsroom.site.languages,
    )


def _placed(problem: Problem, settings: Settings) -> Problem:
    """With the file and line of its key in config."""
    return (
        replace(problem, place=settings.place(problem.place.key)) if problem.place.key else problem
    )


def _legal_problems(settings: Settings) -> Iterator[Problem]:
    """Every profile as it will be judged on the day of the next issue that carries it."""
    newsroom, now = settings.newsroom, utc_now()
    for edition in newsroom.editions.values():
        due = next(firings(edition.schedule, after=now), now)
        day = due.astimezone(edition.schedule.zone).date()
        carried: dict[str, list[Language]] = {}
        for language, profile_id in edition.legal.items():
            carried.setdefault(profile_id, []).append(language)
        for profile_id, languages in carried.items():
            profile = legal.profile_on(newsroom.profiles[profile_id], day)
            if profile is None:
                yield legal.no_profile(profile_id, day=day)
            else:
                yield from legal.check_profile(profile, day=day, languages=languages)


async def _book_problems(settings: Settings) -> Sequence[Problem]:
    """What the books of this newsroom hold against its config; nothing where there are none yet."""
    try:
        if pending(settings.storage_url):
            return ()
        async with open_database(settings.storage_url) as database:
            uses = await SqlLedger(database).profiles_used()
    except (Refused, StoreBusy):
        return ()  # `check` looks at config; that the database is there, others say
    return tuple(edited_versions(settings.newsroom, uses))
