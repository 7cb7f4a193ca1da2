"""One request to the desk: who is there, what they sent, and how they are answered."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.content.source import parse_slug
from flows.desk import access
from flows.desk.cookies import Cookies
from flows.desk.directory import Directory
from flows.desk.drafts import Drafts
from flows.desk.forms import Form
from flows.desk.notices import notice_of
from flows.desk.pages import Pages
from flows.desk.words import Words
from flows.domain.access import Scope, everywhere
from flows.domain.account import Account, Guest, Session
from flows.domain.errors import InputError, NotFoundError
from flows.mail.links import sign_link
from flows.operations.library import Library
from flows.operations.looking import scope_of
from flows.operations.passwords import Passwords
from flows.operations.secondfactor import Seal
from flows.operations.visits import Lifetime
from flows.operations.workbench import Workbench
from flows.runtime.runtime import Runtime

if TYPE_CHECKING:
    from flows.desk.checkup import Checkup
    from flows.desk.watching import Watch

ROOT = "/desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all requests share. `origin` is the desk's own: scheme, host and port.

    `library` is the newsroom's, which remembers what it measured, `workbench` its catalogues that
    are being worked on; review links can be used for as
    long as `links_last`.
    """

    runtime: Runtime
    library: Library
    workbench: Workbench
    pages: Pages
    cookies: Cookies
    passwords: Passwords
    seal: Seal
    lifetime: Lifetime
    origin: str
    links_last: timedelta
    watch: "Watch"
    checkup: "Checkup"
    drafts: Drafts
    directory: Directory | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request. `stranger` is what the forms of somebody without a session are bound to."""

    desk: Desk
    request: Request
    locale: str
    session: Session | None = None
    stranger: str = ""
    form: Form = field(default_factory=lambda: Form({}))

    @property
    def runtime(self) -> Runtime:
        """The newsroom behind the desk."""
        return self.desk.runtime

    @property
    def now(self) -> datetime:
        """The present."""
        return self.desk.runtime.clock()

    @property
    def words(self) -> Words:
        """The language of the answer."""
        return self.desk.pages.words[self.locale]

    @property
    def account(self) -> Account:
        """Who is signed in. Raises `NotFoundError` for a guest, who has no account."""
        if self.session is None or not isinstance(self.session.visitor, Account):
            raise NotFoundError("this is for those who have an account")
        return self.session.visitor

    @property
    def name(self) -> str:
        """Who acts, as the audit trail names them."""
        return self.session.visitor.name if self.session else "anybody"

    @property
    def invited_by(self) -> str:
        """Who made the link by which a guest came; nobody for whoever has an account."""
        visitor = self.session.visitor if self.session else None
        return visitor.invited_by if isinstance(visitor, Guest) else ""

    @property
    def csrf(self) -> str:
        """What every form of this visit must send back."""
        if self.session is not None:
            return self.session.csrf
        return sign_link(self.desk.cookies.key, purpose="stranger", payload=self.stranger)

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks, which wants a part of the page."""
        return self.request.headers.get("hx-request") == "true"

    def named(self, parameter: str) -> str:
        """A part of the path. Raises `NotFoundError` for what can be no article's name."""
        return path_part(self.request, parameter)

    def asked(self, parameter: str) -> str:
        """A part of the query, without the blanks around it."""
        return query_part(self.request, parameter)

    def may(self, whom: access.Whom) -> bool:
        """Whether whoever is there is among those who may."""
        return access.may(self.session, whom)

    def say(self, message: str, **values: object) -> str:
        """A message in the language of the answer."""
        return self.words.say(message, **values)

    @property
    def may_publish(self) -> bool:
        """Whether this person decides what is sent."""
        return self.may(access.PUBLISHING)

    @property
    def may_audit(self) -> bool:
        """Whether this person reads the audit trail."""
        return self.may(access.AUDITING)

    @property
    def may_work(self) -> bool:
        """Whether this is somebody who makes the newsletter: no guest, no correspondent."""
        return self.may(access.EVERYONE)

    @property
    def first_page(self) -> str:
        """Where this person's work begins: of a guest what they review, of anybody else the desk.

        Of a stranger the form to sign in.
        """
        if self.session is None:
            return "/login"
        visitor = self.session.visitor
        if isinstance(visitor, Guest):
            return f"/articles/{visitor.slug}/{visitor.language}/review"
        return "/"

    async def scope(self) -> Scope:
        """Whose contacts this person may see and change."""
        if self.may_publish:
            return everywhere(self.name)
        return await scope_of(self.runtime.store, self.name, address=self.account.address)

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page, with what every page knows."""
        body = self.part(template, **values)
        return HTMLResponse(body, status_code=status)

    def part(self, template: str, **values: object) -> str:
        """The text of a template."""
        return self.desk.pages.render(
            template,
            locale=self.locale,
            visit=self,
            visitor=self.session.visitor if self.session else None,
            csrf=self.csrf,
            at=at,
            now=self.now,
            can=self._can(),
            notice=notice_of(self),
            **values,
        )

    def go(self, path: str, *, done: str = "") -> Response:
        """On to another page after something was done; `done` names the notice shown there."""
        path, hash_sign, place = path.partition("#")
        address = at(path) + (f"{'&' if '?' in path else '?'}done={quote(done)}" if done else "")
        address += hash_sign + place
        if self.is_partial:
            return Response(status_code=204, headers={"HX-Redirect": address})
        return RedirectResponse(address, status_code=303)

    def _can(self) -> dict[str, Any]:
        return {
            "edit": self.may(access.EDITING),
            "write": self.may(access.WRITING),
            "publish": self.may_publish,
            "audit": self.may_audit,
            "administer": self.may(access.ADMINISTERING),
            "work": self.may_work,
            "keep": self.may(access.KEEPING),
            "sign_in": self.may(access.SIGNED_IN),
        }


def path_part(request: Request, parameter: str) -> str:
    """A part of an address's path. Raises `NotFoundError` for what can be no name."""
    part = str(request.path_params[parameter])
    if "\0" in part:
        raise NotFoundError("there is nothing of this name")
    if parameter == "slug":
        try:
            parse_slug(part)
        except InputError:
            raise NotFoundError("there is no such article") from None
    return part


def query_part(request: Request, parameter: str) -> str:
    """A part of an address's query, without the blanks around it."""
    return request.query_params.get(parameter, "").replace("\0", "").strip()


def at(path: str) -> str:
    """The address of a page of the desk."""
    return ROOT + path
