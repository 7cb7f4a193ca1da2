"""Who may work at the desk: adding people, their roles, their passwords, letting them go."""

import unicodedata
from collections.abc import Collection
from datetime import datetime

from flows.domain.account import Account, Role
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.operations.passwords import Passwords, require_good
from flows.operations.subscribers import parse_mailbox
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.sessions import end_sessions_of
from flows.store.users import all_users, change_user, create_user, find_user

LONGEST_NAME = 120


def account_key(written: str) -> str:
    """The form in which names and addresses are compared: case and spaces make no difference."""
    return " ".join(unicodedata.normalize("NFKC", written).casefold().split())


async def add_user(
    store: Store,
    name: str,
    *,
    roles: Collection[Role],
    languages: Collection[Language],
    address: str = "",
    by: str,
    now: datetime,
) -> Account:
    """Make an account; it has no password yet.

    Raises `InputError` for a name that is taken or none, and for a reviewer of nothing.
    """
    name = _parse_name(name)
    _require_sense(roles, languages)
    mailbox = parse_mailbox(address, field="--address") if address else ""
    async with store.writing() as tx:
        account = await create_user(
            tx,
            name,
            name_key=account_key(name),
            roles=roles,
            languages=languages,
            address=mailbox,
            address_key=account_key(mailbox) if mailbox else None,
            now=now,
        )
        if account is None:
            raise InputError(
                Phrase("{name!r} or the address is taken", name=name),
                field="NAME",
                remedy="Choose another.",
            )
        await _record(tx, "user.added", account, by=by, now=now, **_facts(roles, languages))
        return account


def _parse_name(written: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", written).split())
    if not name or len(name) > LONGEST_NAME or "@" in name or not name.isprintable():
        raise InputError(
            Phrase("{written!r} is not a name", written=written),
            field="NAME",
            remedy=f"Up to {LONGEST_NAME} characters, as it shall stand beside approvals. "
            "An address goes into --address.",
        )
    return name


def _require_sense(roles: Collection[Role], languages: Collection[Language]) -> None:
    if not roles:
        raise InputError(
            "nobody works here without a role", field="--role", remedy=f"Roles: {', '.join(Role)}."
        )
    if Role.REVIEWER in roles and not languages:
        raise InputError(
            "a reviewer answers for at least one language",
            field="--language",
            remedy="For example: --role reviewer --language nl",
        )


async def list_users(store: Store) -> list[Account]:
    """Everybody, by name."""
    async with store.reading() as tx:
        return await all_users(tx)


async def change_roles(
    store: Store,
    name: str,
    *,
    roles: Collection[Role],
    languages: Collection[Language],
    by: str,
    now: datetime,
) -> Account:
    """Give somebody other roles; they hold from the next request on."""
    _require_sense(roles, languages)
    async with store.writing() as tx:
        account = await named(tx, name)
        if Role.ADMINISTRATOR not in roles:
            await _require_another_administrator(tx, account)
        await change_user(tx, account.id, roles=roles, languages=languages)
        await _record(tx, "user.changed", account, by=by, now=now, **_facts(roles, languages))
        return await named(tx, name)


async def disable_user(store: Store, name: str, *, by: str, now: datetime) -> int:
    """Let somebody in no more, from this moment on. How many of their visits that ends."""
    async with store.writing() as tx:
        account = await named(tx, name)
        await _require_another_administrator(tx, account)
        await change_user(tx, account.id, disabled_at=account.disabled_at or now)
        await _record(tx, "user.disabled", account, by=by, now=now)
        return await end_sessions_of(tx, account.id)


async def enable_user(store: Store, name: str, *, by: str, now: datetime) -> None:
    """Let somebody in again."""
    async with store.writing() as tx:
        account = await named(tx, name)
        await change_user(tx, account.id, disabled_at=None)
        await _record(tx, "user.enabled", account, by=by, now=now)


async def set_password(
    store: Store,
    name: str,
    password: str,
    *,
    passwords: Passwords,
    by: str,
    now: datetime,
    keep: str = "",
    forget_second_factor: bool = False,
) -> None:
    """Give an account a new password and end its visits, except perhaps the one to `keep`."""
    async with store.reading() as tx:
        account = await named(tx, name)
    require_good(password, name=account.name)
    hashed = await passwords.hash(password)
    changes = {"second_factor": "", "last_step": 0} if forget_second_factor else {}
    async with store.writing() as tx:
        await change_user(tx, account.id, password_hash=hashed, **changes)
        await end_sessions_of(tx, account.id, but=keep)
        await _record(
            tx,
            "user.password",
            account,
            by=by,
            now=now,
            second_factor="forgotten" if forget_second_factor else "kept",
        )


async def set_locale(store: Store, account: Account, locale: str) -> None:
    """Choose the language of somebody's pages."""
    async with store.writing() as tx:
        await change_user(tx, account.id, locale=locale)


async def named(tx: Transaction, name: str) -> Account:
    """The account of this name or address. Raises `NotFoundError`."""
    account = await find_user(tx, account_key(name))
    if account is None:
        known = ", ".join(one.name for one in await all_users(tx))
        raise NotFoundError(
            Phrase("nobody is called {name!r}", name=name),
            field="NAME",
            remedy=f"Accounts: {known or 'none yet'}.",
        )
    return account


async def _require_another_administrator(tx: Transaction, leaving: Account) -> None:
    if Role.ADMINISTRATOR not in leaving.roles or leaving.disabled_at:
        return
    others = [
        one
        for one in await all_users(tx)
        if Role.ADMINISTRATOR in one.roles and not one.disabled_at and one.id != leaving.id
    ]
    if not others:
        raise NotDoneError(
            Phrase("{name} is the last administrator", name=leaving.name),
            waiting_for=("another one: newsletter users add NAME --role administrator",),
        )


def _facts(roles: Collection[Role], languages: Collection[Language]) -> dict[str, object]:
    return {"roles": sorted(roles), "languages": sorted(languages)}


async def _record(
    tx: Transaction, action: str, account: Account, *, by: str, now: datetime, **facts: object
) -> None:
    await record_event(tx, action, account.name, actor=by, now=now, **facts)
