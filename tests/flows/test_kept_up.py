"""A newsroom whose processes die in the middle of a sending, and what Prefect's page can do."""

import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.orchestration.server import FINAL, PrefectServer, find_server
from tests.flows.kept_up import (
    ISSUE,
    PATIENCE_SECONDS,
    Machine,
    a_crowd,
    a_machine,
    begin_sending,
    letters_by_reader,
    lift_the_rate,
    wait_for_letters,
    wait_for_start,
    wait_until_over,
)
from tests.flows.newsroom_process import approve_everything
from tests.functional.cli.command_line import call

pytestmark = pytest.mark.xdist_group("prefect")

AUDIENCE = 90
UNREAD = "unread"
AT_LEAST = 2
"""One run published the issue, another delivered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What happened to a newsroom of which a run, the newsroom and everything was killed."""

    report: dict[str, Any]
    letters: Counter[str]
    after_retries: Counter[str]
    retried: list[str]
    unread: list[str]
    upkeep: list[str]
    days: set[date]
    log: str
    code: int
    left: dict[int, str]


@pytest.fixture(scope="module")
def night(workspace: Path) -> Night:
    """Three kills in a sending, then every run told to begin again, as on Prefect's page."""
    began = datetime.now(UTC)
    approve_everything(workspace, "city-pair")
    shutil.copytree(workspace / "content" / "city-pair", workspace / "content" / UNREAD)
    a_crowd(workspace, size=AUDIENCE)
    with a_machine(workspace, NEWSLETTER_SMTP__RATE_PER_MINUTE="60") as machine:
        wait_for_start(machine)
        begin_sending(machine)
        machine.kill("run")
        wait_for(lambda: "event=run.again" in machine.said())
        machine.kill("newsroom")
        wait_for_start(machine, times=2)
        wait_for_letters(machine, sum(letters_by_reader(machine).values()) + 1)
        machine.kill("everything")
        lift_the_rate(machine)
        report = wait_until_over(machine, ISSUE)
        letters = letters_by_reader(machine)
        server = the_server(machine)
        # The issue is sent a little before the run that sent it has ended.
        wait_for(lambda: len(runs_of(server, ISSUE)) >= AT_LEAST)
        retried = [begin_again(server, run) for run in runs_of(server, ISSUE)]
        unread = retry_what_nobody_approved(machine, server)
        upkeep = [run["state_type"] for run in server.find_runs({"name": {"any_": ["upkeep"]}})]
        return Night(
            report=report,
            letters=letters,
            after_retries=letters_by_reader(machine),
            retried=retried,
            unread=unread,
            upkeep=upkeep,
            days={began.date(), datetime.now(UTC).date()},
            code=machine.stop(),
            log=machine.said(),
            left=machine.processes(),
        )


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait for something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def the_server(machine: Machine) -> PrefectServer:
    """The server of the newsroom that is up now."""
    server = find_server(machine.workspace / "var" / "newsroom.json")
    assert server
    return server


def runs_of(server: PrefectServer, issue: str) -> list[str]:
    """The ended runs about an issue, those within others left out."""
    wanted = {
        "tags": {"all_": [f"issue:{issue}"]},
        "parent_task_run_id": {"is_null_": True},
        "state": {"type": {"any_": sorted(FINAL)}},
    }
    return [run["id"] for run in server.find_runs(wanted)]


def begin_again(server: PrefectServer, run: str) -> str:
    """What the button `Retry` does; how the run ends."""
    server.set_state(run, "SCHEDULED", name="AwaitingRetry")
    wait_for(lambda: server.run_state(run) not in {"SCHEDULED", "PENDING"})
    return server.wait_for_run(run)


def retry_what_nobody_approved(machine: Machine, server: PrefectServer) -> list[str]:
    """An article waits for its approvals; its run is suspended, and begun again all the same."""
    said = call("publish", UNREAD, cwd=machine.workspace, env=machine.env)
    assert said.code == 0, said.all
    wait_for(lambda: bool(runs_of(server, f"{UNREAD}-1")))
    [run] = runs_of(server, f"{UNREAD}-1")
    ends = [server.run_state(run), begin_again(server, run)]
    server.set_state(run, "PAUSED", name="Suspended")
    return [*ends, begin_again(server, run)]


def test_everybody_gets_one_letter_whatever_dies(night: Night) -> None:
    """A run, the newsroom, then everything at once; nobody lent a hand."""
    assert (night.report["state"], night.report["complete"]) == ("sent", True)
    assert night.report["audience"] == len(night.letters) == AUDIENCE
    assert set(night.letters.values()) == {1}


def test_the_log_says_what_died_and_what_was_done(night: Night) -> None:
    """And holds no address."""
    assert "event=run.again" in night.log
    assert "The newsroom was killed (SIGKILL). It starts again in" in night.log
    assert "crowd.example.org" not in night.log


def test_a_retry_on_prefects_page_redoes_nothing_that_is_done(night: Night) -> None:
    """Each run about a sent issue, begun again, ends well and sends nobody anything."""
    assert len(night.retried) >= AT_LEAST
    assert set(night.retried) == {"COMPLETED"}
    assert night.after_retries == night.letters


def test_a_retry_on_prefects_page_sends_nothing_that_is_not_approved(night: Night) -> None:
    """Nor does one of a suspended run: the approval is in our database, not in the run."""
    assert night.unread == ["COMPLETED"] * 3
    assert sum(night.after_retries.values()) == AUDIENCE


def test_upkeep_ran_once_although_the_newsroom_started_again_and_again(night: Night) -> None:
    """One run a day, whether or not midnight came meanwhile."""
    assert set(night.upkeep) == {"COMPLETED"}
    assert len(night.upkeep) <= len(night.days)


def test_it_stops_when_it_is_told_to_and_nothing_is_left(night: Night) -> None:
    """SIGTERM to the guardian: exit 0, no process of its newsroom."""
    assert night.code == 0
    assert night.left == {}
