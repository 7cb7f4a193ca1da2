"""Visits to the desk, and the links by which guests come."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.account import Guest, Session, UserId, Visitor
from flows.domain.article import Slug
from flows.domain.language import Language
from flows.store.desk_tables import review_links, sessions, users
from flows.store.users import account_of


async def keep_session(tx: AsyncConnection, session: Session) -> None:
    """Write a new visit down."""
    guest = session.visitor if isinstance(session.visitor, Guest) else None
    await tx.execute(
        insert(sessions).values(
            key=session.key,
            csrf=session.csrf,
            user=None if guest else session.visitor.id,  # type: ignore[union-attr]
            guest=asdict(guest) if guest else {},
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
        )
    )


async def find_session(
    tx: AsyncConnection, key: str, *, seen_after: datetime, now: datetime
) -> Session | None:
    """A visit that is not over: seen lately, not expired, of an account that may still enter."""
    row = (
        await tx.execute(
            select(sessions.c.key, *_REST, users)
            .outerjoin(users, users.c.id == sessions.c.user)
            .where(
                sessions.c.key == key,
                sessions.c.seen_at > seen_after,
                sessions.c.expires_at > now,
                or_(sessions.c.user.is_(None), users.c.disabled_at.is_(None)),
            )
        )
    ).first()
    return _session(row) if row else None


_REST = (
    sessions.c.csrf,
    sessions.c.user,
    sessions.c.guest,
    sessions.c.created_at.label("began_at"),
    sessions.c.seen_at,
    sessions.c.expires_at,
)


def _session(row: Row[Any]) -> Session:
    visitor: Visitor
    if row.user is None:
        visitor = Guest(
            name=row.guest["name"],
            slug=Slug(row.guest["slug"]),
            language=Language(row.guest["language"]),
            invited_by=row.guest.get("invited_by", ""),
        )
    else:
        visitor = account_of(row)
    return Session(
        key=row.key,
        csrf=row.csrf,
        visitor=visitor,
        created_at=row.began_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )


async def touch_session(tx: AsyncConnection, key: str, *, now: datetime) -> None:
    """Note that a visit goes on."""
    await tx.execute(update(sessions).where(sessions.c.key == key).values(seen_at=now))


async def end_session(tx: AsyncConnection, key: str) -> None:
    """End one visit: copies of its cookie are worth nothing from here on."""
    await tx.execute(delete(sessions).where(sessions.c.key == key))


async def end_sessions_of(tx: AsyncConnection, user: UserId, *, but: str = "") -> int:
    """End all visits of an account, except perhaps one. How many those were."""
    ended = await tx.execute(delete(sessions).where(sessions.c.user == user, sessions.c.key != but))
    return ended.rowcount


async def sweep_sessions(tx: AsyncConnection, *, seen_after: datetime, now: datetime) -> int:
    """Forget the visits that are over. How many."""
    over = or_(sessions.c.expires_at <= now, sessions.c.seen_at <= seen_after)
    return (await tx.execute(delete(sessions).where(over))).rowcount


async def sweep_review_links(tx: AsyncConnection, *, before: datetime) -> int:
    """Forget the review links that ran out before a time. How many."""
    over = review_links.c.expires_at < before
    return (await tx.execute(delete(review_links).where(over))).rowcount


class ReviewLink(NamedTuple):
    """A link for one person to review one language of one article, once."""

    name: str
    language: Language
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


async def keep_review_link(
    tx: AsyncConnection, key: str, guest: Guest, *, by: str, now: datetime, expires_at: datetime
) -> None:
    """Write a new link down."""
    await tx.execute(
        insert(review_links).values(
            key=key,
            name=guest.name,
            slug=guest.slug,
            language=guest.language,
            made_by=by,
            made_at=now,
            expires_at=expires_at,
        )
    )


async def find_review_link(tx: AsyncConnection, key: str, *, now: datetime) -> Guest | None:
    """Whom an unused link is for, and for what."""
    row = (await tx.execute(select(review_links).where(_usable(key, now)))).first()
    return _guest(row) if row else None


async def use_review_link(tx: AsyncConnection, key: str, *, now: datetime) -> Guest | None:
    """Use a link up; `None` if that was done before, or it is too late."""
    used = await tx.execute(
        update(review_links)
        .where(_usable(key, now))
        .values(used_at=now)
        .returning(*(review_links.c[name] for name in ("name", "slug", "language", "made_by")))
    )
    row = used.first()
    return _guest(row) if row else None


async def review_links_of(tx: AsyncConnection, slug: Slug) -> list[ReviewLink]:
    """The links of an article, newest first."""
    columns = [review_links.c[name] for name in ReviewLink._fields]
    rows = await tx.execute(
        select(*columns).where(review_links.c.slug == slug).order_by(review_links.c.id.desc())
    )
    return [ReviewLink(*row) for row in rows]


async def used_review_links(tx: AsyncConnection) -> list[tuple[str, str]]:
    """Who came by a link, and who had made it."""
    columns = (review_links.c.name, review_links.c.made_by)
    rows = await tx.execute(select(*columns).where(review_links.c.used_at.is_not(None)).distinct())
    return [(row.name, row.made_by) for row in rows]


def _usable(key: str, now: datetime) -> Any:
    return (
        (review_links.c.key == key)
        & review_links.c.used_at.is_(None)
        & (review_links.c.expires_at > now)
    )


def _guest(row: Row[Any]) -> Guest:
    return Guest(
        name=row.name,
        slug=Slug(row.slug),
        language=Language(row.language),
        invited_by=row.made_by,
    )
