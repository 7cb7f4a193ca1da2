"""Filling the catalogues: what is missing or changed, and only that."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from flows.content.segments import cut_segments
from flows.domain.article import Slug
from flows.domain.errors import EngineUnavailableError
from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.operations.library import Library
from flows.translation.engines.protocol import Engine, Warns
from flows.translation.fallback import draft_with_fallback
from flows.translation.ladder import Draft

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """What a run of `translate` did for one language.

    `drafted` counts the new drafts by their origin; `waiting` are the segments that nobody
    translated, and `reasons` the engines' last words about them. `warnings` are what went wrong
    without stopping anything.
    """

    slug: Slug
    language: Language
    segments: int
    drafted: dict[str, int]
    waiting: tuple[Segment, ...]
    reasons: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether every segment has a text."""
        return not self.waiting


async def draft_language(
    library: Library,
    slug: str,
    language: Language,
    *,
    engines: Sequence[Engine],
    clock: Callable[[], datetime],
) -> Drafting:
    """Draft every empty segment of one language; each is on disk as soon as it is done.

    Nothing that a person wrote or approved is touched. When no engine can be reached the
    segments done so far are kept and the rest is in the answer's `waiting`.
    """
    article = library.article(slug)
    segments = cut_segments(article)
    catalogue = library.catalogue(slug, language)
    catalogue.sync(segments, memory=library.memory(language))
    catalogue.save()
    drafted: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    empty = set(catalogue.waiting())
    todo = [segment for segment in segments if segment.key in empty]
    try:
        async for key, draft in draft_with_fallback(
            todo, engines, source=library.source_language, target=language
        ):
            if draft.text is not None:
                catalogue.draft(key, draft.text, origin=_origin(draft), at=clock())
                catalogue.save()
                drafted[draft.engine] += 1
    except EngineUnavailableError as error:
        reasons = error.reasons
    left = set(catalogue.waiting())
    log.info(
        "translate.drafted", slug=slug, language=language, drafted=dict(drafted), left=len(left)
    )
    warnings = [one for engine in engines if isinstance(engine, Warns) for one in engine.warnings]
    for warning in warnings:
        log.warning("translate.warned", slug=slug, language=language, warning=warning)
    return Drafting(
        slug=article.slug,
        language=language,
        segments=len(segments),
        drafted=dict(drafted),
        waiting=tuple(segment for segment in segments if segment.key in left),
        reasons=reasons,
        warnings=tuple(warnings),
    )


def _origin(draft: Draft) -> str:
    """The provenance that the catalogue keeps: who drafted, on which rung, after which failures."""
    return " ".join([draft.engine, draft.level, *draft.trail])
