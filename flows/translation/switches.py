"""A switch for each engine: one that keeps failing is left alone for a while."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FAILURES: Final = 3
REST_SECONDS: Final = 120.0


@dataclass(slots=True)
class _Switch:
    failures: int = 0
    open_until: float = 0.0


class Switches:
    """Which engines may be asked now. `clock` tells seconds that never go back.

    After `failures` in a row, or one that says nobody is there, an engine rests. Then one request
    tries it again: its success closes the switch, its failure opens it once more.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        rest_seconds: float = REST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._switches: dict[str, _Switch] = {}

    def is_closed(self, engine: str) -> bool:
        """Whether the engine may be asked."""
        return self._find(engine).open_until <= self._clock()

    def note_success(self, engine: str) -> None:
        """The engine answered."""
        self._switches.pop(engine, None)

    def note_failure(self, engine: str, *, at_once: bool = False) -> bool:
        """The engine did not answer; whether it rests from now on."""
        switch = self._find(engine)
        switch.failures += 1
        if at_once or switch.failures >= self._limit:
            switch.open_until = self._clock() + self._rest_seconds
        return not self.is_closed(engine)

    def _find(self, engine: str) -> _Switch:
        return self._switches.setdefault(engine, _Switch())
