"""Signing in and out."""

import secrets
from datetime import timedelta
from typing import Final

from starlette.responses import Response

from flows.desk.addresses import local_address
from flows.desk.cookies import MARK, MARK_DAYS, STEP, VISIT
from flows.desk.faults import REFUSALS
from flows.desk.visit import Visit
from flows.domain.account import Account, UserId
from flows.domain.errors import NotFoundError
from flows.operations.entering import (
    Door,
    NotLetInError,
    check_code,
    check_password,
    fingerprint,
    let_in,
)
from flows.operations.limiting import TooManyAttemptsError, network_of
from flows.operations.passwords import BusyError
from flows.operations.visits import end_visit
from flows.store.users import get_user

STEP_SECONDS: Final = 300


async def ask(visit: Visit) -> Response:
    """The form to sign in."""
    if visit.session is not None:
        return visit.go("/")
    return _form(visit)


def _form(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    directory = visit.desk.directory
    return visit.page(
        "login.html",
        status=status,
        problem=problem,
        name=visit.form.text("name"),
        back=visit.form.text("next") or visit.asked("next"),
        directory=directory.name if directory else "",
    )


async def sign_in(visit: Visit) -> Response:
    """A name and a password; whoever has a second factor is asked for its code next."""
    try:
        account = await check_password(
            visit.runtime.store,
            visit.form.text("name"),
            visit.form.exact("password"),
            door=_door(visit),
            passwords=visit.desk.passwords,
            now=visit.now,
        )
    except NotLetInError:
        return _form(visit, problem=visit.say("The name or the password is wrong."), status=403)
    except TooManyAttemptsError as error:
        return _wait(_form(visit, problem=_too_many(visit, error.wait), status=429), error.wait)
    except BusyError:
        busy = visit.say(REFUSALS[503])
        return _wait(_form(visit, problem=busy, status=503), timedelta(seconds=5))
    if account.second_factor:
        response = visit.go(f"/login/code{_query(visit)}")
        payload = f"{account.id} {visit.now.timestamp():.0f} {fingerprint(account)}"
        visit.desk.cookies.write_signed(response, STEP, payload, seconds=STEP_SECONDS)
        return response
    return await enter(visit, account, how="password")


def _door(visit: Visit) -> Door:
    client = visit.request.client
    mark, _, user = visit.desk.cookies.read_signed(visit.request, MARK).partition(" ")
    return Door(
        network=network_of(client.host if client else ""),
        browser=mark,
        known_to=UserId(int(user)) if user.isdigit() else None,
    )


def _query(visit: Visit) -> str:
    back = local_address(visit.form.text("next"))
    return "" if back == "/desk/" else f"?next={back}"


def _too_many(visit: Visit, wait: timedelta) -> str:
    span = visit.words.duration(max(60, wait.total_seconds()))
    return visit.say("Too many attempts. Try again in %(span)s.", span=span)


def _wait(response: Response, wait: timedelta) -> Response:
    response.headers["Retry-After"] = str(max(1, round(wait.total_seconds())))
    return response


async def ask_code(visit: Visit) -> Response:
    """The form for the code of an authenticator app."""
    if await _half_way(visit) is None:
        return visit.go("/login")
    return visit.page("code.html", problem="", back=visit.asked("next"))


async def give_code(visit: Visit) -> Response:
    """The second factor."""
    account = await _half_way(visit)
    if account is None:
        return visit.go("/login")
    problem, status = visit.say("The code is wrong, or was used before."), 403
    try:
        await check_code(
            visit.runtime.store,
            account,
            visit.form.text("code"),
            seal=visit.desk.seal,
            now=visit.now,
        )
        return await enter(visit, account, how="password and code")
    except NotLetInError:
        pass
    except TooManyAttemptsError as error:
        problem, status = _too_many(visit, error.wait), 429
    return visit.page("code.html", status=status, problem=problem, back=visit.form.text("next"))


async def _half_way(visit: Visit) -> Account | None:
    """Who gave the right password some minutes ago, and nothing of theirs changed since."""
    parts = visit.desk.cookies.read_signed(visit.request, STEP).split(" ")
    if len(parts) != 3 or visit.now.timestamp() - int(parts[1]) > STEP_SECONDS:
        return None
    async with visit.runtime.store.reading() as tx:
        try:
            account = await get_user(tx, UserId(int(parts[0])))
        except NotFoundError:
            return None
    usable = account.disabled_at is None and fingerprint(account) == parts[2]
    return account if usable else None


async def enter(visit: Visit, account: Account, *, how: str) -> Response:
    """Begin a visit: a new cookie, whatever the browser had before."""
    cookies = visit.desk.cookies
    token, _ = await let_in(
        visit.runtime.store,
        account,
        lifetime=visit.desk.lifetime,
        now=visit.now,
        how=how,
        instead_of=cookies.read(visit.request, VISIT),
    )
    back = local_address(visit.form.text("next"))
    response = visit.go(back.removeprefix("/desk"))
    cookies.write(response, VISIT, token)
    mark = f"{secrets.token_urlsafe(16)} {account.id}"
    cookies.write_signed(response, MARK, mark, seconds=MARK_DAYS * 86400)
    cookies.drop(response, STEP)
    return response


async def sign_out(visit: Visit) -> Response:
    """Leave the desk, and leave nothing of it in the browser."""
    if visit.session is not None:
        await end_visit(visit.runtime.store, visit.session, now=visit.now)
    response = visit.go("/login", done="signed-out")
    visit.desk.cookies.drop(response, VISIT)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
