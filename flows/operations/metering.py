"""How often a program may ask: so many times a minute, some of them at once."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from flows.operations.limiting import TooManyAttemptsError

BURST: Final = 4
"""A quarter of a minute's calls may come at once."""
FORGET_ABOVE: Final = 1000


@dataclass(slots=True, kw_only=True)
class Meter:
    """Counts the calls of each caller evenly over time (the generic cell rate algorithm).

    It belongs to one process: two that serve the same newsroom allow twice as much.
    """

    per_minute: int
    _free_at: dict[object, datetime] = field(default_factory=dict)

    def count(self, caller: object, *, now: datetime) -> None:
        """Count one call. Raises `TooManyAttemptsError` with the time to wait; that counts not."""
        step = timedelta(minutes=1) / self.per_minute
        ahead = step * (math.ceil(self.per_minute / BURST) - 1)
        free_at = max(self._free_at.get(caller, now), now)
        if free_at - now > ahead:
            raise TooManyAttemptsError(free_at - now - ahead)
        if len(self._free_at) > FORGET_ABOVE:
            self._free_at = {who: at for who, at in self._free_at.items() if at > now}
        self._free_at[caller] = free_at + step
