"""Drafts by several engines: the next one takes over what an engine could not do."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flows.domain.errors import EngineUnavailableError
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey
from flows.translation.engines.errors import EngineError
from flows.translation.engines.protocol import Engine
from flows.translation.gate import make_gate
from flows.translation.interpreter import Interpreter
from flows.translation.inventory import compare_inventories
from flows.translation.ladder import Draft, Verify
from flows.translation.protection import draft_batch
from flows.translation.run import Run
from flows.translation.surroundings import list_batches


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to draft: `segments` of an `article`, from one language into another.

    `approved` has, by language and segment, approved translations that an engine may start from
    instead of the source, where it would go through that language anyway.
    """

    segments: Sequence[Segment]
    source: Language
    target: Language
    article: Sequence[Segment] = ()
    approved: Mapping[Language, Mapping[SegmentKey, str]] | None = None
    verify: Verify = compare_inventories


async def draft_with_fallback(
    task: Task, engines: Sequence[Engine], *, run: Run
) -> AsyncIterator[tuple[SegmentKey, Draft]]:
    """Each segment's draft as soon as an engine has one; last, those that are left to a person.

    Engines are asked in order, each for what those before it failed to draft; as long as some are
    left that no machine has seen, and the last round drafted any, there is another. Raises
    `EngineUnavailableError` when nobody is left to ask for a segment that no engine has seen.
    """
    relay = _Relay(task, run)
    progress = True
    while progress and relay.unseen:
        progress = False
        for engine in engines:
            async for key, draft in relay.ask(engine):
                progress = True
                yield key, draft
    for key, draft in relay.finish(engines):
        yield key, draft


class _Relay:
    """What is left to draft, and who has tried."""

    def __init__(self, task: Task, run: Run) -> None:
        self.task = task
        self.run = run
        self.drafted: set[SegmentKey] = set()
        self.without_text: dict[SegmentKey, Draft] = {}
        self.tried: set[tuple[str, SegmentKey]] = set()

    @property
    def left(self) -> list[Segment]:
        """The segments that have no text yet."""
        return [segment for segment in self.task.segments if segment.key not in self.drafted]

    @property
    def unseen(self) -> list[Segment]:
        """Those of them that no machine has tried; a memory that does not know a text is none."""
        return [segment for segment in self.left if not self._was_tried(segment.key)]

    async def ask(self, engine: Engine) -> AsyncIterator[tuple[SegmentKey, Draft]]:
        """What the engine can draft of the rest."""
        async for leg in self._legs(engine):
            async for key, draft in self._run_leg(leg, engine):
                yield key, draft

    async def _legs(self, engine: Engine) -> AsyncIterator["_Leg"]:
        """From an approved translation in the engine's own middle language, then the source."""
        known = (self.task.approved or {}).get(engine.pivot) if engine.pivot else None
        if engine.pivot and known and await self._may_start_from(engine.pivot, engine):
            yield _Leg(source=engine.pivot, texts=known)
        yield _Leg(source=self.task.source)

    async def _may_start_from(self, middle: Language, engine: Engine) -> bool:
        if middle in {self.task.source, self.task.target} or not self.run.may_ask(engine):
            return False
        try:
            return await engine.supports(middle, self.task.target)
        except EngineError:
            # Whoever cannot tell now will say why when it is asked from the source.
            return False

    async def _run_leg(
        self, leg: "_Leg", engine: Engine
    ) -> AsyncIterator[tuple[SegmentKey, Draft]]:
        untried = [one for one in self.left if (engine.name, one.key) not in self.tried]
        todo = leg.translate(untried)
        if not todo:
            return
        owners = {segment.key: key for key, segment in todo.items()}
        interpreter = self._interpreter(engine, leg.source, owners)
        article = list(leg.translate(self.task.article or self.task.segments).values())
        for batch in list_batches(list(todo.values()), engine, article=article):
            if not self.run.may_ask(engine):
                return
            requests_before = engine.outlet.requests
            try:
                async for stand_in, draft in draft_batch(
                    batch, interpreter, verify=self._gate(leg)
                ):
                    signed = leg.sign(draft, self.task.source)
                    if self._take(owners[stand_in], signed):
                        yield owners[stand_in], signed
                self.run.note_success(engine, requests_before=requests_before)
            except EngineError as error:
                if not self.run.note_failure(engine, error, target=self.task.target):
                    return

    def _gate(self, leg: "_Leg") -> Verify:
        """What an answer must hold against: the text that the engine started from."""
        if leg.source == self.task.source:
            return self.task.verify
        return make_gate(leg.source, self.task.target)

    def _interpreter(
        self, engine: Engine, source: Language, owners: Mapping[SegmentKey, SegmentKey]
    ) -> Interpreter:
        target = self.task.target
        return Interpreter(
            engine,
            source=source,
            target=target,
            usage=self.run.usage(engine, target),
            cache=self.run.cache,
            glossary=self.run.glossary,
            owners=owners,
        )

    def _take(self, key: SegmentKey, draft: Draft) -> bool:
        """Notes a draft; true if it has a text."""
        if draft.text is None:
            earlier = self.without_text.get(key)
            trail = (*earlier.trail, *draft.trail) if earlier else draft.trail
            self.without_text[key] = replace(draft, trail=trail)
            if not draft.via:
                self.tried.add((draft.engine, key))
            return False
        self.drafted.add(key)
        return True

    def finish(self, engines: Sequence[Engine]) -> list[tuple[SegmentKey, Draft]]:
        """The drafts without text; raises `EngineUnavailableError` if an engine is to blame."""
        target = self.task.target
        failed = {
            one.name: error.reason
            for one in engines
            if (error := self.run.error_of(one.name, target))
        }
        if self.unseen and (failed or not engines):
            raise EngineUnavailableError(failed or {"engine": "none is named in the settings"})
        return [(segment.key, self.without_text[segment.key]) for segment in self.left]

    def _was_tried(self, key: SegmentKey) -> bool:
        draft = self.without_text.get(key)
        return draft is not None and draft.level != "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leg:
    """One way of an engine to the target: from `source`, with `texts` for the French segments."""

    source: Language
    texts: Mapping[SegmentKey, str] | None = None

    def translate(self, segments: Sequence[Segment]) -> dict[SegmentKey, Segment]:
        """The segments as this leg sends them, by their own keys; without those it does not have.

        An approved translation with other links or marks than the source's is no stand-in.
        """
        if self.texts is None:
            return {segment.key: segment for segment in segments}
        return {
            segment.key: replace(segment, source=text)
            for segment in segments
            if (text := self.texts.get(segment.key, ""))
            and not compare_inventories(segment.source, text)
        }

    def sign(self, draft: Draft, source: Language) -> Draft:
        """The draft with the language that it was made from, where that is not the source."""
        return draft if self.source == source else replace(draft, via=self.source)
