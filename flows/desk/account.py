"""Somebody's own page: language, password, second factor, other visits."""

import segno
from starlette.responses import Response

from flows.desk.faults import in_words
from flows.desk.visit import Visit
from flows.desk.words import LOCALES
from flows.domain.errors import InputError, NewsletterError
from flows.domain.phrases import Phrase
from flows.operations.accounts import set_locale, set_password
from flows.operations.entering import Door, check_password
from flows.operations.limiting import network_of
from flows.operations.secondfactor import address_of_secret, new_secret, turn_off, turn_on
from flows.operations.visits import end_other_visits

ISSUER = "Newsletter"


async def show(visit: Visit) -> Response:
    """The page."""
    return _page(visit)


def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    return visit.page("account.html", status=status, account=visit.account, problem=problem)


async def choose_language(visit: Visit) -> Response:
    """The language of the pages; none is the browser's."""
    locale = visit.form.text("locale")
    if locale and locale not in LOCALES:
        raise InputError(
            Phrase("{name!r} is no language of these pages", name=locale), field="locale"
        )
    await set_locale(visit.runtime.store, visit.account, locale)
    return visit.go("/account", done="language")


async def change_password(visit: Visit) -> Response:
    """A new password, for whoever knows the old one."""
    account = visit.account
    try:
        await _prove(visit)
        await set_password(
            visit.runtime.store,
            account.name,
            visit.form.exact("new"),
            passwords=visit.desk.passwords,
            by=account.name,
            now=visit.now,
            keep=visit.session.key if visit.session else "",
        )
    except NewsletterError as error:
        return _page(visit, problem=in_words(visit.words, error), status=422)
    return visit.go("/account", done="password")


async def _prove(visit: Visit) -> None:
    """Raise unless the password that was typed is that of who is signed in."""
    client = visit.request.client
    await check_password(
        visit.runtime.store,
        visit.account.name,
        visit.form.exact("password"),
        # Counted by the visit: it cannot be used to shut anybody else out.
        door=Door(
            network=network_of(client.host if client else ""),
            browser=visit.session.key if visit.session else "",
            known_to=visit.account.id,
        ),
        passwords=visit.desk.passwords,
        now=visit.now,
    )


async def ask_second_factor(visit: Visit) -> Response:
    """A new secret, to be put into an authenticator app."""
    return _second_factor(visit, visit.desk.seal.close(new_secret()))


def _second_factor(visit: Visit, sealed: str, *, problem: str = "", status: int = 200) -> Response:
    secret = visit.desk.seal.open(sealed)
    if secret is None:
        raise InputError("is not a secret of ours", field="sealed")
    address = address_of_secret(secret, name=visit.account.name, issuer=ISSUER)
    picture = segno.make(address, error="m")
    return visit.page(
        "secondfactor.html",
        status=status,
        sealed=sealed,
        secret=secret,
        size=picture.symbol_size(border=4)[0],
        squares=[
            (x, y)
            for y, row in enumerate(picture.matrix_iter(border=4))
            for x, dark in enumerate(row)
            if dark
        ],
        problem=problem,
    )


async def set_second_factor(visit: Visit) -> Response:
    """Ask for codes from now on, if the app shows the right one."""
    sealed = visit.form.text("sealed")
    try:
        await turn_on(
            visit.runtime.store,
            visit.account,
            sealed=sealed,
            code=visit.form.text("code"),
            seal=visit.desk.seal,
            now=visit.now,
        )
    except InputError as error:
        return _second_factor(visit, sealed, problem=in_words(visit.words, error), status=422)
    return visit.go("/account", done="code-on")


async def drop_second_factor(visit: Visit) -> Response:
    """Ask for no codes any more; the password must be given once more."""
    try:
        await _prove(visit)
    except NewsletterError as error:
        return _page(visit, problem=in_words(visit.words, error), status=422)
    await turn_off(visit.runtime.store, visit.account, now=visit.now)
    return visit.go("/account", done="code-off")


async def end_others(visit: Visit) -> Response:
    """End all other visits of the same person."""
    if visit.session is not None:
        await end_other_visits(visit.runtime.store, visit.session, now=visit.now)
    return visit.go("/account", done="others-ended")
