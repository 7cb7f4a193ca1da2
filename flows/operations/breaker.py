"""Stopping before a relay or a mailbox provider takes us for a spammer."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from flows.domain.delivery import DeliveryState
from flows.domain.errors import NotDoneError
from flows.domain.phrases import Phrase

LAST: Final = 100


class TooManyRefusalsError(NotDoneError):
    """More of the last letters were refused than the settings allow; a person must look."""

    def __init__(self, refused: int, *, of: int, percent: int) -> None:
        super().__init__(
            Phrase(
                "{refused} of the last {of} letters were refused; more than {percent} of {last} "
                "stop an issue (sending.breaker_percent): newsletter report ISSUE --who refused",
                refused=refused,
                of=of,
                percent=percent,
                last=LAST,
            ),
            waiting_for=("see whom it concerns and why: newsletter report ISSUE --who refused",),
        )


class Breaker:
    """Counts refusals among the last hundred letters: a rate protects lists of every length.

    It does not wait for the hundred to be full: what is too many for them is too many for fewer.
    """

    def __init__(self, *, percent: int) -> None:
        self._percent = percent
        self._last: deque[bool] = deque(maxlen=LAST)

    def remember(self, states: Iterable[DeliveryState]) -> None:
        """What became of letters before, the oldest first: also of other senders of the issue."""
        for state in states:
            self.note(state)

    def note(self, state: DeliveryState) -> None:
        """What became of one more letter."""
        if state in {DeliveryState.ACCEPTED, DeliveryState.REFUSED}:
            self._last.append(state is DeliveryState.REFUSED)

    def verdict(self) -> TooManyRefusalsError | None:
        """Why nothing more should go, if so."""
        refused = sum(self._last)
        if refused * 100 <= self._percent * LAST:
            return None
        return TooManyRefusalsError(refused, of=len(self._last), percent=self._percent)
