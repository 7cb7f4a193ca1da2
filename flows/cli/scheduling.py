"""Commands for what is planned: schedule list, move, cancel."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.session import AsJson, Session, note, print_json, print_table, say
from flows.cli.telling import IssueName

if TYPE_CHECKING:
    from flows.domain.issue import Issue, IssueId
    from flows.runtime.runtime import Runtime

WHEN = '"2026-12-01 09:00 Europe/Brussels"'


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    schedule = typer.Typer(help="What is planned.", no_args_is_help=True)
    schedule.command("list")(schedule_list)
    schedule.command("move")(schedule_move)
    schedule.command("cancel")(schedule_cancel)
    app.add_typer(schedule, name="schedule")


async def plan(session: Session, runtime: Runtime, issue_id: IssueId) -> None:
    """Give a scheduled issue its run, and tell if nobody is there to run it."""
    from flows.operations.launching import keep_plan

    planned = await keep_plan(
        runtime.library,
        runtime.store,
        session.server(),
        issue_id,
        now=runtime.clock(),
        late_hours=runtime.settings.schedule.late_hours,
    )
    if not planned:
        note("No newsroom is running: start `newsletter up` before the time comes.")


def schedule_list(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what is planned, soonest first."""
    from flows.operations.issues import scheduled_issues
    from flows.operations.times import local_time, show_moment

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
                    "state": one.state,
                }
                for one in planned
                if one.scheduled_at
            ]
        )
    elif not planned:
        say("Nothing is planned.")
    else:
        print_table(
            "Planned",
            ("issue", "state", "time"),
            [
                (one.id, one.state, show_moment(one.scheduled_at, one.zone, now=now))
                for one in planned
                if one.scheduled_at
            ],
        )


def schedule_move(
    context: typer.Context,
    issue: IssueName,
    when: Annotated[str, typer.Argument(help=f"The new time: {WHEN}.", metavar="WHEN")],
) -> None:
    """Give a planned issue another time."""
    from flows.domain.issue import IssueId
    from flows.operations.issues import schedule_issue
    from flows.operations.times import parse_moment, show_moment

    session: Session = context.obj
    at, zone = parse_moment(when)

    async def move(runtime: Runtime) -> Issue:
        moved = await schedule_issue(
            runtime.store,
            IssueId(issue),
            at=at,
            zone=zone,
            now=runtime.clock(),
            by=getpass.getuser(),
        )
        await plan(session, runtime, moved.id)
        return moved

    moved = session.do(move)
    say(f"{moved.id} goes out {show_moment(at, zone, now=datetime.now(UTC))}, if approved by then.")


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
    say(f"{cancelled.id} is cancelled" + (f"; {spared} letters are not sent." if spared else "."))
