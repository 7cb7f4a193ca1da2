"""The pages behind the links of a letter: leave the list, read in the browser."""

from collections.abc import Awaitable, Callable

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from flows.domain.issue import IssueId
from flows.domain.language import choose_edition
from flows.mail.links import read_link
from flows.operations.reading import Reading, leave, read_in_browser, reading_of
from flows.runtime.runtime import Runtime

Page = Callable[[Request], Awaitable[Response]]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src https:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


def create_app(runtime: Runtime) -> Starlette:
    """The public application of a newsroom."""
    templates = Environment(
        loader=FileSystemLoader(runtime.library.template_folders),
        autoescape=True,
        undefined=StrictUndefined,
    )

    def page(name: str, language: str, status: int = 200, **values: object) -> HTMLResponse:
        body = templates.get_template(f"public/{name}").render(language=language, **values)
        return HTMLResponse(body, status_code=status, headers=HEADERS)

    async def find(request: Request, *, purpose: str) -> Reading | None:
        payload = read_link([runtime.key], request.path_params["token"], purpose=purpose)
        if payload is None:
            return None
        issue, _, contact = payload.partition("/")
        return await reading_of(runtime.store, IssueId(issue), int(contact))

    def fallback_language(request: Request) -> str:
        tags = [
            part.partition(";")[0] for part in request.headers.get("accept-language", "").split(",")
        ]
        return (
            choose_edition([tag.strip() for tag in tags], editions=runtime.library.languages)
            or runtime.library.source_language
        )

    async def ask(request: Request) -> Response:
        """Looking at the page changes nothing: mail scanners follow every link."""
        reading = await find(request, purpose="unsubscribe")
        language = reading.language if reading else fallback_language(request)
        return page("leave.html", language, done=False)

    async def act(request: Request) -> Response:
        """One click of a mail program (RFC 8058) or of the page's own button.

        The answer is the same for a forged link: it tells nobody who is on a list.
        """
        reading = await find(request, purpose="unsubscribe")
        if reading is not None:
            await leave(runtime.store, reading, source="link in a letter", now=runtime.clock())
        language = reading.language if reading else fallback_language(request)
        return page("leave.html", language, done=True)

    async def view(request: Request) -> Response:
        """The edition that this reader got."""
        reading = await find(request, purpose="view")
        html = None
        if reading is not None:
            reader = runtime.reader(reading.issue, reading.contact, reading.language)
            html = await read_in_browser(runtime.store, reading, reader)
        if html is None:
            return page("gone.html", fallback_language(request), status=404)
        return HTMLResponse(html, headers=HEADERS)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    return Starlette(
        routes=[
            Route("/u/{token}", ask, methods=["GET"]),
            Route("/u/{token}", act, methods=["POST"]),
            Route("/v/{token}", view, methods=["GET"]),
            Route("/health", health, methods=["GET"]),
        ]
    )
