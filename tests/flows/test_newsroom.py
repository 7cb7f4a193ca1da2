"""`newsletter up`: issues leave at their time, whatever happens to the newsroom meanwhile."""

import base64
import csv
import json
import os
import shutil
import smtplib
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flows.operations.times import first_instant
from flows.orchestration.server import find_server
from tests.flows.newsroom_process import (
    NOISE,
    approve_everything,
    arrivals,
    letters,
    running,
    wait_for_word,
)
from tests.functional.cli.command_line import Said, call, closed_port
from tests.functional.returned_mail import a_bounce

pytestmark = pytest.mark.xdist_group("prefect")

PLANNED = ("on-time", "moved", "cancelled", "survivor")
CUT_OFF = "cut-off"
LATE = "approved-late"
AGAIN = "again"
LOCAL = "local"
IN_TIME_SECONDS = 10
"""The bar; where more processes want a processor than there are, nothing can be said of it."""
AUDIENCE = 66


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """What a newsroom did that was killed once and started again."""

    workspace: Path
    due: dict[str, datetime]
    said: dict[str, Said]
    first_log: str
    second_log: str
    health: str
    twin: Said
    zones: list[datetime]
    planned_next: list[datetime]
    ready_at: float
    is_busy: bool
    stop_code: int
    stop_seconds: float

    def lateness_seconds(self, slug: str) -> list[float]:
        """How long after its time each letter of an article arrived."""
        due = self.due[slug].timestamp()
        return [arrival - due for arrival in arrivals(self.workspace, f"{slug}-1")]

    def left_in_time(self, slug: str) -> bool:
        """Whether the first letter left within ten seconds of its time, or of the restart."""
        first = self.lateness_seconds(slug)[0]
        began = max(self.due[slug].timestamp(), self.ready_at) - self.due[slug].timestamp()
        return 0 < first < began + (90 if self.is_busy else IN_TIME_SECONDS)


@pytest.fixture(scope="module")
def evening(workspace: Path) -> Evening:
    """Plan, move and cancel in one newsroom; kill it; see a second one keep what was planned."""
    for slug in (*PLANNED, CUT_OFF, LATE, AGAIN, LOCAL):
        shutil.copytree(workspace / "content" / "city-pair", workspace / "content" / slug)
    approve_everything(workspace, *PLANNED, CUT_OFF, AGAIN, LOCAL)
    approve_everything(workspace, LATE, languages=("fr", "en"))
    prefect, pages, returns = str(closed_port()), str(closed_port()), closed_port()
    env = {
        "NEWSLETTER_WEB__PORT": pages,
        "NEWSLETTER_SMTP__CONNECTIONS": "1",
        "NEWSLETTER_SENDER__BOUNCE_DOMAIN": "bounce.efus.example.org",
        "NEWSLETTER_BOUNCES__LISTENER__PROTOCOL": "lmtp",
        "NEWSLETTER_BOUNCES__LISTENER__PORT": str(returns),
        "NEWSLETTER_BOUNCES__EVERY_MINUTES": "1",
    }
    up = ("up", "--port", prefect)
    due: dict[str, datetime] = {}
    said: dict[str, Said] = {}

    def publish(slug: str, *options: str, seconds: float) -> None:
        due[slug] = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        at = due[slug].isoformat()
        said[slug] = call("publish", slug, "--at", at, "--json", *options, cwd=workspace)

    with running(*up, workspace=workspace, log="first.log", env=env) as first:
        wait_for_word(first, "Ready.")
        twin = call(*up, cwd=workspace, env=env)
        with urllib.request.urlopen(f"http://127.0.0.1:{pages}/health", timeout=60) as answer:
            health = answer.read().decode()
        publish("cancelled", seconds=20)
        said["cancel"] = call("schedule", "cancel", "cancelled-1", cwd=workspace)
        # One run after the other: what is measured is the plan, not this machine's processors.
        publish(LATE, "--wait", seconds=8)
        publish("moved", "--wait", seconds=7200)
        publish("on-time", "--wait", seconds=30)
        due["moved"] = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=30)
        said["move"] = call("schedule", "move", "moved-1", due["moved"].isoformat(), cwd=workspace)
        _wait_for(lambda: _sent(workspace, "on-time") and _sent(workspace, "moved"))
        _hand_over_a_bounce(workspace, returns)
        said["approve"] = call("approve", LATE, "nl", "--by", "Anneke", cwd=workspace)
        _wait_for(lambda: _sent(workspace, LATE))
        due[LOCAL], zones = _publish_locally(workspace)
        _wait_for(lambda: bool(arrivals(workspace, f"{LOCAL}-1")))
        due[AGAIN] = _repeat_daily(workspace, after=datetime.now(UTC) + timedelta(seconds=60))
        publish("survivor", "--wait", seconds=45)
        said[CUT_OFF] = call("publish", CUT_OFF, "--json", cwd=workspace)
        _wait_for(lambda: bool(arrivals(workspace, f"{CUT_OFF}-1")), every_seconds=0.01)
        first_log = first.said()
        first.kill()
    with running(*up, workspace=workspace, log="second.log", env=env) as second:
        wait_for_word(second, "Ready.")
        ready_at = time.time()
        _wait_for(lambda: _sent(workspace, "survivor") and _sent(workspace, CUT_OFF))
        _wait_for(lambda: bool(arrivals(workspace, f"{AGAIN}-1")))
        _wait_for(lambda: _sent(workspace, AGAIN))
        _wait_for(lambda: bool(_bounced(workspace)))
        busy = max(os.getloadavg()[:2]) > 2 * (os.cpu_count() or 1)
        planned_next = _planned_runs(workspace, f"{LOCAL}-1")
        seconds = second.stop()
        return Evening(
            workspace=workspace,
            due=due,
            said=said,
            first_log=first_log,
            second_log=second.said(),
            health=health,
            twin=twin,
            zones=zones,
            planned_next=planned_next,
            ready_at=ready_at,
            is_busy=busy,
            stop_code=second.process.returncode,
            stop_seconds=seconds,
        )


def _sent(workspace: Path, slug: str) -> bool:
    report: dict[str, Any] = call("report", f"{slug}-1", "--json", cwd=workspace).json()
    return bool(report["complete"])


def _repeat_daily(workspace: Path, *, after: datetime) -> datetime:
    """Have what is approved go every day at the first full minute after a time; when that is."""
    at = after.replace(second=0) + timedelta(minutes=1)
    rule = f"{at.minute} {at.hour} * * *"
    said = call(
        *("schedule", "every", "daily", rule, "--zone", "UTC", "--articles", f"{AGAIN}*", "--each"),
        cwd=workspace,
    )
    assert said.code == 0, said.all
    assert f"Now it would send: {AGAIN}." in said.out
    return at


def _publish_locally(workspace: Path) -> tuple[datetime, list[datetime]]:
    """Publish for this very minute in Brussels, everywhere; that minute, and all its instants."""
    now = datetime.now(ZoneInfo("Europe/Brussels")).replace(second=0, microsecond=0)
    said = call("publish", LOCAL, "--at", f"{now:%Y-%m-%d %H:%M} local", "--json", cwd=workspace)
    assert said.code == 0, said.all
    with (workspace / "subscribers" / "cities.csv").open(encoding="utf-8") as file:
        zones = {row["timezone"] for row in csv.DictReader(file)}
    wall = now.replace(tzinfo=None)
    return now.astimezone(UTC), sorted({first_instant(wall, zone) for zone in zones})


def _planned_runs(workspace: Path, issue: str) -> list[datetime]:
    """When the orchestrator will run something for an issue."""
    server = find_server(workspace / "var" / "newsroom.json")
    assert server is not None
    assert server.auth is not None
    wanted = {"state": {"type": {"any_": ["SCHEDULED"]}}, "tags": {"all_": [f"issue:{issue}"]}}
    request = urllib.request.Request(
        f"{server.api_url}/flow_runs/filter",
        data=json.dumps({"flow_runs": wanted}).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Basic {base64.b64encode(server.auth.encode()).decode()}",
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return [
            datetime.fromisoformat(run["next_scheduled_start_time"])
            for run in json.loads(answer.read())
        ]


def _hand_over_a_bounce(workspace: Path, port: int) -> None:
    """One letter of an issue comes back, by LMTP as from a relay; its reader stays on the list."""
    letter = next(
        raw
        for raw in (path.read_bytes() for path in letters(workspace))
        if b"\r\nFeedback-ID: on-time-1:" in raw
    )
    return_path = str(message_from_bytes(letter)["Return-Path"]).strip("<>")
    with smtplib.LMTP("127.0.0.1", port) as relay:
        full = a_bounce("x@y.example", status="5.2.2", diagnostic="smtp; 552 5.2.2 mailbox full")
        relay.sendmail("", [return_path], full)


def _bounced(workspace: Path) -> int:
    report: dict[str, int] = call("report", "on-time-1", "--json", cwd=workspace).json()
    return report["bounced"]


def _wait_for(
    happened: Callable[[], bool], *, within_seconds: float = 300, every_seconds: float = 1
) -> None:
    deadline = time.monotonic() + within_seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(every_seconds)


def test_planning_says_where_the_issue_stands(evening: Evening) -> None:
    """With every language approved, `publish --at` answers that the issue is scheduled."""
    for slug in PLANNED:
        said = evening.said[slug]
        assert said.code == 0, said.all
        assert said.json()["state"] == "scheduled"


def test_a_planned_issue_leaves_at_its_time_and_never_before(evening: Evening) -> None:
    """Each contact once, without anybody's hand; how late depends on the machine's load."""
    lateness = evening.lateness_seconds("on-time")
    assert len(lateness) == AUDIENCE
    assert lateness[0] > 0


def test_a_moved_issue_leaves_at_its_new_time(evening: Evening) -> None:
    """The run that was planned for two hours later is not what sends it."""
    assert evening.said["move"].code == 0
    lateness = evening.lateness_seconds("moved")
    assert len(lateness) == AUDIENCE
    assert lateness[0] > 0


def test_a_cancelled_issue_never_leaves(evening: Evening) -> None:
    """Its time came and went, and the publish under way did not open another issue for it."""
    assert evening.said["cancel"].code == 0
    assert datetime.now(UTC) > evening.due["cancelled"]
    issues = call("status", "--json", cwd=evening.workspace).json()
    assert [one["issue"] for one in issues if one["slug"] == "cancelled"] == ["cancelled-1"]
    assert evening.lateness_seconds("cancelled") == []


def test_an_approval_that_comes_late_is_said_and_sends(evening: Evening) -> None:
    """The time passed without it; with the last approval the issue leaves at once."""
    assert evening.said[LATE].json()["state"] == "in_review"
    assert f"{LATE}-1 is approved and is being sent now. It was due" in evening.said["approve"].err
    assert len(evening.lateness_seconds(LATE)) == AUDIENCE


def test_a_killed_newsroom_keeps_its_plan(evening: Evening) -> None:
    """What was planned before the kill leaves after the restart, each letter once."""
    lateness = evening.lateness_seconds("survivor")
    assert len(lateness) == AUDIENCE
    assert evening.left_in_time("survivor"), lateness[0]


def test_what_comes_again_leaves_at_its_minute_although_the_newsroom_was_killed(
    evening: Evening,
) -> None:
    """Its issue was opened by the second newsroom, once, and nobody's hand was needed."""
    lateness = evening.lateness_seconds(AGAIN)
    assert len(lateness) == AUDIENCE
    assert evening.left_in_time(AGAIN), lateness[0]
    (daily,) = call("schedule", "recurring", "--json", cwd=evening.workspace).json()
    assert (daily["last"][0]["state"], daily["last"][0]["issues"]) == ("opened", [f"{AGAIN}-1"])
    assert f"{AGAIN}-1" in call("status", "--json", cwd=evening.workspace).out


def test_an_issue_for_local_times_rests_between_zones(evening: Evening) -> None:
    """Where the hour has come letters left; for the next zone a run is planned, and none waits."""
    report = call("report", f"{LOCAL}-1", "--json", cwd=evening.workspace).json()
    to_come = [at for at in evening.zones if at > datetime.now(UTC)]
    assert report["state"] == "sending"
    assert report["deliveries"]["pending"] > 0
    assert 0 < len(arrivals(evening.workspace, f"{LOCAL}-1")) < AUDIENCE
    assert min(evening.planned_next) == to_come[0]
    standings = call("status", f"{LOCAL}-1", "--json", cwd=evening.workspace).json()
    assert [wait["need"] for wait in standings[0]["waiting_for"]] == ["hour"]
    assert f"{LOCAL}-1" not in evening.second_log


def test_a_sending_that_a_kill_cut_off_goes_on(evening: Evening) -> None:
    """The newsroom died in the middle; the next one sends the rest, and nothing twice."""
    said = evening.said[CUT_OFF]
    assert (said.code, "in the newsroom's hands" in said.err) == (0, True)
    report = call("report", f"{CUT_OFF}-1", "--json", cwd=evening.workspace).json()
    assert report["complete"]
    assert len(arrivals(evening.workspace, f"{CUT_OFF}-1")) == AUDIENCE


def test_what_a_relay_hands_over_is_read_by_itself(evening: Evening) -> None:
    """Nobody calls `newsletter bounces`, which then finds nothing new."""
    assert _bounced(evening.workspace) == 1
    assert list((evening.workspace / "var" / "returned" / "new").iterdir()) == []
    again = call("bounces", "--json", cwd=evening.workspace).json()
    assert (sum(again["read"].values()), again["suppressed"]) == (0, 0)


def test_the_newsroom_stops_when_it_is_told_to(evening: Evening) -> None:
    """SIGTERM: exit 0 within 15 seconds, where processes need not wait for a processor."""
    assert evening.stop_code == 0
    assert evening.stop_seconds < 15 or evening.is_busy
    assert evening.second_log.endswith("Stopping.\n")


def test_the_newsroom_is_quiet(evening: Evening) -> None:
    """Neither has a warning or a traceback to show, but for what the kill left to recover."""
    for log in (evening.first_log, evening.second_log):
        lines = [line for line in log.splitlines() if "event=delivery.recovered" not in line]
        assert not NOISE.search("\n".join(lines)), log


def test_there_is_one_newsroom_in_a_workspace(evening: Evening) -> None:
    """A second one says that the first is running, and leaves it alone."""
    assert evening.twin.code == 1
    assert "running in this workspace already" in evening.twin.err


def test_the_pages_are_there(evening: Evening) -> None:
    """The public pages answer on the port of the settings."""
    assert evening.health == "ok\n"
