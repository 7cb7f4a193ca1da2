"""Runs of the orchestrator that died: those that may be tried again are."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from flows.domain.issue import IssueId
from flows.operations.replanning import is_at_work, runs_of_issue
from flows.orchestration.environment import HEARTBEAT_SECONDS
from flows.orchestration.server import ISSUE_TAG, PrefectServer

log = structlog.get_logger()

MOST_RUNS: Final = 3
"""So often a run is begun at most; Prefect itself has no such limit for its automations."""
LOOK_BACK: Final = timedelta(hours=1)
SILENT_FOR: Final = timedelta(seconds=10 * HEARTBEAT_SECONDS)

OURS: Final[dict[str, Any]] = {
    "deployment_id": {"is_null_": False},
    "parent_task_run_id": {"is_null_": True},
}
"""Runs of deployments; a flow within another is its parent's to repeat."""


async def retry_dead_runs(server: PrefectServer, *, now: datetime) -> int:
    """Have runs begin again that crashed lately, or that say they run and give no sign of life.

    How many. Each goes on where it stopped: what is done is in our database, not in the run.
    One whose issue has got another run meanwhile is left dead.
    """
    for run in await _find(server, "RUNNING", start_time={"before_": _text(now - SILENT_FOR)}):
        last = await asyncio.to_thread(server.last_heartbeat, run["id"])
        if last is not None and last < now - SILENT_FOR:
            log.warning("run.silent", run=run["name"], since=_text(last))
            await asyncio.to_thread(
                server.set_state, run["id"], "CRASHED", message="gave no sign of life"
            )
    crashed = await _find(server, "CRASHED", end_time={"after_": _text(now - LOOK_BACK)})
    again = 0
    for run in crashed:
        # Looked at one by one: of two dead runs of an issue the later one begins again.
        if run["run_count"] >= MOST_RUNS or await _is_replaced(server, run, now=now):
            continue
        again += 1
        log.warning("run.again", run=run["name"], begun=run["run_count"])
        await asyncio.to_thread(server.set_state, run["id"], "SCHEDULED", name="AwaitingRetry")
        await asyncio.to_thread(
            server.tell,
            "newsletter.run.again",
            f"prefect.flow-run.{run['id']}",
            now=now,
            begun=run["run_count"],
        )
    return again


async def _is_replaced(server: PrefectServer, run: dict[str, Any], *, now: datetime) -> bool:
    for tag in run.get("tags", ()):
        if tag.startswith(ISSUE_TAG):
            others = await runs_of_issue(server, IssueId(tag.removeprefix(ISSUE_TAG)))
            return any(
                other["id"] != run["id"]
                and other.get("deployment_id") == run.get("deployment_id")
                and is_at_work(other, now=now)
                for other in others
            )
    return False


async def _find(server: PrefectServer, state: str, **more: Any) -> list[dict[str, Any]]:
    wanted = {**OURS, "state": {"type": {"any_": [state]}}, **more}
    return await asyncio.to_thread(server.find_runs, wanted)


def _text(moment: datetime) -> str:
    return moment.isoformat()
