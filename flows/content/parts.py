"""Whether the articles that a digest lists can be in it."""

from flows.content.naming import list_articles
from flows.content.source import read_article
from flows.domain.article import Article
from flows.domain.digest import Item
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.phrases import Phrase


def require_parts(article: Article, *, language: Language) -> None:
    """Raise `InputError` if a digest lists an article that is not there, itself, or a digest."""
    for section in article.front.articles:
        for item in section.items:
            _require_part(article, item, language=language)


def _require_part(article: Article, item: Item, *, language: Language) -> None:
    content, slug = article.folder.parent, item.article
    if slug == article.slug:
        problem = Phrase("a digest cannot list itself")
        remedy = f"Take {slug} out."
    elif not (content / slug / f"{language}.md").is_file():
        problem = Phrase("there is no article {slug!r}", slug=slug)
        known = (one for one in list_articles(content) if one != article.slug)
        remedy = f"Articles: {', '.join(known) or 'none yet'}."
    elif read_article(content / slug, language=language).front.is_digest:
        problem = Phrase("{slug!r} is a digest itself", slug=slug)
        remedy = "List its articles instead."
    else:
        return
    raise InputError(
        problem,
        path=article.folder / f"{language}.md",
        line=item.line,
        field="articles",
        remedy=remedy,
    )
