"""What a restored newsroom must not send by itself: what may have left after the backup."""

from datetime import datetime
from typing import Final

from flows.domain.issue import OPEN, Issue, IssueId, IssueState
from flows.domain.recurrence import RecurrenceState
from flows.operations.timing import RESTORED, take_time_away
from flows.store.database import Transaction
from flows.store.events import record_event
from flows.store.issues import find_issues, move_issue, note_run
from flows.store.recurrences import all_recurrences, change_recurrence, give_up_unfinished

BEGUN: Final = frozenset({IssueState.SENDING, IssueState.INCOMPLETE, IssueState.PAUSED})


async def hold_what_may_have_left(
    tx: Transaction, *, made_at: datetime, by: str, now: datetime
) -> list[IssueId]:
    """Pause each issue that was being sent, take time and release from every other.

    A time to come says nothing: somebody may have sent or cancelled the issue since. What comes
    again rests, too: it would open anew what it opened since. A person has them go on who knows
    what left between the backup and now. The issues' names.
    """
    await _let_rest(tx, by=by, now=now)
    because = f"{RESTORED} {made_at:%Y-%m-%d %H:%M} UTC; what left since is not known"
    held = []
    for issue in await find_issues(tx, states=OPEN):
        await note_run(tx, issue.id, None)  # of an orchestrator that knows nothing of it now
        if issue.state in BEGUN:
            await _pause(tx, issue, because=because, by=by, now=now)
        elif issue.scheduled_at is not None or issue.released_at is not None:
            await take_time_away(tx, issue, now=now, by=by, because=because)
        else:
            continue
        held.append(issue.id)
    return held


async def _let_rest(tx: Transaction, *, by: str, now: datetime) -> None:
    for one in await all_recurrences(tx):
        await give_up_unfinished(tx, one.id)
        if one.state is RecurrenceState.ACTIVE:
            await change_recurrence(tx, one.id, state=RecurrenceState.PAUSED)
            await record_event(tx, "recurrence.paused", one.name, actor=by, now=now)


async def _pause(tx: Transaction, issue: Issue, *, because: str, by: str, now: datetime) -> None:
    words = f"{issue.reason}; {because}" if issue.reason else because
    await move_issue(tx, issue, IssueState.PAUSED, now=now, reason=words)
    await record_event(tx, "issue.paused", issue.id, actor=by, now=now, because=because)
