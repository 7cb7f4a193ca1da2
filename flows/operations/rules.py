"""Rules by which something comes again: cron's words, or those of RFC 5545, section 3.3.10.

A rule speaks of what clocks on walls show; `first_instant` says which instant that is.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta
from itertools import islice, pairwise
from typing import Final

from cronsim import CronSim, CronSimError
from dateutil.rrule import rrule, rrulestr

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase
from flows.operations.times import first_instant, zone_of

WRONG_FIELDS: Final = {
    "Bad minute": Phrase("the minute is wrong"),
    "Bad hour": Phrase("the hour is wrong"),
    "Bad day-of-month": Phrase("the day of the month is wrong"),
    "Bad month": Phrase("the month is wrong"),
    "Bad day-of-week": Phrase("the day of the week is wrong"),
}
"""What cronsim says of each field, in words that can be said in other languages."""
EXAMPLE: Final = (
    'For example: "0 9 * * TUE#1", or "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9": the first Tuesday of each '
    "month at nine."
)
PARTS: Final = re.compile(
    "FREQ|UNTIL|COUNT|INTERVAL|WKST|BY(SECOND|MINUTE|HOUR|DAY|MONTHDAY|YEARDAY|WEEKNO|MONTH|SETPOS)"
)
"""Those of RFC 5545. The library knows Easter as well, which follows no cycle of days."""
FREQUENCIES: Final = {"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"}
FARTHEST: Final = timedelta(days=9 * 366)
"""So far one looks for the next time: 29 February can be eight years away."""
CYCLE: Final = 400
"""After so many years every day falls on the same day of the week again.

A rule that never happens is looked for until the year 9999, so it is looked at in the last cycle.
"""
OFTENEST: Final = timedelta(hours=1)
MARGIN: Final = timedelta(days=2)
"""More than clocks were ever changed by at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a rule happens: the shortest time between two instants, and how many a day."""

    shortest: timedelta
    most_a_day: int


def check_rule(rule: str, *, zone: str, now: datetime) -> Rhythm:
    """How often a rule happens, as far as one looks; `shortest` is `FARTHEST` if it does once.

    Raises `InputError` for what is no rule, never happens, or happens more than once an hour.
    """
    zone_of(zone)
    coming = list(islice(instants(rule, zone=zone, begins_at=now, after=now), 50))
    if not coming:
        raise _refused(Phrase("{rule!r} never happens", rule=rule))
    shortest = min((later - earlier for earlier, later in pairwise(coming)), default=FARTHEST)
    if shortest < OFTENEST:
        raise _refused(Phrase("{rule!r} happens more than once an hour", rule=rule))
    days = Counter(at.astimezone(zone_of(zone)).date() for at in coming)
    return Rhythm(shortest=shortest, most_a_day=max(days.values()))


def instants(rule: str, *, zone: str, begins_at: datetime, after: datetime) -> Iterator[datetime]:
    """The instants of a rule after one, in order, each once; none before it begins.

    Where clocks skip a time, its instant is the first after the gap; where they repeat one, the
    first of the two.
    """
    begins = begins_at.astimezone(zone_of(zone)).replace(tzinfo=None)
    near = max(begins, after.astimezone(zone_of(zone)).replace(tzinfo=None)) - MARGIN
    last = begins_at - timedelta(microseconds=1)
    readings, most = _readings(rule, zone=zone, begins=begins, near=near)
    found = 0
    for reading in readings:
        at = first_instant(reading, zone)
        if at <= last:
            continue
        last, found = at, found + 1
        if at > after:
            yield at
        if most is not None and found >= most:
            return


def _readings(
    rule: str, *, zone: str, begins: datetime, near: datetime
) -> tuple[Iterator[datetime], int | None]:
    """What clocks show at each time from about `near` on, and how many times there are at most."""
    written = rule.strip().removeprefix("RRULE:")
    if "=" in written:
        return _by_parts(rule, written, zone=zone, begins=begins, near=near)
    try:
        if len(written.split()) != 5:
            raise _refused(Phrase("{rule!r} is not five fields of cron", rule=rule))
        # What is already there counts only when it is in the future of where one begins.
        return CronSim(written, near.replace(second=0, microsecond=0) - timedelta(minutes=1)), None
    except CronSimError as error:
        raise _no_rule(rule, error) from None


def _by_parts(
    rule: str, written: str, *, zone: str, begins: datetime, near: datetime
) -> tuple[Iterator[datetime], int | None]:
    parts = dict(_part(rule, one) for one in written.upper().split(";"))
    if parts.get("FREQ") not in FREQUENCIES:
        known = ", ".join(sorted(FREQUENCIES))
        raise _refused(Phrase("{rule!r}: FREQ is none of {known}", rule=rule, known=known))
    if parts["FREQ"] != "HOURLY" and "BYHOUR" not in parts:
        raise _refused(Phrase("{rule!r} names no hour: BYHOUR=9", rule=rule))
    count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
    _number(rule, "INTERVAL", parts.get("INTERVAL", "1"))
    # Counted rules are counted from their beginning; others can be entered anywhere.
    end = min(near + FARTHEST, _until(rule, until, zone) if until else datetime.max)  # noqa: DTZ901 - a reading, without a zone by definition
    most = _number(rule, "COUNT", count) if count else None
    midnight = begins.replace(hour=0, minute=0, second=0, microsecond=0)
    years = (MAXYEAR - near.year - FARTHEST.days // 365) // CYCLE * CYCLE
    try:
        late = _later(midnight, years)
        found = rrulestr(";".join(f"{k}={v}" for k, v in parts.items()), dtstart=late)
        if not isinstance(found, rrule):
            raise _refused(Phrase("{rule!r} is not one rule", rule=rule))
        bounded = found.replace(until=_later(end, years))
        readings = iter(bounded) if most is not None else bounded.xafter(_later(near, years))
        return (_later(one, -years) for one in readings), most
    except (ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise _no_rule(rule, error) from None


def _later(reading: datetime, years: int) -> datetime:
    return reading.replace(year=reading.year + years)


def _part(rule: str, written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals or not value or not PARTS.fullmatch(name):
        raise _refused(Phrase("{rule!r}: {part!r} is no part of a rule", rule=rule, part=written))
    return name, value


def _number(rule: str, name: str, written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) < 6 and int(written)):
        part = f"{name}={written}"
        raise _refused(Phrase("{rule!r}: {part!r} is no part of a rule", rule=rule, part=part))
    return int(written)


def _until(rule: str, written: str, zone: str) -> datetime:
    """The last reading that counts; a day alone counts whole."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        part = f"UNTIL={written}"
        problem = Phrase("{rule!r}: {part!r} is no part of a rule", rule=rule, part=part)
        raise _refused(problem) from None
    if moment.tzinfo is not None:
        return moment.astimezone(zone_of(zone)).replace(tzinfo=None)
    return moment if "T" in written else moment + timedelta(hours=23, minutes=59)


def _no_rule(rule: str, error: Exception) -> InputError:
    reason = WRONG_FIELDS.get(str(error), str(error))
    return _refused(Phrase("{rule!r} is no rule: {reason}", rule=rule, reason=reason))


def _refused(problem: str) -> InputError:
    return InputError(problem, field="rule", remedy=EXAMPLE)
