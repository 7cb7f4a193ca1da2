"""Runs that an issue which has not begun lacks: none was planned, or it ended, or it is too early.

The orchestrator tells what runs there are; that nobody can send an issue twice is the ledger's.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from flows.domain.errors import NewsletterError, TransientError
from flows.domain.issue import FROZEN, OPEN, Issue, IssueId
from flows.operations.gating import what_blocks
from flows.operations.library import Library
from flows.operations.planning import plan_delivery
from flows.operations.zones import keep_first_instant
from flows.orchestration.server import FINAL, ISSUE_TAG, PrefectServer
from flows.store.database import Store
from flows.store.issues import find_issues

log = structlog.get_logger()

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(minutes=15)
"""After each run that came to nothing the pause before the next doubles, up to this."""
MOST_DOUBLINGS: Final = 4
BEGINNING_FOR: Final = timedelta(minutes=1)
"""So long whoever released an issue may take to start its run."""
EXACTLY: Final = timedelta(seconds=1)
LOST_AFTER: Final = timedelta(minutes=5)
"""A run that was handed to a process begins within seconds; after so long it never does."""


async def runs_of_issue(server: PrefectServer, issue: IssueId) -> list[dict[str, Any]]:
    """The latest runs that were started for an issue, those over among them."""
    wanted = {"tags": {"all_": [f"{ISSUE_TAG}{issue}"]}}
    return await asyncio.to_thread(server.find_runs, wanted)


def is_at_work(run: dict[str, Any], *, now: datetime) -> bool:
    """Whether a run goes on now, or begins as soon as somebody is free for it."""
    if run["state_type"] in FINAL:
        return False
    at = _begins_at(run)
    return run["state_type"] != "SCHEDULED" or at is None or at <= now + EXACTLY


def may_begin(runs: Sequence[dict[str, Any]], *, since: datetime, now: datetime) -> bool:
    """Whether no run is at work, and none since a time came to nothing so lately that one rests."""
    if any(is_at_work(run, now=now) for run in runs):
        return False
    over = [_ended_at(run) for run in runs if run["state_type"] in FINAL]
    tries = sorted(at for at in over if at and at >= since)
    if not tries:
        return True
    pause: timedelta = FIRST_PAUSE * 2 ** min(len(tries) - 1, MOST_DOUBLINGS)
    return now - tries[-1] >= min(pause, LONGEST_PAUSE)


async def may_get_run(
    server: PrefectServer, issue: IssueId, *, since: datetime, now: datetime
) -> bool:
    """Whether a run of an issue may begin now; one that never began is over before."""
    runs = await runs_of_issue(server, issue)
    return not await _end_lost(server, runs, now=now) and may_begin(runs, since=since, now=now)


async def keep_plans(
    library: Library,
    store: Store,
    server: PrefectServer,
    *,
    network: str,
    now: datetime,
    late_hours: float,
) -> list[IssueId]:
    """Give every issue that has not begun the run which it lacks; which issues got one.

    `network` is the zone of cities without one. What a person must look at first gets none.
    """
    async with store.reading() as tx:
        waiting = await find_issues(tx, states=OPEN - FROZEN)
    planned = []
    for found in waiting:
        try:
            moved = found.wall and await keep_first_instant(
                store, found.id, network=network, now=now
            )
            issue = moved or found
            if await _lacks_run(library, store, server, issue, now=now, late_hours=late_hours):
                await plan_delivery(store, server, issue, now=now)
                planned.append(issue.id)
        except TransientError:
            raise
        except NewsletterError as error:
            log.warning("plan.not_kept", issue=found.id, why=str(error))
    return planned


async def _lacks_run(
    library: Library,
    store: Store,
    server: PrefectServer,
    issue: Issue,
    *,
    now: datetime,
    late_hours: float,
) -> bool:
    leaves_at = issue.scheduled_at
    if leaves_at and leaves_at > now:
        return not any(_is_for(run, leaves_at) for run in await runs_of_issue(server, issue.id))
    since = _to_leave_since(issue, now)
    if since is None:
        return False
    if not await may_get_run(server, issue.id, since=since, now=now):
        return False
    return not await what_blocks(library, store, issue, now=now, late_hours=late_hours)


async def _end_lost(
    server: PrefectServer, runs: Sequence[dict[str, Any]], *, now: datetime
) -> bool:
    """Call a run crashed that has been about to begin for minutes; whether there was one."""
    lost = [
        run["id"]
        for run in runs
        if run["state_type"] == "PENDING"
        and (since := _moment((run.get("state") or {}).get("timestamp")))
        and now - since > LOST_AFTER
    ]
    for run in lost:
        if await asyncio.to_thread(server.run_state, run) == "PENDING":
            log.warning("run.lost", run=run)
            await asyncio.to_thread(server.end_run, run, message="it did not begin")
    return bool(lost)


def _to_leave_since(issue: Issue, now: datetime) -> datetime | None:
    """When its time came, or when whoever released it had long enough to start a run."""
    if issue.scheduled_at or not issue.released_at:
        return issue.scheduled_at
    return issue.released_at if now - issue.released_at >= BEGINNING_FOR else None


def _is_for(run: dict[str, Any], at: datetime) -> bool:
    begins_at = _begins_at(run)
    if begins_at is None or run["state_type"] in FINAL:
        return False
    return abs(begins_at - at) < EXACTLY


def _begins_at(run: dict[str, Any]) -> datetime | None:
    return _moment(run.get("next_scheduled_start_time") or run.get("expected_start_time"))


def _ended_at(run: dict[str, Any]) -> datetime | None:
    return _moment(run.get("end_time"))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
