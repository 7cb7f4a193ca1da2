"""The audit trail as a page, and as a file."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from starlette.responses import Response, StreamingResponse

from flows.desk.visit import Visit
from flows.domain.errors import InputError
from flows.domain.phrases import Phrase
from flows.operations.auditing import Search, all_events, search_events
from flows.operations.spreadsheets import BOM, csv_line

AT_ONCE: Final = 100
COLUMNS: Final = ("number", "at", "who", "what", "subject", "facts")


async def show(visit: Visit) -> Response:
    """The latest acts that match what is looked for."""
    before = visit.asked("before")
    found = await search_events(
        visit.runtime.store,
        read_search(visit),
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 12 else None,
        at_most=AT_ONCE,
    )
    template = "auditrows.html" if visit.is_partial else "audit.html"
    return visit.page(template, events=found.events, more=found.more)


def read_search(visit: Visit) -> Search:
    """What the form asks for; days are those of the desk's zone."""
    until = read_day(visit, "until")
    return Search(
        actor=visit.asked("who"),
        action=visit.asked("what"),
        subject=visit.asked("subject"),
        since=read_day(visit, "since"),
        until=until + timedelta(days=1) if until else None,
    )


def read_day(visit: Visit, field: str) -> datetime | None:
    """The first moment of a day that the query names, in the zone of the pages."""
    written = visit.asked(field)
    if not written:
        return None
    try:
        day = datetime.strptime(written, "%Y-%m-%d").date()  # noqa: DTZ007 - the zone comes next
    except ValueError:
        raise InputError(Phrase("{written!r} is not a day", written=written), field=field) from None
    return datetime.combine(day, time(), ZoneInfo(visit.words.zone))


async def export(visit: Visit) -> Response:
    """The same as CSV, for a spreadsheet."""
    search = read_search(visit)
    return StreamingResponse(
        _lines(visit, search),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
    )


async def _lines(visit: Visit, search: Search) -> AsyncIterator[str]:
    yield BOM + csv_line(COLUMNS)
    async for event in all_events(visit.runtime.store, search):
        yield csv_line(
            (
                event.id,
                event.at.isoformat(),
                event.actor,
                event.action,
                event.subject,
                json.dumps(event.facts, ensure_ascii=False, sort_keys=True),
            )
        )
