"""Commands for looking: status, report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.session import AsJson, Session, print_json, print_table, say
from flows.cli.telling import IssueName, tell_report

if TYPE_CHECKING:
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status)
    app.command("report")(report)


def status(
    context: typer.Context,
    issue: Annotated[str | None, typer.Argument(help="One issue.", metavar="ISSUE")] = None,
    as_json: AsJson = False,
) -> None:
    """Show every issue, its state and what it waits for."""
    from flows.operations.reporting import Standing, list_standings
    from flows.operations.times import show_moment

    session: Session = context.obj

    async def look(runtime: Runtime) -> list[Standing]:
        return await list_standings(
            runtime.library,
            runtime.store,
            now=runtime.clock(),
            late_hours=runtime.settings.schedule.late_hours,
            only=issue,
        )

    standings = session.do(look)
    if as_json:
        print_json([one.as_json() for one in standings])
        return
    if not standings:
        say("There is no issue yet: newsletter publish SLUG")
        return
    now = datetime.now(UTC)
    print_table(
        "Issues",
        ("issue", "state", "time", "waits for"),
        [
            (
                one.issue.id,
                one.issue.state,
                show_moment(one.issue.scheduled_at, one.issue.zone, now=now)
                if one.issue.scheduled_at
                else "",
                "; ".join(f"{wait.what} ({wait.command})" for wait in one.waits),
            )
            for one in standings
        ],
    )


def report(context: typer.Context, issue: IssueName, as_json: AsJson = False) -> None:
    """Show the reconciliation of an issue: per language, per city, and what went wrong."""
    from flows.domain.issue import IssueId
    from flows.operations.reporting import report_issue

    session: Session = context.obj
    found = session.do(lambda runtime: report_issue(runtime.store, IssueId(issue)))
    if as_json:
        print_json(found.as_json())
    else:
        tell_report(found)
