"""An article taken back, and everywhere it shows cleared of it; or brought back (law 1).

No step waits for another that failed: each is done as far as it goes, and what is left public is
said.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from publisher import hand, pipeline
from publisher.clearing import clear, standing_feeds
from publisher.errors import MoveForbidden, Refused, StoreBusy
from publisher.house import House
from publisher.model.articles import Article, Image, Withdrawal
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import ArticleId, IssueId
from publisher.model.problems import Problem, Severity, msgid
from publisher.reopening import carrying, reopen


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """An issue with the article that readers have."""

    issue: IssueId
    readers: int
    at: datetime  # when it was sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """An issue in flight that waits for the editor's word."""

    issue: IssueId
    readers: int  # who have it
    waiting: int


@dataclass(slots=True, kw_only=True)
class TakenBack:
    """What a withdrawal came to; a blocking problem is something that was not done."""

    withdrawn: list[Article] = field(default_factory=list)
    feeds: int = 0  # files written anew or taken away
    pictures: list[str] = field(default_factory=list)
    reopened: list[Issue] = field(default_factory=list)
    stopped: list[Stopped] = field(default_factory=list)
    mailed: list[Mailed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@contextmanager
def _whatever_happens(problems: list[Problem], left: Problem) -> Iterator[None]:
    """A step that breaks leaves `left` undone, and stops no other."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - law 1: withdrawal is never delayed by it
        problems += [left, *_why(error)]


# --- the two acts -------------------------------------------------------------------------------


async def withdraw(house: House, chosen: Sequence[Article], *, by: str, reason: str) -> TakenBack:
    """Take these articles back: out of the store first, then out of all that shows them.

    Again for one withdrawn before: what failed then is done now.
    """
    done = TakenBack()
    await _take(house, chosen, done, by=by, reason=reason)
    gone = {article.id: article for article in done.withdrawn}
    if gone:
        await _stop(house, done, by=by)
        await _clear_feeds(house, done)
        await _put_pictures_aside(house, done)
        await _reopen(house, gone.keys(), done, by=by)
        await _look_who_was_mailed(house, done)
    return done


async def restore(house: House, article: Article, *, by: str) -> tuple[Article, Sequence[Problem]]:
    """Bring an article back, with its picture, and build the feeds; Refused where it is here.

    Issues take it up when they are composed.  The problems say what did not come back.
    """
    if article.withdrawn is None:
        raise Refused(_not_withdrawn(article))
    back = await house.newsdesk.restore(article.id, now=house.clock(), by=by)
    problems: list[Problem] = []
    with _whatever_happens(problems, _picture_lost(back)):
        if not _has_its_picture(house, back):
            problems.append(_picture_lost(back))
    with _whatever_happens(problems, _NOT_YET_BACK):
        await pipeline.publish_feeds(house)
    return back, problems


def _has_its_picture(house: House, article: Article) -> bool:
    """Brought back from where it was put aside; True where there never was one."""
    image = article.image
    if image is None:
        return True
    return [_brought_back(house, file) for file in (image.plate.file, image.file)][-1]


def _brought_back(house: House, file: str) -> bool:
    if house.files.read(f"media/{file}") is not None:
        return True
    kept = house.aside.read(file)
    if kept is None:
        return False
    house.files.write(f"media/{file}", kept)
    house.aside.remove(file)
    return True


# --- the steps ----------------------------------------------------------------------------------


async def _take(
    house: House, chosen: Sequence[Article], done: TakenBack, *, by: str, reason: str
) -> None:
    for article in chosen:
        if article.withdrawn:
            done.problems.append(_withdrawn_before(article, article.withdrawn))
        with _whatever_happens(done.problems, _not_taken(article)):
            word = Withdrawal(at=house.clock(), by=by, reason=reason)
            done.withdrawn.append(await house.newsdesk.withdraw(article.id, word))


async def _stop(house: House, done: TakenBack, *, by: str) -> None:
    """First of all, for mails leave by the thousand; what is under way lands."""
    flying: Sequence[Issue] = ()
    with _whatever_happens(done.problems, _SENDING_UNKNOWN):
        flying = await house.issues.with_status(IssueStatus.SEALED, IssueStatus.STOPPED)
    for issue in flying:
        if not any(_shows(issue, article) for article in done.withdrawn):
            continue
        with _whatever_happens(done.problems, _still_sent(issue)):
            balance = await house.ledger.balance(issue.id)
            if balance.waiting and await _is_stopped(house, issue, by=by):
                balance = await house.ledger.balance(issue.id)
                done.stopped.append(
                    Stopped(issue=issue.id, readers=balance.accepted, waiting=balance.waiting)
                )


def _shows(issue: Issue, article: Article) -> bool:
    """As a story of its own, or by its headline below another one."""
    others = (other for item in issue.items for one in item.versions for other in one.related)
    return issue.carries(article.id) or article.story in others


async def _is_stopped(house: House, issue: Issue, *, by: str) -> bool:
    """False for one whose last mail left a moment ago."""
    try:
        await hand.stop(house, issue.id, by=by)
    except MoveForbidden:
        if (await hand.stored_issue(house, issue.id)).status is IssueStatus.SEALED:
            raise
        return False
    return True


async def _clear_feeds(house: House, done: TakenBack) -> None:
    """Every file that stands at once, then all of them anew, where they can be built."""
    changed: set[str] = set()
    with _whatever_happens(done.problems, _FEEDS_UNKNOWN):
        cleared = clear(house, standing_feeds(house), done.withdrawn)
        changed |= {*cleared.mended, *cleared.taken_away}
        done.problems += cleared.problems
    with _whatever_happens(done.problems, _NOT_BUILT):
        published = await pipeline.publish_feeds(house)
        changed |= {path for path, new in published.written.items() if new}
    done.feeds = len(changed)


async def _put_pictures_aside(house: House, done: TakenBack) -> None:
    """Those of earlier versions too, unless another article shows them."""
    for article in done.withdrawn:
        for image in await _pictures(house, article, done):
            with _whatever_happens(done.problems, _still_shown(article, image.file)):
                if not await house.newsdesk.shown_elsewhere(image.file, but=article.id):
                    done.pictures += [
                        file for file in (image.plate.file, image.file) if _put_aside(house, file)
                    ]


def _put_aside(house: House, file: str) -> bool:
    _keep_a_copy(house, file)
    return house.files.remove(f"media/{file}")


async def _pictures(house: House, article: Article, done: TakenBack) -> list[Image]:
    past: Sequence[Article] = ()
    with _whatever_happens(done.problems, _pictures_unknown(article)):
        past = await house.newsdesk.past(article.id)
    shown = {one.image.file: one.image for one in (article, *past) if one.image}
    return [shown[file] for file in sorted(shown)]


def _keep_a_copy(house: House, file: str) -> None:
    """For `restore`; a copy that cannot be made keeps nothing public."""
    try:
        if (data := house.files.read(f"media/{file}")) is not None:
            house.aside.write(file, data)
    except (Refused, OSError):
        return


async def _reopen(house: House, gone: Collection[ArticleId], done: TakenBack, *, by: str) -> None:
    """Not urgent: no issue is sealed with an article that is not there."""
    unsealed: list[Issue] = []
    with _whatever_happens(done.problems, _DRAFTS_UNKNOWN):
        unsealed = await carrying(house, gone)
    for issue in unsealed:
        with _whatever_happens(done.problems, _still_drafted(issue)):
            done.reopened.append(await reopen(house, issue, gone, by=by))


async def _look_who_was_mailed(house: House, done: TakenBack) -> None:
    found: set[IssueId] = set()
    for article in done.withdrawn:
        with _whatever_happens(done.problems, _mailed_unknown(article)):
            told = (article, *await house.newsdesk.past(article.id))
            for name in await house.newsdesk.carried({one.story for one in told}):
                issue = await house.issues.get(name)
                if issue and issue.sealed_at and name not in found and issue.carries(article.id):
                    found.add(name)
                    done.mailed += await _readers(house, issue, issue.sealed_at)


async def _readers(house: House, issue: Issue, at: datetime) -> list[Mailed]:
    readers = (await house.ledger.balance(issue.id)).accepted
    return [Mailed(issue=issue.id, readers=readers, at=at)] if readers else []


# --- the words ----------------------------------------------------------------------------------

_SENDING_UNKNOWN = Problem(
    message=msgid("It is not known whether an issue with it is being sent right now."),
    remedy=msgid("Look at publisher issues, and stop one with: publisher stop ISSUE"),
)
_NOT_BUILT = Problem(
    message=msgid("The feeds could not be built; files that stand were cleared one by one."),
    remedy=msgid("When it is mended: publisher feeds"),
)
_NOT_YET_BACK = Problem(
    message=msgid("The feeds could not be built; they are as they were."),
    remedy=msgid("When it is mended: publisher feeds"),
)
_FEEDS_UNKNOWN = Problem(
    message=msgid("It is not known which feed files still show it."),
    remedy=msgid("Withdraw it again, or remove the files of public/feeds by hand."),
)
_DRAFTS_UNKNOWN = Problem(
    message=msgid("It is not known which drafts carry it; none of them is sent so."),
    remedy=msgid("Withdraw it again."),
)


def _why(error: Exception) -> tuple[Problem, ...]:
    if isinstance(error, Refused):
        return error.problems
    if isinstance(error, StoreBusy):
        return (Problem(message=msgid("The database is busy or gone.")),)
    return (
        Problem(
            message=msgid("Something went wrong that should not have: {kind}: {words}"),
            args={"kind": type(error).__name__, "words": str(error) or "-"},
        ),
    )


def _about(article: Article) -> dict[str, str | int]:
    return {"title": article.title, "article": article.id}


def _not_taken(article: Article) -> Problem:
    return Problem(
        message=msgid("“{title}” ({article}) is not withdrawn and still public."),
        args=_about(article),
        remedy=msgid("Try again: publisher articles withdraw {article} --reason …"),
    )


def _withdrawn_before(article: Article, word: Withdrawal) -> Problem:
    return Problem(
        message=msgid("“{title}” was withdrawn before, by {name}: {reason}"),
        args={"title": article.title, "name": word.by, "reason": word.reason},
        severity=Severity.NOTE,
    )


def _not_withdrawn(article: Article) -> Problem:
    return Problem(
        message=msgid("“{title}” ({article}) is not withdrawn; there is nothing to restore."),
        args=_about(article),
        remedy=msgid("See what is: publisher articles --withdrawn"),
    )


def _still_sent(issue: Issue) -> Problem:
    return Problem(
        message=msgid("The issue {issue} carries it and could not be stopped."),
        args={"issue": issue.id},
        remedy=msgid("Stop it: publisher stop {issue}"),
    )


def _still_drafted(issue: Issue) -> Problem:
    return Problem(
        message=msgid(
            "The issue {issue} could not be composed without it; it is not sent with it."
        ),
        args={"issue": issue.id, "edition": issue.edition},
        remedy=msgid("Compose it again: publisher hold {issue}, then publisher compose {edition}"),
    )


def _still_shown(article: Article, file: str) -> Problem:
    return Problem(
        message=msgid("The picture of “{title}” is still public: {file}"),
        args={"title": article.title, "file": f"public/media/{file}"},
        remedy=msgid("Remove that file by hand."),
    )


def _pictures_unknown(article: Article) -> Problem:
    return Problem(
        message=msgid("Pictures that “{title}” showed earlier may still be public."),
        args=_about(article),
        remedy=msgid("Try again: publisher articles withdraw {article} --reason …"),
    )


def _mailed_unknown(article: Article) -> Problem:
    return Problem(
        message=msgid("It is not known to whom “{title}” was mailed."),
        args=_about(article),
        severity=Severity.WARN,
    )


def _picture_lost(article: Article) -> Problem:
    return Problem(
        message=msgid("The picture of “{title}” is not there any more."),
        args=_about(article),
        remedy=msgid("It comes back when its source shows it anew."),
        severity=Severity.WARN,
    )
