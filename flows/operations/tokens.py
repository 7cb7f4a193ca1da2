"""Tokens: made for a person, shown once, used by programs, revoked."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flows.domain.account import Account
from flows.domain.errors import InputError, NotFoundError
from flows.domain.phrases import Phrase
from flows.domain.token import ROLES_OF, Scope, Token, TokenId
from flows.operations.accounts import named
from flows.operations.visits import token_key
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.tokens import all_tokens, find_token, keep_token, revoke_token, touch_token

PREFIX: Final = "nlt_"
"""By it programs that look for lost secrets know one of ours."""
LONGEST_LABEL: Final = 120
LONGEST_DAYS: Final = 1825
TOUCH_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token that was just made. `secret` is shown now or never."""

    id: TokenId
    secret: str
    owner: str
    expires_at: datetime


async def add_token(
    store: Store,
    name: str,
    *,
    scopes: Collection[Scope],
    label: str,
    days: int,
    by: str,
    now: datetime,
) -> NewToken:
    """A token that acts for the person called `name`, for some days.

    Raises `InputError` for a scope that the person's roles do not give.
    """
    _require_sense(scopes, label, days)
    secret = PREFIX + secrets.token_urlsafe(32)
    expires_at = now + timedelta(days=days)
    async with store.writing() as tx:
        owner = await named(tx, name)
        _require_roles(owner, scopes)
        number = await keep_token(
            tx,
            token_key(secret),
            label=label,
            user=owner.id,
            scopes=scopes,
            by=by,
            now=now,
            expires_at=expires_at,
        )
        await record_event(
            tx,
            "token.added",
            owner.name,
            actor=by,
            now=now,
            token=number,
            label=label,
            scopes=sorted(scopes),
            until=expires_at.isoformat(),
        )
    return NewToken(id=number, secret=secret, owner=owner.name, expires_at=expires_at)


def _require_sense(scopes: Collection[Scope], label: str, days: int) -> None:
    if not scopes:
        raise InputError(
            "a token without a scope opens nothing",
            field="--scope",
            remedy=f"Scopes: {', '.join(Scope)}.",
        )
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise InputError(
            "is no label", field="--label", remedy=f"Up to {LONGEST_LABEL} characters on one line."
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise InputError(
            Phrase("{days} days are none, or too many", days=days),
            field="--days",
            remedy=f"From 1 to {LONGEST_DAYS}; make another token in time.",
        )


def _require_roles(owner: Account, scopes: Collection[Scope]) -> None:
    if owner.disabled_at:
        raise InputError(Phrase("{name} is not let in", name=owner.name), field="NAME")
    for scope in sorted(scopes):
        if not ROLES_OF[scope] & owner.roles:
            raise InputError(
                Phrase(
                    "{name} may not do what the scope {scope} is for", name=owner.name, scope=scope
                ),
                field="--scope",
                remedy=f"It takes a person who is {' or '.join(sorted(ROLES_OF[scope]))}.",
            )


async def list_tokens(store: Store) -> list[Token]:
    """Every token, oldest first, those that work no more among them."""
    async with store.reading() as tx:
        return await all_tokens(tx)


async def take_token_away(store: Store, number: int, *, by: str, now: datetime) -> Token:
    """Let a token work no more, from this moment on. Raises `NotFoundError`."""
    async with store.writing() as tx:
        token = next((one for one in await all_tokens(tx) if one.id == number), None)
        if token is None:
            raise NotFoundError(
                Phrase("there is no token {number}", number=number),
                field="NUMBER",
                remedy="newsletter tokens list",
            )
        if await revoke_token(tx, token.id, now=now):
            await record_event(
                tx, "token.revoked", token.owner.name, actor=by, now=now, token=number
            )
        return token


async def token_of(store: Store, secret: str, *, now: datetime) -> Token | None:
    """The token behind a secret, if it works; the use is noted, once a minute at most."""
    async with store.reading() as tx:
        token = await find_token(tx, token_key(secret))
    if token is None or not token.works(now):
        return None
    if token.used_at is None or now - token.used_at >= TOUCH_EVERY:
        async with store.writing() as tx:
            await touch_token(tx, token.id, now=now)
    return token
