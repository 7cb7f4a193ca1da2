"""Who got what: an issue's deliveries as a file."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from flows.desk.visit import Visit
from flows.domain.delivery import DeliveryState
from flows.domain.errors import InputError
from flows.domain.issue import IssueId
from flows.operations.reporting import list_deliveries
from flows.operations.spreadsheets import BOM, csv_line
from flows.store.counts import Trouble
from flows.store.events import record_event

COLUMNS: Final = ("address", "city", "language", "state", "code", "answer", "next attempt")


async def export(visit: Visit) -> Response:
    """Everybody whose letter is in the states that are asked for, with the relay's words."""
    issue = IssueId(visit.named("issue"))
    try:
        states = [DeliveryState(one) for one in visit.request.query_params.getlist("state")]
    except ValueError as error:
        raise InputError(str(error), field="state") from None
    async with visit.runtime.store.writing() as tx:
        # Addresses leave the house here: whoever took them is written down.
        await record_event(tx, "deliveries.exported", issue, actor=visit.name, now=visit.now)
    found = await list_deliveries(visit.runtime.store, issue, states or list(DeliveryState))
    return StreamingResponse(
        _lines(found),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{issue}.csv"'},
    )


async def _lines(found: list[Trouble]) -> AsyncIterator[str]:
    yield BOM + csv_line(COLUMNS)
    for one in found:
        again = one.next_at.isoformat() if one.next_at else ""
        yield csv_line(
            (one.address, one.city, one.language, one.state, one.code or "", one.reply, again)
        )
