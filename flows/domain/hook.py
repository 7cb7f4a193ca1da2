"""What the newsroom tells other programs: events, and their deliveries to an address."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

HookId = NewType("HookId", int)


class HookKind(StrEnum):
    """What can be told."""

    ISSUE_STATE = "issue.state_changed"
    LANGUAGE_APPROVED = "language.approved"
    LANGUAGE_REJECTED = "language.rejected"
    REPORT_READY = "report.ready"


class HookState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One event on its way to one address. `event` names the event, the same on every attempt.

    `status` and `words` are those of the last attempt; 0 is no answer at all.
    """

    id: HookId
    event: str
    kind: HookKind
    happened_at: datetime
    body: str
    url: str
    state: HookState
    attempts: int
    begun_at: datetime
    next_at: datetime | None
    status: int
    words: str
