"""The same hour everywhere: when an issue leaves for each zone, before it begins and after."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import Issue, IssueId, IssueState
from flows.domain.phrases import Phrase
from flows.domain.timing import Wall
from flows.operations.addressing import Departure, city_instant
from flows.operations.sending import LONGEST_WAIT
from flows.operations.times import local_time, zone_of
from flows.operations.timing import place_issue, require_movable
from flows.store.contacts import places_of_audience
from flows.store.database import Store, Transaction
from flows.store.departures import Awaited, awaited_letters, overdue_cities
from flows.store.issues import find_issues, get_issue, hold_issue, move_issue

NAMED: Final = 5
"""So many cities are named; of the others their number is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What leaves at one instant: the zones where it is that hour, their cities and readers."""

    at: datetime
    zones: tuple[str, ...]
    cities: tuple[str, ...]
    readers: int

    @property
    def some_cities(self) -> str:
        """The cities by name, as many as one reads."""
        more = len(self.cities) - NAMED
        return ", ".join(self.cities[:NAMED]) + (f" and {more} more" if more > 0 else "")

    def as_json(self) -> dict[str, Any]:
        """The instant as the first of its zones tells it, and whom it concerns."""
        return {
            "at": local_time(self.at, self.zones[0]),
            "zones": list(self.zones),
            "cities": list(self.cities),
            "readers": self.readers,
        }


def gather(letters: Iterable[Awaited], *, network: str) -> list[Leaving]:
    """Letters by instant, soonest first; a zone that is not known is the network's."""
    by_time: defaultdict[datetime, list[Awaited]] = defaultdict(list)
    for one in letters:
        by_time[one.at].append(one)
    return [
        Leaving(
            at=at,
            zones=tuple(sorted({known_zone(one.timezone, network) for one in some})),
            cities=tuple(sorted({one.city for one in some})),
            readers=sum(one.letters for one in some),
        )
        for at, some in sorted(by_time.items())
    ]


def known_zone(timezone: str, network: str) -> str:
    """A city's zone, or the network's if it has none that is known."""
    try:
        zone_of(timezone or network)
    except InputError:
        return network
    return timezone or network


async def foresee(tx: Transaction, issue: Issue, wall: Wall, *, network: str) -> list[Leaving]:
    """How many readers would get an issue at which instants, by today's audience."""
    others = [one.id for one in await find_issues(tx, slug=issue.slug) if one.id != issue.id]
    places = await places_of_audience(tx, issue.lists, except_of=others)
    return gather(
        (
            Awaited(
                city_instant(wall, one.timezone, network=network),
                one.timezone,
                one.city,
                one.readers,
            )
            for one in places
        ),
        network=network,
    )


async def leavings_of(store: Store, issue: Issue, *, network: str, now: datetime) -> list[Leaving]:
    """What leaves when: of an issue for local times, as foreseen or as far as it is to come."""
    if issue.wall is None:
        return []
    async with store.reading() as tx:
        if issue.started_at is None:
            return await foresee(tx, issue, issue.wall, network=network)
        return gather(await awaited_letters(tx, issue.id, after=now), network=network)


async def schedule_locally(
    store: Store,
    issue_id: IssueId,
    wall: Wall,
    *,
    network: str,
    late_hours: float,
    now: datetime,
    by: str,
    send_late: bool = False,
) -> Issue:
    """Have an issue leave when clocks in each reader's city show a time.

    Its own time is that of the first. Where the hour has passed already, letters leave at once;
    where it passed more than `late_hours` ago, only if `send_late` says so. Raises `NotDoneError`
    otherwise, naming the cities, and `InputError` if it has passed everywhere.
    """
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        require_movable(issue)
        leavings = await foresee(tx, issue, wall, network=network)
        if not leavings:
            at = city_instant(wall, network, network=network)
            leavings = [Leaving(at=at, zones=(network,), cities=(), readers=0)]
        if leavings[-1].at <= now:
            raise InputError(
                Phrase("{wall} has passed everywhere", wall=wall),
                field="--at",
                remedy="Give a later time.",
            )
        if not send_late:
            _require_timely(wall, leavings, now=now, late_hours=late_hours)
        first = leavings[0]
        return await place_issue(
            tx,
            issue,
            at=max(first.at, now),
            zone=first.zones[0],
            wall=wall,
            now=now,
            by=by,
            let_go_at=now if send_late else None,
        )


def _require_timely(
    wall: Wall, leavings: list[Leaving], *, now: datetime, late_hours: float
) -> None:
    late = [one for one in leavings if now - one.at > timedelta(hours=late_hours)]
    if late:
        where = ", ".join(f"{one.some_cities} (readers: {one.readers})" for one in late)
        raise NotDoneError(
            Phrase(
                "{wall} passed more than {hours} hours ago in {where}",
                wall=wall,
                hours=f"{late_hours:g}",
                where=where,
            ),
            waiting_for=("a later time, or --send-late: these get theirs at once",),
        )


async def keep_first_instant(
    store: Store, issue_id: IssueId, *, network: str, now: datetime
) -> Issue | None:
    """Bring the time of an issue for local times in line with its audience, if that changed.

    Cities whose hour has passed wait for the others. The issue, if its time is another now.
    """
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if issue.wall is None or issue.started_at or not _is_to_come(issue, now):
            return None
        leavings = await foresee(tx, issue, issue.wall, network=network)
        first = next((one for one in leavings if one.at > now), None)
        if first is None or first.at == issue.scheduled_at:
            return None
        return await move_issue(
            tx, issue, issue.state, now=now, scheduled_at=first.at, zone=first.zones[0]
        )


def _is_to_come(issue: Issue, now: datetime) -> bool:
    return (
        issue.state is not IssueState.CANCELLED
        and issue.scheduled_at is not None
        and issue.scheduled_at > now
    )


async def patience_for(store: Store, issue_id: IssueId, *, departure: Departure) -> timedelta:
    """How long a run waits for letters that were never tried; then it is planned anew.

    Of an issue for local times no longer than for its undo window and its first wave.
    """
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
    return departure.longest + timedelta(minutes=1) if issue.wall else LONGEST_WAIT


def _late(wall: Wall, waiting: list[Awaited], *, before: datetime, network: str) -> set[str]:
    """Cities that came in when their hour had passed; their letters wait for none any more."""
    return {
        one.city for one in waiting if city_instant(wall, one.timezone, network=network) < before
    }


async def missed_hours(
    store: Store, issue_id: IssueId, *, network: str, now: datetime, late_hours: float
) -> str:
    """Where letters of an issue for local times are too late to leave unasked; empty: nowhere.

    Their hour passed too long before the issue began, or before now. A person lets them go with
    the time of the issue, or by resuming it.
    """
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
        return await look_for_missed(tx, issue, network=network, now=now, late_hours=late_hours)


async def look_for_missed(
    tx: Transaction, issue: Issue, *, network: str, now: datetime, late_hours: float
) -> str:
    """The same within a transaction."""
    if issue.wall is None:
        return ""
    late = timedelta(hours=late_hours)
    found = {*await overdue_cities(tx, issue.id, before=now - late, let_go_at=issue.let_go_at)}
    if issue.started_at and issue.let_go_at is None:
        waiting = await awaited_letters(tx, issue.id)
        found |= _late(issue.wall, waiting, before=issue.started_at - late, network=network)
    if not found:
        return ""
    cities = tuple(sorted(found))
    named = Leaving(at=now - late, zones=(), cities=cities, readers=0).some_cities
    return f"{issue.wall} passed more than {late_hours:g} hours ago in {named}"
