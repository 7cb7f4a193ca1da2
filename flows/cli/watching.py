"""Commands for looking: status, report, letter."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.session import AsJson, Session, note, print_json, print_table, say
from flows.cli.telling import IssueName, tell_report

if TYPE_CHECKING:
    from flows.operations.standing import Standing
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status)
    app.command("report")(report)
    app.command("letter")(letter)


def status(
    context: typer.Context,
    issue: Annotated[str | None, typer.Argument(help="One issue.", metavar="ISSUE")] = None,
    as_json: AsJson = False,
) -> None:
    """Show every issue, its state and what it waits for."""
    from flows.cli.recurring import tell_late
    from flows.domain.issue import IssueState
    from flows.operations.recurring import list_recurrences
    from flows.operations.standing import list_standings
    from flows.operations.times import show_time

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
    speeds = session.do(lambda runtime: _speeds(runtime, standings))
    if as_json:
        print_json([{**one.as_json(), **speeds.get(one.issue.id, {})} for one in standings])
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
                "" if one.issue.state is IssueState.CANCELLED else show_time(one.issue, now=now),
                "; ".join(f"{wait.what} ({wait.command})" for wait in one.waits),
            )
            for one in standings
        ],
    )
    tell_late(session.do(lambda runtime: list_recurrences(runtime.store, now=runtime.clock())))
    for name, speed in speeds.items():
        note(_tell_speed(name, speed["speed"]))


async def _speeds(runtime: Runtime, standings: list[Standing]) -> dict[str, dict[str, Any]]:
    """How fast the issues leave that are being sent."""
    from flows.domain.issue import IssueState
    from flows.operations.pacing import measure_speed

    return {
        one.issue.id: {
            "speed": (
                await measure_speed(
                    runtime.store,
                    one.issue.id,
                    started_at=one.issue.started_at,
                    limit=runtime.settings.smtp.rate_per_minute,
                    now=runtime.clock(),
                )
            ).as_json()
        }
        for one in standings
        if one.issue.state is IssueState.SENDING and one.issue.started_at
    }


def _tell_speed(name: str, speed: dict[str, Any]) -> str:
    limit = f" of at most {speed['limit_per_minute']}" if speed["limit_per_minute"] else ""
    left = speed["seconds_left"]
    ends = f", about {left // 60} min {left % 60} s left" if left is not None else ""
    later = f"; {speed['later']} of them wait for more than an hour" if speed["later"] else ""
    pace = f"{speed['per_minute']:g} letters a minute{limit}"
    return f"{name}: {pace}, {speed['waiting']} wait{ends}{later}"


def report(
    context: typer.Context,
    issue: IssueName,
    who: Annotated[
        str,
        typer.Option(
            help="List everybody in these states, bounced or complained.",
            metavar="STATE[,STATE]…",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show the reconciliation of an issue: per language, city and reason; or who is in a state."""
    from flows.domain.issue import IssueId
    from flows.operations.reporting import report_issue

    session: Session = context.obj
    if who:
        _list_whom(session, issue, who, as_json=as_json)
        return
    found = session.do(
        lambda runtime: report_issue(runtime.store, IssueId(issue), now=runtime.clock())
    )
    if as_json:
        print_json(found.as_json())
    else:
        tell_report(found)


def _list_whom(session: Session, issue: str, who: str, *, as_json: bool) -> None:
    from flows.domain.delivery import DeliveryState
    from flows.domain.errors import InputError
    from flows.domain.issue import IssueId
    from flows.operations.reporting import RETURNED, list_deliveries

    states = [state.strip() for state in who.split(",")]
    try:
        found = session.do(lambda runtime: list_deliveries(runtime.store, IssueId(issue), states))
    except ValueError:
        words = ", ".join([*DeliveryState, *RETURNED])
        raise InputError(
            f"{who!r} names no states of letters", field="--who", remedy=f"States: {words}."
        ) from None
    if as_json:
        print_json([one._asdict() for one in found])
        return
    if not found:
        say(f"Nobody of {issue} is {who}.")
        return
    print_table(
        f"{who} of {issue}",
        ("address", "city", "language", "state", "answer", "next attempt"),
        [
            (
                one.address,
                one.city,
                one.language,
                one.state,
                f"{one.code or ''} {one.reply}".strip(),
                f"{one.next_at:%Y-%m-%d %H:%M} UTC" if one.next_at else "",
            )
            for one in found
        ],
    )


def letter(
    context: typer.Context,
    issue: IssueName,
    address: Annotated[str, typer.Argument(help="Whose letter.", metavar="ADDRESS")],
    out: Annotated[Path | None, typer.Option(help="The file to write.", metavar="FILE")] = None,
) -> None:
    """Make the letter again that a contact was sent: the same bytes."""
    from flows.domain.errors import InputError
    from flows.domain.issue import IssueId

    session: Session = context.obj
    raw = session.do(lambda runtime: runtime.letter_again(IssueId(issue), address))
    if out is None:
        typer.get_binary_stream("stdout").write(raw)
        return
    try:
        out.write_bytes(raw)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", path=out, field="--out") from None
    say(str(out))
