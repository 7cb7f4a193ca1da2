"""What is planned: a month at a glance, and each issue with its time in its own zone."""

import calendar
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.responses import Response

from flows.desk.faults import in_words, status_of
from flows.desk.needs import Act, acts_of
from flows.desk.rulesheet import DAYS, HOW_OFTEN, RuleSheet
from flows.desk.timing import POLICIES, ZONES, give_time, leavings_for
from flows.desk.visit import Visit
from flows.domain.errors import NewsletterError, NotDoneError
from flows.domain.issue import FROZEN, OPEN, Issue, IssueId, IssueState
from flows.domain.recurrence import Recurrence, RecurrenceState
from flows.operations.library import Library
from flows.operations.overview import title_of
from flows.operations.recurring import list_recurrences
from flows.operations.standing import waits_of
from flows.operations.zones import Leaving
from flows.store.contacts import list_sizes
from flows.store.issues import find_issues, get_issue

MONTH: Final = re.compile(r"(20\d\d|21\d\d)-(0[1-9]|1[0-2])")
PLANNED: Final = OPEN - FROZEN
"""The states in which a time is still to come."""
MOST_ON_A_DAY: Final = 6
MOST_COMING: Final = 12
"""So far ahead the calendar shows what comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An issue on its day: planned, begun, or cancelled."""

    issue: Issue
    title: str
    at: datetime
    planned: bool

    @property
    def look(self) -> str:
        """How it looks in the calendar."""
        if self.issue.state is IssueState.CANCELLED:
            return "day-over"
        return "day-planned" if self.planned else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """An occurrence of what comes again on its day, not opened yet."""

    recurrence: Recurrence
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A planned issue in the list; `acts` is what it still waits for, `leavings` its instants."""

    issue: Issue
    title: str
    acts: list[Act]
    leavings: list[Leaving]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One field of the calendar."""

    date: date
    inside: bool
    marks: list[Mark]
    coming: list[Coming]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month in whole weeks, Monday first (ISO 8601), with the ones before and after."""

    first: date
    weeks: list[list[Day]]

    @property
    def before(self) -> str:
        """The month before, as an address names it."""
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        """The month after."""
        return f"{self.first + timedelta(days=31):%Y-%m}"


def lay_out(
    first: date, marks: list[Mark], zone: ZoneInfo, *, coming: Sequence[Coming] = ()
) -> Month:
    """A month's weeks, each issue and what is to come on the day that it is in a zone."""
    days: defaultdict[date, list[Mark]] = defaultdict(list)
    for one_mark in sorted(marks, key=lambda one: one.at):
        days[one_mark.at.astimezone(zone).date()].append(one_mark)
    later: defaultdict[date, list[Coming]] = defaultdict(list)
    for one in sorted(coming, key=lambda one: one.at):
        later[one.at.astimezone(zone).date()].append(one)
    weeks = [
        [
            Day(date=day, inside=day.month == first.month, marks=days[day], coming=later[day])
            for day in week
        ]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    return Month(first=first, weeks=weeks)


async def show(visit: Visit) -> Response:
    """The month that is asked for, and everything that is planned."""
    return await schedule_page(visit)


async def schedule_page(
    visit: Visit, *, problem: str = "", status: int = 200, about: str = ""
) -> Response:
    """The schedule; a `problem` is told beside what it is `about`: an issue, or `making`."""
    runtime, zone = visit.runtime, ZoneInfo(visit.words.zone)
    async with runtime.store.reading() as tx:
        issues = await find_issues(tx)
    planned = [one for one in issues if one.scheduled_at and one.state in PLANNED]
    planned.sort(key=lambda one: one.scheduled_at or one.created_at)
    again = await list_recurrences(runtime.store, now=visit.now, count=MOST_COMING)
    coming = [Coming(recurrence=one.recurrence, at=at) for one in again for at in one.coming]
    making, library = about == "making", visit.desk.library.at_once()
    return visit.page(
        "schedule.html",
        status=status,
        problem=problem,
        about=about,
        month=lay_out(_month(visit, zone), _marks(visit, issues), zone, coming=coming),
        again=[one for one in again if one.recurrence.state is not RecurrenceState.ENDED],
        ended=[one for one in again if one.recurrence.state is RecurrenceState.ENDED],
        today=visit.now.astimezone(zone).date(),
        plans=[await _plan(visit, library, one) for one in planned],
        most=MOST_ON_A_DAY,
        sheet=RuleSheet.typed(visit.form) if making else RuleSheet(),
        newsroom_is_up=runtime.newsroom_server() is not None,
        zones=_zones(visit),
        **await rule_choices(visit),
    )


def _zones(visit: Visit) -> list[str]:
    return list(dict.fromkeys((visit.runtime.settings.desk.timezone, *ZONES)))


async def rule_choices(visit: Visit, *, zone: str = "", own: Sequence[str] = ()) -> dict[str, Any]:
    """What the form of a rule offers; a rule's `own` lists and its zone are always among it."""
    runtime = visit.runtime
    async with runtime.store.reading() as tx:
        sizes = await list_sizes(tx)
    return {
        "zone_choices": [(one, one) for one in dict.fromkeys((*_zones(visit), zone)) if one],
        "policies": POLICIES,
        "lists": dict(sorted((dict.fromkeys(own, 0) | sizes).items())),
        "languages": visit.desk.library.languages,
        "how_often": [(value, visit.say(said)) for value, said in HOW_OFTEN.items()],
        "weekdays": [(DAYS[n], full) for n, (_, full) in enumerate(visit.words.weekdays())],
    }


def _month(visit: Visit, zone: ZoneInfo) -> date:
    asked = MONTH.fullmatch(visit.asked("month"))
    if asked:
        return date(int(asked[1]), int(asked[2]), 1)
    return visit.now.astimezone(zone).date().replace(day=1)


def _marks(visit: Visit, issues: list[Issue]) -> list[Mark]:
    library = visit.desk.library
    return [
        Mark(issue=one, title=title_of(library, one.slug), at=at, planned=one.state in PLANNED)
        for one in issues
        if (at := one.started_at or one.scheduled_at)
    ]


async def _plan(visit: Visit, library: Library, issue: Issue) -> Plan:
    waits = await waits_of(
        library,
        visit.runtime.store,
        issue,
        now=visit.now,
        late_hours=visit.runtime.settings.schedule.late_hours,
    )
    title = title_of(library, issue.slug)
    return Plan(
        issue=issue,
        title=title,
        acts=acts_of(visit, issue, waits),
        leavings=await leavings_for(visit, issue),
    )


async def _require_planned(visit: Visit, issue: IssueId) -> None:
    """A first time is given where one sees whom the issue goes to."""
    async with visit.runtime.store.reading() as tx:
        if (await get_issue(tx, issue)).scheduled_at is None:
            raise NotDoneError(visit.say("It is not planned yet. Plan it on the page for sending."))


async def move(visit: Visit) -> Response:
    """Give a planned issue another time."""
    issue = IssueId(visit.named("issue"))
    try:
        await _require_planned(visit, issue)
        at = await give_time(visit)
    except NewsletterError as error:
        return await schedule_page(
            visit, problem=in_words(visit.words, error), status=status_of(error), about=issue
        )
    local = at.astimezone(ZoneInfo(visit.words.zone))
    return visit.go(f"/schedule?month={local:%Y-%m}", done="moved")
