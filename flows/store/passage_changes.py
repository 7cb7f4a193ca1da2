"""What people changed in passages, so that each can take the last of their own changes back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.article import Slug
from flows.domain.language import Language
from flows.store.review_tables import passage_changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One act on one passage, with what its catalogue's entry held `before` and `after`."""

    slug: Slug
    language: Language
    passage: str
    act: str
    by: str
    at: datetime
    before: dict[str, Any]
    after: dict[str, Any]
    id: int = 0


async def keep_change(tx: AsyncConnection, change: Change) -> None:
    """Write a change down."""
    await tx.execute(
        insert(passage_changes).values(
            slug=change.slug,
            language=change.language,
            passage=change.passage,
            act=change.act,
            by=change.by,
            at=change.at,
            before=change.before,
            after=change.after,
        )
    )


async def last_change(
    tx: AsyncConnection, slug: Slug, language: Language, *, by: str
) -> Change | None:
    """The last change of a person that they did not take back."""
    mine = (
        (passage_changes.c.slug == slug)
        & (passage_changes.c.language == language)
        & (passage_changes.c.by == by)
        & passage_changes.c.undone_at.is_(None)
    )
    row = (
        await tx.execute(
            select(passage_changes).where(mine).order_by(passage_changes.c.id.desc()).limit(1)
        )
    ).first()
    return _change(row) if row else None


async def changes_of(
    tx: AsyncConnection, slug: Slug, language: Language, passage: str, *, at_most: int
) -> list[Change]:
    """What was done to a passage, newest first, without what was taken back."""
    rows = await tx.execute(
        select(passage_changes)
        .where(
            passage_changes.c.slug == slug,
            passage_changes.c.language == language,
            passage_changes.c.passage == passage,
            passage_changes.c.undone_at.is_(None),
        )
        .order_by(passage_changes.c.id.desc())
        .limit(at_most)
    )
    return [_change(row) for row in rows]


async def texts_written_by(
    tx: AsyncConnection, slug: Slug, language: Language, *, by: str, since: datetime
) -> dict[str, str]:
    """By passage, the text that a person left there last, since a moment."""
    rows = await tx.execute(
        select(passage_changes.c.passage, passage_changes.c.after)
        .where(
            passage_changes.c.slug == slug,
            passage_changes.c.language == language,
            passage_changes.c.by == by,
            passage_changes.c.at >= since,
        )
        .order_by(passage_changes.c.id)
    )
    return {row.passage: row.after["text"] for row in rows}


async def mark_undone(tx: AsyncConnection, change: int, *, now: datetime) -> bool:
    """Note that a change was taken back; false if that was done before."""
    done = await tx.execute(
        update(passage_changes)
        .where(passage_changes.c.id == change, passage_changes.c.undone_at.is_(None))
        .values(undone_at=now)
    )
    return done.rowcount == 1


def _change(row: Row[Any]) -> Change:
    return Change(
        id=row.id,
        slug=Slug(row.slug),
        language=Language(row.language),
        passage=row.passage,
        act=row.act,
        by=row.by,
        at=row.at,
        before=row.before,
        after=row.after,
    )
