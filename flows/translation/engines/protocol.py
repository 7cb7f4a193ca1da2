"""What every translation engine offers."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from flows.domain.language import Language

ENCODINGS = ("xml", "brackets", "plain", "raw")
"""How the markup of a text may be written for an engine.

`xml`: `<g id="1">…</g>` and `<x id="2"/>` in escaped text; `brackets`: `[[1]]…[[/1]]` and `[[2]]`;
`plain`: no markup at all; `raw`: the inline Markdown itself, for what is not a machine.
"""


@runtime_checkable
class Warns(Protocol):
    """An engine that has something to say that stops nothing."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each thing that went wrong beside the translations."""


class Engine(Protocol):
    """A service that translates texts; one object serves one run.

    `encodings` are those of `ENCODINGS` that it may be sent, the best first. `batch_size` is how
    many texts one request of it carries well; `translate` takes any number.
    """

    @property
    def name(self) -> str:
        """The name that settings and catalogues use."""

    @property
    def encodings(self) -> tuple[str, ...]:
        """The encodings that it may be sent, the best first."""

    @property
    def batch_size(self) -> int:
        """How many texts one request carries well."""

    async def supports(self, source: Language, target: Language) -> bool:
        """Whether it translates so; asks the service where only the service knows.

        An engine that cannot find out says yes, and `translate` raises `UnsupportedPairError`.
        """

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: Language,
        target: Language,
        encoding: str,
        context: str = "",
    ) -> list[str]:
        """One translation for each text, in order; "" where the engine has none to offer.

        `context` is source text around these, which is not translated. Raises an `EngineError`.
        """

    async def check(self) -> str:
        """One sentence on the service's health; raises an `EngineError` if it cannot work."""

    async def close(self) -> None:
        """Gives its connections back."""
