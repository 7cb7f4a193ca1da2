"""FLOW: an approved issue reaches each of its readers, once."""

import asyncio
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from prefect import flow, task
from prefect.artifacts import (
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_progress_artifact,
    aupdate_progress_artifact,
)
from prefect.runtime import flow_run

from flows.domain.errors import NewsletterError, NotDoneError
from flows.domain.issue import IssueId
from flows.operations.admitting import admit_languages, languages_ready
from flows.operations.collecting import listed_in
from flows.operations.delivering import freeze_issue, go_on
from flows.operations.issues import is_due, pause_issue, remember_run
from flows.operations.joining import declare_accord
from flows.operations.pacing import letters_left
from flows.operations.planning import next_try, plan_next_try
from flows.operations.reporting import report_issue
from flows.operations.sending import wait_for_letters
from flows.operations.settling import (
    clear_cancelled,
    finish_issue,
    recover_claims,
    wait_for_senders,
)
from flows.operations.standing import waits_of_issue, what_keeps
from flows.operations.sums import keep_up
from flows.operations.tables import report_as_markdown, waits_as_markdown
from flows.operations.zones import missed_hours, patience_for
from flows.orchestration.retries import RETRIES
from flows.review import review
from flows.runtime.accord import accord_of
from flows.runtime.here import newsroom, told_to_stop
from flows.runtime.returning import judge_refusals
from flows.runtime.senders import send_for
from flows.runtime.stopping import draining, stop_is_asked

DESK = "Preview, approvals, progress and report of the issue"
BATCH_SECONDS = 20
"""How often the progress is shown, and how much a repeated step repeats."""


@flow(name="deliver", flow_run_name="deliver-{issue}")
async def deliver(issue: str) -> dict[str, Any]:
    """Freeze, send batch after batch until nothing is due, and add up.

    Run it again at any time: it goes on where it stopped and sends nothing twice.

    Args:
        issue: The issue, as `newsletter status` names it.
    """
    await lead_to_desk(issue)
    if waits := await review(issue):
        return {"issue": issue, "waiting_for": waits}
    if not await due(issue):
        return {"issue": issue, "waiting_for": await look_at_release(issue)}
    audience = await freeze(issue, flow_run.root_flow_run_id)
    await recover(issue)
    with draining():
        trouble = await too_late(issue) or await send_all(issue, audience)
    if told_to_stop():
        return {"issue": issue, "waiting_for": []}
    await recover(issue)
    report = await add_up(issue, trouble)
    await plan_again(issue)
    return report


async def send_all(issue: str, audience: int) -> str:
    """Batch after batch until nothing is due; what stopped it before, if anything did."""
    progress = await acreate_progress_artifact(0, key=f"progress-{issue}")
    batch = 0
    try:
        while not told_to_stop():
            if await send_batch(issue, batch := batch + 1):
                await aupdate_progress_artifact(progress, progress=await percent(issue, audience))
            elif not (await wait_for_departure(issue) or await wait_for_others(issue)):
                break
    except NewsletterError as error:
        if error.retryable:
            return str(error)
        return await pause(issue, error.reason if isinstance(error, NotDoneError) else str(error))
    return ""


async def percent(issue: str, audience: int) -> float:
    """How far the sending is, whoever sent what."""
    async with newsroom() as desk:
        left = await letters_left(desk.store, IssueId(issue))
    return 100 * max(audience - left, 0) / audience


@task(name="lead-to-desk", task_run_name="lead-to-desk-{issue}", **RETRIES)
async def lead_to_desk(issue: str) -> None:
    """Show the issue's page on the desk to whoever looks at the run, from its beginning on."""
    async with newsroom() as desk:
        page = desk.page_of(issue)
    if page:
        await acreate_link_artifact(
            page, link_text=f"{issue} on the desk", key=f"desk-{issue}", description=DESK
        )


@task(name="due", task_run_name="due-{issue}", **RETRIES)
async def due(issue: str) -> bool:
    """Whether the issue's time has come; one without a time is due at once, a cancelled never."""
    async with newsroom() as desk:
        return await is_due(desk.store, issue, now=desk.clock())


@task(name="look-at-release", task_run_name="release-{issue}", **RETRIES)
async def look_at_release(issue: str) -> list[dict[str, Any]]:
    """The word that an issue lacks which is approved and not released; nothing before its time."""
    async with newsroom() as desk:
        waits = await waits_of_issue(
            desk.library,
            desk.store,
            IssueId(issue),
            now=desk.clock(),
            late_hours=desk.settings.schedule.late_hours,
        )
    found = [asdict(wait) for wait in waits]
    await acreate_markdown_artifact(
        waits_as_markdown(issue, found), key=f"review-{issue}", description="What it waits for"
    )
    return found


@task(name="too-late", task_run_name="too-late-{issue}", **RETRIES)
async def too_late(issue: str) -> str:
    """Stop an issue for local times where its hour passed too long ago; why, empty if nowhere."""
    async with newsroom() as desk:
        now, late_hours = desk.clock(), desk.settings.schedule.late_hours
        why = await missed_hours(
            desk.store,
            IssueId(issue),
            network=desk.departure().zone,
            now=now,
            late_hours=late_hours,
        )
        if why:
            with suppress(NotDoneError):  # somebody cancelled it meanwhile
                await pause_issue(desk.store, IssueId(issue), because=why, now=now)
    return why


@task(name="pause", task_run_name="pause-{issue}", **RETRIES)
async def pause(issue: str, because: str) -> str:
    """Stop the issue until a person has mended the relay; the reason."""
    async with newsroom() as desk:
        with suppress(NotDoneError):  # somebody cancelled it meanwhile
            await pause_issue(desk.store, IssueId(issue), because=because, now=desk.clock())
    return because


@task(name="freeze", task_run_name="freeze-{issue}", **RETRIES)
async def freeze(issue: str, run: str | None = None) -> int:
    """Fix the audience and the editions, the first time; then let the issue go on in this run."""
    async with newsroom() as desk:
        async with desk.transport() as transport:
            await clear_cancelled(
                desk.store,
                IssueId(issue),
                is_alive=desk.is_alive,
                transport=transport,
                clock=desk.clock,
            )
        signed_off = await languages_ready(desk.library, desk.store, IssueId(issue))
        carries = await listed_in(desk.library, desk.store, IssueId(issue))
        await freeze_issue(
            desk.store,
            IssueId(issue),
            languages=desk.library.languages,
            letterheads=desk.letterheads(),
            message_id=desk.message_id,
            now=desk.clock(),
            departure=desk.departure(),
            signed_off=signed_off,
            late_hours=desk.settings.schedule.late_hours,
            carries=carries,
        )
        await admit_languages(
            desk.store,
            IssueId(issue),
            signed_off=signed_off or (),
            letterheads=desk.letterheads(),
            departure=desk.departure(),
            now=desk.clock(),
            carries=carries,
        )
        await declare_accord(desk.store, accord_of(desk), now=desk.clock())
        await go_on(desk.store, IssueId(issue), now=desk.clock())
        report = await report_issue(desk.store, IssueId(issue), now=desk.clock(), limit=0)
        if not report.complete:
            await remember_run(desk.store, IssueId(issue), run)
        return report.audience


@task(name="recover", task_run_name="recover-{issue}", **RETRIES)
async def recover(issue: str) -> int:
    """Take back the letters of dead senders, ask the relay of doubts; how many doubts are left."""
    async with newsroom() as desk, desk.transport() as transport:
        return await recover_claims(
            desk.store,
            IssueId(issue),
            is_alive=desk.is_alive,
            transport=transport,
            clock=desk.clock,
        )


@task(name="send-batch", task_run_name="batch-{number:03d}", **RETRIES)
async def send_batch(issue: str, number: int) -> int:
    """Send the letters that are due, for as long as a batch lasts; how many were begun."""
    del number
    async with newsroom() as desk:
        begun = await send_for(
            desk,
            IssueId(issue),
            seconds=BATCH_SECONDS,
            stopping=lambda: stop_is_asked(desk.settings.var),
        )
        await keep_up(desk.store, IssueId(issue), clock=desk.clock)
        return begun


@task(name="wait-for-departure", task_run_name="wait-{issue}", **RETRIES)
async def wait_for_departure(issue: str) -> bool:
    """Wait while letters have their time soon: those after the undo window, or the first wave."""
    async with newsroom() as desk:
        return await wait_for_letters(
            desk.store,
            IssueId(issue),
            clock=desk.clock,
            stopping=told_to_stop,
            patience=await patience_for(desk.store, IssueId(issue), departure=desk.departure()),
        )


@task(name="wait-for-others", task_run_name="wait-for-others-{issue}", **RETRIES)
async def wait_for_others(issue: str) -> bool:
    """Wait while workers on any machine hold letters of the issue; what they leave is ours."""
    async with newsroom() as desk:
        return await wait_for_senders(
            desk.store,
            IssueId(issue),
            is_alive=desk.is_alive,
            clock=desk.clock,
            stopping=told_to_stop,
        )


@task(name="plan-again", task_run_name="plan-again-{issue}", **RETRIES)
async def plan_again(issue: str) -> str | None:
    """Where a newsroom is up, it goes on by itself with what can be tried again; when."""
    async with newsroom() as desk:
        now, server = desk.clock(), desk.newsroom_server()
        report = await report_issue(desk.store, IssueId(issue), now=now)
        at = next_try(report, now=now, doubts_last=desk.doubts_last)
        if at is None or server is None:
            return None
        await asyncio.to_thread(plan_next_try, server, IssueId(issue), at=max(at, now))
        return at.isoformat()


@task(name="add-up", task_run_name="report-{issue}", **RETRIES)
async def add_up(issue: str, trouble: str) -> dict[str, Any]:
    """The reconciliation, kept as an artifact; `sent` only if it holds."""
    async with newsroom() as desk:
        now = desk.clock()
        await finish_issue(desk.store, IssueId(issue), now=now, trouble=trouble)
        await judge_refusals(desk, IssueId(issue))
        report = await report_issue(desk.store, IssueId(issue), now=desk.clock())
        page = desk.page_of(issue)
    await acreate_markdown_artifact(
        report_as_markdown(report, page=page),
        key=f"report-{issue}",
        description="The reconciliation",
    )
    waits = [] if report.complete else what_keeps(report, now=now)
    return report.as_json() | {"waiting_for": [asdict(wait) for wait in waits]}
