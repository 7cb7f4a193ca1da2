"""Sums that stand for many letters: added up in one pass, and kept, so that nobody waits for it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.delivery import DeliveryState, Tally
from flows.domain.issue import IssueId
from flows.store.counts import Counts, answered_by_relay
from flows.store.database import insert_once
from flows.store.scale_tables import sums, tallies
from flows.store.tables import deliveries
from flows.store.timelines import Extent, Span

MINUTE: Final = timedelta(minutes=1)
SOON: Final = timedelta(hours=1)
"""A letter whose time is further away says nothing of how long the others take."""
STATE = DeliveryState


class Line(NamedTuple):
    """How many letters of one language and city are in one state, after one answer."""

    language: str
    city: str
    state: DeliveryState
    code: int
    letters: int


class Waiting(NamedTuple):
    """The letters that wait: `due` now, `soon` (those and what is due within an hour), `later`.

    `soon_until` is when the last of those that are due soon may leave.
    """

    due: int = 0
    soon: int = 0
    later: int = 0
    soon_until: datetime | None = None


class History(NamedTuple):
    """The answers in spans of `width`, from the first to the last."""

    width: timedelta
    extent: Extent
    spans: list[Span]


class Sums(NamedTuple):
    """What an issue's letters came to at a time.

    `answered` are those of the minute before. `troubles` are the first deliveries that did not
    simply work. `kept` tells that this was added up before; `final` that nothing changes any more.
    """

    at: datetime
    lines: Sequence[Line]
    answered: int
    next_attempt: datetime | None
    last_doubt: datetime | None
    waiting: Waiting = Waiting()
    seconds: float = 0.0
    troubles: Sequence[int] = ()
    history: History | None = None
    kept: bool = False
    final: bool = False
    archived_at: datetime | None = None
    bounced: int = 0
    complained: int = 0

    @property
    def letters(self) -> int:
        """How many letters that are."""
        return sum(line.letters for line in self.lines)

    @property
    def counts(self) -> Counts:
        """The letters by state: of the issue, of each language and of each city."""
        total: Counter[str] = Counter()
        by_language: defaultdict[str, Counter[str]] = defaultdict(Counter)
        by_city: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for line in self.lines:
            for counter in (total, by_language[line.language], by_city[line.city]):
                counter[line.state] += line.letters
        return Counts(
            _tally(total),
            {language: _tally(one) for language, one in sorted(by_language.items())},
            {city: _tally(one) for city, one in sorted(by_city.items())},
        )


def _tally(counter: Counter[str]) -> Tally:
    return {state: counter[state] for state in DeliveryState}


async def add_up(tx: AsyncConnection, issue: IssueId, *, now: datetime) -> Sums:
    """Add an issue's letters up in one pass over the ledger."""
    c = deliveries.c
    lately = and_(c.settled_at >= now - MINUTE, answered_by_relay())
    soon = c.next_at <= now + SOON
    rows = await tx.execute(
        select(
            c.language,
            c.city,
            c.state,
            c.code,
            func.count(),
            func.count(case((lately, 1))),
            func.min(case((c.state == STATE.DEFERRED, c.next_at))),
            func.max(case((c.state == STATE.UNKNOWN, c.settled_at))),
            func.count(case((c.next_at <= now, 1))),
            func.count(case((soon, 1))),
            func.count(c.next_at),
            func.max(case((soon, c.next_at))),
        )
        .where(c.issue == issue)
        .group_by(c.language, c.city, c.state, c.code)
    )
    lines: list[Line] = []
    answered = 0
    attempts, doubts, lasts = list[datetime](), list[datetime](), list[datetime]()
    waits = [0, 0, 0]
    for language, city, state, code, letters, recent, attempt, doubt, *counted, last in rows:
        lines.append(Line(language, city, DeliveryState(state), code, letters))
        answered += recent
        attempts += [attempt] if attempt else []
        doubts += [doubt] if doubt else []
        lasts += [last] if last else []
        waits = [sum(pair) for pair in zip(waits, counted, strict=True)]
    due, within, every = waits
    return Sums(
        at=now,
        lines=lines,
        answered=answered,
        next_attempt=min(attempts, default=None),
        last_doubt=max(doubts, default=None),
        waiting=Waiting(due, within, every - within, max(lasts, default=None)),
    )


async def find_sums(tx: AsyncConnection, issue: IssueId) -> Sums | None:
    """What was added up last and kept."""
    row = (await tx.execute(select(sums).where(sums.c.issue == issue))).first()
    if row is None:
        return None
    lines = await tx.execute(
        select(*(tallies.c[name] for name in Line._fields)).where(tallies.c.issue == issue)
    )
    return Sums(
        at=row.at,
        lines=[Line(one[0], one[1], DeliveryState(one[2]), *one[3:]) for one in lines],
        answered=row.answered,
        next_attempt=row.next_attempt,
        last_doubt=row.last_doubt,
        waiting=Waiting(row.due, row.soon, row.later, row.soon_until),
        seconds=row.seconds,
        troubles=row.troubles,
        history=_read_history(row.history),
        kept=True,
        final=row.final,
        archived_at=row.archived_at,
        bounced=row.bounced,
        complained=row.complained,
    )


async def keep_sums(tx: AsyncConnection, issue: IssueId, found: Sums) -> None:
    """Keep what was added up, unless somebody has kept something newer or final meanwhile."""
    values = {
        "at": found.at,
        "seconds": found.seconds,
        "final": found.final,
        "answered": found.answered,
        "next_attempt": found.next_attempt,
        "last_doubt": found.last_doubt,
        **found.waiting._asdict(),
        "troubles": list(found.troubles),
        "history": _write_history(found.history),
        "archived_at": found.archived_at,
        "bounced": found.bounced,
        "complained": found.complained,
    }
    ours = sums.c.issue == issue
    added = await tx.execute(insert_once(tx, sums).values(issue=issue, **values))
    if added.rowcount < 1:
        older = await tx.execute(
            update(sums)
            .where(ours, sums.c.archived_at.is_(None), sums.c.at <= found.at)
            .values(**values)
        )
        if older.rowcount < 1:
            return
    await tx.execute(delete(tallies).where(tallies.c.issue == issue))
    if found.lines:
        await tx.execute(
            insert(tallies), [{"issue": issue, **line._asdict()} for line in found.lines]
        )


async def drop_sums(tx: AsyncConnection, issue: IssueId) -> None:
    """Let an issue be added up anew: a person has changed what became of its letters."""
    await tx.execute(delete(tallies).where(tallies.c.issue == issue))
    await tx.execute(delete(sums).where(sums.c.issue == issue))


def _write_history(history: History | None) -> dict[str, Any]:
    if history is None:
        return {}
    return {
        "width": history.width.total_seconds(),
        "extent": [moment.isoformat() for moment in history.extent],
        "spans": [[span.begins_at.isoformat(), *span[1:]] for span in history.spans],
    }


def _read_history(kept: dict[str, Any]) -> History | None:
    if not kept:
        return None
    return History(
        width=timedelta(seconds=kept["width"]),
        extent=Extent(*map(datetime.fromisoformat, kept["extent"])),
        spans=[
            Span(datetime.fromisoformat(at), DeliveryState(state), letters)
            for at, state, letters in kept["spans"]
        ],
    )
