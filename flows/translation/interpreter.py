"""One engine at work from one language to another, its bad answers taken calmly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.segment import SegmentKey
from flows.translation.cache import AnswerCache, Question, question_to
from flows.translation.engines.errors import BadAnswerError, EngineUnusableError
from flows.translation.engines.protocol import Engine, TakesTerms
from flows.translation.usage import Usage

PATIENCE = 20
"""How many bad answers in a row an engine may give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A text for an engine, and the segment that it is of."""

    text: str
    owner: SegmentKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An engine's answer to one text: `text`, or the `fault` that there is none."""

    text: str = ""
    fault: str = ""


class Interpreter:
    """Asks `engine` for texts in one pair of languages; what it answered before is not asked.

    `glossary` is the checksum of the terms that the engine goes by; what it answers while it lacks
    them is kept as made without, so that they count as soon as they are there. `owners` names the
    segments that stand in for others, as the English of a French one.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        source: Language,
        target: Language,
        usage: Usage | None = None,
        cache: AnswerCache | None = None,
        glossary: str = "",
        owners: Mapping[SegmentKey, SegmentKey] | None = None,
    ) -> None:
        self.engine = engine
        self.usage = usage or Usage(engine=engine)
        self._pair = source, target
        self._cache = cache
        self._glossary = glossary
        self._owners = owners or {}
        self._faults_in_a_row = 0

    async def ask(
        self, queries: Sequence[Query], *, encoding: str, context: str = ""
    ) -> list[Reply]:
        """A reply to each query; where a request fails for a bad answer, each is asked alone.

        Raises an `EngineError` when the engine itself cannot go on, `EngineUnusableError` after
        `PATIENCE` bad answers in a row.
        """
        known = {
            query.text: Reply(text=answer)
            for query in queries
            if (answer := self._recall(query, encoding=encoding, context=context))
        }
        self.usage.from_cache += sum(query.text in known for query in queries)
        unknown = [query for query in queries if query.text not in known]
        asked = iter(await self._ask_engine(unknown, encoding=encoding, context=context))
        return [known.get(query.text) or next(asked) for query in queries]

    async def _ask_engine(
        self, queries: Sequence[Query], *, encoding: str, context: str
    ) -> list[Reply]:
        if not queries:
            return []
        try:
            answers = await self._send(queries, encoding=encoding, context=context)
        except BadAnswerError as error:
            if len(queries) == 1:
                return [self._note_fault(error.reason)]
            return [
                (await self._ask_engine([query], encoding=encoding, context=context))[0]
                for query in queries
            ]
        return [self._note_answer(answer) for answer in answers]

    async def _send(self, queries: Sequence[Query], *, encoding: str, context: str) -> list[str]:
        source, target = self._pair
        texts = [query.text for query in queries]
        if not self._is_cached(encoding):
            return await self._recall_raw(texts)
        owners = [self._owners.get(query.owner, query.owner) for query in queries]
        with self.usage.sending(texts, owners):
            answers = await self.engine.translate(
                texts, source=source, target=target, encoding=encoding, context=context
            )
        for text, answer in zip(texts, answers, strict=True):
            if self._cache:
                self._cache.keep(self._question(text, encoding, context), answer)
        return answers

    async def _recall_raw(self, texts: Sequence[str]) -> list[str]:
        """What a memory knows: nothing is sent, and what it knows costs nothing."""
        source, target = self._pair
        answers = await self.engine.translate(texts, source=source, target=target, encoding="raw")
        self.usage.from_cache += sum(map(bool, answers))
        return answers

    def forget(self, text: str, *, encoding: str, context: str) -> None:
        """What the engine made of a text was refused: it is asked again another time."""
        if self._cache and self._is_cached(encoding):
            self._cache.forget(self._question(text, encoding, context))

    def _recall(self, query: Query, *, encoding: str, context: str) -> str:
        if not self._cache or not self._is_cached(encoding):
            return ""
        return self._cache.recall(self._question(query.text, encoding, context))

    @staticmethod
    def _is_cached(encoding: str) -> bool:
        """What people approved may be approved otherwise tomorrow."""
        return encoding != "raw"

    def _question(self, text: str, encoding: str, context: str) -> Question:
        return question_to(
            self.engine,
            text,
            pair=self._pair,
            encoding=encoding,
            context=context,
            glossary="" if self._lacks_terms else self._glossary,
        )

    @property
    def _lacks_terms(self) -> bool:
        return isinstance(self.engine, TakesTerms) and self.engine.lacks_terms

    def _note_answer(self, answer: str) -> Reply:
        if not answer.strip():
            return Reply(fault="answered nothing")
        self._faults_in_a_row = 0
        return Reply(text=answer)

    def _note_fault(self, reason: str) -> Reply:
        self._faults_in_a_row += 1
        if self._faults_in_a_row >= PATIENCE:
            raise EngineUnusableError(
                self.engine.name,
                Phrase(
                    "{patience} answers in a row were no translations: {reason}",
                    patience=PATIENCE,
                    reason=reason,
                ),
            )
        return Reply(fault=reason)
