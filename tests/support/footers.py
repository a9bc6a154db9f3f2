"""Legal footers of every kind, and mails that carry them: good ones, for tests to spoil."""

from dataclasses import replace
from datetime import date
from html import escape
from typing import Any

from publisher.model.articles import AgeMark
from publisher.model.digests import DecodedEntry, DecodedFeed, DecodedMail
from publisher.model.legal import Acknowledgement, LegalProfile, Registration
from tests.support.build import EN, RU, make_profile

ROSOKHRANKULTURA = (
    "Федеральная служба по надзору за соблюдением законодательства в сфере массовых коммуникаций "
    "и охране культурного наследия"
)
# The form of 2017.  The authority was gone in 2015, the number is one of early August, and a web
# site is no «электронное периодическое издание»: three warnings, and nothing that blocks.
STATEMENT_2017 = (
    "Электронное периодическое издание «The Embankment» зарегистрировано в Федеральной службе по "
    "надзору за соблюдением законодательства в сфере массовых коммуникаций и охране культурного "
    "наследия 16 ноября 2015 г. Свидетельство о регистрации ЭЛ № ФС77-62700. 16+"
)
LEAVE = "https://embankment.test/unsubscribe/eyJzIjoxfQ.c2lnbmF0dXJl"


def profile_2017(**overrides: Any) -> LegalProfile:
    """Of 8 September 2017: complete under the rules of that year, and no more than that."""
    profile = LegalProfile(
        id="main",
        valid_from=date(2017, 1, 1),
        review_by=date(2018, 6, 30),
        approved_by="Counsel",
        approved_on=date(2016, 12, 20),
        ruleset="ru-network-2017",
        registered_name="The Embankment",
        registration=Registration(
            number="ЭЛ № ФС77-62700",
            date=date(2015, 11, 16),
            authority=ROSOKHRANKULTURA,
            form="electronic_periodical",
        ),
        founders=(),
        editor_in_chief="",
        email="",
        phone="",
        postal="",
        age=16,
        unrated=None,
        statements={RU: STATEMENT_2017},
        copyright={EN: "© 1992–{year} The Embankment", RU: "© 1992–{year} The Embankment"},
        version="1" * 64,
    )
    return replace(profile, **overrides)


def real_profile(**overrides: Any) -> LegalProfile:
    """Complete under the rules of 2018, no sample: nothing in it is invented by its looks."""
    statement = (
        "Сетевое издание «The Embankment» зарегистрировано Федеральной службой по надзору в сфере "
        "связи, информационных технологий и массовых коммуникаций. Регистрационный номер и дата "
        "принятия решения о регистрации: серия Эл № ФС 77 - 84200 от 14 ноября 2022 г. 16+"
    )
    profile = make_profile(
        registration=Registration(
            number="ЭЛ № ФС77-84200",
            date=date(2022, 11, 14),
            authority="Роскомнадзор",
            form="network_publication",
        ),
        email="editors@embankment.press",
        statements={RU: statement},
        sample=False,
    )
    return replace(profile, **overrides)


def signed(*rules: str, on: date = date(2017, 1, 1)) -> tuple[Acknowledgement, ...]:
    """Somebody put name and date under these warnings."""
    return tuple(Acknowledgement(rule=rule, by="Counsel", on=on) for rule in rules)


STYLE = """
.body { margin: 0; background-color: #fdfcf9; color: #1c1b19 }
@media screen and (max-width: 599px) { .gutter { padding: 16px 20px !important } }
@media (prefers-color-scheme: dark) {
  .body { background-color: #171614 !important }
  .ink { color: #ece7dd !important }
  .small { color: #b3aca0 !important }
}
[data-ogsb] .body { background-color: #171614 !important }
[data-ogsc] .ink { color: #ece7dd !important }
[data-ogsc] .small { color: #b3aca0 !important }
a[x-apple-data-detectors] { color: inherit !important }
a:hover { text-decoration: none }
"""

PAGE = """<!DOCTYPE html>
<html lang="ru"><head><meta charset="utf-8"><title>Утренний выпуск</title>
<!--[if mso]><xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch>
</o:OfficeDocumentSettings></xml><![endif]-->
<style>{style}</style></head>
<body class="body" style="margin:0;background-color:#fdfcf9;color:#1c1b19">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;font-size:1px">Над рекой</div>
<!--[if mso]><table role="presentation" width="600"><tr><td><![endif]-->
<table role="presentation" width="100%" bgcolor="#fdfcf9" class="body"><tr><td class="gutter">
<h1 class="ink" style="font:bold 34px/40px Georgia,serif;color:#1c1b19">The Embankment</h1>
<table width="100%"><tr><td class="ink" style="font-size:17px;color:#1c1b19">8&nbsp;сентября</td>
<td class="ink" align="right" style="font-size:17px;font-weight:bold;color:#1c1b19">{mark}</td>
</tr></table>
<h2><a class="ink" href="https://embankment.test/ru/bridge" style="color:#1c1b19">Мост</a></h2>
<p class="ink" style="font-size:17px;line-height:27px;color:#1c1b19">По мосту прошли первые
пешеходы, и&nbsp;никто не&nbsp;упал в&nbsp;воду &amp; не&nbsp;промок.</p>
<table width="100%" style="border-top:2px solid #1c1b19"><tr><td style="padding:16px 0">
<p class="ink" style="margin:0;font-size:17px;font-weight:bold;color:#1c1b19">{mark}</p>
{legal}
<p class="small" style="font-size:13px;line-height:19px;color:#5a564f">{facts}</p>
<p class="small" style="font-size:13px;line-height:19px;color:#5a564f">{copyright}</p>
<p><a class="ink" href="{leave}" style="font-size:13px;color:#1c1b19">Отписаться</a></p>
</td></tr></table>
</td></tr></table>
<!--[if mso]></td></tr></table><![endif]-->
</body></html>"""

PARAGRAPH = (
    '<p lang="ru" class="small" style="margin:0;padding:8px 0 0;font-family:Arial,sans-serif;'
    'font-size:13px;line-height:19px;color:#5a564f">{statement}</p>'
)


FACTS = (
    "ООО «Набережная». Соколова А. П. 119072, Москва, Набережная ул., 1, +7 495 000-00-00, "
    "editors@embankment.test, editors@embankment.press"
)


def good_html(
    statement: str,
    *,
    facts: str = FACTS,
    legal: str | None = None,
    mark: str = "16+",
    style: str = STYLE,
    leave: str = LEAVE,
    line: str = "© 2026 The Embankment",
) -> str:
    """A newsletter as they are; `legal` replaces the paragraph that holds the statement."""
    paragraph = PARAGRAPH.format(statement=escape(statement, quote=False))
    return PAGE.format(
        style=style,
        mark=mark,
        legal=paragraph if legal is None else legal,
        copyright=line,
        facts=escape(facts, quote=False),
        leave=escape(leave),
    )


def good_text(
    statement: str,
    *,
    facts: str = FACTS,
    mark: str = "16+",
    leave: str = LEAVE,
    line: str = "© 2026 The Embankment",
) -> str:
    """Its text twin."""
    return (
        f"The Embankment\n8 сентября · {mark}\n{'=' * 72}\n\nМост\nПо мосту прошли первые\n"
        f"пешеходы.\nhttps://embankment.test/ru/bridge\n\n{'=' * 72}\n{mark}\n\n{statement}\n\n"
        f"{facts}\n\n{line}\n\nОтписаться:\n{leave}\n"
    )


def good_mail(profile: LegalProfile, **overrides: Any) -> DecodedMail:
    """A mail the gate lets through."""
    statement = next(iter(profile.statements.values()))
    html = overrides.pop("html", good_html(statement))
    mail = DecodedMail(
        subject="Мост",
        html=html,
        text=good_text(statement),
        headers=(
            ("from", "The Embankment <digest@embankment.test>"),
            ("list-unsubscribe", f"<{LEAVE}>"),
            ("list-unsubscribe-post", "List-Unsubscribe=One-Click"),
        ),
        size=len(html.encode()),
    )
    return replace(mail, **overrides)


def good_feed(profile: LegalProfile, *, age: AgeMark = 16, **overrides: Any) -> DecodedFeed:
    """A feed of two entries the gate lets through."""
    [statement] = profile.statements.values()
    line = f"<p>Мост.</p><p><small>{escape(statement, quote=False)}</small></p><p>{age}+</p>"
    entries = tuple(
        DecodedEntry(
            id=f"tag:embankment.test,2026:story/{story}/ru",
            content=line,
            rating=f"{age}+",
            rights="© 2026 The Embankment",
        )
        for story in ("bridge", "tram")
    )
    notice = profile.copyright[RU].replace("{year}", "2026")
    feed = DecodedFeed(rights=f"{notice}\n{statement}", ratings=(f"{age}+",), entries=entries)
    return replace(feed, **overrides)
