"""The gate: nothing becomes mail or feed bytes that go out without passing here (law 1).

Connects rendering with the legal deciders; decides nothing itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from publisher.collect.media import NotAPicture, cut
from publisher.compose import legal
from publisher.compose.desk import profiles_of
from publisher.compose.labels import Labels, labels_for, lists_of
from publisher.compose.legal_digest import inspect_digest
from publisher.compose.legal_used import changed_since, edited_versions
from publisher.compose.preflight import red_problems
from publisher.compose.preflight_proof import Proof
from publisher.compose.variants import Edited, plain_pages
from publisher.house import House
from publisher.links import NOBODY, Leave, leave_url
from publisher.model.articles import Article
from publisher.model.digests import DecodedMail, Digest
from publisher.model.issues import Issue, Layout
from publisher.model.names import EditionId, StoryKey
from publisher.model.problems import Problem
from publisher.render.decode import decode
from publisher.render.email import render_digest
from publisher.render.splice import Personal, Splicer
from publisher.render.view import PrintOrder, ad_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """An issue as every language would get it, and what the gate says of that."""

    digests: tuple[Digest, ...]
    problems: tuple[Problem, ...]


async def examine(house: House, issue: Issue, pages: Sequence[Edited] | None = None) -> Examined:
    """Render the issue's pages and read each mail as a reader's client would.

    `pages`: those of every variant, at the seal; left out: the plain one of every language.
    """
    show_logo(house)
    edition = house.newsroom.editions[issue.edition]
    profiles = profiles_of(house.newsroom, edition, issue.due_at)
    day = issue.due_at.astimezone(edition.schedule.zone).date()
    problems: list[Problem] = []
    for profile in {profile.version: profile for profile in profiles.values()}.values():
        problems += legal.check_profile(profile, day=day, languages=edition.languages)
        problems += legal.check_issue(issue, profile, house.newsroom, recipients_day=day)
    problems += edited_versions(house.newsroom, await house.ledger.profiles_used())
    problems += changed_since(issue, profiles)
    related = await _related(house, issue)
    digests = []
    if pages is None:
        pages = plain_pages(issue, edition, house.newsroom)
    for page in pages:
        language = page.language
        lists = lists_of(profiles[language], house.newsroom.labels)
        labels = labels_for(page.layout, related, lists)
        await _cut_lead(house, page.layout)
        order = PrintOrder(
            layout=page.layout,
            issue=issue,
            edition=edition,
            newsroom=house.newsroom,
            profile=profiles[language],
            related=related,
            labels=labels.of,
            notes=labels.rest,
        )
        digest = await house.crunch(render_digest, order, house.assets)
        digests.append(digest)
        problems += judged(house, digest, order)
    return Examined(digests=tuple(digests), problems=once(problems))


def judged(house: House, digest: Digest, order: PrintOrder) -> tuple[Problem, ...]:
    """What the gate says of a digest: every one of an issue passes here.

    The law, and what the pre-flight calls red.
    """
    proof = proof_of(house, digest, order.issue)
    law = inspect_digest(
        proof.mail,
        layout=order.layout,
        issue=order.issue,
        newsroom=house.newsroom,
        profile=order.profile,
        labels=Labels(of=order.labels, rest=order.notes),
        ad_word=ad_word(order.profile, house.text[order.layout.language]),
        leave_url=_trial_url(house, order.edition.id),
        document=proof.document,
    )
    return (*law, *red_problems(proof))


def proof_of(house: House, digest: Digest, issue: Issue) -> Proof:
    """A digest as a reader's client would get it, for those who look it over."""
    versions = [article for item in issue.items for article in item.versions]
    versions += [one.article for one in issue.corrections]
    pictures: dict[str, set[str]] = {}
    for image in (one.image for one in versions if one.image):
        for file in {image.file, image.plate.file}:
            pictures.setdefault(file, set()).add(image.credit or "")
    if logo := house.newsroom.look.logo:
        pictures[logo.file] = set()
    media = house.files.root / "media"
    archives = [f"/archive/{edition}/" for edition in house.newsroom.editions]
    return Proof(
        mail=_as_received(house, digest, issue.edition),
        base_url=house.newsroom.site.base_url,
        pictures={file: frozenset(names) for file, names in pictures.items()},
        present=frozenset(file for file in pictures if (media / file).is_file()),
        pages=frozenset({*archives, "/feeds/", "/unsubscribe/", "/preferences/", "/confirm/"}),
    )


def once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once: two languages may share a profile."""
    kept: list[Problem] = []
    for problem in problems:
        if problem not in kept:
            kept.append(problem)
    return tuple(kept)


def show_logo(house: House) -> None:
    """The masthead's picture among those we serve; one that is gone, the pre-flight names."""
    logo = house.newsroom.look.logo
    if logo and house.files.read(f"media/{logo.file}") is None:
        with suppress(OSError):
            house.files.write(f"media/{logo.file}", Path(logo.source).read_bytes())


async def _cut_lead(house: House, layout: Layout) -> None:
    """The lead's picture in 3:2, beside the whole one; the pre-flight names what cannot be cut."""
    image = layout.lead.article.image if layout.lead else None
    if image is None or house.files.read(f"media/{image.plate.file}") is not None:
        return
    plate, data = image.plate, house.files.read(f"media/{image.file}")
    if data is not None:
        with suppress(NotAPicture, OSError):
            made = await house.crunch(cut, data, plate.width, plate.height)
            house.files.write(f"media/{plate.file}", made.data)


async def _related(house: House, issue: Issue) -> Mapping[StoryKey, Sequence[Article]]:
    """Every public version of the stories this issue's articles name, by story."""
    now = house.clock()
    named = {s for item in issue.items for article in item.versions for s in article.related}
    found: dict[StoryKey, list[Article]] = {}
    for article in await house.articles.versions_of(named):
        here = article.available_at or article.published_at
        if article.published_at <= now and here <= now:
            found.setdefault(article.story, []).append(article)
    return found


def _trial_url(house: House, edition: EditionId) -> str:
    token = house.keys.sign(Leave(subscriber=NOBODY, edition=edition))
    return leave_url(house.newsroom.site.base_url, token)


def _as_received(house: House, digest: Digest, edition: EditionId) -> DecodedMail:
    """The final bytes with a trial reader's values, decoded."""
    trial = Personal(
        address="reader@reader.invalid",
        leave_url=_trial_url(house, edition),
        message_id="trial@reader.invalid",
        sent_at=house.clock(),
    )
    return decode(b"".join(Splicer(digest.compiled).chunks(trial)))
