"""What bounces mean, by the records of what came back: whom nobody writes to any more."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    distinct,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.domain.optout import BOUNCED
from flows.domain.returned import Effect, ReturnKind
from flows.store.columns import Moment
from flows.store.database import insert_once
from flows.store.returns import PERMANENT, letters_back
from flows.store.tables import deliveries, issues, returns, suppressions

UNDECIDED = (Effect.OPEN, Effect.HELD)


class Share(NamedTuple):
    """How many letters of an issue were handed over, and how many of them found no mailbox.

    Of letters that came back, or of those that the relay itself refused: `at_relay`.
    """

    issue: IssueId
    at_relay: bool
    accepted: int
    hard: int


async def alone(tx: AsyncConnection) -> None:
    """Let nobody else record or judge what came back until this transaction ends."""
    if tx.dialect.name == "postgresql":  # on SQLite a writer is alone already
        await tx.execute(text("LOCK TABLE returns IN SHARE ROW EXCLUSIVE MODE"))


async def undecided_issues(tx: AsyncConnection) -> list[Share]:
    """The issues with hard bounces, or with refusals of the relay, that suppressed nobody yet.

    Refusals that are held are left out: they wait for a person.
    """
    by_relay = deliveries.c.state == DeliveryState.REFUSED
    undecided = (
        letters_back(deliveries.c.issue, by_relay)
        .where(
            returns.c.kind == ReturnKind.HARD,
            or_(
                returns.c.effect == Effect.OPEN,
                and_(returns.c.effect == Effect.HELD, ~by_relay),
            ),
        )
        .distinct()
    )
    found = sorted((row[0], bool(row[1])) for row in await tx.execute(undecided))
    return [await _share(tx, IssueId(name), at_relay=at_relay) for name, at_relay in found]


async def _share(tx: AsyncConnection, issue: IssueId, *, at_relay: bool) -> Share:
    accepted = select(func.count()).where(
        deliveries.c.issue == issue, deliveries.c.state == DeliveryState.ACCEPTED
    )
    hard = letters_back(func.count(distinct(returns.c.delivery))).where(
        deliveries.c.issue == issue,
        returns.c.kind == ReturnKind.HARD,
        returns.c.effect != Effect.NONE,
        _was_refused(at_relay),
    )
    return Share(issue, at_relay, await tx.scalar(accepted) or 0, await tx.scalar(hard) or 0)


def _was_refused(at_relay: bool) -> ColumnElement[bool]:  # noqa: FBT001 - which of the two
    refused = DeliveryState.REFUSED
    return deliveries.c.state == refused if at_relay else deliveries.c.state != refused


async def suppress_bounced(
    tx: AsyncConnection, issue: IssueId, *, now: datetime, at_relay: bool | None = None
) -> int:
    """Never mail again whom an issue's undecided hard bounces name. How many those are.

    Those that the relay refused, or those that came back, if `at_relay` says which.
    """
    chosen = _undecided(issue, at_relay=at_relay)
    whose = select(returns.c.delivery).where(returns.c.id.in_(chosen))
    hashes = select(deliveries.c.address_hash).where(deliveries.c.id.in_(whose)).distinct()
    count = await tx.scalar(select(func.count()).select_from(hashes.subquery())) or 0
    await _suppress(tx, hashes, source=_source(issue), now=now)
    await _decide(tx, chosen, Effect.SUPPRESSED)
    return count


async def hold_bounced(tx: AsyncConnection, issue: IssueId, *, at_relay: bool) -> None:
    """Let an issue's undecided hard bounces wait for a person."""
    await _decide(tx, _undecided(issue, at_relay=at_relay), Effect.HELD)


async def withdraw_refusals(tx: AsyncConnection, issue: IssueId) -> list[str]:
    """Let what the relay said of an issue's letters that wait now mean nothing any more.

    The address hashes that were never to be mailed because of it, and may be again.
    """
    theirs = (
        deliveries.c.issue == issue,
        deliveries.c.state == DeliveryState.PENDING,
        deliveries.c.code >= PERMANENT,
        returns.c.kind == ReturnKind.HARD,
        returns.c.effect != Effect.NONE,
    )
    hashes = letters_back(deliveries.c.address_hash).where(
        *theirs, returns.c.effect == Effect.SUPPRESSED
    )
    lifted = await tx.scalars(
        delete(suppressions)
        .where(
            suppressions.c.address_hash.in_(hashes),
            suppressions.c.reason == BOUNCED,
            suppressions.c.source == _source(issue),
        )
        .returning(suppressions.c.address_hash)
    )
    found = sorted(lifted)
    await _decide(tx, letters_back(returns.c.id).where(*theirs), Effect.NONE)
    return found


async def suppress_unreachable(
    tx: AsyncConnection, *, times: int, of_last: int, now: datetime
) -> int:
    """Never mail again whom so many of the last letters did not reach. How many those are.

    Only addresses with a new soft bounce are looked at; afterwards none is new.
    """
    new = (returns.c.kind == ReturnKind.SOFT) & (returns.c.effect == Effect.OPEN)
    if await tx.scalar(select(returns.c.id).where(new).limit(1)) is None:
        return 0
    unreachable = _unreachable(
        letters_back(deliveries.c.address_hash).where(new), times=times, of_last=of_last
    )
    count = await tx.scalar(select(func.count()).select_from(unreachable.subquery())) or 0
    if count:
        why = f"{times} of the last {of_last} letters came back"
        await _suppress(tx, unreachable, source=why, now=now)
        theirs = letters_back(returns.c.id).where(new, deliveries.c.address_hash.in_(unreachable))
        await _decide(tx, theirs, Effect.SUPPRESSED)
    await _decide(tx, select(returns.c.id).where(new), Effect.NONE)
    return count


def _unreachable(hashes: Select[Any], *, times: int, of_last: int) -> Select[Any]:
    """Of some addresses, those to whom `times` of the last `of_last` accepted letters came back."""
    came_back = exists().where(
        returns.c.delivery == deliveries.c.id, returns.c.kind == ReturnKind.SOFT
    )
    latest_first = (deliveries.c.sending_at.desc(), deliveries.c.id.desc())
    place = func.row_number().over(partition_by=deliveries.c.address_hash, order_by=latest_first)
    # By way of the issues, so that the index over issue and address is used.
    letters = (
        select(deliveries.c.address_hash, came_back.label("came_back"), place.label("place"))
        .join(issues, issues.c.id == deliveries.c.issue)
        .where(deliveries.c.address_hash.in_(hashes), deliveries.c.state == DeliveryState.ACCEPTED)
        .subquery()
    )
    return (
        select(letters.c.address_hash)
        .where(letters.c.place <= of_last, letters.c.came_back)
        .group_by(letters.c.address_hash)
        .having(func.count() >= times)
    )


def _source(issue: IssueId) -> str:
    return f"bounces of {issue}"


def _undecided(issue: IssueId, *, at_relay: bool | None) -> Select[Any]:
    return letters_back(returns.c.id).where(
        deliveries.c.issue == issue,
        returns.c.kind == ReturnKind.HARD,
        returns.c.effect.in_(UNDECIDED),
        *(() if at_relay is None else (_was_refused(at_relay),)),
    )


async def _suppress(
    tx: AsyncConnection, hashes: Select[Any], *, source: str, now: datetime
) -> None:
    found = hashes.subquery()
    rows = select(
        found.c.address_hash, literal(BOUNCED), literal(source), literal(now, type_=Moment)
    ).where(true())  # without a condition SQLite takes ON CONFLICT for a join's ON
    columns = ["address_hash", "reason", "source", "at"]
    await tx.execute(insert_once(tx, suppressions).from_select(columns, rows))


async def _decide(tx: AsyncConnection, chosen: Select[Any], effect: Effect) -> None:
    await tx.execute(update(returns).where(returns.c.id.in_(chosen)).values(effect=effect))


class Pile(NamedTuple):
    """Letters of one issue that came back alike: how many, and one server's words."""

    issue: IssueId
    letters: int
    example: str


async def held_bounces(tx: AsyncConnection) -> list[Pile]:
    """The hard bounces that wait for a person, by issue."""
    return await _piles(tx, ReturnKind.HARD, effects=(Effect.HELD,))


async def policy_bounces(tx: AsyncConnection, *, since: datetime) -> list[Pile]:
    """The letters that were refused because of us since a time, by issue."""
    return await _piles(tx, ReturnKind.POLICY, effects=tuple(Effect), since=since)


async def _piles(
    tx: AsyncConnection,
    kind: ReturnKind,
    *,
    effects: Collection[Effect],
    since: datetime | None = None,
) -> list[Pile]:
    query = (
        letters_back(
            deliveries.c.issue,
            func.count(distinct(returns.c.delivery)),
            func.min(func.trim(returns.c.status + " " + returns.c.words)),
        )
        .where(returns.c.kind == kind, returns.c.effect.in_(effects))
        .group_by(deliveries.c.issue)
        .order_by(deliveries.c.issue)
    )
    if since is not None:
        query = query.where(returns.c.at >= since)
    return [Pile(IssueId(row[0]), *row[1:]) for row in await tx.execute(query)]
