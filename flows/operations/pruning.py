"""Bringing old issues into the archive: the figures stay, the letters leave the ledger."""

from datetime import datetime
from typing import Final

from flows.domain.delivery import SETTLED
from flows.domain.errors import NotDoneError
from flows.domain.issue import IssueId
from flows.domain.phrases import Phrase
from flows.operations.sums import add_history_up
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.issues import hold_issue
from flows.store.pruning import archived_at, delete_letters, next_prunable
from flows.store.returns import count_returned
from flows.store.sums import add_up, keep_sums

AT_ONCE: Final = 5_000
"""Letters in one transaction: senders at work wait for none of these for long."""


async def prune_ledger(
    store: Store, *, before: datetime, by: str, now: datetime, at_once: int = AT_ONCE
) -> int:
    """Reduce the issues that ended before a time to their sums. How many letters that deleted.

    Cut off at any point, it goes on with the next call; the reports are the same all along. One
    issue is left out that still has letters whose fate is unknown.
    """
    deleted, left_out = 0, set[IssueId]()
    while True:
        async with store.reading() as tx:
            issue = await next_prunable(tx, before=before, except_of=left_out)
        if issue is None:
            return deleted
        if not await _archive(store, issue, by=by, now=now):
            left_out.add(issue)
            continue
        while count := await _delete_some(store, issue, at_once):
            deleted += count


async def _archive(store: Store, issue_id: IssueId, *, by: str, now: datetime) -> bool:
    """Let an issue's sums stand for its letters. False if some of these are not settled."""
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if await archived_at(tx, issue_id) is not None:
            return True
        found = await add_up(tx, issue_id, now=now)
        if any(line.state not in SETTLED for line in found.lines):
            return False
        bounced, complained = await count_returned(tx, issue_id)
        last = found._replace(
            final=True,
            answered=0,
            history=await add_history_up(tx, issue_id),
            archived_at=now,
            bounced=bounced,
            complained=complained,
        )
        await keep_sums(tx, issue_id, last)
        await record_event(tx, "issue.archived", issue.id, actor=by, now=now, letters=found.letters)
        return True


async def _delete_some(store: Store, issue: IssueId, at_once: int) -> int:
    async with store.writing() as tx:
        return await delete_letters(tx, issue, at_most=at_once)


async def refuse_archived(tx: Transaction, issue: IssueId, *, what: str) -> None:
    """Raise `NotDoneError` if an issue is in the archive, where nobody can do `what`."""
    if at := await archived_at(tx, issue):
        raise NotDoneError(
            Phrase(
                "{issue} is in the archive since {day}: its figures are left, its letters are not,"
                " so that {what}",
                issue=issue,
                day=f"{at:%Y-%m-%d}",
                what=what,
            )
        )
