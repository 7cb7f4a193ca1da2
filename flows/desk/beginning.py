"""A new article: its title, what it begins with, and on to writing it."""

import asyncio
from zoneinfo import ZoneInfo

from starlette.responses import Response

from flows.content.naming import slugify
from flows.desk.faults import in_words, status_of
from flows.desk.visit import Visit
from flows.domain.errors import InputError, NewsletterError
from flows.domain.phrases import Phrase
from flows.operations.articles import LONGEST_TITLE, article_templates, new_article
from flows.store.events import record_event


async def ask(visit: Visit) -> Response:
    """What it is called, and what it begins with."""
    return await _page(visit)


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    templates = await asyncio.to_thread(article_templates, visit.desk.library)
    return visit.page(
        "begin.html",
        status=status,
        problem=problem,
        templates=templates,
        chosen=visit.form.text("template") or templates[0],
        longest=LONGEST_TITLE,
    )


async def begin(visit: Visit) -> Response:
    """Make its folder and its file, and write in it."""
    title, template = visit.form.text("title"), visit.form.text("template")
    today = visit.now.astimezone(ZoneInfo(visit.words.zone)).date()
    try:
        if not title or len(title) > LONGEST_TITLE:
            raise InputError(
                Phrase("has 1 to {most} characters", most=LONGEST_TITLE), field="title"
            )
        slug = visit.form.text("slug") or slugify(title)
        await asyncio.to_thread(
            new_article, visit.desk.library, slug, today=today, template=template, title=title
        )
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=status_of(error))
    async with visit.runtime.store.writing() as tx:
        await record_event(
            tx, "article.begun", slug, actor=visit.name, now=visit.now, template=template
        )
    return visit.go(f"/articles/{slug}/write", done="begun")
