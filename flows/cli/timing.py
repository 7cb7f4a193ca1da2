"""How commands are told when something leaves, and how they tell it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.session import Session, note
from flows.domain.phrases import numbered

if TYPE_CHECKING:
    from flows.domain.issue import IssueId
    from flows.operations.zones import Leaving
    from flows.runtime.runtime import Runtime

WHEN = '"2026-12-01 09:00 Europe/Brussels", or "… local": where each reader is'

Policy = Annotated[
    str | None,
    typer.Option(
        help="If not all is approved then: hold all, or send the approved languages.",
        metavar="hold|approved",
    ),
]
SendLate = Annotated[
    bool, typer.Option("--send-late", help="Send at once where a local time passed long ago.")
]


def tell_leavings(session: Session, issue_id: IssueId) -> None:
    """Of an issue for local times: how many readers get it at which instants."""
    from flows.operations.times import show_moment

    leavings = session.do(lambda runtime: _leavings(runtime, issue_id))
    now = datetime.now(UTC)
    for one in leavings:
        when = ", ".join(show_moment(one.at, zone, now=now) for zone in one.zones[:1])
        others = f" and {numbered(len(one.zones) - 1, 'more zone')}" if len(one.zones) > 1 else ""
        letters = numbered(one.readers, "letter")
        note(f"  {when}{others}: {letters} to {one.some_cities or 'no city yet'}")


async def _leavings(runtime: Runtime, issue_id: IssueId) -> list[Leaving]:
    from flows.operations.zones import leavings_of
    from flows.store.issues import get_issue

    async with runtime.store.reading() as tx:
        issue = await get_issue(tx, issue_id)
    return await leavings_of(
        runtime.store, issue, network=runtime.settings.desk.timezone, now=runtime.clock()
    )
