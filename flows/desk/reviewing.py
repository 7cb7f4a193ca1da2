"""The review page of a language: French left, the translation right, passage by passage."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import HTMLResponse, Response

from flows.desk.rows import Choice, choice_of, counts_of, row_of
from flows.desk.visit import Visit
from flows.domain.account import Account, Guest, Role
from flows.domain.language import Language
from flows.domain.segment import SegmentState
from flows.operations.passages import Sheet, read_sheet
from flows.operations.past import Past, look_back
from flows.store.passage_changes import last_change
from flows.store.reviews import Decision, last_decisions

INDENT: Final = re.compile(r"[ \t]*\n[ \t\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """A language as it lies before whoever reviews it: its passages, and how they were before."""

    sheet: Sheet
    past: Past


async def sheet_of(visit: Visit) -> Sheet:
    """The language that the path names. It is read in a thread: others are served meanwhile."""
    language = visit.desk.library.target(visit.named("language"))
    return await asyncio.to_thread(
        read_sheet, visit.desk.workbench, visit.named("slug"), language, reviewer=visit.locale
    )


async def lay_out(visit: Visit) -> Desktop:
    """The same, with how it was before."""
    sheet = await sheet_of(visit)
    past = await look_back(visit.runtime.store, sheet, person=visit.name, now=visit.now)
    return Desktop(sheet=sheet, past=past)


async def show(visit: Visit) -> Response:
    """The page; of the source language, which has no passages to compare, its approval."""
    slug, tag = visit.named("slug"), visit.named("language")
    if tag == visit.desk.library.source_language:
        return visit.go(f"/articles/{slug}/{tag}/approval")
    return await page(visit)


async def page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    """The passages that are asked for; for htmx without what is around them."""
    desktop = await lay_out(visit)
    choice = choice_of(
        visit.form.text("show") or visit.asked("show"), visit.form.text("q") or visit.asked("q")
    )
    values = await values_of(visit, desktop, choice)
    template = "passages.html" if visit.is_partial else "review.html"
    # Nothing in it keeps its spaces; the templates' indentation would be a third of a long page.
    return HTMLResponse(
        INDENT.sub("\n", visit.part(template, problem=problem, **values)), status_code=status
    )


async def values_of(visit: Visit, desktop: Desktop, choice: Choice) -> dict[str, Any]:
    """What the page is made of."""
    sheet, past = desktop.sheet, desktop.past
    wanted = [one for one in sheet.passages if choice.wants(one, past)]
    return {
        **await head_of(visit, sheet),
        "counts": counts_of(sheet, past),
        "article": sheet.article,
        "source": visit.desk.library.source_language,
        "languages": _languages(visit),
        "choice": choice,
        "rows": [row_of(visit, one, past) for one in wanted],
        "decision": await decision_on(visit, sheet.language),
    }


async def head_of(visit: Visit, sheet: Sheet) -> dict[str, Any]:
    """What the head of the page says, which changes with each act."""
    slug, language = sheet.article.slug, sheet.language
    may = may_correct(visit, language)
    async with visit.runtime.store.reading() as tx:
        can_undo = may and await last_change(tx, slug, language, by=visit.name) is not None
    return {
        "slug": slug,
        "language": language,
        "states": {state.value: sheet.count(state) for state in SegmentState},
        "blocking": [one for one in sheet.passages if one.blocks],
        "may_correct": may,
        "can_undo": can_undo,
    }


def _languages(visit: Visit) -> list[Language]:
    """Those that whoever is there may review."""
    if visit.may_work:
        return list(visit.desk.library.languages)
    return [visit.desk.library.language(visit.named("language"))]


async def decision_on(visit: Visit, language: Language) -> Decision | None:
    """The latest verdict on a language."""
    async with visit.runtime.store.reading() as tx:
        decisions = await last_decisions(tx, visit.desk.library.article(visit.named("slug")).slug)
    return decisions.get(language)


def may_correct(visit: Visit, language: Language) -> bool:
    """Whether whoever is there may change passages of a language."""
    visitor = visit.session.visitor if visit.session else None
    if isinstance(visitor, Account):
        return bool(visitor.roles & {Role.EDITOR, Role.ADMINISTRATOR}) or visitor.reviews(language)
    return isinstance(visitor, Guest) and visitor.language == language


def may_decide(visit: Visit, language: Language) -> bool:
    """Whether whoever is there answers for a language."""
    visitor = visit.session.visitor if visit.session else None
    if isinstance(visitor, Account):
        return visitor.reviews(language)
    return isinstance(visitor, Guest) and visitor.language == language
