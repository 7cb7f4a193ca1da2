"""Review links: they let one person review one language of one article without an account."""

import secrets
from datetime import datetime, timedelta

from flows.domain.account import Guest
from flows.domain.errors import InputError
from flows.domain.phrases import Phrase
from flows.operations.accounts import account_key
from flows.operations.visits import Lifetime, begin_visit, token_key
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.sessions import find_review_link, keep_review_link, use_review_link
from flows.store.users import find_user

LONGEST_NAME = 120


async def invite_reviewer(
    store: Store, guest: Guest, *, by: str, lasting: timedelta, now: datetime
) -> str:
    """A token that lets one person review one language of one article, once."""
    if not account_key(guest.name) or len(guest.name) > LONGEST_NAME:
        raise InputError("is no name", field="name", remedy="Say for whom the link is.")
    token = secrets.token_urlsafe(32)
    async with store.writing() as tx:
        if await find_user(tx, account_key(guest.name)):
            raise InputError(
                Phrase("{name} has an account", name=guest.name),
                field="name",
                remedy="They can sign in.",
            )
        await keep_review_link(
            tx, token_key(token), guest, by=by, now=now, expires_at=now + lasting
        )
        await record_event(
            tx,
            "review_link.made",
            f"{guest.slug}/{guest.language}",
            actor=by,
            now=now,
            guest=guest.name,
        )
    return token


async def guest_of(store: Store, token: str, *, now: datetime) -> Guest | None:
    """Whom a link is for, while it can be used. Looking uses nothing up."""
    async with store.reading() as tx:
        return await find_review_link(tx, token_key(token), now=now)


async def let_guest_in(
    store: Store, token: str, *, lifetime: Lifetime, now: datetime, instead_of: str = ""
) -> tuple[str, Guest] | None:
    """Use a link up and begin the visit; `None` if it was used, or its time is over."""
    async with store.writing() as tx:
        guest = await use_review_link(tx, token_key(token), now=now)
        if guest is None:
            return None
        token, _ = await begin_visit(tx, guest, lifetime=lifetime, now=now, instead_of=instead_of)
        await record_event(
            tx, "review_link.used", f"{guest.slug}/{guest.language}", actor=guest.name, now=now
        )
        return token, guest
