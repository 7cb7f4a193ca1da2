"""Commands for what is planned: schedule list, move, cancel."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli import rearranging, recurring
from flows.cli.recurring import tell_recurrences
from flows.cli.session import AsJson, Session, note, print_json, print_table, say
from flows.cli.telling import IssueName
from flows.cli.timing import WHEN, Policy, SendLate, tell_leavings
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.domain.issue import Issue, IssueId
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    schedule = typer.Typer(help="What is planned.", no_args_is_help=True)
    schedule.command("list")(schedule_list)
    schedule.command("move")(schedule_move)
    schedule.command("cancel")(schedule_cancel)
    recurring.register(schedule)
    rearranging.register(schedule)
    app.add_typer(schedule, name="schedule")


async def plan(
    session: Session, runtime: Runtime, issue_id: IssueId, *, begun: bool = False
) -> None:
    """Give a scheduled issue its run, and tell if nobody is there to run it.

    With a run that was `begun` for it, only what has its time to come.
    """
    from flows.operations.launching import keep_plan

    planned = await keep_plan(
        runtime.library,
        runtime.store,
        session.server(),
        issue_id,
        now=runtime.clock(),
        late_hours=runtime.settings.schedule.late_hours,
        begun=begun,
    )
    if not planned:
        note("No newsroom is running: start `newsletter up` before the time comes.")


def schedule_list(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what is planned, soonest first."""
    from flows.domain.recurrence import RecurrenceState
    from flows.operations.issues import scheduled_issues
    from flows.operations.recurring import list_recurrences
    from flows.operations.times import local_time, show_time

    session: Session = context.obj
    planned = session.do(lambda runtime: scheduled_issues(runtime.store))
    now = datetime.now(UTC)
    if as_json:
        print_json(
            [
                {
                    "issue": one.id,
                    "slug": one.slug,
                    "at": local_time(one.scheduled_at, one.zone),
                    "zone": one.zone,
                    "local": str(one.wall) if one.wall else None,
                    "policy": one.policy,
                    "state": one.state,
                }
                for one in planned
                if one.scheduled_at
            ]
        )
        return
    if not planned:
        say("Nothing is planned.")
    else:
        print_table(
            "Planned",
            ("issue", "state", "time", "if not all is approved"),
            [
                (one.id, one.state, show_time(one, now=now), one.policy)
                for one in planned
                if one.scheduled_at
            ],
        )
    again = session.do(lambda runtime: list_recurrences(runtime.store, now=runtime.clock()))
    living = [one for one in again if one.recurrence.state is not RecurrenceState.ENDED]
    if living:
        tell_recurrences(living)
    if ended := len(again) - len(living):
        note(f"{numbered(ended, 'rule has', 'rules have')} ended: newsletter schedule recurring")


def schedule_move(
    context: typer.Context,
    issue: IssueName,
    when: Annotated[str, typer.Argument(help=f"The new time: {WHEN}.", metavar="WHEN")],
    policy: Policy = None,
    send_late: SendLate = False,
) -> None:
    """Give a planned issue another time."""
    from flows.domain.issue import IssueId
    from flows.operations.launching import set_time
    from flows.operations.times import show_time
    from flows.runtime.timing import wish_of
    from flows.store.issues import get_issue

    session: Session = context.obj
    wish = wish_of(session.settings, at=when, policy=policy, send_late=send_late)

    async def move(runtime: Runtime) -> Issue:
        await set_time(
            runtime.store, IssueId(issue), wish, now=runtime.clock(), by=getpass.getuser()
        )
        await plan(session, runtime, IssueId(issue))
        async with runtime.store.reading() as tx:
            return await get_issue(tx, IssueId(issue))

    moved = session.do(move)
    say(f"{moved.id} goes out {show_time(moved, now=datetime.now(UTC))}, if approved by then.")
    tell_leavings(session, moved.id)


def schedule_cancel(context: typer.Context, issue: IssueName) -> None:
    """Cancel an issue; what was not sent yet is not sent."""
    from flows.domain.issue import IssueId
    from flows.operations.launching import take_back

    session: Session = context.obj

    async def cancel(runtime: Runtime) -> tuple[Issue, int]:
        return await take_back(
            runtime.store,
            session.server(),
            IssueId(issue),
            now=runtime.clock(),
            by=getpass.getuser(),
        )

    cancelled, spared = session.do(cancel)
    say(
        f"{cancelled.id} is cancelled"
        + (f"; {numbered(spared, 'letter is', 'letters are')} not sent." if spared else ".")
    )
