"""The one door of the desk: nothing is reached but through here."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from flows.desk import access
from flows.desk.addresses import way_back
from flows.desk.cookies import FORM, VISIT
from flows.desk.faults import REFUSALS, answer_fault, refuse
from flows.desk.forms import MOST_BYTES, BadFormError, Form, read_form
from flows.desk.visit import Desk, Visit, at
from flows.desk.words import choose_locale
from flows.domain.account import Account, Guest, Session
from flows.domain.errors import NewsletterError
from flows.domain.language import Language
from flows.operations.visits import visit_of

Act = Callable[[Visit], Awaitable[Response]]

CSRF_FIELD: Final = "_csrf"
CSRF_HEADER: Final = "x-csrf-token"
READING: Final = {"GET", "HEAD"}

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # With `no-referrer` browsers would send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be asked of the desk, and by whom."""

    method: str
    path: str
    act: Act
    whom: access.Whom
    takes_file: bool = False
    most_bytes: int = MOST_BYTES


def route(desk: Desk, entry: Entry) -> Route:
    """The entry behind the door."""

    async def enter(request: Request) -> Response:
        visit = await _who_is_there(desk, request)
        try:
            response = await _admit(visit, entry)
        except NewsletterError as error:
            response = answer_fault(visit, error)
        return _finish(visit, response)

    return Route(entry.path, enter, methods=[entry.method])


async def answer_unknown(desk: Desk, request: Request, status: int) -> Response:
    """A page for what no entry serves."""
    visit = await _who_is_there(desk, request)
    return _finish(visit, refuse(visit, status if status in REFUSALS else 400))


async def _who_is_there(desk: Desk, request: Request) -> Visit:
    token = desk.cookies.read(request, VISIT)
    session = (
        await visit_of(desk.runtime.store, token, lifetime=desk.lifetime, now=desk.runtime.clock())
        if token
        else None
    )
    wanted = session.visitor.locale if session and isinstance(session.visitor, Account) else ""
    return Visit(
        desk=desk,
        request=request,
        locale=choose_locale(wanted, request.headers.get("accept-language", "")),
        session=session,
        stranger=desk.cookies.read(request, FORM) or secrets.token_urlsafe(32),
    )


async def _admit(visit: Visit, entry: Entry) -> Response:
    if not is_our_host(visit):
        return refuse(visit, 421)
    source = visit.desk.library.source_language
    if not visit.may(entry.whom) or not _is_the_guest_s(
        visit.session, visit.request, source=source
    ):
        return _turn_away(visit)
    if entry.method == "POST":
        if not comes_from_us(visit):
            return refuse(visit, 403)
        try:
            visit = replace(visit, form=await _form_of(visit, entry))
        except BadFormError as error:
            return refuse(visit, error.status)
    try:
        if entry.method == "POST" and not _has_token(visit):
            return refuse(visit, 403)
        return await entry.act(visit)
    finally:
        await visit.form.close()


async def _form_of(visit: Visit, entry: Entry) -> Form:
    return await read_form(visit.request, with_file=entry.takes_file, most_bytes=entry.most_bytes)


def _is_the_guest_s(session: Session | None, request: Request, *, source: Language) -> bool:
    """Whether a guest asks for what the link was for; whoever has an account asks for anything."""
    if session is None or not isinstance(session.visitor, Guest):
        return True
    guest, asked = session.visitor, request.path_params
    languages = {guest.language}
    if request.method in READING:
        # Nobody can judge a translation without what was translated.
        languages.add(source)
    return (
        asked.get("slug", guest.slug) == guest.slug
        and asked.get("language", guest.language) in languages
    )


def _turn_away(visit: Visit) -> Response:
    """Whoever is signed in is told no; anybody else may sign in and come back."""
    if visit.session is not None:
        return refuse(visit, 403)
    if visit.is_partial or visit.request.method not in READING:
        return refuse(visit, 401)
    return RedirectResponse(at(f"/login?next={way_back(visit.request)}"), status_code=303)


def is_our_host(visit: Visit) -> bool:
    """Whether the browser asked for an address of ours: any other name leads here by a trick."""
    host = visit.request.headers.get("host", "").lower()
    return host in {urlsplit(origin).netloc for origin in _origins(visit.desk)}


def comes_from_us(visit: Visit) -> bool:
    """Whether a page of ours sent this (Fetch Metadata, and RFC 6454, section 7)."""
    headers = visit.request.headers
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    return origin is None or origin.lower() in _origins(visit.desk)


def _origins(desk: Desk) -> set[str]:
    web = desk.runtime.settings.web
    host = f"[{web.host}]" if ":" in web.host else web.host
    return {desk.origin, *(f"http://{one}:{web.port}" for one in (host, "localhost"))}


def _has_token(visit: Visit) -> bool:
    sent = visit.form.exact(CSRF_FIELD) or visit.request.headers.get(CSRF_HEADER, "")
    bound = visit.session is not None or visit.desk.cookies.read(visit.request, FORM) != ""
    return bound and compare_digest(sent.encode(), visit.csrf.encode())


def _finish(visit: Visit, response: Response) -> Response:
    headers = MutableHeaders(raw=response.raw_headers)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if visit.desk.cookies.secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if visit.session is None and not visit.desk.cookies.read(visit.request, FORM):
        visit.desk.cookies.write(response, FORM, visit.stranger)
    return response
