"""Putting the orchestrator in order after a crash; the ledger sees to it that no letter doubles."""

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelled, Crashed, Scheduled

from flows.domain.issue import IssueId
from flows.orchestration.server import ISSUE_TAG

MOST_RESTARTS = 3


async def restart_orphans(client: PrefectClient) -> set[IssueId]:
    """Schedule again what a dead newsroom left running, fewer than three times.

    What somebody was cancelling is cancelled. The issues whose runs go on.
    """
    orphans = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter.model_validate(
            {"state": {"type": {"any_": ["RUNNING", "PENDING", "CANCELLING"]}}}
        )
    )
    restarted = [run for run in orphans if await _restart(client, run)]
    return {
        IssueId(tag.removeprefix(ISSUE_TAG))
        for run in restarted
        for tag in run.tags
        if tag.startswith(ISSUE_TAG)
    }


async def _restart(client: PrefectClient, run: FlowRun) -> bool:
    if run.state is not None and run.state.is_cancelling():
        await client.set_flow_run_state(run.id, Cancelled(), force=True)
        return False
    await client.set_flow_run_state(run.id, Crashed(message="the newsroom stopped"), force=True)
    again = run.parent_task_run_id is None and run.deployment_id is not None
    if again and run.run_count < MOST_RESTARTS:
        await client.set_flow_run_state(run.id, Scheduled(name="AwaitingRetry"), force=True)
        return True
    return False
