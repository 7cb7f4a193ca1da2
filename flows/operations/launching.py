"""Letting an issue go: at once, at its time, or as soon as its last language is approved.

A newsroom that is up has an orchestrator (`server`) to do it; without one the issue waits for the
next newsroom, or for somebody who sends it by hand.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.domain.article import Slug
from flows.domain.errors import NotDoneError
from flows.domain.issue import FROZEN, Issue, IssueId, IssueState
from flows.domain.timing import Policy, Wall, When
from flows.domain.waiting import Wait
from flows.operations.admitting import languages_to_admit
from flows.operations.carrying import digests_with
from flows.operations.gating import pass_gate
from flows.operations.issues import (
    cancel_issue,
    issues_of,
    open_issue,
    require_future,
    schedule_issue,
    send_now,
)
from flows.operations.library import Library
from flows.operations.planning import plan_delivery, unplan_delivery
from flows.operations.reporting import Report, report_issue
from flows.operations.standing import waits_of
from flows.operations.timing import PROGRAM, choose_policy
from flows.operations.zones import schedule_locally
from flows.orchestration.server import ISSUE_TAG, PrefectServer
from flows.store.database import Store
from flows.store.issues import get_issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """When an issue shall leave, and what then becomes of languages that are not approved.

    `network` is the zone of cities without one. An hour that passed somewhere more than
    `late_hours` ago is refused unless `send_late` says that letters leave there at once.
    """

    at: When | None = None
    policy: Policy | None = None
    network: str = "UTC"
    late_hours: float = 6
    send_late: bool = False


async def set_time(
    store: Store, issue_id: IssueId, wish: Wish, *, now: datetime, by: str = PROGRAM
) -> None:
    """Give an issue the time and the policy that are wished for, where any are."""
    if wish.policy is not None:
        await choose_policy(store, issue_id, wish.policy, now=now, by=by)
    if isinstance(wish.at, Wall):
        await schedule_locally(
            store,
            issue_id,
            wish.at,
            network=wish.network,
            late_hours=wish.late_hours,
            send_late=wish.send_late,
            now=now,
            by=by,
        )
    elif wish.at is not None:
        at, zone = wish.at
        await schedule_issue(store, issue_id, at=at, zone=zone, now=now, by=by)


async def open_and_plan(
    library: Library,
    store: Store,
    slug: str,
    *,
    lists: Sequence[str],
    wish: Wish,
    usual: Policy,
    now: datetime,
    by: str = PROGRAM,
) -> Issue:
    """The issue of an article to these lists, with its time; a sent one keeps what it has.

    A new one has the `usual` policy unless another is wished for.
    """
    if wish.at and not isinstance(wish.at, Wall):
        require_future(wish.at[0], zone=wish.at[1], now=now)
    issue = await open_issue(
        library, store, slug, lists=lists, now=now, by=by, release=True, policy=usual
    )
    if issue.state is not IssueState.SENT:
        await set_time(store, issue.id, wish, now=now, by=by)
    async with store.reading() as tx:
        return await get_issue(tx, issue.id)


async def keep_plan(
    library: Library,
    store: Store,
    server: PrefectServer | None,
    issue_id: IssueId,
    *,
    now: datetime,
    late_hours: float,
    begun: bool = False,
) -> bool:
    """Give an issue whose time is to come its run, and let it through the gate.

    One for local times may have its first hour behind it: then it leaves now, unless a run that was
    `begun` for it does that. False if there is no newsroom to run it; the next one that starts
    gives it its run.
    """
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
    if issue.scheduled_at is None:
        return True
    if issue.scheduled_at <= now and (begun or issue.wall is None):
        return True
    if server is not None:
        await plan_delivery(store, server, issue, now=now)
    await pass_gate(library, store, issue_id, now=now, late_hours=late_hours)
    return server is not None


async def publish_article(
    library: Library,
    store: Store,
    server: PrefectServer,
    slug: str,
    *,
    lists: Sequence[str],
    engine: str | None,
    wish: Wish,
    usual: Policy,
    now: datetime,
    by: str,
    key: str,
) -> tuple[Issue, str | None]:
    """Have the newsroom publish an article: its issue, and the run.

    There is no run if all was sent before. The same `key` again gives the same run.
    """
    issue = await open_and_plan(
        library, store, slug, lists=lists, wish=wish, usual=usual, now=now, by=by
    )
    if issue.state is IssueState.SENT:
        return issue, None
    run = await asyncio.to_thread(
        server.create_run,
        "publish/publish",
        parameters={"slug": slug, "lists": list(lists), "engine": engine, "issue": issue.id},
        name=f"publish-{slug}",
        key=f"publish-{issue.id}-{key}",
        tags=(f"{ISSUE_TAG}{issue.id}",),
    )
    late_hours = wish.late_hours
    await keep_plan(library, store, server, issue.id, now=now, late_hours=late_hours, begun=True)
    return issue, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Whether an issue may go now; if not, `waits` say why, or it was sent already."""

    released: bool
    report: Report
    waits: list[Wait]


async def release_issue(
    library: Library,
    store: Store,
    server: PrefectServer | None,
    issue_id: IssueId,
    *,
    now: datetime,
    late_hours: float,
    by: str = PROGRAM,
) -> Release:
    """Take its time away from an issue that could go out; one that waits for people keeps it.

    What has begun goes on with the rest, whichever languages some of its readers wait for.
    """
    report = await report_issue(store, issue_id, now=now)
    waits = await waits_of(library, store, report.issue, now=now, late_hours=late_hours)
    begun = report.issue.state in FROZEN
    released = not report.complete and (begun or not any(wait.language for wait in waits))
    if released:
        await unplan_delivery(store, server, issue_id)
        await send_now(store, issue_id, now=now, by=by)
        await pass_gate(library, store, issue_id, now=now, late_hours=late_hours)
    return Release(released=released, report=report, waits=waits)


async def start_delivery(
    store: Store, server: PrefectServer | None, issue_id: IssueId, *, now: datetime
) -> None:
    """Have the newsroom deliver an issue now. Raises `NotDoneError` if there is none."""
    if server is None:
        raise NotDoneError("no newsroom is running to send it", waiting_for=("newsletter up",))
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
    await plan_delivery(store, server, issue, now=now)


async def take_back(
    store: Store,
    server: PrefectServer | None,
    issue_id: IssueId,
    *,
    now: datetime,
    by: str = PROGRAM,
) -> tuple[Issue, int]:
    """Cancel an issue and its planned run. With it, how many letters that spares."""
    await unplan_delivery(store, server, issue_id)
    return await cancel_issue(store, issue_id, now=now, by=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """What an approval did for an issue: it still waits, has its time to come, or goes now.

    `under_way` tells that a newsroom sends it at this moment.
    """

    issue: Issue
    waits: list[Wait]
    under_way: bool = False


async def follow_approval(
    library: Library,
    store: Store,
    server: PrefectServer | None,
    slug: str,
    *,
    now: datetime,
    late_hours: float,
) -> list[Onward]:
    """Let the open issues of an article through the gate after one of its languages was approved.

    So are those of the digests that it is in. Those that nothing keeps and whose time has come are
    sent, if a newsroom is up.
    """
    onward = []
    digests = await asyncio.to_thread(digests_with, library, slug)
    issues = [issue for one in (Slug(slug), *digests) for issue in await issues_of(store, one)]
    for issue in issues:
        if issue.state in FROZEN:
            if server is not None and await languages_to_admit(library, store, issue.id):
                await plan_delivery(store, server, issue, now=now)
                onward.append(Onward(issue=issue, waits=[], under_way=True))
            continue
        waits = await pass_gate(library, store, issue.id, now=now, late_hours=late_hours)
        due = not waits and issue.is_to_leave(now)
        if due and server is not None:
            await plan_delivery(store, server, issue, now=now)
        onward.append(Onward(issue=issue, waits=waits, under_way=due and server is not None))
    return onward
