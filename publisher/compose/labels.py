"""Labels on names: which names of the newsroom's own lists a text mentions, and what to print.

Rules L14 and L15.  The lists are the newsroom's; here nothing is known of anybody.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from publisher.compose.letters import count_of, folded
from publisher.model.articles import Article
from publisher.model.issues import Layout
from publisher.model.labels import LabelledName, LabelList
from publisher.model.legal import LegalProfile
from publisher.model.names import ArticleId, Language, StoryKey
from publisher.model.problems import Place, Problem, msgid

_TAG = re.compile(r"<[^>]*>")
_NO_YO = str.maketrans({"ё": "\u0435", "Ё": "\u0415"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The sentences a digest must print beside what mentions a name."""

    of: Mapping[ArticleId, tuple[str, ...]]  # printed with that story
    rest: tuple[str, ...] = ()  # for what is only linked, and for the editor's words

    @property
    def expected(self) -> Mapping[str, int]:
        """How often each sentence must be seen at least."""
        printed = [sentence for some in self.of.values() for sentence in some]
        return Counter([*printed, *self.rest])


NO_LABELS = Labels(of={})


def lists_of(profile: LegalProfile, lists: Mapping[str, LabelList]) -> tuple[LabelList, ...]:
    """The lists a profile wants applied; none unless it says so."""
    return tuple(lists[name] for name in profile.labels if name in lists)


def labels_for(
    layout: Layout,
    related: Mapping[StoryKey, Sequence[Article]],
    lists: Sequence[LabelList],
) -> Labels:
    """What to print in a layout: beside each story, and once for everything only linked."""
    if not lists:
        return NO_LABELS
    language = layout.language
    items = (*layout.items, *layout.corrections, *layout.sponsored)
    of = {
        item.article.id: sentences
        for item in items
        if (sentences := labels_in(words_in(item.article), lists, language))
    }
    linked = [item.article.title for block in layout.blocks for item in block.more]
    linked += [one.title for some in related.values() for one in some if one.language == language]
    rest = labels_in([layout.intro, layout.subject, *linked], lists, language)
    return Labels(of=of, rest=rest)


def labels_in(
    texts: Iterable[str], lists: Sequence[LabelList], language: Language
) -> tuple[str, ...]:
    """The sentence for every name these texts mention, each once."""
    whole = "\n".join(texts)
    return tuple(
        dict.fromkeys(
            sentence_for(name, one, language)
            for one in lists
            for name in one.names
            if mentions(whole, name)
        )
    )


def sentence_for(name: LabelledName, one: LabelList, language: Language) -> str:
    """What the label says, in the reader's language, else in the list's first."""
    note = one.note.get(language) or next(iter(one.note.values()), "")
    return note.replace("{name}", name.name)


def mentions(text: str, name: LabelledName) -> bool:
    """Whether a text has the name in one of its forms, as whole words; with ё or without."""
    return any(form.search(_plain(text)) for form in _forms((name.name, *name.forms)))


def label_problems(
    texts: Sequence[str],
    labels: Labels,
    lists: Sequence[LabelList],
    language: Language,
) -> Iterator[Problem]:
    """L14 as printed: in every view and the text part, no name goes without its label."""
    for sentence, count in labels.expected.items():
        if any(count_of(sentence, text) < count for text in texts):
            yield _unlabelled(sentence)
    for one in lists:
        for name in one.names:
            sentence = sentence_for(name, one, language)
            seen = [text for text in texts if mentions(text, name)]
            if sentence not in labels.expected and any(not count_of(sentence, t) for t in seen):
                yield _unlabelled(sentence)


def list_problems(
    profile: LegalProfile, lists: Mapping[str, LabelList], *, day: date
) -> Iterator[Problem]:
    """L15: the lists a profile wants are there, say something, and are not too old on `day`."""
    for name in profile.labels:
        one = lists.get(name)
        if one is None:
            yield _no_list(profile, name)
        elif one.max_age is not None and day - one.checked > one.max_age:
            yield _old(one)


def words_in(article: Article) -> Iterator[str]:
    """Everything of an article that a digest may print; headlines it links to are not among it."""
    yield from (article.title, article.summary, article.correction or "", article.credit or "")
    yield from article.authors
    if article.image:
        yield from (article.image.alt, article.image.caption, article.image.credit or "")


def _plain(text: str) -> str:
    return folded(_TAG.sub(" ", text)).translate(_NO_YO)


@lru_cache(maxsize=4096)
def _forms(forms: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Each form as whole words; capitals count only where a form is nothing else (ABC)."""
    return tuple(
        re.compile(rf"(?<!\w){re.escape(form)}(?!\w)", 0 if form == form.upper() else re.IGNORECASE)
        for form in (_plain(one) for one in forms)
        if form
    )


def _unlabelled(sentence: str) -> Problem:
    return Problem(
        message=msgid("A name is mentioned without its label: “{label}”"),
        args={"label": sentence},
        remedy=msgid("Print the labels of stories in both templates, or take the name out."),
        rule="L14",
    )


def _no_list(profile: LegalProfile, name: str) -> Problem:
    return Problem(
        message=msgid(
            "The legal profile “{profile}” wants the list of names “{list}”, and there is none."
        ),
        args={"profile": profile.id, "list": name},
        remedy=msgid("Add a table labels.{list}, or take it out of the profile."),
        rule="L15",
        place=Place(key=f"legal.{profile.id}.labels"),
    )


def _old(one: LabelList) -> Problem:
    return Problem(
        message=msgid(
            "The list of names “{list}” was last checked on {date}, which is too long ago."
        ),
        args={"list": one.id, "date": one.checked.isoformat()},
        remedy=msgid("Compare it with the register, then write that day into “checked”."),
        rule="L15",
        place=Place(key=f"labels.{one.id}.checked"),
    )
