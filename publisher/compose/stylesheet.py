"""Style sheets as far as mails use them: rules, conditions, matching, cascade.  Draws nothing."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Final, TypeAlias

from lxml.html import HtmlElement

_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n]?|(.))", re.DOTALL)
_DECLARATION: Final = re.compile(
    r"(?:[^;\"'()]|\"[^\"]*\"?|'[^']*'?|\([^()]*(?:\([^()]*\)[^()]*)*\)?)+"
)
_PIECE: Final = re.compile(
    r"(?P<tag>\*|[a-z][a-z0-9-]*)|#(?P<id>[\w-]+)|\.(?P<class>[\w-]+)"
    r"|\[\s*(?P<attribute>[\w:-]+)\s*(?:(?P<how>[~|^$*]?=)\s*[\"']?(?P<value>[^\"'\]]*)[\"']?)?[^\]]*\]"
    r"|:(?P<pseudo>:?[\w-]+)(?:\([^()]*\))?",
    re.IGNORECASE,
)
_COMBINED: Final = re.compile(r"\s*([>+~])\s*|\s+")
_GROUPING: Final = re.compile(r"@(?:media|supports|layer|container|scope)\b", re.IGNORECASE)
# Attributes Outlook's web and mobile apps put around a mail they show in the dark.
_CLIENT: Final = re.compile(r"data-og")
_ELSEWHERE: Final = frozenset(
    {"hover", "active", "focus", "focus-within", "focus-visible", "visited"}
    | {"before", "after", "first-letter", "first-line"}
)
_INLINE: Final = (1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Declaration:
    """One property with its value, both lower case."""

    name: str
    value: str
    important: bool


@dataclass(frozen=True, slots=True)
class _Compound:
    """What one element must be."""

    tag: str | None
    tests: tuple[tuple[str, str, str], ...]  # (attribute, how, value)


@dataclass(frozen=True, slots=True)
class Rule:
    """Declarations, what they apply to, and when.

    `condition` is "" for always; else the media query, client or structure it depends on, which
    nobody but the reader's program can know.
    """

    path: tuple[_Compound, ...]  # the element last, some ancestor of it before, and so on
    declarations: tuple[Declaration, ...]
    condition: str
    specificity: tuple[int, ...]
    of_class: str  # a class the element must have; "" for none: most rules fail on it, and fast


@dataclass(frozen=True, slots=True)
class Sheet:
    """Every rule of a document, in order."""

    rules: tuple[Rule, ...]
    imports: bool  # it takes in sheets from elsewhere, which cannot be judged

    @property
    def conditions(self) -> tuple[str, ...]:
        """Everything some rule depends on, each once."""
        return tuple(dict.fromkeys(rule.condition for rule in self.rules if rule.condition))


_Kind: TypeAlias = tuple[str | None, ...]  # a tag, and the attributes that rules ask for
_Reached: TypeAlias = tuple[int, "Rule"]  # where it stands in its sheet
Weighed: TypeAlias = tuple[str, Declaration]  # the condition it depends on, and what it says


@lru_cache(maxsize=8)
def parse_sheet(css: str) -> Sheet:
    """Read a style sheet; what cannot be understood is taken to apply."""
    plain = _COMMENT.sub(" ", css).replace("<!--", " ").replace("-->", " ")
    return Sheet(rules=tuple(_rules(plain, "")), imports="@import" in plain.lower())


@lru_cache(maxsize=2048)  # few are written by hand, and those again and again
def parse_declarations(css: str) -> tuple[Declaration, ...]:
    """Read the inside of a style attribute or rule; shorthands are taken apart."""
    found: list[Declaration] = []
    for written in _DECLARATION.findall(_COMMENT.sub(" ", css)):
        name, colon, value = _unescaped(written).partition(":")
        value = " ".join(value.lower().split())
        important = value.replace(" ", "").endswith("!important")
        if colon:
            value = value.rpartition("!")[0].strip() if important else value
            found += _longhand(name.strip().lower(), value, important=important)
    return tuple(found)


class Weigher:
    """Weighs the elements of one document; like ones once.

    Elements that agree in `names` and in `tests`, and whose ancestors do, are weighed alike.
    """

    def __init__(self, sheet: Sheet) -> None:
        rules = list(enumerate(sheet.rules))
        self._alone = tuple((at, one) for at, one in rules if _asks_nothing_above(one))
        self._within: dict[str, list[_Reached]] = {}  # by a class or tag the element must have
        for at, one in rules:
            if not _asks_nothing_above(one):
                key = f".{one.of_class}" if one.of_class else one.path[-1].tag or ""
                self._within.setdefault(key, []).append((at, one))
        tested = (name for _, rule in self._alone for name, _, _ in rule.path[-1].tests)
        self.names = tuple(dict.fromkeys(("style", "class", *tested)))
        asked = (
            test for many in self._within.values() for _, rule in many for one in rule.path
            for test in one.tests
        )  # fmt: skip
        self.tests = tuple(dict.fromkeys(one for one in asked if one[0] not in self.names))
        self._simple: dict[_Kind, tuple[_Reached, ...]] = {}
        self._whole: dict[tuple[_Kind, tuple[int, ...]], tuple[Weighed, ...]] = {}

    def likeness(self, element: HtmlElement) -> tuple[object, ...]:
        """What rules can ask of an element itself."""
        get = element.get
        answers = [holds(get(name), how, value) for name, how, value in self.tests]
        return (element.tag, *map(get, self.names), *answers)

    def __call__(self, element: HtmlElement) -> tuple[Weighed, ...]:
        """Every declaration that may reach an element, the one that wins last.

        Equal ones are the same object.
        """
        kind = (str(element.tag), *map(element.get, self.names))
        within = tuple(
            one
            for key in _keys(element)
            for one in self._within.get(key, ())
            if _reaches(one[1], element)
        )
        known = (kind, tuple(at for at, _ in within))
        if known not in self._whole:
            alone = self._alone_of(kind, element)
            self._whole[known] = _weighed((*alone, *within), element.get("style", ""))
        return self._whole[known]

    def _alone_of(self, kind: _Kind, element: HtmlElement) -> tuple[_Reached, ...]:
        if kind not in self._simple:
            classes = {"", *(element.get("class") or "").split()}
            self._simple[kind] = tuple(
                one
                for one in self._alone
                if one[1].of_class in classes and _reaches(one[1], element)
            )
        return self._simple[kind]


def _keys(element: HtmlElement) -> tuple[str, ...]:
    classes = (element.get("class") or "").split()
    return ("", str(element.tag), *dict.fromkeys(f".{name}" for name in classes))


def _asks_nothing_above(rule: Rule) -> bool:
    """Whether it reaches like elements alike, wherever they stand below the root."""
    return not any(one.tag or one.tests for one in rule.path[:-1])


def _weighed(rules: Iterable[_Reached], style: str) -> tuple[Weighed, ...]:
    found = [
        ((declaration.important, *rule.specificity, at), rule.condition, declaration)
        for at, rule in sorted(rules, key=itemgetter(0))
        for declaration in rule.declarations
    ]
    found += [
        ((declaration.important, *_INLINE, 0), "", declaration)
        for declaration in parse_declarations(style)
    ]
    found.sort(key=itemgetter(0))  # stable: of equal ones the later wins
    return tuple((condition, declaration) for _, condition, declaration in found)


def cascade(weighed: Iterable[Weighed], active: frozenset[str]) -> Mapping[str, str]:
    """The values that win while the `active` conditions hold, by property."""
    return {
        declaration.name: declaration.value
        for condition, declaration in weighed
        if not condition or condition in active
    }


def _rules(css: str, condition: str) -> Iterator[Rule]:
    for prelude, body in _blocks(css):
        if not prelude.startswith("@"):
            yield from _style_rules(prelude, body, condition)
        elif _GROUPING.match(prelude):
            yield from _rules(body, " ".join(f"{condition} {prelude}".split()))


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    """Top-level `prelude { body }` pairs; statements such as @import are skipped."""
    at = 0
    while (opening := css.find("{", at)) >= 0:
        closing = _closing(css, opening)
        prelude = css[at:opening].rpartition(";")[2]
        yield prelude.strip(), css[opening + 1 : closing]
        at = closing + 1


def _closing(css: str, opening: int) -> int:
    depth = 0
    for brace in re.finditer(r"[{}]", css[opening:]):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return opening + brace.start()
    return len(css)


def _style_rules(prelude: str, body: str, condition: str) -> Iterator[Rule]:
    declarations = parse_declarations(body)
    for selector in prelude.split(","):
        rule = _rule(_unescaped(selector).strip(), declarations, condition)
        if rule is not None and declarations:
            yield rule


def _rule(selector: str, declarations: tuple[Declaration, ...], condition: str) -> Rule | None:
    path: list[_Compound] = []
    weight = [0, 0, 0]
    depends: list[str] = []
    for part in filter(None, _COMBINED.split(selector)):
        if part in "+~" and path:  # the sibling may be one the reader's program puts there
            depends.append(f"{path.pop().tag} {part}")
        elif part not in ">+~":
            pieces = list(_PIECE.finditer(part))
            if _elsewhere(pieces):
                return None
            path.append(_compound(pieces))
            depends += _depends(part, pieces)
            _weigh(pieces, weight)
    when = " ".join([condition, *depends]).strip()
    if not path:
        return None
    classes = [value for name, how, value in path[-1].tests if (name, how) == ("class", "~=")]
    return Rule(tuple(path), declarations, when, (0, *weight), (classes or [""])[0])


def _elsewhere(pieces: Iterable[re.Match[str]]) -> bool:
    """Whether a selector speaks of a moment, or of a box that is no element."""
    pseudos = [piece["pseudo"].lower() for piece in pieces if piece["pseudo"]]
    return any(pseudo in _ELSEWHERE or pseudo.startswith(":") for pseudo in pseudos)


def _depends(part: str, pieces: Sequence[re.Match[str]]) -> Iterator[str]:
    """What must hold for a compound to match, beyond what the document tells."""
    if "".join(piece[0] for piece in pieces) != part:
        yield part
    for piece in pieces:
        if piece["attribute"] and _CLIENT.match(piece["attribute"]):
            yield "[data-ogsc]"  # Outlook on the web, in the dark
        elif piece["pseudo"] and piece["pseudo"].lower() != "root":
            yield piece[0]


def _compound(pieces: Iterable[re.Match[str]]) -> _Compound:
    tag, tests = None, []
    for piece in pieces:
        if piece["tag"]:
            tag = None if piece["tag"] == "*" else piece["tag"].lower()
        elif piece["id"]:
            tests.append(("id", "=", piece["id"]))
        elif piece["class"]:
            tests.append(("class", "~=", piece["class"]))
        elif piece["attribute"] and not _CLIENT.match(piece["attribute"]):
            tests.append((piece["attribute"].lower(), piece["how"] or "", piece["value"] or ""))
    return _Compound(tag, tuple(tests))


def _weigh(pieces: Iterable[re.Match[str]], weight: list[int]) -> None:
    for piece in pieces:
        if piece["id"]:
            weight[0] += 1
        elif piece["tag"]:
            weight[2] += piece["tag"] != "*"
        else:
            weight[1] += 1


def _reaches(rule: Rule, element: HtmlElement) -> bool:
    *above, last = rule.path
    if not _is(element, last):
        return False
    ancestors = element.iterancestors()
    return all(any(_is(one, compound) for one in ancestors) for compound in reversed(above))


def _is(element: HtmlElement, compound: _Compound) -> bool:
    if compound.tag and element.tag != compound.tag:
        return False
    return all(holds(element.get(name), how, value) for name, how, value in compound.tests)


def holds(actual: str | None, how: str, value: str) -> bool:
    """Whether an attribute passes the test of a selector."""
    if actual is None:
        return False
    return {
        "": True,
        "~=": value in actual.split(),
        "=": actual == value,
        "^=": actual.startswith(value),
        "$=": actual.endswith(value),
    }.get(how, value in actual)


def _unescaped(css: str) -> str:
    return _ESCAPE.sub(_letter, css)


def _letter(found: re.Match[str]) -> str:
    code, letter = found.groups()
    return chr(min(int(code, 16), sys.maxunicode)) if code else str(letter)


def _longhand(name: str, value: str, *, important: bool) -> Iterator[Declaration]:
    if name == "font":
        for part, written in _font(value):
            yield Declaration(part, written, important)
    elif name == "background":
        yield Declaration("background-color", _ground(value), important)
        image = value if re.search(r"url\(|gradient\(|image\(", value) else "none"
        yield Declaration("background-image", image, important)
    else:
        yield Declaration(name, value, important)


def _font(value: str) -> Iterator[tuple[str, str]]:
    """The parts of a font shorthand that change whether words can be read."""
    before = value.split(" ")
    for at, word in enumerate(before):
        size, _, line = word.partition("/")
        if re.match(r"[0-9.]|(?:x+-)?(?:small|large)|medium|smaller|larger|calc", size):
            if size.isdigit() and size != "0":
                continue  # a weight
            yield "font-size", size
            yield "line-height", line or "normal"
            yield "font-weight", next((one for one in before[:at] if _weight(one)), "normal")
            return


def _weight(word: str) -> bool:
    return word in ("bold", "bolder", "lighter") or word.isdigit()


def _ground(value: str) -> str:
    """The colour in a background shorthand, as written."""
    layers = re.sub(r"url\([^)]*\)", " ", value)
    functions = re.findall(r"(?:rgba?|hsla?)\([^)]*\)", layers)
    if functions:
        return str(functions[-1])
    position = re.compile(
        r"(?:no-)?repeat(?:-[xy])?|scroll|fixed|local|top|bottom|left|right|center|cover|contain"
        r"|auto|none|/|[\d.]+(?:px|%|em)?|(?:border|padding|content)-box"
    )
    words = [word for word in layers.split() if not position.fullmatch(word)]
    return words[-1] if words else "transparent"
