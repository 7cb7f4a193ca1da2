"""Signing in: by password, with a second factor, or through a city's directory."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flows.domain.account import Account, Session, UserId
from flows.domain.errors import NotDoneError
from flows.operations.accounts import account_key
from flows.operations.limiting import PER_CODE, count_attempt, scopes_of
from flows.operations.passwords import Passwords
from flows.operations.secondfactor import Seal, is_right_code
from flows.operations.visits import Lifetime, begin_visit
from flows.store.attempts import forget_attempts, take_back_attempt
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.users import change_user, find_user, find_user_of_directory


class NotLetInError(NotDoneError):
    """Nobody learns whether it was the name or the password that is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where somebody comes from: their network, and whose mark their browser carries, if any."""

    network: str
    browser: str = ""
    known_to: UserId | None = None


async def check_password(
    store: Store, name: str, password: str, *, door: Door, passwords: Passwords, now: datetime
) -> Account:
    """The account of a name or address with its password.

    Raises `NotLetInError`, `TooManyAttemptsError` or `BusyError`.
    """
    key = account_key(name)
    async with store.reading() as tx:
        account = await find_user(tx, key)
    known = account is not None and door.known_to == account.id
    scopes = scopes_of(
        str(account.id) if account else key,
        network=door.network,
        browser=door.browser if known else "",
    )
    last = await count_attempt(store, scopes, now=now)
    kept = account.password_hash if account and not account.disabled_at else ""
    right = await passwords.matches(kept, password)
    if account is None or not right:
        if last:
            await _record_limit(store, account, now=now)
        raise NotLetInError("the name or the password is wrong")
    await _forget(store, scopes, now=now)
    if passwords.is_outdated(kept):
        fresh = await passwords.hash(password)
        async with store.writing() as tx:
            await change_user(tx, account.id, password_hash=fresh)
    return account


async def _forget(store: Store, scopes: Iterable[str], *, now: datetime) -> None:
    """What was no guess does not count; others in the same network may go on guessing less."""
    async with store.writing() as tx:
        for scope in scopes:
            if scope.startswith("network:"):
                await take_back_attempt(tx, scope, at=now)
            else:
                await forget_attempts(tx, scope)


async def _record_limit(store: Store, account: Account | None, *, now: datetime) -> None:
    """Let the audit trail show that somebody guesses; never what they typed."""
    async with store.writing() as tx:
        name = account.name if account else "unknown"
        await record_event(tx, "login.limited", name, actor="anybody", now=now)


async def check_code(
    store: Store, account: Account, code: str, *, seal: Seal, now: datetime
) -> None:
    """The second factor. Raises `NotLetInError` or `TooManyAttemptsError`."""
    scope = f"code:{account.id}"
    await count_attempt(store, {scope: PER_CODE}, now=now)
    if not await is_right_code(store, account, code, seal=seal, now=now):
        raise NotLetInError("the code is wrong, or was used before")
    async with store.writing() as tx:
        await forget_attempts(tx, scope)


async def let_in(
    store: Store,
    account: Account,
    *,
    lifetime: Lifetime,
    now: datetime,
    how: str,
    instead_of: str = "",
) -> tuple[str, Session]:
    """Begin a visit of somebody who proved who they are: the cookie's token, and the visit."""
    async with store.writing() as tx:
        begun = await begin_visit(tx, account, lifetime=lifetime, now=now, instead_of=instead_of)
        await record_event(tx, "visit.begun", account.name, actor=account.name, now=now, how=how)
        return begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a directory says that somebody is. `address` only where it vouches for it."""

    issuer: str
    subject: str
    address: str = ""


async def account_of_identity(store: Store, identity: Identity, *, now: datetime) -> Account:
    """The account that a directory's identity belongs to.

    The first time an account with the same address is bound to it. Raises `NotLetInError`.
    """
    directory = f"{identity.issuer} {identity.subject}"
    async with store.writing() as tx:
        account = await find_user_of_directory(tx, directory)
        if account is None and identity.address:
            account = await find_user(tx, account_key(identity.address))
            if account is not None and not account.directory and not account.disabled_at:
                await change_user(tx, account.id, directory=directory)
                await record_event(tx, "user.bound", account.name, actor=account.name, now=now)
            else:
                account = None
    if account is None or account.disabled_at:
        raise NotLetInError("no account belongs to this identity")
    return account


def fingerprint(account: Account) -> str:
    """What changes when an account's password or second factor does."""
    secret = f"{account.id} {account.password_hash} {account.second_factor}"
    return hashlib.sha256(secret.encode()).hexdigest()[:32]
