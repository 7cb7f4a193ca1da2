"""A delivery: one letter of an issue to one contact."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from flows.domain.issue import IssueId
from flows.domain.language import Language


class DeliveryState(StrEnum):
    """What became of a letter. `unknown` is a doubt that only evidence or a person may settle."""

    PENDING = "pending"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


_D = DeliveryState

ALLOWED_MOVES: Final[dict[DeliveryState, frozenset[DeliveryState]]] = {
    _D.PENDING: frozenset({_D.CLAIMED, _D.SUPPRESSED, _D.CANCELLED}),
    _D.CLAIMED: frozenset({_D.PENDING, _D.ACCEPTED, _D.DEFERRED, _D.REFUSED, _D.UNKNOWN}),
    _D.DEFERRED: frozenset({_D.CLAIMED, _D.SUPPRESSED, _D.REFUSED, _D.CANCELLED}),
    _D.UNKNOWN: frozenset({_D.ACCEPTED, _D.DEFERRED, _D.REFUSED, _D.PENDING}),
    _D.REFUSED: frozenset({_D.PENDING}),
    _D.ACCEPTED: frozenset(),
    _D.SUPPRESSED: frozenset(),
    _D.CANCELLED: frozenset(),
}
"""From each state, those that may follow. `refused` goes back only by a person's command."""

SETTLED: Final = frozenset({_D.ACCEPTED, _D.REFUSED, _D.SUPPRESSED, _D.CANCELLED})
"""The states that need nobody any more; an issue is sent when all its deliveries are in them."""

Tally = Mapping[DeliveryState, int]
"""How many deliveries are in each state; every state is a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A delivery that one sender began, and holds until it settles it or its lease ends."""

    id: int
    issue: IssueId
    contact: int
    address: str
    name: str
    language: Language
    message_id: str
    attempt: int
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the relay said of one letter (RFC 5321, section 4.2): `code` 0 where it said nothing."""

    state: DeliveryState
    code: int = 0
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """An outcome on its way to the ledger; `next_at` is when a deferred letter is tried again."""

    delivery: int
    outcome: Outcome
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A letter whose fate is unknown `since` some time; `owner` is the sender that began it."""

    delivery: int
    message_id: str
    owner: str
    begun_at: datetime
    since: datetime
