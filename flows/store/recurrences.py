"""Rows, and `Recurrence` and `Occurrence` values."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, String, cast, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.article import Slug
from flows.domain.errors import NotFoundError
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.recurrence import (
    Form,
    Occurrence,
    OccurrenceState,
    Recurrence,
    RecurrenceId,
    RecurrenceState,
)
from flows.domain.timing import Policy
from flows.store.database import insert_once
from flows.store.schedule_tables import occurrences, recurrences


async def add_recurrence(
    tx: AsyncConnection,
    name: str,
    *,
    rule: str,
    zone: str,
    lists: Collection[str],
    articles: str,
    policy: Policy,
    form: Form,
    now: datetime,
    by: str,
) -> Recurrence | None:
    """A new recurrence that begins now; `None` if the name is taken.

    One that has ended gives its name up, and is called `name (number)` from then on.
    """
    ended = recurrences.c.state == RecurrenceState.ENDED
    await tx.execute(
        update(recurrences)
        .where(recurrences.c.name == name, ended)
        .values(name=literal(f"{name} (") + cast(recurrences.c.id, String) + ")")
    )
    added = await tx.execute(
        insert_once(tx, recurrences).values(
            name=name,
            rule=rule,
            zone=zone,
            lists=sorted(lists),
            articles=articles,
            policy=policy,
            each=form.each,
            titles=dict(form.titles),
            sections=form.sections,
            ahead_hours=form.ahead / timedelta(hours=1),
            state=RecurrenceState.ACTIVE,
            begins_at=now,
            seen_until=now,
            made_by=by,
            made_at=now,
        )
    )
    return await get_recurrence(tx, name) if added.rowcount == 1 else None


async def get_recurrence(tx: AsyncConnection, name: str) -> Recurrence:
    """The recurrence. Raises `NotFoundError` with those there are."""
    row = (await tx.execute(select(recurrences).where(recurrences.c.name == name))).first()
    if row is None:
        known = (await tx.scalars(select(recurrences.c.name).order_by(recurrences.c.name))).all()
        raise NotFoundError(
            Phrase("nothing recurs by the name of {name!r}", name=name),
            remedy=f"There are: {', '.join(known)}." if known else "There is nothing yet.",
        )
    return _recurrence(row)


async def named(tx: AsyncConnection, recurrence: RecurrenceId, name: str) -> str:
    """What a recurrence that had a name is called now. Raises `NotFoundError` if it never had it.

    One that has ended is called `name (number)` once another has its name.
    """
    found = await tx.scalar(select(recurrences.c.name).where(recurrences.c.id == recurrence))
    if found not in {name, f"{name} ({recurrence})"}:
        raise NotFoundError(
            Phrase("nothing by the name of {name!r} has the number {id}", name=name, id=recurrence)
        )
    return str(found)


async def hold_recurrence(tx: AsyncConnection, name: str) -> Recurrence:
    """The recurrence, which nobody else changes in this transaction."""
    await tx.execute(select(recurrences.c.id).where(recurrences.c.name == name).with_for_update())
    return await get_recurrence(tx, name)


async def hold_all(tx: AsyncConnection) -> list[Recurrence]:
    """Every recurrence, by name; nobody else begins an occurrence of any in this transaction."""
    await tx.execute(select(recurrences.c.id).order_by(recurrences.c.id).with_for_update())
    return await all_recurrences(tx)


async def all_recurrences(tx: AsyncConnection) -> list[Recurrence]:
    """Every recurrence, by name; those that have ended among them."""
    rows = await tx.execute(select(recurrences).order_by(recurrences.c.name))
    return [_recurrence(row) for row in rows]


async def change_recurrence(tx: AsyncConnection, recurrence: RecurrenceId, **changes: Any) -> None:
    """Set some columns."""
    await tx.execute(update(recurrences).where(recurrences.c.id == recurrence).values(**changes))


async def add_occurrence(
    tx: AsyncConnection, occurrence: Occurrence, *, until: datetime | None = None
) -> bool:
    """Write an occurrence down, once for ever; false if it is there already."""
    added = await tx.execute(
        insert_once(tx, occurrences).values(
            recurrence=occurrence.recurrence,
            at=occurrence.at,
            state=occurrence.state,
            digest=occurrence.digest,
            slugs=list(occurrence.slugs),
            issues=list(occurrence.issues),
            until=until,
        )
    )
    return added.rowcount == 1


async def change_occurrence(
    tx: AsyncConnection, occurrence: Occurrence, state: OccurrenceState, **changes: Any
) -> bool:
    """Put an occurrence into another state, if it is still in its own; whether it was."""
    changed = await tx.execute(
        update(occurrences)
        .where(
            occurrences.c.recurrence == occurrence.recurrence,
            occurrences.c.at == occurrence.at,
            occurrences.c.state == occurrence.state,
        )
        .values(state=state, **changes)
    )
    return changed.rowcount == 1


async def take_unfinished(
    tx: AsyncConnection, *, now: datetime, until: datetime
) -> list[Occurrence]:
    """The occurrences that somebody began to open and did not finish; ours until a time."""
    mine = (
        occurrences.c.state == OccurrenceState.OPENING,
        or_(occurrences.c.until.is_(None), occurrences.c.until <= now),
    )
    found = select(occurrences).where(*mine).order_by(occurrences.c.recurrence, occurrences.c.at)
    rows = (await tx.execute(found.with_for_update())).all()
    for row in rows:
        await tx.execute(
            update(occurrences)
            .where(occurrences.c.recurrence == row.recurrence, occurrences.c.at == row.at)
            .values(until=until)
        )
    return [_occurrence(row) for row in rows]


async def occurrences_of(
    tx: AsyncConnection, recurrence: RecurrenceId, *, limit: int
) -> list[Occurrence]:
    """What there was of a recurrence, the latest first."""
    rows = await tx.execute(
        select(occurrences)
        .where(occurrences.c.recurrence == recurrence)
        .order_by(occurrences.c.at.desc())
        .limit(limit)
    )
    return [_occurrence(row) for row in rows]


async def late_occurrences(tx: AsyncConnection) -> list[tuple[Recurrence, Occurrence]]:
    """The occurrences that wait for a person, of what still recurs."""
    return [
        (recurrence, one)
        for recurrence, one in await find_occurrences(tx, OccurrenceState.LATE)
        if recurrence.state is not RecurrenceState.ENDED
    ]


async def find_occurrences(
    tx: AsyncConnection, state: OccurrenceState
) -> list[tuple[Recurrence, Occurrence]]:
    """The occurrences in a state, oldest first, of whatever recurs or did."""
    found = select(occurrences).where(occurrences.c.state == state).order_by(occurrences.c.at)
    rows = [_occurrence(row) for row in await tx.execute(found)]
    known = {one.id: one for one in await all_recurrences(tx)} if rows else {}
    return [(known[one.recurrence], one) for one in rows]


async def digests_written(tx: AsyncConnection) -> dict[Slug, Occurrence]:
    """The occurrences that have a digest, by its folder."""
    rows = await tx.execute(select(occurrences).where(occurrences.c.digest.is_not(None)))
    return {one.digest: one for one in map(_occurrence, rows) if one.digest}


async def give_up_unfinished(tx: AsyncConnection, recurrence: RecurrenceId) -> None:
    """Open no more of what somebody began to open; the issues that are open already stay."""
    for _, one in await find_occurrences(tx, OccurrenceState.OPENING):
        if one.recurrence != recurrence:
            continue
        opened = {issue.rpartition("-")[0] for issue in one.issues}
        taken = one.slugs if one.digest in opened else [s for s in one.slugs if s in opened]
        state = OccurrenceState.OPENED if one.issues else OccurrenceState.SKIPPED
        await change_occurrence(tx, one, state, slugs=list(taken), until=None)


def _recurrence(row: Row[Any]) -> Recurrence:
    return Recurrence(
        id=RecurrenceId(row.id),
        name=row.name,
        rule=row.rule,
        zone=row.zone,
        lists=tuple(row.lists),
        articles=row.articles,
        policy=Policy(row.policy),
        form=Form(
            each=row.each,
            titles={Language(one): text for one, text in row.titles.items()},
            sections=row.sections,
            ahead=timedelta(hours=row.ahead_hours),
        ),
        state=RecurrenceState(row.state),
        begins_at=row.begins_at,
        seen_until=row.seen_until,
        made_by=row.made_by,
    )


def _occurrence(row: Row[Any]) -> Occurrence:
    return Occurrence(
        recurrence=RecurrenceId(row.recurrence),
        at=row.at,
        state=OccurrenceState(row.state),
        digest=Slug(row.digest) if row.digest else None,
        slugs=tuple(Slug(one) for one in row.slugs),
        issues=tuple(IssueId(one) for one in row.issues),
        trouble=row.trouble or "",
    )
