"""Law 11: what of an article may be printed.  The one place mails and feeds both ask."""

from dataclasses import replace

from publisher.model.articles import Article
from publisher.model.sources import Rights


def printable(article: Article) -> Article:
    """The article without what may not be printed.

    Quoted ones keep headline, summary, credit and link; an image needs a credit.
    """
    if article.rights is Rights.QUOTE:
        return replace(article, body="", image=None)
    if article.image is not None and not (article.image.credit or "").strip():
        return replace(article, image=None)
    return article
