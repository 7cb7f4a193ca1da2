"""Drafts by several engines: the next one takes over what an engine could not do."""

from collections.abc import AsyncIterator, Sequence

import structlog

from flows.domain.errors import EngineUnavailableError
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey
from flows.translation.engines.errors import EngineError, UnsupportedPairError
from flows.translation.engines.protocol import Engine
from flows.translation.inventory import compare_inventories
from flows.translation.ladder import Draft, Verify
from flows.translation.protection import draft_segments

log = structlog.get_logger(__name__)


async def draft_with_fallback(
    segments: Sequence[Segment],
    engines: Sequence[Engine],
    *,
    source: Language,
    target: Language,
    verify: Verify = compare_inventories,
    out_of_service: dict[str, str] | None = None,
) -> AsyncIterator[tuple[SegmentKey, Draft]]:
    """Each segment's draft as soon as an engine has one; last, those that are left to a person.

    Engines are asked in order, each for what those before it failed to draft. `out_of_service`
    (name → reason) holds the engines that are not to be asked; those that fail are put there, so
    that a run hands the same mapping to every call. Raises `EngineUnavailableError` when nobody
    is left to ask for a segment that no engine has seen.
    """
    relay = _Relay(segments, {} if out_of_service is None else out_of_service)
    for engine in engines:
        if engine.name in relay.out_of_service or not relay.left:
            continue
        try:
            drafts = draft_segments(
                relay.left, engine=engine, source=source, target=target, verify=verify
            )
            async for key, draft in drafts:
                if relay.take(key, draft):
                    yield key, draft
        except EngineError as error:
            relay.bench(error)
    for key, draft in relay.finish(engines):
        yield key, draft


class _Relay:
    """What is left to draft, and why each engine that failed did."""

    def __init__(self, segments: Sequence[Segment], out_of_service: dict[str, str]) -> None:
        self.segments = segments
        self.out_of_service = out_of_service
        self.reasons: dict[str, str] = {}
        self.drafted: set[SegmentKey] = set()
        self.without_text: dict[SegmentKey, Draft] = {}

    @property
    def left(self) -> list[Segment]:
        """The segments that have no text yet."""
        return [segment for segment in self.segments if segment.key not in self.drafted]

    def take(self, key: SegmentKey, draft: Draft) -> bool:
        """Notes a draft; true if it has a text."""
        if draft.text is None:
            earlier = self.without_text.get(key)
            trail = (*earlier.trail, *draft.trail) if earlier else draft.trail
            self.without_text[key] = Draft(
                text=None, engine=draft.engine, level=draft.level, trail=trail
            )
            return False
        self.drafted.add(key)
        return True

    def bench(self, error: EngineError) -> None:
        """Notes why an engine failed, for this run unless it was for this pair alone."""
        log.warning("engine_failed", engine=error.engine, reason=error.reason)
        self.reasons[error.engine] = error.reason
        if not isinstance(error, UnsupportedPairError):
            self.out_of_service[error.engine] = error.reason

    def finish(self, engines: Sequence[Engine]) -> list[tuple[SegmentKey, Draft]]:
        """The drafts without text; raises `EngineUnavailableError` if an engine is to blame."""
        failed = {
            engine.name: reason
            for engine in engines
            if (reason := {**self.out_of_service, **self.reasons}.get(engine.name))
        }
        unseen = [segment for segment in self.left if not self._was_tried(segment.key)]
        if unseen and (failed or not engines):
            raise EngineUnavailableError(failed or {"engine": "none is named in the settings"})
        return [(segment.key, self.without_text[segment.key]) for segment in self.left]

    def _was_tried(self, key: SegmentKey) -> bool:
        """Whether a machine has tried; a memory that does not know a text is none."""
        draft = self.without_text.get(key)
        return draft is not None and draft.level != "waiting"
