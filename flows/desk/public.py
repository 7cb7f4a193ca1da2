"""The pages behind the links of a letter: leave the list, read in the browser."""

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from flows.domain.issue import IssueId
from flows.domain.language import choose_edition
from flows.mail.links import read_link
from flows.operations.reading import Reading, leave, read_in_browser, reading_of
from flows.runtime.runtime import Runtime

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
    pages = Pages(runtime)
    return Starlette(
        routes=[
            Route("/u/{token}", pages.ask, methods=["GET"]),
            Route("/u/{token}", pages.act, methods=["POST"]),
            Route("/v/{token}", pages.view, methods=["GET"]),
            Route("/health", health, methods=["GET"]),
        ],
        exception_handlers={HTTPException: pages.refuse},
    )


async def health(_request: Request) -> Response:
    """Say that the pages are there."""
    return PlainTextResponse("ok\n", headers=HEADERS)


class Pages:
    """The public pages, each in the language of its reader."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._templates = Environment(
            loader=FileSystemLoader(runtime.library.template_folders),
            autoescape=True,
            undefined=StrictUndefined,
        )

    async def ask(self, request: Request) -> Response:
        """Looking at the page changes nothing: mail scanners follow every link."""
        reading = await self._find(request, purpose="unsubscribe")
        return self._leaving(request, reading, done=False)

    async def act(self, request: Request) -> Response:
        """One click of a mail program (RFC 8058) or of the page's own button.

        The answer is the same for a forged link: it tells nobody who is on a list.
        """
        reading = await self._find(request, purpose="unsubscribe")
        if reading is not None:
            runtime = self._runtime
            await leave(runtime.store, reading, source="link in a letter", now=runtime.clock())
        return self._leaving(request, reading, done=True)

    async def view(self, request: Request) -> Response:
        """The edition that this reader got."""
        reading = await self._find(request, purpose="view")
        html = None
        if reading is not None:
            reader = self._runtime.reader(
                reading.issue, reading.contact, reading.language, name=reading.name
            )
            html = await read_in_browser(self._runtime.store, reading, reader)
        if html is None:
            return self._page("gone.html", self._fallback_language(request), status=404)
        return HTMLResponse(html, headers=HEADERS)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """What no route serves, in the words of a page; headers such as `Allow` stay."""
        known = error if isinstance(error, HTTPException) else HTTPException(404)
        language = self._fallback_language(request)
        answer = self._page("gone.html", language, status=known.status_code)
        answer.headers.update(known.headers or {})
        return answer

    async def _find(self, request: Request, *, purpose: str) -> Reading | None:
        runtime = self._runtime
        payload = read_link([runtime.key], request.path_params["token"], purpose=purpose)
        if payload is None:
            return None
        issue, _, contact = payload.partition("/")
        return await reading_of(runtime.store, IssueId(issue), int(contact))

    def _leaving(self, request: Request, reading: Reading | None, *, done: bool) -> HTMLResponse:
        language = reading.language if reading else self._fallback_language(request)
        return self._page("leave.html", language, done=done)

    def _page(self, name: str, language: str, status: int = 200, **values: object) -> HTMLResponse:
        body = self._templates.get_template(f"public/{name}").render(language=language, **values)
        return HTMLResponse(body, status_code=status, headers=HEADERS)

    def _fallback_language(self, request: Request) -> str:
        header = request.headers.get("accept-language", "")
        tags = [part.partition(";")[0].strip() for part in header.split(",")]
        library = self._runtime.library
        return choose_edition(tags, editions=library.languages) or library.source_language
