"""A newsroom's clock when runs failed, ended early or never were, and parts of a look fail."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.issue import Issue, IssueState
from flows.domain.timing import Policy
from flows.domain.waiting import Need
from flows.operations.approving import reject_language
from flows.operations.delivering import resume_issue
from flows.operations.gating import pass_gate
from flows.operations.issues import hold_back, open_issue, pause_issue, schedule_issue
from flows.operations.launching import release_issue
from flows.operations.planning import plan_delivery
from flows.operations.replanning import may_begin
from flows.operations.retrying import retry_dead_runs
from flows.operations.settling import finish_issue
from flows.operations.standing import waits_of_issue
from flows.orchestration.server import PrefectServer
from flows.runtime.clock import Watchman
from flows.store.changes import Author
from flows.store.issues import get_issue
from flows.store.records import take_off_list
from flows.store.tables import contacts
from tests.functional.builders import settle, take
from tests.functional.cli.command_line import closed_port
from tests.functional.editorial.conftest import NL, NOW, SLUG, Newsroom
from tests.functional.schedules.conftest import TimedRuntime
from tests.functional.schedules.test_policies import freeze
from tests.servers.orchestrator import Orchestrator

AT = NOW + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


async def planned(desk: TimedRuntime, *, policy: Policy = Policy.HOLD) -> Issue:
    """An issue in an hour."""
    issue = await open_issue(
        desk.library, desk.store, SLUG, lists=(), now=NOW, release=True, policy=policy
    )
    return await schedule_issue(desk.store, issue.id, at=AT, zone="UTC", now=NOW)


async def look(desk: TimedRuntime, orchestrator: Orchestrator, at: datetime) -> list[str]:
    """The clock looks at a time; the states of all runs after that."""
    watchman = Watchman(runtime=desk.at(at), library=desk.library, server=orchestrator.server())
    await watchman.look()
    return list(orchestrator.states.values())


def end(orchestrator: Orchestrator, run: str, state: str, at: datetime) -> None:
    """A run is over."""
    orchestrator.states[run] = state
    orchestrator.ended[run] = at.isoformat()


@pytest.mark.parametrize("state", ["FAILED", "CRASHED", "CANCELLED", "COMPLETED"])
async def test_an_issue_whose_run_came_to_nothing_gets_another_after_a_pause(
    timed: TimedRuntime, orchestrator: Orchestrator, state: str
) -> None:
    """Not at once, and after each one later; never while one is at work."""
    issue = await planned(timed)
    await plan_delivery(timed.store, orchestrator.server(), issue, now=NOW)
    end(orchestrator, "run-1", state, AT)

    assert await look(timed, orchestrator, AT + 0.5 * MINUTE) == [state]
    assert await look(timed, orchestrator, AT + MINUTE) == [state, "SCHEDULED"]
    assert await look(timed, orchestrator, AT + 9 * MINUTE) == [state, "SCHEDULED"]
    end(orchestrator, "run-2", "FAILED", AT + 10 * MINUTE)
    assert await look(timed, orchestrator, AT + 11 * MINUTE) == [state, "FAILED"]
    assert await look(timed, orchestrator, AT + 12 * MINUTE) == [state, "FAILED", "SCHEDULED"]


async def test_a_run_that_never_begins_is_given_up_and_another_begins(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """Its process was lost before its first line: after some minutes it counts as crashed."""
    issue = await planned(timed)
    await plan_delivery(timed.store, orchestrator.server(), issue, now=NOW)
    orchestrator.states["run-1"], orchestrator.since["run-1"] = "PENDING", AT.isoformat()

    assert await look(timed, orchestrator, AT + 5 * MINUTE) == ["PENDING"]
    assert await look(timed, orchestrator, AT + 5.5 * MINUTE) == ["CRASHED"]
    orchestrator.ended["run-1"] = (AT + 5.5 * MINUTE).isoformat()

    assert await look(timed, orchestrator, AT + 7 * MINUTE) == ["CRASHED", "SCHEDULED"]


async def test_a_run_that_begins_late_after_all_is_left_alone(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """At the very moment at which it would be given up."""
    issue = await planned(timed)
    await plan_delivery(timed.store, orchestrator.server(), issue, now=NOW)
    orchestrator.states["run-1"], orchestrator.since["run-1"] = "PENDING", AT.isoformat()
    orchestrator.begin_then.add("run-1")

    assert await look(timed, orchestrator, AT + 6 * MINUTE) == ["RUNNING"]


async def test_an_issue_whose_time_passed_without_a_run_gets_one_within_the_late_rule(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """Later than that a person must say so; one that misses an approval stays as well."""
    issue = await planned(timed)
    assert await look(timed, orchestrator, AT + timedelta(hours=7)) == []
    await reject_language(timed.library, timed.store, SLUG, NL, by="A", because="?", now=NOW)
    assert await look(timed, orchestrator, AT + MINUTE) == []

    await Newsroom(timed).approve(NL, by="Zoe")

    assert await look(timed, orchestrator, AT + MINUTE) == ["SCHEDULED"]
    assert orchestrator.runs["run-1"]["parameters"] == {"issue": issue.id}


async def test_what_was_released_without_a_time_gets_a_run_if_whoever_did_it_starts_none(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """They have a minute; what was only opened waits for a person."""
    await open_issue(timed.library, timed.store, SLUG, lists=(), now=NOW, release=True)
    await open_issue(timed.library, timed.store, SLUG, lists=("members",), now=NOW)

    assert await look(timed, orchestrator, NOW + 0.5 * MINUTE) == []
    assert await look(timed, orchestrator, NOW + MINUTE) == ["SCHEDULED"]


async def test_an_issue_that_was_moved_out_of_the_newsroom_s_sight_is_planned_for_its_new_time(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """The run of the old time would find nothing due: it is taken back, once."""
    issue = await planned(timed)
    await plan_delivery(timed.store, orchestrator.server(), issue, now=NOW)
    await schedule_issue(timed.store, issue.id, at=AT + 60 * MINUTE, zone="UTC", now=NOW)

    for seconds in (30, 60):
        await look(timed, orchestrator, NOW + timedelta(seconds=seconds))

    assert list(orchestrator.states.values()) == ["CANCELLED", "SCHEDULED"]
    details = orchestrator.runs["run-2"]["state"]["state_details"]
    assert details["scheduled_time"] == (AT + 60 * MINUTE).isoformat()


async def test_a_run_that_died_stays_dead_once_its_issue_has_another(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """Whoever looks first, the clock or those who revive runs: there is one run."""
    issue = await planned(timed)
    await plan_delivery(timed.store, orchestrator.server(), issue, now=NOW)
    end(orchestrator, "run-1", "CRASHED", AT)
    dead = {"id": "run-1", "name": "d", "run_count": 1, "tags": [f"issue:{issue.id}"]}
    orchestrator.found["CRASHED"] = [dead]
    await look(timed, orchestrator, AT + 2 * MINUTE)

    assert await retry_dead_runs(orchestrator.server(), now=AT + 2 * MINUTE) == 0
    end(orchestrator, "run-2", "FAILED", AT + 3 * MINUTE)
    assert await retry_dead_runs(orchestrator.server(), now=AT + 3 * MINUTE) == 1
    assert await look(timed, orchestrator, AT + 9 * MINUTE) == ["SCHEDULED", "FAILED"]


async def test_of_two_dead_runs_of_an_issue_one_begins_again(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """The first that is found; the other would send along with it."""
    issue = await planned(timed)
    for moment in (NOW, NOW + MINUTE):
        run = await plan_delivery(timed.store, orchestrator.server(), issue, now=moment)
        end(orchestrator, run, "CRASHED", AT)
    orchestrator.found["CRASHED"] = [
        {"id": run, "name": "d", "run_count": 1, "tags": [f"issue:{issue.id}"]}
        for run in ("run-2", "run-1")
    ]

    assert await retry_dead_runs(orchestrator.server(), now=AT + MINUTE) == 1
    assert orchestrator.states == {"run-1": "CRASHED", "run-2": "SCHEDULED"}


def test_however_many_runs_came_to_nothing_there_is_another_try() -> None:
    """A quarter of an hour after the last one."""
    ended = [
        {"state_type": "FAILED", "end_time": (AT + number * MINUTE).isoformat()}
        for number in range(-9999, 1)
    ]
    since = AT - timedelta(days=9)
    assert not may_begin(ended, since=since, now=AT + 14 * MINUTE)
    assert may_begin(ended, since=since, now=AT + 15 * MINUTE)


async def test_an_issue_that_nobody_sends_says_so_after_some_minutes(
    timed: TimedRuntime,
) -> None:
    """With the command that helps; before, its run may just be beginning."""
    issue = await planned(timed)

    async def waits(at: datetime) -> list[tuple[Need, str]]:
        found = await waits_of_issue(timed.library, timed.store, issue.id, now=at, late_hours=6)
        return [(one.need, one.command) for one in found]

    assert await waits(AT + 2.9 * MINUTE) == []
    assert await waits(AT + 3 * MINUTE) == [(Need.OVERDUE, f"newsletter send {issue.id}")]


async def begun_without_dutch(desk: TimedRuntime) -> Issue:
    """An issue under way whose Dutch readers wait."""
    issue = await planned(desk, policy=Policy.APPROVED)
    await reject_language(desk.library, desk.store, SLUG, NL, by="A", because="?", now=NOW)
    await pass_gate(desk.library, desk.store, issue.id, now=AT, late_hours=6)
    return await freeze(Newsroom(desk), issue, now=AT)


@pytest.mark.parametrize("state", ["SCHEDULED", "PENDING", "RUNNING"])
async def test_a_run_that_is_to_let_a_language_in_is_left_to_begin(
    timed: TimedRuntime, orchestrator: Orchestrator, state: str
) -> None:
    """The next looks do not take it back; when it has failed, another one follows."""
    await begun_without_dutch(timed)
    await Newsroom(timed).approve(NL, by="Zoe")
    for seconds in (0, 30, 60):
        states = await look(timed, orchestrator, AT + timedelta(seconds=seconds))
        assert len(states) == 1
        orchestrator.states["run-1"] = state

    end(orchestrator, "run-1", "FAILED", AT + MINUTE)

    assert await look(timed, orchestrator, AT + 1.5 * MINUTE) == ["FAILED"]
    assert await look(timed, orchestrator, AT + 2 * MINUTE) == ["FAILED", "SCHEDULED"]


async def test_a_run_that_never_begins_keeps_no_language_waiting(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """Its issue has begun; the run is given up all the same, and another follows."""
    await begun_without_dutch(timed)
    await Newsroom(timed).approve(NL, by="Zoe")
    await look(timed, orchestrator, AT)
    orchestrator.states["run-1"], orchestrator.since["run-1"] = "PENDING", AT.isoformat()

    assert await look(timed, orchestrator, AT + 6 * MINUTE) == ["CRASHED"]
    orchestrator.ended["run-1"] = (AT + 6 * MINUTE).isoformat()
    assert await look(timed, orchestrator, AT + 7 * MINUTE) == ["CRASHED", "SCHEDULED"]


async def test_an_issue_ends_when_whoever_it_waited_for_has_left(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """The last letter was cancelled with the list; no run comes for it any more."""
    issue = await begun_without_dutch(timed)
    letters = await take(timed.store, issue, now=AT)
    await settle(timed.store, letters, Outcome(state=DeliveryState.ACCEPTED))
    await finish_issue(timed.store, issue.id, now=AT)
    async with timed.store.writing() as tx:
        found = await tx.scalars(select(contacts.c.id).where(contacts.c.city == "Gand"))
        gone = found.one()
        for name in ("members", "prevention"):
            await take_off_list(tx, Author("Paula", AT), gone, name)

    await look(timed, orchestrator, AT + MINUTE)

    async with timed.store.reading() as tx:
        ended = await get_issue(tx, issue.id)
    assert (ended.state, ended.finished_at) == (IssueState.SENT, AT + MINUTE)


async def test_a_begun_issue_goes_on_whichever_language_some_readers_wait_for(
    timed: TimedRuntime,
) -> None:
    """Paused, resumed and sent again: the letters that may leave do."""
    issue = await begun_without_dutch(timed)
    await pause_issue(timed.store, issue.id, because="relay", now=AT)
    await resume_issue(timed.store, issue.id, now=AT)

    release = await release_issue(
        timed.library, timed.store, None, issue.id, now=AT + MINUTE, late_hours=6, by="Paula"
    )

    assert release.released
    assert release.report.held == {NL: 1}


async def test_one_part_of_a_look_that_cannot_be_done_keeps_no_other(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """The orchestrator is away; who must approve is warned all the same."""
    await planned(timed)
    await reject_language(timed.library, timed.store, SLUG, NL, by="A", because="?", now=NOW)
    server = PrefectServer(f"http://127.0.0.1:{closed_port()}/api")
    watchman = Watchman(runtime=timed.at(NOW), library=timed.library, server=server)

    await watchman.look()

    assert len(list((timed.outbox.folder / "new").glob("*"))) == 1
    assert await look(timed, orchestrator, NOW) == ["SCHEDULED"]


async def test_an_issue_whose_time_is_taken_away_at_its_gate_waits_for_a_person(
    timed: TimedRuntime,
) -> None:
    """While somebody looks at its approvals, another holds it back: it is told as not sent yet."""
    issue = await planned(timed)
    gate = asyncio.create_task(
        pass_gate(timed.library, timed.store, issue.id, now=NOW, late_hours=6)
    )
    await asyncio.sleep(0)
    await hold_back(timed.store, issue.id, now=NOW, by="Paula")
    await gate

    async with timed.store.reading() as tx:
        found = await get_issue(tx, issue.id)
    assert (found.state, found.scheduled_at) == (IssueState.APPROVED, None)
    waits = await waits_of_issue(timed.library, timed.store, issue.id, now=NOW, late_hours=6)
    assert [one.need for one in waits] == [Need.SENDING]
