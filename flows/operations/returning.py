"""Reading what came back: each message is recorded once, then put away."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from flows.domain.errors import NewsletterError, TransientError
from flows.domain.issue import IssueId, IssueState
from flows.domain.optout import COMPLAINED, UNSUBSCRIBED
from flows.domain.returned import Effect, Returned, ReturnKind
from flows.mail.boxes import Arrival, Box
from flows.mail.kept import KeptMail
from flows.mail.returned import ReturnReader
from flows.operations.reading import opt_out
from flows.operations.settling import finish_issue
from flows.store.counts import last_doubt
from flows.store.database import DatabaseUnusableError, Store, Transaction
from flows.store.issues import get_issue
from flows.store.ledger import resolve_doubts
from flows.store.returns import Letter, find_letter, keep_return, known_returns

log = structlog.get_logger()

AT_ONCE: Final = 20
"""Messages in one transaction: a crash has no more of them read again."""
TRIES: Final = 3
LONGEST_PAUSE_SECONDS: Final = 20

OPT_OUTS: Final = {ReturnKind.COMPLAINT: COMPLAINED, ReturnKind.UNSUBSCRIBE: UNSUBSCRIBED}
EFFECTS: Final = {
    ReturnKind.HARD: Effect.OPEN,
    ReturnKind.SOFT: Effect.OPEN,
    ReturnKind.COMPLAINT: Effect.SUPPRESSED,
    ReturnKind.UNSUBSCRIBE: Effect.SUPPRESSED,
}
EFFECTIVE: Final = (*EFFECTS, ReturnKind.POLICY)
"""What counts only if it names a letter that is in the ledger."""


@dataclass(kw_only=True)
class Harvest:
    """What one reading found, by kind; `troubles` say which boxes could not be read, and why."""

    counts: Counter[ReturnKind] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)


async def read_returns(
    store: Store,
    boxes: Sequence[Box],
    *,
    reader: ReturnReader,
    kept: KeptMail,
    clock: Callable[[], datetime],
) -> Harvest:
    """Read all that came back into the boxes.

    A message is recorded before it is put away, under its digest: whenever this is cut off, the
    next reading neither loses nor doubles one. Complaints and opt-outs count from then on; what
    bounces mean is decided by `judge_returns`. A box that cannot be read keeps no other back.
    """
    harvest = Harvest()
    for box in boxes:
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type(TransientError),
                wait=wait_random_exponential(max=LONGEST_PAUSE_SECONDS),
                stop=stop_after_attempt(TRIES),
                reraise=True,
            ):
                with attempt:
                    await _read_box(store, box, reader, kept, clock=clock, harvest=harvest)
        except DatabaseUnusableError:
            raise
        except NewsletterError as error:
            log.warning("returns.box_not_read", box=box.name, why=str(error))
            harvest.troubles.append(str(error))
    return harvest


async def _read_box(
    store: Store,
    box: Box,
    reader: ReturnReader,
    kept: KeptMail,
    *,
    clock: Callable[[], datetime],
    harvest: Harvest,
) -> None:
    opened = await asyncio.to_thread(box.open)
    try:
        while arrivals := await asyncio.to_thread(opened.take, AT_ONCE):
            harvest.counts.update(await _take_in(store, arrivals, reader, kept, now=clock()))
            await asyncio.to_thread(opened.put_away, arrivals)
    finally:
        await asyncio.to_thread(opened.close)


async def _take_in(
    store: Store,
    arrivals: Sequence[Arrival],
    reader: ReturnReader,
    kept: KeptMail,
    *,
    now: datetime,
) -> list[ReturnKind]:
    """Record what is new among some messages, and let opt-outs count; the kinds."""
    async with store.reading() as tx:
        known = await known_returns(tx, [arrival.digest for arrival in arrivals])
    new = [arrival for arrival in arrivals if arrival.digest not in known]
    returned = await asyncio.to_thread(reader.read_all, new)
    async with store.reading() as tx:
        found = [await _addressed(tx, one) for one in returned]
    for arrival, (one, _) in zip(new, found, strict=True):
        if one.kind is ReturnKind.UNREADABLE:
            # It is with a person before it is recorded.
            await asyncio.to_thread(kept.keep, arrival)
    settled = set[IssueId]()
    async with store.writing() as tx:
        kinds = [await _record(tx, one, letter, settled=settled, now=now) for one, letter in found]
    for issue in sorted(settled):
        await _close(store, issue, now=now)
    return [kind for kind in kinds if kind is not None]


async def _close(store: Store, issue_id: IssueId, *, now: datetime) -> None:
    """Add up an issue that waited for its last doubt. One whose sender is at work is left to it."""
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
        waits = issue.state is IssueState.INCOMPLETE and await last_doubt(tx, issue_id) is None
    if waits:
        await finish_issue(store, issue_id, now=now)


async def _addressed(tx: Transaction, returned: Returned) -> tuple[Returned, Letter | None]:
    """A return with the letter that it names. One that must name one, and does not, changes."""
    letter = None
    if returned.delivery is not None and returned.contact is not None:
        letter = await find_letter(tx, returned.delivery, returned.contact)
    if letter is None and returned.kind in EFFECTIVE:
        # Somebody who wants to leave is not to be forgotten with a database.
        leaves = returned.kind is ReturnKind.UNSUBSCRIBE
        kind = ReturnKind.UNREADABLE if leaves else ReturnKind.FORGED
        words = "it names a letter that is not in the ledger"
        return replace(returned, kind=kind, words=words), None
    return returned, letter


async def _record(
    tx: Transaction,
    returned: Returned,
    letter: Letter | None,
    *,
    settled: set[IssueId],
    now: datetime,
) -> ReturnKind | None:
    """Write one message down and let opt-outs count; its kind, or nothing if it was known.

    The issue of a doubt that it answers is added to `settled`.
    """
    new = await keep_return(
        tx,
        returned,
        delivery=letter.delivery if letter else None,
        effect=EFFECTS.get(returned.kind, Effect.NONE),
        now=now,
    )
    if not new:
        return None
    if letter is not None:
        # Whatever is said of a letter, the relay had it.
        words = "it came back"
        if await resolve_doubts(tx, [letter.delivery], sent=True, reply=words, now=now):
            settled.add(letter.issue)
        if reason := OPT_OUTS.get(returned.kind):
            source = f"{returned.kind} by mail"
            hashed = letter.address_hash
            await opt_out(tx, hashed, letter.issue, source=source, now=now, reason=reason)
    return returned.kind
