"""Cities: who is there, and whom nobody wrote to."""

from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response

from flows.desk.audit import read_day
from flows.desk.visit import Visit
from flows.operations.looking import list_cities, quarter_start, read_city


async def show_all(visit: Visit) -> Response:
    """Every city within reach, with its contacts in figures."""
    since = _since(visit)
    found = await list_cities(visit.runtime.store, scope=await visit.scope(), since=since)
    return visit.page("cities.html", cities=found, since=since)


async def show(visit: Visit) -> Response:
    """One city: its contacts, and those without a letter since the beginning of the quarter."""
    since = _since(visit)
    city = await read_city(
        visit.runtime.store, visit.named("city"), scope=await visit.scope(), since=since
    )
    return visit.page("city.html", city=city, since=since)


def _since(visit: Visit) -> datetime:
    """The day that was asked for, or the first of the quarter."""
    return read_day(visit, "since") or quarter_start(
        visit.now.astimezone(ZoneInfo(visit.words.zone))
    )
