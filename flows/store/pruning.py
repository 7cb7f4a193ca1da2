"""Issues in the archive: their sums stay, their letters are deleted, some at a time."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.article import Slug
from flows.domain.issue import IssueId, IssueState
from flows.domain.language import Language
from flows.domain.returned import Effect, ReturnKind
from flows.store.contacts import NOT_WRITTEN_TO
from flows.store.retention import Due
from flows.store.scale_tables import sums, tallies
from flows.store.tables import cities, contacts, deliveries, issues, returns

OVER = (IssueState.SENT, IssueState.CANCELLED)
UNDECIDED = (Effect.OPEN, Effect.HELD)


def _prunable(before: datetime) -> list[ColumnElement[bool]]:
    """Over before a time, with letters in the ledger and no bounces that wait for a person."""
    waits = (
        select(returns.c.id)
        .join(deliveries, deliveries.c.id == returns.c.delivery)
        .where(
            deliveries.c.issue == issues.c.id,
            returns.c.kind == ReturnKind.HARD,
            returns.c.effect.in_(UNDECIDED),
        )
        .correlate(issues)
    )
    return [
        issues.c.finished_at < before,
        issues.c.state.in_(OVER),
        exists().where(deliveries.c.issue == issues.c.id),
        ~waits.exists(),
    ]


async def count_prunable(tx: AsyncConnection, *, before: datetime) -> Due:
    """The letters of issues that are due for the archive, and when the first of these ended."""
    found = select(issues.c.id, issues.c.finished_at).where(*_prunable(before)).subquery()
    letters = select(func.count()).where(deliveries.c.issue.in_(select(found.c.id)))
    oldest = await tx.scalar(select(func.min(found.c.finished_at)))
    return Due(await tx.scalar(letters) or 0 if oldest else 0, oldest)


async def next_prunable(
    tx: AsyncConnection, *, before: datetime, except_of: Collection[IssueId]
) -> IssueId | None:
    """The oldest issue that is due for the archive, or whose letters are not all deleted yet."""
    query = select(issues.c.id).where(*_prunable(before), issues.c.id.not_in(except_of))
    found = await tx.scalar(query.order_by(issues.c.finished_at, issues.c.id).limit(1))
    return IssueId(found) if found else None


async def delete_letters(tx: AsyncConnection, issue: IssueId, *, at_most: int) -> int:
    """Delete some of an issue's letters; what came back stays, without them. How many."""
    theirs = select(deliveries.c.contact).where(deliveries.c.issue == issue)
    last = await tx.scalar(theirs.order_by(deliveries.c.contact).offset(at_most - 1).limit(1))
    some = [deliveries.c.issue == issue, *([deliveries.c.contact <= last] if last else [])]
    await tx.execute(
        update(returns)
        .where(returns.c.delivery.in_(select(deliveries.c.id).where(*some)))
        .values(delivery=None, words="")
    )
    return (await tx.execute(delete(deliveries).where(*some))).rowcount


async def archived_at(tx: AsyncConnection, issue: IssueId) -> datetime | None:
    """Since when an issue is in the archive, if it is."""
    found: datetime | None = await tx.scalar(
        select(sums.c.archived_at).where(sums.c.issue == issue)
    )
    return found


async def archived_of(tx: AsyncConnection, slug: Slug) -> IssueId | None:
    """An issue of an article in the archive that has, or may have, reached somebody."""
    reached = exists().where(tallies.c.issue == issues.c.id, tallies.c.state.not_in(NOT_WRITTEN_TO))
    found = await tx.scalar(
        select(issues.c.id)
        .join(sums, sums.c.issue == issues.c.id)
        .where(issues.c.slug == slug, sums.c.archived_at.is_not(None), reached)
        .order_by(issues.c.id)
        .limit(1)
    )
    return IssueId(found) if found else None


class FormerReader(NamedTuple):
    """A contact that an archived issue may have gone to."""

    address_hash: str
    language: Language
    name: str


async def former_reader(tx: AsyncConnection, issue: IssueId, contact: int) -> FormerReader | None:
    """Who a link in a letter of an archived issue is about, if that is a contact still."""
    if await archived_at(tx, issue) is None:
        return None
    row = (
        await tx.execute(
            select(
                contacts.c.address_hash,
                func.coalesce(contacts.c.language, cities.c.language),
                contacts.c.name,
            )
            .join(cities, cities.c.name == contacts.c.city)
            .where(contacts.c.id == contact)
        )
    ).first()
    return FormerReader(row[0], Language(row[1]), row[2]) if row else None
