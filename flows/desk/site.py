"""The web site of a newsroom: the public pages, and the desk for those who make the newsletter."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from flows.desk.api.call import HERE
from flows.desk.api.door import create_api
from flows.desk.checkup import Checkup
from flows.desk.cookies import Cookies
from flows.desk.directory import Directory
from flows.desk.drafts import Drafts
from flows.desk.files import serve_file
from flows.desk.guard import HEADERS, answer_unknown, route
from flows.desk.pages import Pages
from flows.desk.public import create_app
from flows.desk.routes import ENTRIES
from flows.desk.visit import Desk
from flows.desk.warming import warmed
from flows.desk.watching import Watch
from flows.operations.passwords import Passwords
from flows.operations.secondfactor import Seal
from flows.operations.visits import Lifetime
from flows.operations.workbench import Workbench
from flows.runtime.runtime import Runtime
from flows.settings.desk import is_private
from flows.settings.reading import reveal

log = structlog.get_logger()


def create_site(runtime: Runtime) -> Starlette:
    """Everything that a newsroom serves. The desk is left out where visits would not be private."""
    settings = runtime.settings
    if settings.desk.enabled and is_private(settings.desk_url):
        return create_desk_site(build_desk(runtime))
    if settings.desk.enabled:
        log.warning("desk.off", address=settings.desk_url, because="visits need https")
    return create_app(runtime)


def create_desk_site(desk: Desk) -> Starlette:
    """A desk, and beside it the public pages and the interface for programs."""
    programs = desk.runtime.settings.api.enabled
    return Starlette(
        lifespan=warmed(desk),
        routes=[
            Route("/desk", lambda _: RedirectResponse("/desk/", status_code=308)),
            _mount("/desk", create_desk(desk)),
            *([_mount(HERE, create_api(desk))] if programs else []),
            _mount("/", create_app(desk.runtime, desk_url=desk.runtime.settings.desk_url)),
        ],
    )


def _mount(path: str, app: Starlette) -> Mount:
    """Everything beneath a path; Starlette's own pattern leaves out what has a line break in it."""
    mount = Mount(path, app=app)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def build_desk(runtime: Runtime, *, passwords: Passwords | None = None) -> Desk:
    """What all requests to the desk share."""
    settings = runtime.settings
    address = urlsplit(settings.desk_url)
    library = runtime.library.remembering()
    return Desk(
        runtime=runtime,
        library=library,
        workbench=Workbench(library),
        pages=Pages(
            runtime.library.template_folders,
            zone=settings.desk.timezone,
            globals_={"source_language": settings.source_language},
        ),
        cookies=Cookies(key=runtime.key, secure=address.scheme == "https"),
        passwords=passwords or Passwords(),
        seal=Seal(runtime.key),
        lifetime=Lifetime(
            idle=timedelta(minutes=settings.desk.idle_minutes),
            whole=timedelta(hours=settings.desk.visit_hours),
        ),
        origin=f"{address.scheme}://{address.netloc}".lower(),
        links_last=timedelta(days=settings.desk.review_link_days),
        watch=Watch(),
        checkup=Checkup(),
        drafts=Drafts(),
        directory=_directory(runtime),
    )


def _directory(runtime: Runtime) -> Directory | None:
    oidc = runtime.settings.desk.oidc
    if not oidc.issuer:
        return None
    return Directory(
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        client_secret=reveal(oidc.client_secret) or "",
        name=oidc.name,
        redirect_uri=f"{runtime.settings.desk_url}login/directory/back",
    )


def create_desk(desk: Desk) -> Starlette:
    """The application behind `/desk/`."""

    async def unknown(request: Request, error: Exception) -> Response:
        known = error if isinstance(error, HTTPException) else HTTPException(404)
        answer = await answer_unknown(desk, request, known.status_code)
        answer.headers.update(known.headers or {})
        return answer

    async def broken(_request: Request, error: Exception) -> Response:
        log.error("desk.broken", kind=type(error).__name__)
        return PlainTextResponse("Something broke.\n", status_code=500, headers=HEADERS)

    app = Starlette(
        routes=[
            Route("/static/{version}/{name}", serve_file, methods=["GET"]),
            *(route(desk, entry) for entry in ENTRIES),
        ],
        exception_handlers={HTTPException: unknown, Exception: broken},
    )
    # An address with a slash too many is unknown: a redirect would repeat the Host that was sent.
    app.router.redirect_slashes = False
    return app
