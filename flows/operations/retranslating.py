"""Asking another engine for one passage."""

from flows.content.segments import cut_segments
from flows.domain.errors import NotDoneError
from flows.domain.phrases import Phrase
from flows.operations.library import Library
from flows.operations.passages import Passage, Sheet
from flows.operations.translating import approved_elsewhere, origin_of
from flows.translation.engines.protocol import Engine
from flows.translation.fallback import Task, draft_with_fallback
from flows.translation.gate import make_gate
from flows.translation.ladder import Draft
from flows.translation.run import Run


async def ask_engine(
    library: Library, sheet: Sheet, passage: Passage, engine: Engine, *, run: Run
) -> tuple[str, str]:
    """What an engine makes of a passage, and the origin to be kept with it; nothing is written.

    Raises `EngineUnavailableError`, and `NotDoneError` if its answers are no translations.
    """
    segments = cut_segments(sheet.article)
    task = Task(
        segments=[passage.segment],
        source=library.source_language,
        target=sheet.language,
        article=segments,
        approved=approved_elsewhere(library, sheet.article.slug, segments, [engine]),
        verify=make_gate(library.source_language, sheet.language),
    )
    draft: Draft | None = None
    async for _, draft in draft_with_fallback(task, [engine], run=run):
        if draft.text is not None:
            return draft.text, origin_of(draft)
    reason = draft.trail[-1] if draft and draft.trail else Phrase("it has no translation")
    raise NotDoneError(Phrase("{name}: {reason}", name=engine.name, reason=reason))
