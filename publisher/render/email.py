"""Issue to Digest: subject, HTML, text, compiled bytes, once per language and variant.

Decides nothing about what is printed; that is the Layout's and view.py's.
"""

from publisher.assets import Assets
from publisher.i18n.localizer import Localizer
from publisher.model.digests import Digest
from publisher.model.names import DigestId, Language
from publisher.render.inline import inline_styles
from publisher.render.listing import mailing_list
from publisher.render.mime import Letter, compile_letter, marker
from publisher.render.sheet import TOKENS, DigestView
from publisher.render.stock import templates_of, words_of
from publisher.render.subject import subject_line
from publisher.render.templates import Templates, tidy
from publisher.render.view import PrintOrder, digest_view


def render_digest(order: PrintOrder, assets: Assets) -> Digest:
    """The Digest of one layout; the same order gives the same bytes.

    Pure but for reading templates and catalogs, and heavy (premailer): made to run in a spawned
    process, which keeps what it has read until a file changes.  Raises Misconfigured for a
    missing catalog and for a missing or broken template.
    """
    layout = order.layout
    words = words_of(assets, _spoken(order))
    text = words[layout.language]
    subject = subject_line(order, words)
    page = digest_view(order, subject, words)
    templates = templates_of(assets)
    html = _opened(inline_styles(_fill(templates, "email/digest.html.j2", text, page)))
    plain = _opened(tidy(_fill(templates, "email/digest.txt.j2", text, page)))
    identity = order.newsroom.identity
    sender = identity.sender[layout.language]
    identifier = DigestId(f"{order.issue.id}/{layout.language}/{layout.variant.name}")
    return Digest(
        id=identifier,
        issue=order.issue.id,
        language=layout.language,
        variant=layout.variant.name,
        subject=subject,
        sender=sender,
        html=html,
        text=plain,
        compiled=compile_letter(
            Letter(
                seed=identifier,
                sender=sender,
                reply_to=identity.reply_to,
                subject=subject,
                language=layout.language,
                html=html,
                text=plain,
                list=mailing_list(order.issue, order.edition, order.newsroom, layout.language),
            )
        ),
    )


def _fill(templates: Templates, name: str, text: Localizer, page: DigestView) -> str:
    return templates.render(name, text=text, digest=page)


def _opened(page: str) -> str:
    """Tokens, which survive inlining, become {{slot:name}}."""
    for slot, token in TOKENS.items():
        page = page.replace(token, marker(slot))
    return page


def _spoken(order: PrintOrder) -> tuple[Language, ...]:
    """The reader's language first, then the site's others, whose headlines may appear."""
    own = order.layout.language
    return (own, *(other for other in order.newsroom.site.languages if other != own))
