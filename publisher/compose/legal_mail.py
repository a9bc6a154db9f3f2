"""The legal gate on a final mail: rules L08 to L11 and L17 on its decoded parts and headers.

The rest of the imprint is judged in legal_imprint.py.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from itertools import takewhile
from typing import Final
from urllib.parse import urlsplit

from publisher.compose.legal_imprint import imprint_problems
from publisher.compose.legal_rulesets import statement_of
from publisher.compose.letters import bare, count_of, folded, glyph, shows_mark, without
from publisher.compose.visible import Document, Run, View, read_html
from publisher.model.articles import AgeMark
from publisher.model.digests import DecodedMail
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.problems import Problem, msgid

LARGEST: Final = 100_000  # bytes of HTML, rule L11: Gmail cuts at 102 kB
ONE_CLICK: Final = "List-Unsubscribe=One-Click"  # RFC 8058 section 3.1, to the letter
_BODY_SIZE: Final = 16.0  # px: what a browser takes when nothing is said
_MASTHEAD: Final = 600  # letters: name, edition, date, number, links, and room to spare
_KNOWN_BY: Final = 60  # letters of a title: templates cut and set the rest
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+")
_HEADER_ADDRESS: Final = re.compile(r"<([^<>]*)>")


def inspect_mail(  # noqa: PLR0913 - a mail, and what is known of it
    mail: DecodedMail,
    *,
    profile: LegalProfile,
    issue_age: AgeMark | None,
    language: Language,
    leave_url: str,
    document: Document | None = None,
    first_title: str = "",
) -> tuple[Problem, ...]:
    """What keeps this mail from being lawful to send; empty when nothing does.

    `leave_url` is how the address that unsubscribes must begin: the whole of it for a mail to one
    reader, or what all of them share ("https://embankment.test/unsubscribe/").  `document` is the
    HTML part where it was read already, `first_title` where the masthead has ended.
    """
    document = document or read_html(mail.html)
    shown = inspect_shown(
        mail,
        profile=profile,
        issue_age=issue_age,
        language=language,
        document=document,
        first_title=first_title,
    )
    return (*shown, *_size(mail), *_leaving(document, mail, leave_url))


def inspect_shown(
    mail: DecodedMail,
    *,
    profile: LegalProfile,
    issue_age: AgeMark | None,
    language: Language,
    document: Document,
    first_title: str = "",
) -> tuple[Problem, ...]:
    """What is to be seen of it wherever it is read, in the browser too: all but the way out."""
    statement = statement_of(profile)
    return (
        *_statement(document, mail, statement),
        *_marks(document, mail, profile, issue_age, first_title),
        *_copyright(document, mail, profile, language),
        *imprint_problems(document, mail, profile),
    )


def copyright_in(text: str, line: str) -> bool:
    """Whether a copyright line stands in a text, with any year for {year}."""
    pattern = re.escape(folded(line)).replace(re.escape("{year}"), r"\d{4}")
    return bool(line.strip()) and re.search(rf"(?<!\w){pattern}(?!\w)", folded(text)) is not None


def statement_problems(document: Document, statement: str) -> Iterator[Problem]:
    """L09 and L10 on HTML: the statement is seen once, whole and verbatim, in every view."""
    if document.foreign_style:
        yield Problem(
            message=msgid("The HTML takes in a style sheet from elsewhere, which may hide words."),
            remedy=msgid("Put all styles into the document itself."),
            rule="L10",
        )
    for view in document.views:
        count = count_of(statement, view.text) if folded(statement) else 0
        if count > 1:
            yield _more_than_once(count)
        elif count == 0 and count_of(statement, document.everything):
            yield _unseen(view)
        elif count == 0:
            yield _missing_in_html()
        if count != 1:
            return  # the other views would say the same


def _statement(document: Document, mail: DecodedMail, statement: str) -> Iterator[Problem]:
    yield from statement_problems(document, statement)
    count = count_of(statement, mail.text) if folded(statement) else 0
    if count != 1:
        yield Problem(
            message=msgid(
                "The text part holds the registration statement {count} times, not once and "
                "verbatim."
            ),
            args={"count": count},
            remedy=msgid("Print the statement once in the text template, unchanged."),
            rule="L09",
        )


def _size(mail: DecodedMail) -> Iterator[Problem]:
    size = max(mail.size, len(mail.html.encode("utf-8", "replace")))
    if size > LARGEST:
        yield Problem(
            message=msgid("The HTML part has {size} bytes; mail programs cut what is above {max}."),
            args={"size": size, "max": LARGEST},
            remedy=msgid("Carry fewer stories, or shorter ones: the legal block is at the end."),
            rule="L11",
        )


def _marks(
    document: Document, mail: DecodedMail, profile: LegalProfile, age: AgeMark | None, title: str
) -> Iterator[Problem]:
    """L08 as printed: the mark stands in the masthead, and again by the statement or in it."""
    if age is None:
        return
    mark, statement = glyph(age), statement_of(profile)
    texts = [view.text for view in document.views]
    if not all(_twice(text, mark, profile) for text in texts):
        yield _mark_missing(mark, msgid("The HTML part does not show the age mark {mark} twice."))
    elif not all(_stands_out(view, mark, title, statement) for view in document.views):
        yield _mark_missing(
            mark,
            msgid("The age mark {mark} in the masthead is smaller than the text, or not bold."),
        )
    if not _twice(mail.text, mark, profile):
        yield _mark_missing(mark, msgid("The text part does not show the age mark {mark} twice."))
    elif not shows_mark(folded(mail.text)[:_MASTHEAD], mark):
        yield _mark_missing(
            mark, msgid("The text part does not show the age mark {mark} in its masthead.")
        )


def _twice(text: str, mark: str, profile: LegalProfile) -> bool:
    statement = statement_of(profile)
    if not folded(statement):
        return False
    before, *after = without(statement, text)
    if shows_mark(statement, mark) or shows_mark(" ".join(after), mark):
        return shows_mark(before, mark)
    others = [folded(one) for one in profile.statements.values() if folded(one)]
    while True:
        before = before.rstrip()
        last = len(before) - len(mark) - 1  # with what stands before it: no part of another word
        if shows_mark(before[last:], mark):
            return shows_mark(before[:last], mark)
        between = next((one for one in others if before.endswith(one)), None)
        if between is None:
            return False
        before = before.removesuffix(between)  # one mark stands above them all


def _stands_out(view: View, mark: str, title: str, statement: str) -> bool:
    """Whether the mark is in the masthead, bold and no smaller than the text."""
    sizes = [
        run.size for run in _beginning(view.runs, title) if run.bold and shows_mark(run.text, mark)
    ]
    largest = max(sizes, default=0.0)
    if largest >= _BODY_SIZE or not sizes:
        return bool(sizes)
    return largest >= _text_size(_above(view.runs, statement))


def _beginning(runs: Sequence[Run], title: str) -> Iterator[Run]:
    """What is read above the first story, and no more than a masthead can have."""
    known, read = bare(title)[:_KNOWN_BY], 0
    for run in runs:
        if read > _MASTHEAD or (known and known in bare(run.text)):
            return
        read += run.length
        yield run


def _above(runs: Sequence[Run], statement: str) -> Iterator[Run]:
    """The runs above the statement: the stories, without the small print."""
    begins = folded(statement)[:_KNOWN_BY]
    return takewhile(lambda run: not begins or begins not in run.plain, runs)


def _text_size(runs: Iterable[Run]) -> float:
    """The size most words are set in, those aside that are links: headlines and doors."""
    amount: dict[float, int] = {}
    for run in runs:
        if run.link:
            continue
        amount[run.size] = amount.get(run.size, 0) + run.length
    return max(amount, key=lambda size: amount[size], default=_BODY_SIZE)


def _copyright(
    document: Document, mail: DecodedMail, profile: LegalProfile, language: Language
) -> Iterator[Problem]:
    line = profile.copyright.get(language, "")
    if not all(copyright_in(text, line) for text in (*_texts(document), mail.text)):
        yield Problem(
            message=msgid("The copyright line is missing in the HTML or the text part."),
            remedy=msgid("Print the copyright line of the legal profile in both templates."),
            rule="L09",
        )


def _texts(document: Document) -> Iterator[str]:
    return (view.text for view in document.views)


def _leaving(document: Document, mail: DecodedMail, leave: str) -> Iterator[Problem]:
    """L17: one and the same address in the header and, visibly, in both parts."""
    address = _header_address(mail)
    if address is None:
        yield _no_header()
        return
    if not leave or not address.startswith(leave) or not _safe(address):
        yield _bad_address(address)
    if _values(mail, "list-unsubscribe-post") != [ONE_CLICK]:
        yield _no_one_click()
    if not all(_links_to(view, address, leave) for view in document.views):
        yield _no_link(msgid("The HTML part has no visible link to the address that unsubscribes."))
    found = [one.rstrip(".,;:!?)»”") for one in _ADDRESS.findall(mail.text)]
    if {one for one in found if _leads(one, leave)} != {address}:
        yield _no_link(msgid("The text part does not show the address that unsubscribes."))


def _values(mail: DecodedMail, name: str) -> list[str]:
    return [value.strip() for header, value in mail.headers if header.lower() == name]


def _header_address(mail: DecodedMail) -> str | None:
    """The one web address in the one List-Unsubscribe header (RFC 2369, RFC 8058)."""
    values = _values(mail, "list-unsubscribe")
    addresses = [
        address.strip()
        for value in values
        for address in _HEADER_ADDRESS.findall(value)
        if not address.strip().lower().startswith("mailto:")
    ]
    return addresses[0] if len(values) == len(addresses) == 1 else None


def _links_to(view: View, address: str, leave: str) -> bool:
    links = {run.link.strip() for run in view.runs if run.link and _worded(run.text)}
    return {link for link in links if _leads(link, leave)} == {address}


def _worded(text: str) -> bool:
    """Whether there is something to click on; spaces and zero-width characters are nothing."""
    return any(letter.isalnum() for letter in text)


def _leads(address: str, leave: str) -> bool:
    return bool(leave) and address.startswith(leave)


def _safe(address: str) -> bool:
    """Https; http only to this machine, for the demo and tests."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and _on_this_machine(host))
    )


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _more_than_once(count: int) -> Problem:
    return Problem(
        message=msgid("The HTML part shows the registration statement {count} times."),
        args={"count": count},
        remedy=msgid("Print the statement once in the HTML template."),
        rule="L09",
    )


def _missing_in_html() -> Problem:
    return Problem(
        message=msgid("The HTML part does not hold the registration statement verbatim."),
        remedy=msgid("Print the statement once in the HTML template, unchanged."),
        rule="L09",
    )


def _unseen(view: View) -> Problem:
    if view.name:
        return Problem(
            message=msgid("Some readers cannot see the registration statement: {condition}."),
            args={"condition": view.name},
            remedy=msgid("Show it whole, at 10 px or larger, against a different background."),
            rule="L10",
        )
    return Problem(
        message=msgid("The registration statement is in the HTML, but nobody can see it."),
        remedy=msgid("Show it whole, at 10 px or larger, against a different background."),
        rule="L10",
    )


def _mark_missing(mark: str, message: str) -> Problem:
    return Problem(
        message=message,
        args={"mark": mark},
        remedy=msgid("Print the mark in the masthead, bold, and again in the legal block."),
        rule="L08",
    )


def _no_header() -> Problem:
    return Problem(
        message=msgid("The header List-Unsubscribe does not name exactly one web address."),
        remedy=msgid("This is a fault of the program; report it."),
        rule="L17",
    )


def _bad_address(address: str) -> Problem:
    return Problem(
        message=msgid("The address that unsubscribes is not ours, or not https: {address}"),
        args={"address": address},
        remedy=msgid("Let site.base_url begin with https://."),
        rule="L17",
    )


def _no_one_click() -> Problem:
    return Problem(
        message=msgid("The header List-Unsubscribe-Post is missing or wrong."),
        remedy=msgid("This is a fault of the program; report it."),
        rule="L17",
    )


def _no_link(message: str) -> Problem:
    return Problem(
        message=message,
        remedy=msgid("Print the link in the legal block of both templates."),
        rule="L17",
    )
