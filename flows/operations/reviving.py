"""Issues whose sending has died: they get a new run, unless that has led nowhere several times.

The ledger sees to it that no letter doubles, whoever else may still be at work.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from flows.domain.delivery import SETTLED
from flows.domain.errors import NotDoneError
from flows.domain.issue import Issue, IssueId, IssueState
from flows.operations.issues import pause_issue
from flows.operations.planning import plan_delivery
from flows.operations.reporting import STILL_FOR
from flows.operations.timing import PROGRAM
from flows.orchestration.server import FINAL, PrefectServer, UnknownToPrefectError
from flows.store.counts import is_at_rest, stands_still
from flows.store.database import Store
from flows.store.events import find_events, record_event
from flows.store.issues import find_issues
from flows.store.ledger import holdings
from flows.store.living import who_lives
from flows.store.sums import add_up

log = structlog.get_logger()

MOST_REVIVALS: Final = 3
"""So often in a row without a letter settled; then a person must look."""
DUE_FOR: Final = timedelta(minutes=1)
"""A run that was planned for a letter's time has begun by then."""
ENDING_FOR: Final = timedelta(minutes=1)
"""So long a run that was told to end may take."""
REVIVED: Final = "issue.revived"
LATEST_EVENTS: Final = 50

IsAlive = Callable[[str], bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was seen at the last look: since when a sending seems dead, or its run is to end.

    What came to nothing before `since` does not count: the newsroom itself may have died of it.
    """

    since: datetime
    dead: Mapping[IssueId, datetime] = field(default_factory=dict)
    ending: Mapping[IssueId, datetime] = field(default_factory=dict)


async def watch_over_sendings(
    store: Store, server: PrefectServer, last: Watched, *, is_alive: IsAlive, now: datetime
) -> Watched:
    """Look at every issue that is being sent; give a dead one a new run at the second look.

    A run that is alive by name and moves nothing is told to end first. What was seen, for the next
    look.
    """
    async with store.reading() as tx:
        issues = await find_issues(tx, states={IssueState.SENDING})
    dead, ending = {}, {}
    for issue in issues:
        state = await _run_state(server, issue)
        if state in FINAL:
            if not await _is_dead(store, issue, is_alive=is_alive, now=now):
                continue
            if issue.id in last.dead:
                await revive_issue(store, server, issue, since=last.since, now=now)
            else:
                dead[issue.id] = now
        elif await _is_still(store, issue, now=now):
            ending[issue.id] = last.ending.get(issue.id, now)
            await _end_run(server, issue, state, since=ending[issue.id], now=now)
    return Watched(since=last.since, dead=dead, ending=ending)


async def _run_state(server: PrefectServer, issue: Issue) -> str:
    """The state of an issue's run; a lost one is as good as ended."""
    if issue.flow_run is None:
        return "CRASHED"
    try:
        return await asyncio.to_thread(server.run_state, issue.flow_run)
    except UnknownToPrefectError:
        return "CRASHED"


async def _is_dead(store: Store, issue: Issue, *, is_alive: IsAlive, now: datetime) -> bool:
    """Whether something is to be done for an issue without a run, and nobody sends it."""
    async with store.reading() as tx:
        if await is_at_rest(tx, issue.id, since=now - DUE_FOR):
            return False
        held = await holdings(tx, issue.id)
        connected = await who_lives(tx, [one.owner for one in held])
    for one in held:
        alive = is_alive(one.owner)
        elsewhere = connected is None or one.owner in connected
        if alive or (alive is None and elsewhere and one.until > now):
            return False
    return True


async def _is_still(store: Store, issue: Issue, *, now: datetime) -> bool:
    async with store.reading() as tx:
        return await stands_still(tx, issue.id, since=now - STILL_FOR)


async def _end_run(
    server: PrefectServer, issue: Issue, state: str, *, since: datetime, now: datetime
) -> None:
    """Have a run end that moves nothing: whoever runs it ends its process, if it is there."""
    assert issue.flow_run
    if state == "RUNNING":
        log.warning("run.hangs", issue=issue.id, run=issue.flow_run)
        await asyncio.to_thread(server.set_state, issue.flow_run, "CANCELLING")
    elif state in {"CANCELLING", "PENDING"} and now - since > ENDING_FOR:
        await asyncio.to_thread(server.set_state, issue.flow_run, "CANCELLED")


async def revive_issue(
    store: Store, server: PrefectServer, issue: Issue, *, since: datetime, now: datetime
) -> bool:
    """Give a dead sending a new run; after too many that settled nothing, pause it instead."""
    settled, in_vain = await _count_in_vain(store, issue, since=since, now=now)
    if in_vain >= MOST_REVIVALS:
        await _give_up(store, issue, now=now)
        return False
    async with store.writing() as tx:
        await record_event(tx, REVIVED, issue.id, actor=PROGRAM, now=now, settled=settled)
    await plan_delivery(store, server, issue, now=now)
    log.warning("issue.revived", issue=issue.id, settled=settled, in_vain=in_vain)
    await asyncio.to_thread(
        server.tell,
        "newsletter.issue.revived",
        f"newsletter.issue.{issue.id}",
        now=now,
        settled=settled,
        in_vain=in_vain,
    )
    return True


async def _count_in_vain(
    store: Store, issue: Issue, *, since: datetime, now: datetime
) -> tuple[int, int]:
    """How many letters are settled, and how many new runs in a row have added none."""
    async with store.reading() as tx:
        total = (await add_up(tx, issue.id, now=now)).counts.total
        lately = await find_events(
            tx, action="issue.re", subject=issue.id, since=since, limit=LATEST_EVENTS
        )
    settled = sum(total[state] for state in SETTLED)
    in_vain = 0
    for event in lately:
        if event.subject != issue.id:
            continue
        if event.action != REVIVED or event.facts.get("settled") != settled:
            break
        in_vain += 1
    return settled, in_vain


async def _give_up(store: Store, issue: Issue, *, now: datetime) -> None:
    because = f"its run died {MOST_REVIVALS} times in a row before a letter was settled"
    log.error("issue.given_up", issue=issue.id, why=because)
    try:
        await pause_issue(store, issue.id, because=because, now=now)
    except NotDoneError:  # somebody paused or cancelled it meanwhile
        return
