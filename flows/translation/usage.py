"""What each engine did in a run, how long it took, what it cost, and what left the house."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flows.domain.phrases import numbered
from flows.domain.segment import SegmentKey
from flows.translation.engines.errors import EngineError, EngineUnreachableError, is_quota
from flows.translation.engines.protocol import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """One engine's work.

    `segments` had text sent to `host`, `characters` in all, in `requests` that took `seconds`;
    `from_cache` texts needed no request. `outside` tells that the host is not this machine.
    `trouble` is why it was asked no more, `quota` that no failure but a spent volume is to blame.
    """

    engine: str
    host: str
    outside: bool
    requests: int
    segments: int
    characters: int
    seconds: float
    from_cache: int
    trouble: str = ""
    quota: bool = False

    @property
    def left_the_house(self) -> str:
        """Which text left the house, in words."""
        if not self.outside or not self.segments:
            return "nothing left the house"
        return f"{numbered(self.segments, 'segment')} went to {self.host}"

    def __str__(self) -> str:
        where = f" ({self.host})" if self.host else ""
        return (
            f"{self.engine}{where}: {numbered(self.requests, 'request')}, "
            f"{numbered(self.segments, 'segment')}, "
            f"{numbered(self.characters, 'character')}, {self.seconds:.1f} s, "
            f"{numbered(self.from_cache, 'text')} known "
            f"from before; {self.left_the_house}"
        )


@dataclass(slots=True, kw_only=True)
class Usage:
    """The account of one engine while a run goes on."""

    engine: Engine
    clock: Callable[[], float] = time.perf_counter
    characters: int = 0
    seconds: float = 0.0
    requests: int = 0
    from_cache: int = 0
    sent: set[SegmentKey] = field(default_factory=set)

    @contextmanager
    def sending(self, texts: list[str], owners: list[SegmentKey]) -> Iterator[None]:
        """Books what goes out, and the time until it is answered or has failed.

        Where not even a connection came about, nothing went out.
        """
        begun, before = self.clock(), self.engine.outlet.requests
        is_out = True
        try:
            yield
        except EngineUnreachableError as error:
            is_out = not error.nobody_there or self.engine.outlet.requests > before
            raise
        finally:
            self.seconds += self.clock() - begun
            self.requests += self.engine.outlet.requests - before
            if is_out:
                self.characters += sum(map(len, texts))
                self.sent.update(owners)

    def report(self, error: EngineError | None = None) -> EngineReport:
        """The account as it stands; `error` is what ended the engine's work."""
        return EngineReport(
            engine=self.engine.name,
            host=self.engine.outlet.reach.host,
            outside=self.engine.outlet.reach.outside,
            requests=self.requests,
            segments=len(self.sent),
            characters=self.characters,
            seconds=self.seconds,
            from_cache=self.from_cache,
            trouble=error.reason if error else "",
            quota=error is not None and is_quota(error),
        )
