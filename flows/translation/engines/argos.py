"""Argos Translate's models as an engine: nothing is sent anywhere."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.translation.argos.packages import (
    MIDDLE,
    ArgosPackage,
    find_route,
    missing_pairs,
)
from flows.translation.argos.process import ArgosProcess
from flows.translation.engines.answers import accept_answers, has_letters
from flows.translation.engines.errors import BadAnswerError, EngineError, UnsupportedPairError
from flows.translation.engines.retries import RetryPolicy

TEXTS_PER_REQUEST = 8


class Argos:
    """An engine over the models in the folder `models`.

    `timeout_seconds` is for each text; the first one may take longer, as its model is loaded.
    `python` runs the process that holds the models.
    """

    name = "argos"
    encodings = ("brackets",)
    batch_size = TEXTS_PER_REQUEST
    uses_context = False
    pivot = Language(MIDDLE)

    def __init__(
        self,
        *,
        models: Path,
        timeout_seconds: float = 30.0,
        retries: RetryPolicy | None = None,
        python: str = sys.executable,
    ) -> None:
        self.models = models
        self._timeout_seconds = timeout_seconds
        self._retries = retries or RetryPolicy(tries=2)
        self.outlet = ArgosProcess(self.name, folder=models, python=python)

    @property
    def packages(self) -> list[ArgosPackage]:
        """The models there are."""
        return self.outlet.packages

    async def supports(self, source: Language, target: Language) -> bool:
        """Whether the models lead from one language to the other."""
        return bool(find_route(self.packages, _code(source), _code(target)))

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: Language,
        target: Language,
        encoding: str,  # noqa: ARG002  every encoding is text to it
        context: str = "",  # noqa: ARG002  it has no use for it
    ) -> list[str]:
        """One translation for each text; raises an `EngineError`."""
        if not await self.supports(source, target):
            pairs = " ".join(missing_pairs(self.packages, _code(source), _code(target)))
            first = self.outlet.way_to_install
            remedy = f"fetch what it lacks: {first}newsletter models install {pairs}"
            raise UnsupportedPairError(self.name, source=source, target=target, remedy=remedy)
        asked = [text for text in texts if has_letters(text)]
        answers = iter(await self._ask(asked, source, target) if asked else [])
        return [next(answers) if has_letters(text) else text for text in texts]

    async def _ask(self, texts: list[str], source: Language, target: Language) -> list[str]:
        question = {"texts": texts, "source": _code(source), "target": _code(target)}
        answer = await self._retries.ask(lambda: self._exchange(question))
        if "texts" not in answer:
            raise BadAnswerError(
                self.name, Phrase("the model failed ({answer})", answer=answer.get("error"))
            )
        return accept_answers(texts, answer["texts"], engine=self.name)

    async def _exchange(self, question: Mapping[str, Any]) -> dict[str, Any]:
        patience_seconds = self._timeout_seconds * (len(str(question["texts"])) // 1000 + 2)
        return await self.outlet.ask(question, timeout_seconds=patience_seconds)

    async def check(self) -> str:
        """Which models there are, after starting the process that holds them."""
        if not self.packages:
            raise EngineError(
                self.name,
                Phrase(
                    "no models in {models}; fetch some: newsletter models install fr-en",
                    models=self.models,
                ),
            )
        await self.outlet.ask({"texts": [], "source": "", "target": ""}, timeout_seconds=60)
        return Phrase("models in {folder}: {pairs}", folder=self.models, pairs=self.outlet.address)

    async def close(self) -> None:
        """Ends the process."""
        await self.outlet.stop()


def _code(language: Language) -> str:
    return language.partition("-")[0]
