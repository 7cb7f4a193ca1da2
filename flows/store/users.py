"""Rows and `Account` values."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.account import Account, Role, UserId
from flows.domain.errors import NotFoundError
from flows.domain.language import Language
from flows.store.database import insert_once
from flows.store.desk_tables import users


async def create_user(
    tx: AsyncConnection,
    name: str,
    *,
    name_key: str,
    roles: Collection[Role],
    languages: Collection[Language],
    address: str,
    address_key: str | None,
    now: datetime,
) -> Account | None:
    """A new account without a password; `None` if its name or address is taken."""
    added = await tx.execute(
        insert_once(tx, users).values(
            name=name,
            name_key=name_key,
            address=address,
            address_key=address_key,
            roles=sorted(roles),
            languages=sorted(languages),
            created_at=now,
        )
    )
    if added.rowcount != 1:
        return None
    return await find_user(tx, name_key)


async def find_user(tx: AsyncConnection, key: str) -> Account | None:
    """The account whose name or address has this key."""
    return await _first(tx, or_(users.c.name_key == key, users.c.address_key == key))


async def find_user_of_directory(tx: AsyncConnection, directory: str) -> Account | None:
    """The account that a directory's subject signs in to."""
    return await _first(tx, users.c.directory == directory)


async def get_user(tx: AsyncConnection, user: UserId) -> Account:
    """The account. Raises `NotFoundError`."""
    account = await _first(tx, users.c.id == user)
    if account is None:
        raise NotFoundError("there is no such account")
    return account


async def all_users(tx: AsyncConnection) -> list[Account]:
    """Every account, by name."""
    return [account_of(row) for row in await tx.execute(select(users).order_by(users.c.name_key))]


async def change_user(tx: AsyncConnection, user: UserId, **changes: Any) -> None:
    """Set some columns of an account."""
    for name in ("roles", "languages"):
        if name in changes:
            changes[name] = sorted(changes[name])
    await tx.execute(update(users).where(users.c.id == user).values(**changes))


async def take_step(tx: AsyncConnection, user: UserId, step: int) -> bool:
    """Use up a time step of an account's one-time passwords; false if a later one was used."""
    used = await tx.execute(
        update(users).where(users.c.id == user, users.c.last_step < step).values(last_step=step)
    )
    return used.rowcount == 1


async def _first(tx: AsyncConnection, condition: Any) -> Account | None:
    row = (await tx.execute(select(users).where(condition))).first()
    return account_of(row) if row else None


def account_of(row: Row[Any]) -> Account:
    """The account of a row of `users`, among other columns or alone."""
    return Account(
        id=UserId(row.id),
        name=row.name,
        roles=frozenset(Role(role) for role in row.roles),
        languages=frozenset(Language(one) for one in row.languages),
        address=row.address,
        locale=row.locale,
        password_hash=row.password_hash,
        second_factor=row.second_factor,
        last_step=row.last_step,
        directory=row.directory or "",
        disabled_at=row.disabled_at,
    )
