"""What can go wrong, as facts without a language.  Words are found at the screen."""

from publisher.model.problems import Problem


class PublisherError(Exception):
    """The root of every expected failure."""

    def __reduce__(self) -> tuple[object, ...]:
        """Whole from a spawned process, with whatever else than its words it was made of."""
        return _again, (type(self), self.args), vars(self)


class Refused(PublisherError):
    """What was asked cannot be done; the Problems say why (exit code 1)."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.english for problem in problems))
        self.problems = problems


class Misconfigured(PublisherError):
    """The config or the call itself is wrong (exit code 2)."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.english for problem in problems))
        self.problems = problems


class StoreBusy(PublisherError):
    """The database is locked or unreachable; nothing was changed."""


class StoryTaken(PublisherError):
    """A story has its article in that language already."""

    def __init__(self, story: str, language: str, article: str) -> None:
        super().__init__(f"{story}: {article} tells it in {language}")
        self.story, self.language, self.article = story, language, article


class MoveForbidden(PublisherError):
    """A state may not follow another; see the table of moves."""

    def __init__(self, thing: str, came_from: str, to: str) -> None:
        super().__init__(f"{thing}: {came_from} -> {to}")
        self.thing, self.came_from, self.to = thing, came_from, to


def _again(kind: type[PublisherError], args: tuple[object, ...]) -> PublisherError:
    return kind.__new__(kind, *args)
