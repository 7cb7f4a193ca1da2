"""Whom an issue is for: choosing its lists."""

from collections.abc import Sequence
from datetime import datetime

from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import FROZEN, OPEN, Issue, IssueId
from flows.domain.phrases import Phrase
from flows.operations.lookalikes import require_lists
from flows.operations.timing import PROGRAM, take_time_away
from flows.store.contacts import list_sizes
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.issues import find_issues, hold_issue, move_issue


async def choose_lists(
    store: Store, issue_id: IssueId, lists: Sequence[str], *, now: datetime, by: str = PROGRAM
) -> Issue:
    """Give an issue other lists, none meaning all. Raises `NotDoneError` once it has begun.

    Whoever gave it a time had seen another audience: it waits until somebody sends it again.
    """
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if issue.state in FROZEN or issue.state not in OPEN:
            raise NotDoneError(
                Phrase(
                    "{issue} is {state}; its lists can no longer change",
                    issue=issue.id,
                    state=issue.state,
                )
            )
        require_lists(lists, await list_sizes(tx), field="list")
        for other in await find_issues(tx, slug=issue.slug, states=OPEN):
            if other.id != issue.id and set(other.lists) == set(lists):
                raise InputError(
                    Phrase("{issue} goes to the same lists", issue=other.id), field="list"
                )
        chosen = sorted(set(lists))
        if set(chosen) != set(issue.lists) and (issue.scheduled_at or issue.released_at):
            issue = await take_time_away(tx, issue, now=now, by=by)
        issue = await move_issue(tx, issue, issue.state, now=now, lists=chosen)
        await record_event(tx, "issue.lists", issue.id, actor=by, now=now, lists=chosen)
        return issue
