"""Telling a person how an issue stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.session import Session, not_done, note, print_json, print_table, say
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.domain.issue import Issue, IssueId
    from flows.domain.waiting import Wait
    from flows.operations.reporting import Report
    from flows.runtime.runtime import Runtime

IssueName = Annotated[str, typer.Argument(help="The issue, as status shows it.", metavar="ISSUE")]


def conclude(
    session: Session,
    issue: IssueId,
    *,
    engines: Mapping[str, Mapping[str, str]] | None = None,
    under_way: bool = False,
    as_json: bool,
) -> None:
    """Say where the issue is now; exit 1 unless it is sent, safely planned or `under_way`.

    Safely planned is also what only waits for the hour of further cities.

    `engines` tells by language why nobody could draft.
    """
    from flows.domain.issue import IssueState
    from flows.domain.waiting import Need

    report, waits = session.do(lambda runtime: standing(runtime, issue))
    if as_json:
        print_json(
            {
                "issue": issue,
                "state": report.issue.state,
                "sent": report.as_json()["deliveries"]["accepted"],
                "waiting_for": [asdict(wait) for wait in waits],
            }
        )
    else:
        tell_report(report)
    tell_waits(issue, report.issue.state, waits)
    for language, reasons in (engines or {}).items():
        note(*(f"  {language}: {engine}: {why}" for engine, why in reasons.items()))
    if any(wait.segments for wait in waits):
        tell_engines(report.issue)
    if under_way:
        return
    if report.issue.state is IssueState.SENDING and {wait.need for wait in waits} == {Need.HOUR}:
        if session.server() is None:
            note("No newsroom is running: start `newsletter up` before the next hour comes.")
        return
    if waits or report.issue.state not in {IssueState.SENT, IssueState.SCHEDULED}:
        raise not_done()


def tell_waits(issue: str, state: str, waits: list[Wait]) -> None:
    """Name each thing that an issue waits for, and the command that helps."""
    if not waits:
        return
    note(f"{issue} is {state}. It waits for:")
    for wait in waits:
        note(f"  - {wait.what}")
        note(*(f"      {source[:90]}" for source in wait.segments[:5]))
        if len(wait.segments) > 5:
            note(f"      … and {len(wait.segments) - 5} more")
        note(f"    {wait.command}")


def tell_engines(issue: Issue) -> None:
    """How to go on when no engine is in reach."""
    note(
        "  No engine in reach? Name a server of yours and go on from here:",
        "    NEWSLETTER_ENGINE__NAME=libretranslate NEWSLETTER_ENGINE__URL=http://HOST:5000 "
        f"{issue.publish_command}",
        f"  or write into content/{issue.slug}/LANG.po by hand; what is done is kept.",
    )


async def standing(runtime: Runtime, issue: IssueId) -> tuple[Report, list[Wait]]:
    """An issue's reconciliation, and what it waits for."""
    from flows.operations.reporting import report_issue
    from flows.operations.standing import waits_of

    report = await report_issue(runtime.store, issue, now=runtime.clock())
    waits = await waits_of(
        runtime.library,
        runtime.store,
        report.issue,
        now=runtime.clock(),
        late_hours=runtime.settings.schedule.late_hours,
    )
    return report, waits


def tell_report(report: Report) -> None:
    """The reconciliation per language and city, and what needs a look."""
    from flows.domain.delivery import DeliveryState
    from flows.operations.times import show_moment

    if not report.audience:
        say(f"{report.issue.id}: {report.issue.state}, nothing sent yet")
        return
    used = [state for state in DeliveryState if report.counts.total[state]]
    holds = "the states add up" if report.complete else report.issue.reason or "not finished"
    say(f"{report.issue.id}: {report.issue.state}, audience {report.audience}, {holds}")
    if report.archived_at:
        say(f"In the archive since {report.archived_at:%Y-%m-%d}: the letters are deleted.")
    by_language = report.counts.by_language | {"all": report.counts.total}
    for title, rows in (("language", by_language), ("city", report.counts.by_city)):
        print_table(
            f"By {title}",
            (title, *used),
            [(key, *(tally[state] for state in used)) for key, tally in rows.items()],
        )
    for language, letters in report.held.items():
        say(f"Wait for {language}: {numbered(letters, 'reader')}")
    if report.awaited:
        print_table(
            "To come",
            ("when", "city", "letters"),
            [
                (show_moment(one.at, one.timezone, now=datetime.now(UTC)), one.city, one.letters)
                for one in report.awaited
            ],
        )
    _tell_troubles(report)


def _tell_troubles(report: Report) -> None:
    if report.bounced or report.complained:
        say(f"Came back: {report.bounced} bounced, {report.complained} complained of")
    if report.reasons:
        print_table(
            "By reason",
            ("state", "code", "how many", "for example"),
            [(one.state, one.code or "", one.letters, one.example) for one in report.reasons],
        )
    if report.troubles:
        print_table(
            "What needs a look",
            ("address", "city", "language", "state", "answer"),
            [
                (one.address, one.city, one.language, one.state, f"{one.code or ''} {one.reply}")
                for one in report.troubles
            ],
        )
