"""When an issue is to leave, and what happens if not all of it is approved by then."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

READING: Final = "%Y-%m-%dT%H:%M"


class Policy(StrEnum):
    """What becomes of an issue whose time comes before every language is approved.

    `hold`: all wait. `approved`: the approved languages leave; the others' readers wait for theirs.
    """

    HOLD = "hold"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Wall:
    """What clocks on walls show when a letter leaves, wherever they hang: no zone, no instant."""

    reading: datetime

    def __str__(self) -> str:
        return f"{self.reading:%Y-%m-%d %H:%M}"

    def as_text(self) -> str:
        """What the database keeps."""
        return self.reading.strftime(READING)

    @classmethod
    def from_text(cls, kept: str) -> Self:
        """What `as_text` gave."""
        return cls(datetime.strptime(kept, READING))  # noqa: DTZ007 - it has no zone by definition


Moment = tuple[datetime, str]
"""An instant and the zone in which somebody named it."""

When = Moment | Wall
"""The same instant for all, or the same hour where each reader is."""
