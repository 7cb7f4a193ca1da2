"""Sending along with a newsroom: what is to be done, and whether this machine may do it."""

from datetime import datetime

from flows.domain.accord import Accord
from flows.domain.errors import NotDoneError
from flows.domain.issue import IssueId
from flows.store.accords import find_accord, keep_accord
from flows.store.database import Store
from flows.store.ledger import issues_due


async def declare_accord(store: Store, accord: Accord, *, now: datetime) -> None:
    """Say what every machine that sends from this database has to do alike."""
    async with store.writing() as tx:
        if await find_accord(tx) != accord:
            await keep_accord(tx, accord, now=now)


async def agree(store: Store, own: Accord) -> Accord | None:
    """What the newsroom has declared; `None` before its first sending.

    Raises `NotDoneError` if this machine would make other letters of its issues than the newsroom.
    """
    async with store.reading() as tx:
        declared = await find_accord(tx)
    if declared is not None and (names := declared.differs_in(own)):
        raise NotDoneError(
            f"this machine's settings are not the newsroom's: {', '.join(names)}",
            waiting_for=("give this worker the newsroom's own values of these settings",),
        )
    return declared


async def next_issue(store: Store, *, after: str, now: datetime) -> IssueId | None:
    """An issue that has letters to be sent now; of several, each in turn."""
    async with store.reading() as tx:
        due = await issues_due(tx, now=now)
    later = [one for one in due if one > after]
    return next(iter(later or due), None)
