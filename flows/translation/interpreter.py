"""One engine at work from one language to another, its bad answers taken calmly."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.domain.language import Language
from flows.translation.engines.errors import BadAnswerError, EngineUnusableError
from flows.translation.engines.protocol import Engine

PATIENCE = 20
"""How many bad answers in a row an engine may give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An engine's answer to one text: `text`, or the `fault` that there is none."""

    text: str = ""
    fault: str = ""


class Interpreter:
    """Asks `engine` for texts in one pair of languages."""

    def __init__(self, engine: Engine, *, source: Language, target: Language) -> None:
        self.engine = engine
        self._source = source
        self._target = target
        self._faults_in_a_row = 0

    async def ask(self, texts: Sequence[str], *, encoding: str, context: str = "") -> list[Reply]:
        """A reply to each text; where a request fails for a bad answer, each text is asked alone.

        Raises an `EngineError` when the engine itself cannot go on, `EngineUnusableError` after
        `PATIENCE` bad answers in a row.
        """
        if not texts:
            return []
        try:
            answers = await self.engine.translate(
                texts,
                source=self._source,
                target=self._target,
                encoding=encoding,
                context=context,
            )
        except BadAnswerError as error:
            if len(texts) == 1:
                return [self._note_fault(error.reason)]
            return [
                (await self.ask([text], encoding=encoding, context=context))[0] for text in texts
            ]
        return [self._note_answer(answer) for answer in answers]

    def _note_answer(self, answer: str) -> Reply:
        if not answer.strip():
            return Reply(fault="answered nothing")
        self._faults_in_a_row = 0
        return Reply(text=answer)

    def _note_fault(self, reason: str) -> Reply:
        self._faults_in_a_row += 1
        if self._faults_in_a_row >= PATIENCE:
            raise EngineUnusableError(
                self.engine.name, f"{PATIENCE} answers in a row were no translations: {reason}"
            )
        return Reply(fault=reason)
