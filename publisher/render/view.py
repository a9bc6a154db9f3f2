"""What a digest template is given: an Issue in one language, every word and address decided.

Templates only place; rights (law 11), marks, labels and limits are settled here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from urllib.parse import quote

from publisher.i18n.localizer import Localizer
from publisher.model.articles import AgeMark, Article, Image
from publisher.model.editions import Edition
from publisher.model.issues import Block, Issue, Layout, PrintedItem
from publisher.model.legal import LegalProfile
from publisher.model.names import ArticleId, Language, StoryKey
from publisher.model.newsroom import Newsroom
from publisher.model.problems import msgid
from publisher.model.sources import Rights, Sponsor
from publisher.render import doors
from publisher.render.cleaning import clean, web_url
from publisher.render.imprint import imprint_of
from publisher.render.sheet import (
    Advert,
    DigestView,
    Door,
    Headline,
    Imprint,
    Masthead,
    Photo,
    Rubric,
    Story,
)
from publisher.render.typography import NBSP, first_sentence, typeset

COLUMN = 552  # px: 600 less two gutters of 24
THUMB = 184  # px: a third of the column
TITLE_LIMIT, SUMMARY_LIMIT, CORRECTION_LIMIT, INTRO_LIMIT = 500, 480, 900, 2_000  # characters
RELATED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOrder:
    """Everything one Digest is made from; it pickles, for another process does the work."""

    layout: Layout
    issue: Issue
    edition: Edition
    newsroom: Newsroom
    profile: LegalProfile
    related: Mapping[StoryKey, Sequence[Article]] = field(default_factory=dict)
    labels: Mapping[ArticleId, tuple[str, ...]] = field(default_factory=dict)  # beside a story
    notes: tuple[str, ...] = ()  # labels of what is only linked


def digest_view(order: PrintOrder, subject: str, words: Mapping[Language, Localizer]) -> DigestView:
    """The page for the layout's language; `words` holds at least that one."""
    page = _Page(order, words)
    lead = order.layout.lead
    language = order.layout.language
    story = page.lead(lead) if lead else None
    return DigestView(
        subject=subject,
        preheader=_preheader(order, page),
        masthead=page.masthead(),
        lead=story,
        lead_section=" · ".join((page.section_title(lead), *page.update(lead))) if lead else "",
        rubrics=tuple(page.rubric(block) for block in order.layout.blocks),
        imprint=page.imprint(),
        look=order.newsroom.look,
        browser=page.browser(),
        tongues=page.tongues(),
        change=doors.change_door(order.edition, order.newsroom, words[language]),
        report=page.report(None),
        doors=(
            doors.archive_door(order.edition, order.newsroom, words[language]),
            *doors.doors(order.newsroom, words[language]),
        ),
        notes=order.notes,
        intro=page.intro(),
        corrections=tuple(
            page.story(item, image=None, width=0) for item in order.layout.corrections
        ),
        adverts=tuple(page.advert(item, item.article.sponsored) for item in order.layout.sponsored),
    )


def ad_word(profile: LegalProfile, text: Localizer) -> str:
    """What marks advertising: the newsroom's word, else the language's."""
    return profile.ad_word.get(text.language) or text.say(msgid("Advertisement"))


class _Page:
    """The order at hand, with the words to fill it."""

    def __init__(self, order: PrintOrder, words: Mapping[Language, Localizer]) -> None:
        self._order, self._words = order, words
        self._text = words[order.layout.language]
        self._site = order.newsroom.site
        self._today: date = order.issue.due_at.astimezone(self._site.zone).date()
        layout = order.layout
        linked = tuple(item for block in layout.blocks for item in block.more)
        self._printed = frozenset(item.article.story for item in (*layout.items, *linked))

    def masthead(self) -> Masthead:
        issue, edition = self._order.issue, self._order.edition
        day = self._text.date(issue.due_at, edition.schedule.zone, style="full")
        return Masthead(
            name=self._order.profile.registered_name,
            edition=edition.title[self._text.language],
            date=day[:1].upper() + day[1:],
            number=issue.number,
            age=_mark(issue.age),
            logo=self._logo(),
        )

    def rubric(self, block: Block) -> Rubric:
        pictured = next((i for i in block.items if _printable(i.article)), None)
        stories = tuple(
            self.story(item, image=item.article.image if item is pictured else None, width=THUMB)
            for item in block.items
        )
        title = self._order.newsroom.section(block.section).title[self._text.language]
        more = tuple(self.headline(item.article) for item in block.more)
        return Rubric(title=title, stories=stories, more=more)

    def section_title(self, item: PrintedItem) -> str:
        return self._order.newsroom.section(item.section).title[self._text.language]

    def lead(self, item: PrintedItem) -> Story:
        """The one story with its whole summary, and a photo as wide as the column."""
        image, article = item.article.image, item.article
        return replace(
            self.story(item, image=image.plate if image else None, width=COLUMN),
            label="",  # its section stands above it anyway
            label_names=(),
            summary=self.set(article.summary, article.language, SUMMARY_LIMIT),
            names=_names(article, signed=True),
        )

    def story(self, item: PrintedItem, *, image: Image | None, width: int) -> Story:
        article = item.article
        labelled = self._order.newsroom.section(item.section).label
        above = (self.section_title(item),) if labelled else ()
        return Story(
            headline=self.headline(article),
            label=" · ".join((*self.update(item), *above)),
            label_names=_authors(article) if labelled else (),
            summary=self.sentence(article),
            names=_names(article, signed=not labelled),
            facts=self._facts(article),
            photo=self._photo(article, image, width) if _printable(article) else None,
            correction=self.set(article.correction or "", article.language, CORRECTION_LIMIT),
            related=self._related(article),
            notes=self._order.labels.get(article.id, ()),
            id=article.id,
            report=self.report(article),
        )

    def update(self, item: PrintedItem) -> tuple[str, ...]:
        """What marks a story that was mailed before (law 10)."""
        return (self._text.say(msgid("Update")),) if item.update else ()

    def advert(self, item: PrintedItem, sponsor: Sponsor | None) -> Advert:
        """The word, who pays and the token as they are: nothing typesets them."""
        article = item.article
        erid = f"erid: {sponsor.erid}" if sponsor and sponsor.erid else ""
        facts = (sponsor.advertiser if sponsor else "", erid)
        word = ad_word(self._order.profile, self._text)
        return Advert(
            headline=self.headline(article),
            mark=" · ".join(filter(None, (word, *(clean(fact, 200) for fact in facts)))),
            summary=self.set(article.summary, article.language, SUMMARY_LIMIT),
        )

    def intro(self) -> tuple[str, ...]:
        """The editor's word, a paragraph each."""
        paragraphs = self._order.layout.intro.split("\n\n")
        found = (self.set(one, self._text.language, INTRO_LIMIT) for one in paragraphs)
        return tuple(filter(None, found))

    def headline(self, article: Article, *, with_section: bool = False) -> Headline:
        section = self._order.newsroom.section(article.section) if article.section else None
        own = article.language == self._text.language
        listed = section is not None and section.listing
        return Headline(
            title=self.set(article.title, article.language, TITLE_LIMIT),
            url=web_url(article.url),
            language=article.language,
            mark="" if own else self._text.mark(article.language),
            age=_mark(self._age(article)) if listed else "",
            section=section.title[self._text.language] if section and with_section else "",
        )

    def set(self, words: str, language: Language, limit: int) -> str:
        """Cleaned, cut and typeset by the rules of the language it is written in."""
        known = self._words.get(language)
        text = clean(words, limit)
        return typeset(text, known.manners.typography) if known else text

    def sentence(self, article: Article) -> str:
        """The first one of a summary."""
        summary, known = clean(article.summary, SUMMARY_LIMIT), self._words.get(article.language)
        if known:
            summary = first_sentence(summary, known.manners.typography)
        return self.set(summary, article.language, SUMMARY_LIMIT)

    def imprint(self) -> Imprint:
        profile, language = self._order.profile, self._text.language
        year = self._order.issue.due_at.astimezone(self._site.zone).year
        return replace(imprint_of(profile, language, year=year), age=_mark(self._order.issue.age))

    def browser(self) -> Door | None:
        """This page where any browser shows it."""
        language = self._text.language
        order = self._order
        url = doors.browser_url(order.issue, order.edition, order.newsroom, language)
        return Door(url=url, name=self._text.say(msgid("Read in the browser"))) if url else None

    def tongues(self) -> tuple[Door, ...]:
        """The issue in the edition's other languages."""
        order, own = self._order, self._text.language
        found = doors.tongues(order.issue, order.edition, order.newsroom, self._words)
        return tuple(one for one in found if one.language != own)

    def report(self, article: Article | None) -> Door | None:
        """Where an error is told."""
        return doors.error_door(self._order.profile.email, article, self._order.issue, self._text)

    def _logo(self) -> Photo | None:
        logo = self._order.newsroom.look.logo
        if logo is None:
            return None
        return Photo(
            src=f"{self._site.base_url}/media/{logo.file}",
            width=logo.width,
            height=logo.height,
            alt=self._order.profile.registered_name,
            caption="",
            credit="",
        )

    def _age(self, article: Article) -> AgeMark | None:
        return article.age if article.age is not None else self._order.profile.unrated

    def _facts(self, article: Article) -> tuple[str, ...]:
        """When it came and when it changed; neither breaks across lines."""
        text, zone = self._text, self._site.zone
        facts = [text.stamp(article.published_at, zone, today=self._today)]
        changed = article.updated_at
        if changed and changed - article.published_at >= timedelta(minutes=1):
            when = text.stamp(changed, zone, today=self._today)
            facts.append(text.say(msgid("Updated {time}"), time=when))
        return tuple(fact.replace(" ", NBSP) for fact in facts)

    def _photo(self, article: Article, image: Image | None, width: int) -> Photo | None:
        if image is None:
            return None
        shown, height = _fitted(image, width)
        return Photo(
            src=f"{self._site.base_url}/media/{quote(image.file)}",
            width=shown,
            height=height,
            alt=self.set(image.alt or image.caption, article.language, 300),
            caption=_closed(self.set(image.caption, article.language, 300)),
            credit=clean(image.credit or "", 120),
        )

    def _related(self, article: Article) -> tuple[Headline, ...]:
        """At most three, none that this issue prints anyway, in the reader's language only."""
        chosen = (
            version
            for story in article.related
            if story not in self._printed
            for version in self._order.related.get(story, ())
            if version.language == self._text.language
        )
        return tuple(self.headline(one, with_section=True) for one in list(chosen)[:RELATED])


def _preheader(order: PrintOrder, page: _Page) -> str:
    """What an inbox shows beside the subject: the lead's summary, else the first headlines."""
    lead = order.layout.lead
    if lead and lead.article.summary:
        return page.set(lead.article.summary, lead.article.language, 140)
    titles = [clean(item.article.title, 90) for item in order.layout.items[:3]]
    return " · ".join(titles)


def _closed(sentence: str) -> str:
    """With a full stop, for the credit follows on the same line."""
    return f"{sentence}." if sentence[-1:].isalnum() else sentence


def _authors(article: Article) -> tuple[str, ...]:
    return tuple(clean(name, 80) for name in article.authors[:3])


def _names(article: Article, *, signed: bool) -> tuple[str, ...]:
    """Who wrote it and whose it is, in its own language; none breaks across lines."""
    names = (*(_authors(article) if signed else ()), clean(article.credit or "", 120))
    return tuple(name.replace(" ", NBSP) for name in names if name)


def _printable(article: Article) -> bool:
    """Law 11: a credited picture of an article that may be printed whole."""
    image = article.image
    return image is not None and bool(image.credit) and article.rights is not Rights.QUOTE


def _fitted(image: Image, width: int) -> tuple[int, int]:
    """The size in print: never blown up, never taller than the column is wide."""
    shown = min(width, image.width)
    if image.height > image.width:
        shown = min(shown, width * image.width // image.height)
    return shown, round(image.height * shown / image.width)


def _mark(age: AgeMark | None) -> str:
    return "" if age is None else f"{age}+"
