"""One passage as it is shown: closed as the list has it, or open with all that is known of it."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import HTMLResponse, Response

from flows.desk.reviewing import Desktop, head_of, lay_out, sheet_of
from flows.desk.rows import Choice, choice_of, counts_of, difference, row_of
from flows.desk.visit import Visit
from flows.operations.passages import Passage, hints_for
from flows.operations.past import NOTHING_BEFORE
from flows.operations.remembering import Suggestion, find_suggestions
from flows.store.passage_changes import changes_of

HISTORY: Final = 8
SUGGESTIONS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What an engine says of a passage that a person has written; it is theirs to take."""

    engine: str
    text: str


async def show(visit: Visit) -> Response:
    """The passage, open: to be corrected, with all that helps."""
    if visit.is_partial and visit.asked("closed"):
        return await show_closed(visit, visit.named("segment"))
    return await show_open(visit)


async def show_closed(visit: Visit, name: str) -> Response:
    """The passage as the list has it, and the head of the page."""
    sheet = await sheet_of(visit)
    values = {
        **await head_of(visit, sheet),
        "counts": counts_of(sheet),
        "row": row_of(visit, sheet.find(name), NOTHING_BEFORE),
        "source": visit.desk.library.source_language,
        "choice": choice_in(visit),
    }
    return HTMLResponse(visit.part("passagepart.html", **values))


async def show_open(visit: Visit, name: str = "", *, status: int = 200, **values: Any) -> Response:
    """The passage, open; `values` are what an act has to say of it."""
    desktop = await lay_out(visit)
    passage = desktop.sheet.find(name or visit.named("segment"))
    template = "passageopen.html" if visit.is_partial else "passagepage.html"
    known = await _values(visit, desktop, passage)
    return HTMLResponse(visit.part(template, **{**known, **values}), status_code=status)


async def _values(visit: Visit, desktop: Desktop, passage: Passage) -> dict[str, Any]:
    """All that is known of a passage."""
    sheet, past = desktop.sheet, desktop.past
    then, approved = past.since_look(passage), past.since_approval(passage)
    provenance = passage.entry.provenance
    draft = provenance.draft
    async with visit.runtime.store.reading() as tx:
        history = await changes_of(
            tx, sheet.article.slug, sheet.language, passage.id, at_most=HISTORY
        )
    return {
        **await head_of(visit, sheet),
        "article": sheet.article,
        "source": visit.desk.library.source_language,
        "row": row_of(visit, passage, past),
        "passage": passage,
        "hints": await asyncio.to_thread(hints_for, visit.desk.workbench, sheet, passage),
        "suggestions": await asyncio.to_thread(_suggestions, visit, desktop, passage),
        "engines": engines_of(visit),
        "history": history,
        "since_look": difference(then, passage.translation),
        "since_approval": difference(approved, passage.translation),
        "since_draft": difference(draft.text if draft else None, passage.translation),
        "trail": [] if provenance.is_by_person else provenance.origin.split()[1:],
        "choice": choice_in(visit),
        "after": sheet.next_open(passage),
        "count": len(sheet.passages),
        "base": "",
        "conflict": None,
        "mine": None,
        "problem": "",
        "proposal": None,
        "compare": difference,
    }


def _suggestions(visit: Visit, desktop: Desktop, passage: Passage) -> list[Suggestion]:
    found = find_suggestions(
        visit.desk.library,
        passage.segment.source,
        desktop.sheet.language,
        context=passage.segment.context,
    )
    others = [one for one in found if one.unit.target != passage.translation]
    return others[:SUGGESTIONS]


def engines_of(visit: Visit) -> list[str]:
    """The engines that the settings name. Guests ask none: each text costs the newsroom."""
    if not visit.may_work:
        return []
    engine = visit.runtime.settings.engine
    return list(dict.fromkeys((engine.name, *engine.fallback)))


def choice_in(visit: Visit) -> Choice:
    """Which passages were looked at."""
    return choice_of(
        visit.form.text("show") or visit.asked("show"), visit.form.text("q") or visit.asked("q")
    )
