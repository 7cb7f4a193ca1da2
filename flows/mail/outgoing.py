"""The letters between a sender and its connections: ready, on their way, answered."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Iterable

from flows.domain.delivery import DeliveryState, Outcome
from flows.mail.dialogue import Envelope

CHANCES = 2
"""A letter under which so many connections broke is not tried on a third one now."""


class Outgoing:
    """What dialogues take letters from and answer to; see `flows.mail.dialogue.Letters`.

    A letter that is `stale` does not go any more; its sender may have lost it to another.
    `answers` and `returned` are for the sender to collect. `starved` tells that a connection
    wanted a letter and found none; `stopped` that none shall go any more.
    """

    def __init__(self, *, stale: Callable[[Envelope], bool] = lambda _: False) -> None:
        self.ready: deque[Envelope] = deque()
        self.answers: list[tuple[Envelope, Outcome]] = []
        self.returned: list[Envelope] = []
        self.starved = False
        self._stale = stale
        self._going = 0
        self.stopped = False
        self._blames: Counter[int] = Counter()
        self._enough = 1
        self._news = asyncio.Event()

    @property
    def open(self) -> int:
        """How many letters have no answer yet."""
        return len(self.ready) + self._going

    def add(self, envelopes: Iterable[Envelope]) -> None:
        """Letters that may go."""
        self.ready.extend(envelopes)
        if self.stopped:
            self.stop()

    def take(self) -> Envelope | None:
        """The next letter, or nothing for now. One that came too late goes back."""
        while self.ready:
            envelope = self.ready.popleft()
            if not self._stale(envelope):
                self._going += 1
                return envelope
            self.returned.append(envelope)
            self._news.set()
        self.starved = True
        return None

    def withdrawn(self, envelope: Envelope) -> bool:
        """Whether a letter shall not go after all."""
        return self.stopped or self._stale(envelope)

    def settle(self, envelope: Envelope, outcome: Outcome) -> None:
        """What the relay said of a letter, or that nobody knows."""
        self._going -= 1
        self.answers.append((envelope, outcome))
        if len(self.answers) >= self._enough or not self.open:
            self._news.set()

    def give_back(self, envelope: Envelope, *, blamed: str) -> None:
        """A letter of which nothing was handed over: it goes again, unless it is to blame."""
        if blamed:
            self._blames[envelope.delivery] += 1
        if self._blames[envelope.delivery] >= CHANCES:
            self.settle(envelope, Outcome(state=DeliveryState.DEFERRED, reply=blamed))
            return
        self._going -= 1
        (self.returned if self.withdrawn(envelope) else self.ready).append(envelope)
        self._news.set()

    def stop(self) -> None:
        """Let no further letter go; those on their way are still answered."""
        self.stopped = True
        self.returned.extend(self.ready)
        self.ready.clear()
        self._news.set()

    async def wait(self, *, enough: int, at_most_seconds: float) -> None:
        """Until `enough` letters are answered, all are, or something else needs a look."""
        self._enough = enough
        if len(self.answers) < enough and self.open:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(at_most_seconds):
                    await self._news.wait()
