"""`like`: what an edition leaves out stands as in the one it is like.  Judges no values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from publisher.model.problems import Problem, msgid
from publisher.settings.lines import KeyPath
from publisher.settings.mistakes import Mistake, unknown
from publisher.settings.tree import Tree

_EDITIONS, _LIKE = "editions", "like"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """The data with every edition complete, and who it is like, nearest first."""

    data: dict[str, Any]
    likes: Mapping[str, Sequence[str]]
    problems: tuple[Problem, ...]
    raw: Mapping[str, Any]

    def origin(self, path: KeyPath) -> KeyPath:
        """Where the value at `path` was written: in the edition itself, or in one it is like."""
        if path[:1] != (_EDITIONS,) or len(path) < 3:  # noqa: PLR2004  # editions, id, key
            return path
        _, own, *rest = path
        for edition in (own, *self.likes.get(str(own), ())):
            candidate = (_EDITIONS, edition, *rest)
            if _has(self.raw, candidate):
                return candidate
        return path


class _Circle(Mistake):
    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            msgid("The editions go round in a circle: {circle}."),
            remedy=msgid("Take “like” out of one of them, and write its keys there."),
            circle=" → ".join(names),
        )
        self.members = frozenset(names)


def inherited(tree: Tree) -> Inherited:
    """The tree's data with `like` resolved.

    An edition like itself, or like one that is not there, is a Problem and left out.
    """
    editions = tree.data.get(_EDITIONS)
    if not isinstance(editions, dict):
        return Inherited(data=tree.data, likes={}, problems=(), raw=tree.data)
    whole: dict[str, Any] = {}
    likes: dict[str, Sequence[str]] = {}
    problems: list[Problem] = []
    circles: set[frozenset[str]] = set()
    for name, table in editions.items():
        try:
            likes[name] = _chain(editions, name)
            whole[name] = _complete(editions, table, likes[name])
        except _Circle as circle:
            if circle.members not in circles:
                problems.append(circle.at(tree.where((_EDITIONS, name, _LIKE))))
            circles.add(circle.members)
        except Mistake as mistake:
            problems.append(mistake.at(tree.where((_EDITIONS, name, _LIKE))))
    return Inherited(
        data={**tree.data, _EDITIONS: whole},
        likes=likes,
        problems=tuple(problems),
        raw=tree.data,
    )


def _chain(editions: Mapping[str, Any], name: str) -> list[str]:
    """Those `name` is like, nearest first."""
    chain: list[str] = []
    at = name
    while isinstance(following := _like(editions[at]), str):
        if following not in editions:
            raise unknown(msgid("There is no edition “{word}”."), following, set(editions) - {name})
        chain.append(following)
        if following in (round_trip := [name, *chain[:-1]]):
            raise _Circle([*round_trip[round_trip.index(following) :], following])
        at = following
    return chain


def _like(table: object) -> object:
    return table.get(_LIKE) if isinstance(table, dict) else None


def _complete(editions: Mapping[str, Any], table: object, chain: Sequence[str]) -> object:
    whole = table
    for name in chain:
        base = editions[name]
        if isinstance(whole, dict) and isinstance(base, dict):
            kept = {key: value for key, value in base.items() if key != _LIKE}
            whole = _over(kept, whole)
    return whole


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` laid over `base`, tables key by key; everything else is taken whole."""
    merged = dict(base)
    for key, value in own.items():
        below = base.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = _over(below, value) if both else value  # type: ignore[arg-type]  # as asked
    return merged


def _has(data: object, path: KeyPath) -> bool:
    for part in path:
        match data:
            case dict() if part in data:
                data = data[part]
            case list() if isinstance(part, int) and part < len(data):
                data = data[part]
            case _:
                return False
    return True
