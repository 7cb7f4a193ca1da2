"""Rows and `Token` values."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.account import UserId
from flows.domain.token import Scope, Token, TokenId
from flows.store.api_tables import api_tokens
from flows.store.desk_tables import users
from flows.store.users import account_of


async def keep_token(
    tx: AsyncConnection,
    key: str,
    *,
    label: str,
    user: UserId,
    scopes: Collection[Scope],
    by: str,
    now: datetime,
    expires_at: datetime,
) -> TokenId:
    """Write a new token down under its hash. Its number."""
    written = await tx.execute(
        insert(api_tokens)
        .values(
            key=key,
            label=label,
            user=user,
            scopes=sorted(scopes),
            made_by=by,
            made_at=now,
            expires_at=expires_at,
        )
        .returning(api_tokens.c.id)
    )
    return TokenId(written.scalar_one())


async def find_token(tx: AsyncConnection, key: str) -> Token | None:
    """The token of a hash, whether it still works or not."""
    row = (await tx.execute(_tokens().where(api_tokens.c.key == key))).first()
    return _token(row) if row else None


async def all_tokens(tx: AsyncConnection) -> list[Token]:
    """Every token there ever was, oldest first."""
    return [_token(row) for row in await tx.execute(_tokens().order_by(api_tokens.c.id))]


async def touch_token(tx: AsyncConnection, token: TokenId, *, now: datetime) -> None:
    """Note that a token was used."""
    await tx.execute(update(api_tokens).where(api_tokens.c.id == token).values(used_at=now))


async def revoke_token(tx: AsyncConnection, token: TokenId, *, now: datetime) -> bool:
    """Let a token work no more; false if that was done before, or there is none."""
    revoked = await tx.execute(
        update(api_tokens)
        .where(api_tokens.c.id == token, api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return revoked.rowcount == 1


def _tokens() -> Select[Any]:
    mine = [column.label(f"token_{column.name}") for column in api_tokens.c]
    return select(*mine, users).join(users, users.c.id == api_tokens.c.user)


def _token(row: Row[Any]) -> Token:
    return Token(
        id=TokenId(row.token_id),
        label=row.token_label,
        owner=account_of(row),
        scopes=frozenset(Scope(one) for one in row.token_scopes),
        made_by=row.token_made_by,
        made_at=row.token_made_at,
        expires_at=row.token_expires_at,
        used_at=row.token_used_at,
        revoked_at=row.token_revoked_at,
    )
