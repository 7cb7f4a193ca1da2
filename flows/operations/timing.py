"""The time of an issue: written down, taken away; and what happens if not all is approved then."""

from datetime import datetime
from typing import Final

from flows.domain.errors import NotDoneError
from flows.domain.issue import FROZEN, OPEN, Issue, IssueId, IssueState
from flows.domain.phrases import Phrase
from flows.domain.timing import Policy, Wall
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.issues import hold_issue, move_issue

PROGRAM: Final = "newsletter"
"""Who acts where no person does."""
HELD_BACK: Final = "held back"
"""The reason of an issue that stays because somebody said so, and not because nobody did yet."""
RESTORED: Final = "restored as it was at"
"""What the reason of one begins with that may have left since a backup was made."""


def require_movable(issue: Issue) -> None:
    """Raise `NotDoneError` once an issue has begun or is cancelled."""
    if issue.state in FROZEN or issue.state not in OPEN:
        raise NotDoneError(
            Phrase(
                "{issue} is {state}; its time can no longer change",
                issue=issue.id,
                state=issue.state,
            )
        )


async def place_issue(
    tx: Transaction,
    issue: Issue,
    *,
    at: datetime,
    zone: str,
    now: datetime,
    by: str,
    wall: Wall | None = None,
    let_go_at: datetime | None = None,
) -> Issue:
    """Write an issue's time down; with a `wall`, `at` is that of the first letters.

    `let_go_at` is when a person said that letters which are late leave all the same.
    """
    kept = wall.as_text() if wall else None
    issue = await move_issue(
        tx,
        issue,
        issue.state,
        now=now,
        scheduled_at=at,
        zone=zone,
        wall=kept,
        let_go_at=let_go_at,
        reason="",
    )
    facts = {"at": at.isoformat(), **({"wall": kept} if kept else {})}
    await record_event(tx, "issue.scheduled", issue.id, actor=by, now=now, **facts)
    return issue


async def choose_policy(
    store: Store, issue_id: IssueId, policy: Policy, *, now: datetime, by: str = PROGRAM
) -> Issue:
    """Say what happens if not all is approved at an issue's time. `NotDoneError` once it began."""
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if issue.policy is policy:
            return issue
        if issue.state in FROZEN or issue.state not in OPEN:
            raise NotDoneError(
                Phrase(
                    "{issue} is {state}; its policy can no longer change",
                    issue=issue.id,
                    state=issue.state,
                )
            )
        issue = await move_issue(tx, issue, issue.state, now=now, policy=policy)
        await record_event(tx, "issue.policy", issue.id, actor=by, now=now, policy=policy)
        return issue


async def take_time_away(
    tx: Transaction, issue: Issue, *, now: datetime, by: str, because: str = HELD_BACK
) -> Issue:
    """The issue without time and release; nobody's word that it may go is left."""
    state = IssueState.APPROVED if issue.state is IssueState.SCHEDULED else issue.state
    gone = dict.fromkeys(("scheduled_at", "zone", "wall", "let_go_at", "released_at"))
    issue = await move_issue(tx, issue, state, now=now, reason=because, **gone)
    await record_event(tx, "issue.unscheduled", issue.id, actor=by, now=now)
    return issue
