"""An issue: one sending of an article, and the states that it goes through."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from shlex import quote
from typing import Final, NewType

from flows.domain.article import Slug
from flows.domain.timing import Policy, Wall

IssueId = NewType("IssueId", str)
"""`<slug>-<n>`: the n-th sending of an article."""


class IssueState(StrEnum):
    """Where an issue is on its way."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    INCOMPLETE = "incomplete"
    SENT = "sent"
    CANCELLED = "cancelled"


_S = IssueState

ALLOWED_MOVES: Final[dict[IssueState, frozenset[IssueState]]] = {
    _S.DRAFT: frozenset({_S.IN_REVIEW, _S.CANCELLED}),
    _S.IN_REVIEW: frozenset({_S.APPROVED, _S.CANCELLED}),
    _S.APPROVED: frozenset({_S.IN_REVIEW, _S.SCHEDULED, _S.SENDING, _S.CANCELLED}),
    _S.SCHEDULED: frozenset({_S.IN_REVIEW, _S.APPROVED, _S.SENDING, _S.CANCELLED}),
    _S.SENDING: frozenset({_S.PAUSED, _S.INCOMPLETE, _S.SENT, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.SENDING, _S.CANCELLED}),
    _S.INCOMPLETE: frozenset({_S.SENDING, _S.PAUSED, _S.SENT, _S.CANCELLED}),
    _S.SENT: frozenset({_S.INCOMPLETE}),
    _S.CANCELLED: frozenset(),
}
"""From each state, those that may follow. The audience is frozen by the first move to `sending`.

A sent issue is open again when a person has the refused letters tried once more.
"""

FROZEN: Final = frozenset({_S.SENDING, _S.PAUSED, _S.INCOMPLETE, _S.SENT})
"""The states in which audience and editions no longer change."""

OPEN: Final = frozenset(_S) - {_S.SENT, _S.CANCELLED}
"""The states in which something is still to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One sending of an article to some lists. Times carry their zone; `lists` empty means all.

    With a `wall`, each letter leaves when clocks in its city show that; `scheduled_at` is then
    when the first of them do. `let_go_at` is when a person last said that what is late leaves.
    Released, it goes by itself once everything is approved; else somebody sends it, or gives it a
    time. `carries` are the articles in a digest as it was opened, from its start on
    those that left with it; `None` if that is not known.
    """

    id: IssueId
    slug: Slug
    state: IssueState
    lists: tuple[str, ...]
    created_at: datetime
    scheduled_at: datetime | None = None
    zone: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str = ""
    flow_run: str | None = None
    released_at: datetime | None = None
    wall: Wall | None = None
    let_go_at: datetime | None = None
    policy: Policy = Policy.HOLD
    carries: tuple[Slug, ...] | None = None

    @property
    def publish_command(self) -> str:
        """What publishes the article to the same lists again."""
        lists = (f" --list {quote(one)}" for one in self.lists)
        return f"newsletter publish {self.slug}{''.join(lists)}"

    def is_to_leave(self, now: datetime) -> bool:
        """Whether it goes at once when nothing keeps it: its time has come, or it was released."""
        return self.scheduled_at <= now if self.scheduled_at else self.released_at is not None

    def goes_in_parts(self, now: datetime) -> bool:
        """Whether its time has come, at which the approved languages go without the others."""
        due = self.scheduled_at is not None and self.scheduled_at <= now
        return due and self.policy is Policy.APPROVED
