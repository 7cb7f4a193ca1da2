"""Approved translations as an engine: nothing leaves the machine."""

from collections.abc import Mapping, Sequence

from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.translation.engines.protocol import Indoors


class Memory:
    """An engine over `units`, which map (target, source text) to an approved translation.

    It is sent inline Markdown and answers "" for what nobody has approved yet.
    """

    name = "memory"
    encodings = ("raw",)
    batch_size = 50
    uses_context = False
    pivot = None
    outlet = Indoors()

    def __init__(self, units: Mapping[tuple[Language, str], str]) -> None:
        self._units = units

    async def supports(self, source: Language, target: Language) -> bool:  # noqa: ARG002
        """Any pair: what it lacks is left waiting."""
        return True

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: Language,  # noqa: ARG002
        target: Language,
        encoding: str,  # noqa: ARG002
        context: str = "",  # noqa: ARG002
    ) -> list[str]:
        """The approved translation of each text, or ""."""
        return [self._units.get((target, text), "") for text in texts]

    async def check(self) -> str:
        """How many translations it holds."""
        return Phrase("the memory holds {count} approved translations", count=len(self._units))

    async def close(self) -> None:
        """Nothing to give back."""
