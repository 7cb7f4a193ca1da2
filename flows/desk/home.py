"""The first page."""

from starlette.responses import Response

from flows.desk.visit import Visit


async def show(visit: Visit) -> Response:
    """What is going on."""
    return visit.page("home.html")
