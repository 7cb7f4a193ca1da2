"""What every translation engine offers."""

from collections.abc import Sequence
from dataclasses import dataclass
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


@runtime_checkable
class TakesTerms(Protocol):
    """An engine that is given the house's terms, and may have to go without them."""

    @property
    def lacks_terms(self) -> bool:
        """Whether it answers without them by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where an engine's texts go: to a `host`, or nowhere; `outside` if that is another machine."""

    host: str = ""
    outside: bool = False


class Outlet(Protocol):
    """What carries an engine's texts to where they are translated.

    `address` is what its answers depend on besides the request, and never a secret; `requests`
    counts those made so far, tries after a fault among them.
    """

    @property
    def reach(self) -> Reach:
        """Where texts go."""

    @property
    def address(self) -> str:
        """The service's address as messages may show it."""

    @property
    def requests(self) -> int:
        """How many requests were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indoors:
    """The outlet of what asks nobody."""

    reach: Reach = Reach()
    address: str = ""
    requests: int = 0


class Engine(Protocol):
    """A service that translates texts; one object serves one run."""

    @property
    def name(self) -> str:
        """The name that settings and catalogues use."""

    @property
    def encodings(self) -> tuple[str, ...]:
        """The encodings that it may be sent, the best first."""

    @property
    def batch_size(self) -> int:
        """How many texts one request carries well."""

    @property
    def uses_context(self) -> bool:
        """Whether the text around a segment changes what it answers."""

    @property
    def pivot(self) -> Language | None:
        """The language that it goes through where source and target are others, if it does."""

    @property
    def outlet(self) -> Outlet:
        """Where its texts go."""

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
