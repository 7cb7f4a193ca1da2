"""The command for the last look before an issue leaves: preflight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from flows.cli.checking import Reviewer
from flows.cli.session import AsJson, Session, not_done, print_json, print_table
from flows.cli.telling import IssueName

if TYPE_CHECKING:
    from flows.operations.preflight import Item, Preflight
    from flows.runtime.runtime import Runtime


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("preflight")(preflight)


def preflight(
    context: typer.Context,
    issue: IssueName,
    reviewer: Reviewer = None,
    as_json: AsJson = False,
) -> None:
    """Look at all that an issue needs to leave; exit 1 if something must be mended first."""
    from flows.domain.issue import IssueId
    from flows.mail.records import published_texts
    from flows.operations.preflight import preflight as look
    from flows.runtime.identity import identity_of

    session: Session = context.obj

    async def run(runtime: Runtime) -> Preflight:
        return await look(
            runtime.library,
            runtime.store,
            IssueId(issue),
            identity=identity_of(runtime),
            lookup=published_texts,
            now=runtime.clock(),
            late_hours=runtime.settings.schedule.late_hours,
            reviewer=reviewer or runtime.settings.review.language,
        )

    found = session.do(run)
    if as_json:
        print_json(found.as_json())
    else:
        print_table(
            f"Preflight of {issue}",
            ("what", "", "language", "found"),
            [row for item in found.items for row in _rows(item)],
        )
    if found.blocks:
        raise not_done()


def _rows(item: Item) -> list[tuple[str, str, str, str]]:
    if not item.notes:
        return [(item.topic, item.verdict, "", "")]
    return [
        (
            item.topic,
            note.severity,
            note.language or "",
            f"{note.message} — {note.passage[:60]}" if note.passage else note.message,
        )
        for note in item.notes
    ]
