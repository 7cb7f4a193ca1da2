from collections.abc import Iterator
from datetime import timedelta

import pytest

from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.issue import Issue, IssueState
from flows.operations.addressing import Departure
from flows.operations.delivering import resume_issue
from flows.operations.issues import pause_issue, remember_run
from flows.operations.retrying import MOST_RUNS, retry_dead_runs
from flows.operations.reviving import MOST_REVIVALS, Watched, watch_over_sendings
from flows.store.database import Store
from flows.store.issues import get_issue
from tests.functional.builders import (
    NOW,
    MovableClock,
    a_frozen_issue,
    an_approved_issue,
    freeze,
    settle,
    take,
)
from tests.servers.orchestrator import Orchestrator, run_orchestrator

LOOK = timedelta(seconds=10)
LONG = timedelta(minutes=4)
TAKEN = Outcome(state=DeliveryState.ACCEPTED, code=250, reply="ok")


@pytest.fixture
def orchestrator() -> Iterator[Orchestrator]:
    """A server that knows runs by their states."""
    with run_orchestrator() as one:
        yield one


class Watcher:
    """Looks at sendings as the newsroom does, at a clock that a test moves."""

    def __init__(self, store: Store, orchestrator: Orchestrator) -> None:
        self.store, self.orchestrator = store, orchestrator
        self.clock = MovableClock(now=NOW + timedelta(minutes=2))
        self.alive: set[str] = set()
        self.watched = Watched(since=self.clock.now)

    async def look(self, times: int = 1) -> int:
        """Look so often, ten seconds apart; how many runs were planned by then."""
        for _ in range(times):
            self.watched = await watch_over_sendings(
                self.store,
                self.orchestrator.server(),
                self.watched,
                is_alive=lambda owner: owner in self.alive,
                now=self.clock.now,
            )
            self.clock.advance(LOOK)
        return len(self.orchestrator.runs)

    async def a_sending(self, *, run: str = "RUNNING") -> Issue:
        """An issue of six that is being sent by a run in this state."""
        issue = await a_frozen_issue(self.store)
        self.orchestrator.states["first"] = run
        await remember_run(self.store, issue.id, "first")
        return issue

    async def issue(self, issue: Issue) -> Issue:
        """The issue as it is now."""
        async with self.store.reading() as tx:
            return await get_issue(tx, issue.id)

    def end_runs(self, state: str = "CRASHED") -> None:
        """All runs so far end."""
        self.orchestrator.states = dict.fromkeys(self.orchestrator.states, state)


@pytest.fixture
def watcher(store: Store, orchestrator: Orchestrator) -> Watcher:
    """One that has seen nothing yet."""
    return Watcher(store, orchestrator)


@pytest.mark.parametrize("state", ["CRASHED", "FAILED", "CANCELLED", "COMPLETED"])
async def test_a_sending_whose_run_is_over_gets_a_new_one(watcher: Watcher, state: str) -> None:
    """At the second look, so that a run which is about to add up is not taken for dead."""
    issue = await watcher.a_sending(run=state)
    assert await watcher.look() == 0
    assert await watcher.look() == 1
    assert watcher.orchestrator.runs["run-1"]["parameters"] == {"issue": issue.id}
    assert (await watcher.issue(issue)).flow_run == "run-1"
    assert watcher.orchestrator.told[0]["event"] == "newsletter.issue.revived"


async def test_a_sending_that_lost_its_run_gets_a_new_one(watcher: Watcher, store: Store) -> None:
    """Prefect's database is gone, or nobody ever noted a run."""
    await a_frozen_issue(store)
    assert await watcher.look(2) == 1


async def test_a_sending_under_way_is_left_alone(watcher: Watcher) -> None:
    """Its run runs and its letters move."""
    await watcher.a_sending()
    assert await watcher.look(3) == 0


async def test_a_sending_that_somebody_still_works_at_is_left_alone(watcher: Watcher) -> None:
    """The run is over by name, but a sender that it started lives."""
    issue = await watcher.a_sending(run="CRASHED")
    await take(watcher.store, issue, "host-1", 2)
    watcher.alive.add("host-1")
    assert await watcher.look(3) == 0
    watcher.alive.clear()
    assert await watcher.look(2) == 1


async def test_a_sending_whose_letters_have_their_time_to_come_is_left_alone(
    watcher: Watcher, store: Store
) -> None:
    """Its run is over, and another one is planned; when that does not come, it is dead."""
    issue = await an_approved_issue(store)
    await freeze(store, issue, departure=Departure(undo=timedelta(hours=1)))
    assert await watcher.look(3) == 0
    watcher.clock.advance(timedelta(hours=1))
    assert await watcher.look(2) == 1


async def test_a_sending_that_was_never_added_up_is_dead(watcher: Watcher, store: Store) -> None:
    """All letters are settled, and its run died before it said so."""
    issue = await watcher.a_sending(run="CRASHED")
    await settle(store, await take(store, issue, "host-1", now=watcher.clock.now), TAKEN)
    assert await watcher.look(2) == 1


async def test_a_sending_that_never_moves_waits_for_a_person(watcher: Watcher) -> None:
    """Three runs in a row without a letter; then it is paused and says why."""
    issue = await watcher.a_sending(run="CRASHED")
    for _ in range(MOST_REVIVALS + 2):
        await watcher.look(2)
        watcher.end_runs()
    assert len(watcher.orchestrator.runs) == MOST_REVIVALS
    found = await watcher.issue(issue)
    assert found.state is IssueState.PAUSED
    assert "died 3 times in a row" in found.reason


async def test_a_letter_settled_counts_as_progress(watcher: Watcher) -> None:
    """However often its runs die, a sending that comes forward goes on."""
    issue = await watcher.a_sending(run="CRASHED")
    for _ in range(MOST_REVIVALS + 2):
        await watcher.look(2)
        watcher.end_runs()
        claims = await take(watcher.store, issue, "host-1", 1, now=watcher.clock.now)
        await settle(watcher.store, claims, TAKEN)
    assert len(watcher.orchestrator.runs) == MOST_REVIVALS + 2
    assert (await watcher.issue(issue)).state is IssueState.SENDING


async def test_a_person_s_word_begins_the_count_anew(watcher: Watcher) -> None:
    """Whoever resumes an issue has mended something."""
    issue = await watcher.a_sending(run="CRASHED")
    for _ in range(MOST_REVIVALS + 1):
        await watcher.look(2)
        watcher.end_runs()
    await resume_issue(watcher.store, issue.id, now=watcher.clock.now, by="Camille")
    assert await watcher.look(2) == MOST_REVIVALS + 1


async def test_a_new_newsroom_counts_anew(watcher: Watcher) -> None:
    """The runs before it may have died with the newsroom."""
    await watcher.a_sending(run="CRASHED")
    for _ in range(MOST_REVIVALS):
        await watcher.look(2)
        watcher.end_runs()
    watcher.watched = Watched(since=watcher.clock.now)
    assert await watcher.look(2) == MOST_REVIVALS + 1


async def test_a_run_that_hangs_is_told_to_end_and_replaced(watcher: Watcher) -> None:
    """Its runner ends the process; if nobody does, the run is ended by name."""
    await watcher.a_sending()
    watcher.clock.advance(LONG)
    assert await watcher.look() == 0
    assert watcher.orchestrator.states["first"] == "CANCELLING"
    assert await watcher.look(3) == 0
    watcher.clock.advance(timedelta(minutes=1))
    await watcher.look()
    assert watcher.orchestrator.states["first"] == "CANCELLED"
    assert await watcher.look(2) == 1


async def test_a_paused_issue_is_nobody_s_dead_sending(watcher: Watcher) -> None:
    """Nothing is planned for it."""
    issue = await watcher.a_sending(run="CRASHED")
    await pause_issue(watcher.store, issue.id, because="Camille asked", now=NOW)
    assert await watcher.look(3) == 0


def a_run(name: str, *, begun: int) -> dict[str, object]:
    """What Prefect tells of a run."""
    return {"id": name, "name": name, "run_count": begun}


async def test_a_crashed_run_begins_again_but_not_for_ever(orchestrator: Orchestrator) -> None:
    """Prefect's own automations have no such limit."""
    runs = [a_run(f"begun-{n}", begun=n) for n in range(1, MOST_RUNS + 2)]
    orchestrator.found = {"CRASHED": runs}
    assert await retry_dead_runs(orchestrator.server(), now=NOW) == MOST_RUNS - 1
    assert orchestrator.states == {"begun-1": "SCHEDULED", "begun-2": "SCHEDULED"}
    assert {one["event"] for one in orchestrator.told} == {"newsletter.run.again"}


async def test_a_run_without_heartbeats_is_taken_for_crashed(orchestrator: Orchestrator) -> None:
    """One that had some, long ago; another that lives, or never said so, is left alone."""
    orchestrator.found = {"RUNNING": [a_run(one, begun=1) for one in ("dead", "lively", "mute")]}
    orchestrator.heartbeats = {
        "dead": (NOW - timedelta(minutes=11)).isoformat(),
        "lively": (NOW - timedelta(minutes=2)).isoformat(),
    }
    await retry_dead_runs(orchestrator.server(), now=NOW)
    assert orchestrator.states == {"dead": "CRASHED"}
