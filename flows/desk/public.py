"""The public application: what letters link to, signing up, the archive."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.desk.readers.choosing import Choosing, OwnData
from flows.desk.readers.entrance import Entrance
from flows.desk.readers.images import Images
from flows.desk.readers.leaving import Leaving
from flows.desk.readers.letters import Letters
from flows.desk.readers.reading_on import ReadingOn
from flows.desk.readers.signing_up import SigningUp, serve_script
from flows.desk.readers.site import Site
from flows.desk.watchers import Watchers
from flows.runtime.runtime import Runtime


def create_app(runtime: Runtime, *, desk_url: str = "") -> Starlette:
    """The public application of a newsroom. GET changes nothing, whatever follows its links.

    The first page leads to the desk where `desk_url` says that there is one.
    """
    site = Site(runtime=runtime, desk_url=desk_url)
    watchers = Watchers(runtime)
    leaving, signing_up = Leaving(site), SigningUp(site)
    choosing, own_data, letters = Choosing(site), OwnData(site), Letters(site)
    reading = ReadingOn(site, letters)

    async def refuse(request: Request, error: Exception) -> Response:
        """What no route serves, in the words of a page; headers such as `Allow` stay."""
        known = error if isinstance(error, HTTPException) else HTTPException(404)
        answer = site.gone(request, status=known.status_code)
        answer.headers.update(known.headers or {})
        return answer

    return Starlette(
        routes=[
            Route("/", Entrance(site).show, methods=["GET"]),
            Route("/u/{token}", leaving.ask, methods=["GET"]),
            Route("/u/{token}", leaving.act, methods=["POST"]),
            Route("/v/{token}", letters.view, methods=["GET"]),
            Route("/p/{token}", choosing.ask, methods=["GET"]),
            Route("/p/{token}", choosing.act, methods=["POST"]),
            Route("/d/{token}", own_data.ask, methods=["GET"]),
            Route("/d/{token}", own_data.act, methods=["POST"]),
            Route("/d/{token}/copy", own_data.copy, methods=["GET"]),
            Route("/subscribe", signing_up.ask, methods=["GET"]),
            Route("/subscribe", signing_up.take, methods=["POST"]),
            Route("/c/{token}", signing_up.ask_to_confirm, methods=["GET"]),
            Route("/c/{token}", signing_up.confirm, methods=["POST"]),
            Route("/r/{token}", signing_up.ask_to_renew, methods=["GET"]),
            Route("/r/{token}", signing_up.renew, methods=["POST"]),
            Route("/work.js", serve_script, methods=["GET"]),
            Route("/archive", letters.entrance, methods=["GET"]),
            Route("/archive/{language}", letters.index, methods=["GET"]),
            Route("/archive/{language}/feed.atom", letters.feed, methods=["GET"]),
            Route("/archive/{language}/{issue}", letters.archived, methods=["GET"]),
            Route("/articles/{language}/{slug}", reading.article, methods=["GET"]),
            Route("/agenda/{language}/{slug}/{name}.ics", reading.appointment, methods=["GET"]),
            Route("/images/{name}", Images(site).show, methods=["GET"]),
            Route("/health", watchers.health, methods=["GET"]),
            Route("/ready", watchers.ready, methods=["GET"]),
            Route("/metrics", watchers.metrics, methods=["GET"]),
        ],
        exception_handlers={HTTPException: refuse},
    )
