"""Filling the catalogues: what is missing or changed, and only that."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from flows.content.catalogue import Catalogue
from flows.content.segments import cut_segments
from flows.content.stamps import MEMORY
from flows.domain.article import Slug
from flows.domain.errors import EngineUnavailableError, InputError
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey, SegmentState
from flows.operations.library import Library
from flows.translation.engines.protocol import Engine, Warns
from flows.translation.fallback import Task, draft_with_fallback
from flows.translation.gate import make_gate
from flows.translation.inventory import compare_inventories
from flows.translation.ladder import Draft
from flows.translation.run import Run
from flows.translation.usage import EngineReport

SIMILAR_ONES: Final = 3
"""How many similar texts are looked at for one whose translation fits."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """What a run of `translate` did for one language.

    `drafted` counts the new drafts by their origin; `waiting` are the segments that nobody
    translated, and `reasons` the engines' last words about them. `warnings` are what went wrong
    without stopping anything, `work` is what each engine did.
    """

    slug: Slug
    language: Language
    segments: int
    drafted: dict[str, int]
    waiting: tuple[Segment, ...]
    reasons: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    work: tuple[EngineReport, ...] = ()

    @property
    def done(self) -> bool:
        """Whether every segment has a text."""
        return not self.waiting

    @property
    def is_by_memory(self) -> bool:
        """Whether no engine but the memory was asked, which sends nothing and cannot fail."""
        return bool(self.work) and all(one.engine == MEMORY for one in self.work)


async def draft_language(
    library: Library,
    slug: str,
    language: Language,
    *,
    engines: Sequence[Engine],
    clock: Callable[[], datetime],
    run: Run | None = None,
) -> Drafting:
    """Draft every empty segment of one language; each is on disk as soon as it is done.

    The memory goes first: the same text, then one like it. Nothing that a person wrote or
    approved is touched. When no engine can be reached the segments done so far are kept and the
    rest is in the answer's `waiting`.
    """
    run = run or Run()
    segments = cut_segments(library.article(slug))
    catalogue = library.catalogue(slug, language)
    drafted = Counter({MEMORY: _draft_known(library, catalogue, segments, clock=clock)})
    task = Task(
        segments=_waiting(catalogue, segments),
        source=library.source_language,
        target=language,
        article=segments,
        approved=approved_elsewhere(library, slug, segments, engines),
        verify=make_gate(library.source_language, language),
    )
    reasons: dict[str, str] = {}
    try:
        async for engine in _ask_engines(task, engines, catalogue, run=run, clock=clock):
            drafted[engine] += 1
    except EngineUnavailableError as error:
        reasons = error.reasons
    drafting = Drafting(
        slug=Slug(slug),
        language=language,
        segments=len(segments),
        drafted=dict(+drafted),
        waiting=tuple(_waiting(catalogue, segments)),
        reasons=reasons,
        warnings=_warnings_of(engines),
        work=run.reports(language),
    )
    _log(drafting)
    return drafting


def _draft_known(
    library: Library,
    catalogue: Catalogue,
    segments: Sequence[Segment],
    *,
    clock: Callable[[], datetime],
) -> int:
    """Draft what the memory knows, in the same words and then in similar ones; how many."""
    recalled = library.recalled(segments, catalogue.language)
    report = catalogue.sync(segments, memory=recalled)
    catalogue.save()
    return report.recalled + report.carried + _draft_similar(library, catalogue, clock=clock)


async def _ask_engines(
    task: Task,
    engines: Sequence[Engine],
    catalogue: Catalogue,
    *,
    run: Run,
    clock: Callable[[], datetime],
) -> AsyncIterator[str]:
    """The engine of each draft, once that is on disk."""
    async for key, draft in draft_with_fallback(task, engines, run=run):
        if draft.text is not None:
            catalogue.draft(key, draft.text, origin=origin_of(draft), at=clock())
            catalogue.save()
            yield draft.engine


def _warnings_of(engines: Sequence[Engine]) -> tuple[str, ...]:
    return tuple(one for engine in engines if isinstance(engine, Warns) for one in engine.warnings)


def _log(drafting: Drafting) -> None:
    about = log.bind(slug=drafting.slug, language=drafting.language)
    about.info("translate.drafted", drafted=drafting.drafted, left=len(drafting.waiting))
    for warning in drafting.warnings:
        about.warning("translate.warned", warning=warning)


def _waiting(catalogue: Catalogue, segments: Sequence[Segment]) -> list[Segment]:
    empty = set(catalogue.waiting())
    return [segment for segment in segments if segment.key in empty]


def _draft_similar(library: Library, catalogue: Catalogue, *, clock: Callable[[], datetime]) -> int:
    """Draft what the memory knows in similar words; how many that are.

    A translation without the marks of the text would not pass for an engine's, nor does it here.
    """
    memory, count = library.memory(catalogue.language), 0
    gate = make_gate(library.source_language, catalogue.language)
    for key in catalogue.waiting():
        fitting = (
            match
            for match in memory.find_similar(key, at_most=SIMILAR_ONES)
            if not compare_inventories(key.source, match.unit.target)
            and not (match.unit.imported and gate(key.source, match.unit.target))
        )
        if match := next(fitting, None):
            count += catalogue.draft(
                key,
                match.unit.target,
                origin=f"{MEMORY} {match.percent}% {match.unit.origin}",
                at=clock(),
                similar_source=match.unit.source,
            )
    catalogue.save()
    return count


def approved_elsewhere(
    library: Library, slug: str, segments: Sequence[Segment], engines: Sequence[Engine]
) -> Mapping[Language, Mapping[SegmentKey, str]]:
    """What is approved in the languages that engines go through, for the text as it is now."""
    middles = {engine.pivot for engine in engines if engine.pivot in library.target_languages}
    return {middle: _approved(library, slug, segments, middle) for middle in middles if middle}


def _approved(
    library: Library, slug: str, segments: Sequence[Segment], language: Language
) -> dict[SegmentKey, str]:
    try:
        catalogue = library.catalogue(slug, language)
    except InputError as error:
        # Another language's broken file keeps this one from nothing but a better start.
        log.warning("translate.no_pivot", slug=slug, language=language, reason=error.problem)
        return {}
    catalogue.sync(segments)
    return {
        entry.key: entry.translation
        for entry, state in catalogue.states()
        if state is SegmentState.APPROVED
    }


def origin_of(draft: Draft) -> str:
    """The provenance that the catalogue keeps: who drafted, on which rung, after which failures."""
    via = [f"from {draft.via}"] if draft.via else []
    return " ".join([draft.engine, draft.level, *via, *draft.trail])
