"""Rules by which something comes again, over nights in which clocks change."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.domain.errors import InputError
from flows.operations.rules import check_rule, instants

NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
CHANGES = {
    "Europe/Brussels": ("2026-10-25", "2027-03-28"),
    "America/New_York": ("2026-11-01", "2027-03-14"),
    "Pacific/Auckland": ("2026-09-27", "2027-04-04"),
}


def coming(rule: str, count: int, *, zone: str = "Europe/Brussels") -> list[str]:
    """The next instants of a rule that was made now."""
    found = islice(instants(rule, zone=zone, begins_at=NOW, after=NOW), count)
    return [f"{at:%Y-%m-%d %H:%M}" for at in found]


@pytest.mark.parametrize("rule", ["0 9 * * TUE#1", "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9"])
def test_the_first_tuesday_of_the_month_at_nine(rule: str) -> None:
    """In cron's words and in those of RFC 5545; nine stays nine in summer."""
    assert coming(rule, 6) == [
        "2026-12-01 08:00",
        "2027-01-05 08:00",
        "2027-02-02 08:00",
        "2027-03-02 08:00",
        "2027-04-06 07:00",
        "2027-05-04 07:00",
    ]


def test_a_rule_may_end_and_skip() -> None:
    """INTERVAL counts from the day it was made, COUNT from then on, UNTIL ends with its day."""
    assert coming("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=9;COUNT=2", 9) == [
        "2026-12-07 08:00",
        "2026-12-21 08:00",
    ]
    assert coming("RRULE:FREQ=DAILY;BYHOUR=9;UNTIL=20261128", 9) == [
        "2026-11-27 08:00",
        "2026-11-28 08:00",
    ]
    assert coming("FREQ=DAILY;BYHOUR=9;UNTIL=20261128T070000Z", 9) == ["2026-11-27 08:00"]
    later = instants(
        "FREQ=DAILY;BYHOUR=9;COUNT=3",
        zone="UTC",
        begins_at=NOW,
        after=NOW + timedelta(days=1),
    )
    assert [f"{at:%d}" for at in later] == ["28", "29"]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("", "not five fields"),
        ("demain", "not five fields"),
        ("0 9 * *", "not five fields"),
        ("0 0 9 * * *", "not five fields"),
        ("0 9 30 2 *", "is no rule"),
        ("0 25 * * *", "is no rule: the hour is wrong"),
        ("61 9 * * *", "is no rule: the minute is wrong"),
        ("0 9 32 * *", "is no rule: the day of the month is wrong"),
        ("0 9 * 13 *", "is no rule: the month is wrong"),
        ("0 9 * * lundi", "is no rule: the day of the week is wrong"),
        ("*/5 9 * * *", "more than once an hour"),
        ("FREQ=MINUTELY;BYHOUR=9", "FREQ is none of"),
        ("FREQ=MONTHLY;BYDAY=1TU", "names no hour"),
        ("FREQ=MONTHLY;BYDAY=XX;BYHOUR=9", "is no rule"),
        ("FREQ=MONTHLY;BYHOUR=99", "is no rule"),
        ("FREQ=MONTHLY;BYHOUR=9;WHAT=1", "'WHAT=1' is no part"),
        ("FREQ=MONTHLY;BYHOUR", "is no part"),
        ("DTSTART=20260101;FREQ=DAILY;BYHOUR=9", "is no part"),
        ("FREQ=DAILY;BYHOUR=9;COUNT=0", "'COUNT=0' is no part"),
        ("FREQ=DAILY;BYHOUR=9;INTERVAL=0", "'INTERVAL=0' is no part"),
        ("FREQ=DAILY;BYHOUR=9;UNTIL=never", "'UNTIL=NEVER' is no part"),
        ("FREQ=DAILY;BYHOUR=9;UNTIL=20200101", "never happens"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=9", "never happens"),
        ("FREQ=DAILY;BYMONTH=6;BYWEEKNO=53;BYHOUR=9", "never happens"),
        ("FREQ=YEARLY;BYEASTER=1;BYHOUR=9", "no part of a rule"),
        ("FREQ=HOURLY;BYMONTH=1;BYYEARDAY=366", "never happens"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=SU;BYHOUR=9", "never happens"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3;BYHOUR=9", "never happens"),
    ],
)
def test_what_is_no_rule_is_refused_at_once_with_an_example(rule: str, problem: str) -> None:
    """Whoever typed it learns why; nothing is searched for until the year 9999."""
    began = time.process_time()
    with pytest.raises(InputError, match=problem) as caught:
        check_rule(rule, zone="Europe/Brussels", now=NOW)
    assert "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9" in str(caught.value)
    assert time.process_time() - began < 5


def test_a_zone_that_is_none_is_refused() -> None:
    """As for every other time."""
    with pytest.raises(InputError, match="not an IANA time zone"):
        check_rule("0 9 * * *", zone="Europe/Brussel", now=NOW)


@st.composite
def schedules(draw: st.DrawFn) -> tuple[str, str, datetime, list[tuple[int, int]]]:
    """A daily rule around a night of change: its words, its zone, when it is made, its hours."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    night = datetime.fromisoformat(draw(st.sampled_from(CHANGES[zone])))
    hours = draw(st.lists(st.integers(0, 23), min_size=1, max_size=4, unique=True))
    hours += draw(st.lists(st.integers(0, 4), max_size=2, unique=True))
    minute = draw(st.integers(0, 59))
    listed = ",".join(map(str, sorted(set(hours))))
    rule = draw(
        st.sampled_from(
            [f"{minute} {listed} * * *", f"FREQ=DAILY;BYHOUR={listed};BYMINUTE={minute}"]
        )
    )
    made = night.replace(tzinfo=ZoneInfo(zone)) - timedelta(minutes=draw(st.integers(0, 2000)))
    return rule, zone, made.astimezone(UTC), [(hour, minute) for hour in sorted(set(hours))]


def by_looking_at_the_clock(
    made: datetime, zone: str, hours: list[tuple[int, int]]
) -> Iterator[datetime]:
    """The same, found by looking at a clock on a wall every minute for three days.

    A time is due at the first minute at which the clock shows it, or a later one of its day when
    it was skipped; never twice.
    """
    minute = (made - timedelta(days=1)).replace(second=0, microsecond=0)
    done: set[datetime] = set()
    last = None
    while minute < made + timedelta(days=3):
        shown = minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        before = last if last is not None else shown - timedelta(minutes=1)
        fires = False
        for hour, past in hours:
            for day in (shown.date(), before.date()):
                due = datetime(day.year, day.month, day.day, hour, past)  # noqa: DTZ001
                if before < due <= shown and due not in done:
                    done.add(due)
                    fires = True
        if fires and minute >= made:
            yield minute
        last, minute = shown, minute + timedelta(minutes=1)


@settings(max_examples=400, deadline=None)
@given(schedule=schedules())
def test_every_schedule_comes_when_a_clock_on_the_wall_says(
    schedule: tuple[str, str, datetime, list[tuple[int, int]]],
) -> None:
    """Through the nights of Brussels, New York and Auckland in which the clocks change."""
    rule, zone, made, hours = schedule
    wanted = [at for at in by_looking_at_the_clock(made, zone, hours) if at > made]

    found = instants(rule, zone=zone, begins_at=made, after=made)

    assert list(takewhile(lambda at: at < made + timedelta(days=3), found)) == wanted
