"""Opening what is due of what comes again, once, whoever looks and however often."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Final

import structlog

from flows.domain.article import Slug
from flows.domain.errors import NewsletterError, NotDoneError
from flows.domain.issue import Issue, IssueState
from flows.domain.phrases import Phrase
from flows.domain.recurrence import Occurrence, OccurrenceState, Recurrence, RecurrenceState
from flows.operations.assembling import free_folder
from flows.operations.collecting import collect_articles, leave_taken
from flows.operations.issuing import open_occurrence
from flows.operations.library import Library
from flows.operations.planning import plan_delivery
from flows.operations.reviewing import count_empty
from flows.operations.rules import instants
from flows.operations.timing import PROGRAM
from flows.orchestration.server import ISSUE_TAG, PrefectServer
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.issues import find_issues
from flows.store.recurrences import (
    add_occurrence,
    all_recurrences,
    change_occurrence,
    change_recurrence,
    digests_written,
    hold_all,
    hold_recurrence,
    late_occurrences,
    take_unfinished,
)

log = structlog.get_logger()

Finishing = Callable[..., Awaitable[Occurrence]]
"""Opens an occurrence of a recurrence."""

LEASE: Final = timedelta(minutes=1)
"""So long nobody else goes on with an occurrence that somebody opens."""
REMEMBERED: Final = 20
"""So many missed occurrences are written down one by one."""


async def open_due(
    library: Library,
    store: Store,
    server: PrefectServer | None,
    *,
    now: datetime,
    late_hours: float,
) -> list[Occurrence]:
    """Deal with every occurrence that is due; what became of each that this call dealt with.

    Of several that were missed the last one counts. More than `late_hours` late, it waits for a
    person. Twice at once, or again after a crash, opens nothing twice.
    """
    async with store.writing() as tx:
        active = [one for one in await all_recurrences(tx) if one.state is RecurrenceState.ACTIVE]
        unfinished = await take_unfinished(tx, now=now, until=now + LEASE)
    finish = partial(_finish, library, store, server, now=now, late_hours=late_hours)
    done: list[Occurrence] = []
    for recurrence in active:
        for one in unfinished:
            if one.recurrence == recurrence.id:
                done += await _finish_or_tell(store, finish, recurrence, one)
        # One after the other: what the one sends, another to the same lists does not send as well.
        with _waiting(recurrence.name):
            begun = await begin(library, store, recurrence, now=now, late_hours=late_hours)
            if begun is not None:
                done += await _finish_or_tell(store, finish, recurrence, begun)
    if server is not None:
        await _have_drafted(library, store, server)
    return done


@contextmanager
def _waiting(name: str) -> Iterator[None]:
    """What cannot be done for one recurrence now keeps no other one; a later look tries again."""
    try:
        yield
    except NewsletterError as error:
        log.warning("recurrence.waiting", name=name, why=str(error))


async def _finish_or_tell(
    store: Store, finish: Finishing, recurrence: Recurrence, occurrence: Occurrence
) -> list[Occurrence]:
    """Open an occurrence; what keeps it is written down where people look, not in a log alone."""
    try:
        return [await finish(recurrence, occurrence, leaves_at=occurrence.at)]
    except NewsletterError as error:
        trouble = str(error)
    with _waiting(recurrence.name):
        log.warning("recurrence.waiting", name=recurrence.name, why=trouble)
        async with store.writing() as tx:
            await change_occurrence(tx, occurrence, occurrence.state, trouble=trouble)
    return []


async def begin(
    library: Library, store: Store, recurrence: Recurrence, *, now: datetime, late_hours: float
) -> Occurrence | None:
    """Write down what is due of a recurrence, if it is not there yet; the one to be opened.

    As long as there is nothing to send, it may still come until the time itself.
    """
    due = _due(recurrence, now)
    if not due:
        return None
    late = now - due[-1] > timedelta(hours=late_hours)
    found = [] if late else await collect_articles(library, store, recurrence)
    if due[-1] > now and not found:
        return None
    async with store.writing() as tx:
        if recurrence not in await hold_all(tx):
            return None  # somebody else was here first
        # Another rule may have taken some since: whoever holds all of them sees what each took.
        slugs = await leave_taken(library, tx, recurrence, found)
        if due[-1] > now and not slugs:
            return None
        occurrence = Occurrence(
            recurrence=recurrence.id,
            at=due[-1],
            state=OccurrenceState.LATE if late else OccurrenceState.OPENING,
            digest=await _folder_for(library, tx, recurrence, due[-1]) if slugs else None,
            slugs=tuple(slugs),
        )
        await _pass_over(tx, recurrence, due[:-1])
        added = await add_occurrence(tx, occurrence, until=now + LEASE)
        await change_recurrence(tx, recurrence.id, seen_until=occurrence.at)
    return occurrence if added else None


async def _folder_for(
    library: Library, tx: Transaction, recurrence: Recurrence, at: datetime
) -> Slug | None:
    """Where a digest will be written; no other occurrence has it, and no issue had."""
    if recurrence.form.each:
        return None
    used = {*await digests_written(tx), *(one.slug for one in await find_issues(tx))}
    return free_folder(library, recurrence, at=at, used=used)


def _due(recurrence: Recurrence, now: datetime) -> list[datetime]:
    coming = instants(
        recurrence.rule,
        zone=recurrence.zone,
        begins_at=recurrence.begins_at,
        after=recurrence.seen_until,
    )
    return list(takewhile(lambda at: at - recurrence.form.ahead <= now, coming))


async def _pass_over(tx: Transaction, recurrence: Recurrence, missed: Sequence[datetime]) -> None:
    """A later occurrence takes what the missed ones would have, and what waits for a person."""
    for at in missed[-REMEMBERED:]:
        skipped = Occurrence(recurrence=recurrence.id, at=at, state=OccurrenceState.SKIPPED)
        await add_occurrence(tx, skipped)
    for waiting_for, one in await late_occurrences(tx):
        if waiting_for.id == recurrence.id:
            await change_occurrence(tx, one, OccurrenceState.SKIPPED)


async def _finish(
    library: Library,
    store: Store,
    server: PrefectServer | None,
    recurrence: Recurrence,
    occurrence: Occurrence,
    *,
    leaves_at: datetime,
    now: datetime,
    late_hours: float,
    by: str = PROGRAM,
) -> Occurrence:
    if occurrence.state is OccurrenceState.LATE:
        log.warning("recurrence.late", name=recurrence.name, at=occurrence.at.isoformat())
        return occurrence
    issues, slugs = await open_occurrence(
        library,
        store,
        recurrence,
        occurrence,
        leaves_at=leaves_at,
        now=now,
        late_hours=late_hours,
    )
    state = OccurrenceState.OPENED if issues else OccurrenceState.EMPTY
    names = [one.id for one in issues]
    async with store.writing() as tx:
        # What was left out is not taken: the next occurrence collects it again.
        done = {"slugs": slugs, "issues": names, "until": None, "trouble": None}
        if await change_occurrence(tx, occurrence, state, **done):
            facts = {"at": occurrence.at.isoformat(), "issues": names}
            action = f"recurrence.{state}"
            await record_event(tx, action, recurrence.name, actor=by, now=now, **facts)
    log.info("recurrence.done", name=recurrence.name, state=state, issues=len(issues))
    if server is not None:
        with _waiting(recurrence.name):  # the clock plans what has no run
            for issue in issues:
                if issue.state is not IssueState.CANCELLED:
                    await plan_delivery(store, server, issue, now=now)
    return replace(occurrence, state=state, slugs=tuple(slugs), issues=tuple(names), trouble="")


async def _have_drafted(library: Library, store: Store, server: PrefectServer) -> None:
    """Have the newsroom's engines translate what new digests say themselves, each once.

    Whatever happened when they were written: their key tells the orchestrator what it has already.
    """
    async with store.reading() as tx:
        written = await digests_written(tx)
        waiting = await find_issues(tx, states={IssueState.IN_REVIEW})
    for issue in waiting:
        if issue.slug in written:
            with _waiting(issue.slug):
                await _draft(library, server, issue)


async def _draft(library: Library, server: PrefectServer, issue: Issue) -> None:
    if any(count_empty(library, issue.slug, one) for one in library.target_languages):
        await asyncio.to_thread(
            server.create_run,
            "translate/translate",
            parameters={"slug": issue.slug},
            name=f"translate-{issue.slug}",
            key=f"translate-{issue.id}",
            tags=(f"{ISSUE_TAG}{issue.id}",),
        )


async def open_late(
    library: Library,
    store: Store,
    server: PrefectServer | None,
    name: str,
    *,
    now: datetime,
    late_hours: float,
    by: str,
) -> Occurrence:
    """A person's word that a missed occurrence is opened now. `NotDoneError` if none waits."""
    async with store.writing() as tx:
        recurrence = await hold_recurrence(tx, name)
        waiting = [one for who, one in await late_occurrences(tx) if who.id == recurrence.id]
    if not waiting:
        raise NotDoneError(Phrase("no occurrence of {name} waits for anybody", name=name))
    found = await collect_articles(library, store, recurrence)
    state = OccurrenceState.OPENING
    async with store.writing() as tx:
        await hold_all(tx)
        slugs = await leave_taken(library, tx, recurrence, found)
        digest = await _folder_for(library, tx, recurrence, waiting[-1].at) if slugs else None
        mine = await change_occurrence(
            tx, waiting[-1], state, slugs=slugs, digest=digest, until=now + LEASE
        )
    if not mine:
        raise NotDoneError(Phrase("somebody else has just opened what waited of {name}", name=name))
    occurrence = replace(waiting[-1], state=state, digest=digest, slugs=tuple(slugs))
    return await _finish(
        library,
        store,
        server,
        recurrence,
        occurrence,
        leaves_at=now,
        now=now,
        late_hours=late_hours,
        by=by,
    )
