"""Rules by which something comes again: cron's words, or those of RFC 5545, section 3.3.10.

A rule speaks of what clocks on walls show; `first_instant` says which instant that is.
"""

from calendar import IllegalMonthError, monthrange
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Final

from cronsim import CronSim, CronSimError
from dateutil.rrule import rrule, rrulestr

from flows.domain.errors import InputError
from flows.operations.times import first_instant, zone_of

EXAMPLE: Final = (
    'For example: "0 9 * * TUE#1", or "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9": the first Tuesday of each '
    "month at nine."
)
FREQUENCIES: Final = {"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"}
FARTHEST: Final = timedelta(days=9 * 366)
"""So far one looks for the next time: 29 February can be eight years away."""
OFTENEST: Final = timedelta(hours=1)
MARGIN: Final = timedelta(days=2)
"""More than clocks were ever changed by at once."""


def check_rule(rule: str, *, zone: str, now: datetime) -> None:
    """Raise `InputError` for what is no rule, never happens, or happens more than once an hour."""
    zone_of(zone)
    coming = list(islice(instants(rule, zone=zone, begins_at=now, after=now), 50))
    if not coming:
        raise _refused(rule, "never happens")
    if any(later - earlier < OFTENEST for earlier, later in pairwise(coming)):
        raise _refused(rule, "happens more than once an hour")


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
            raise _refused(rule, "is not five fields of cron")
        # What is already there counts only when it is in the future of where one begins.
        return CronSim(written, near.replace(second=0, microsecond=0) - timedelta(minutes=1)), None
    except CronSimError as error:
        raise _refused(rule, f"is no rule: {error}") from None


def _by_parts(
    rule: str, written: str, *, zone: str, begins: datetime, near: datetime
) -> tuple[Iterator[datetime], int | None]:
    parts = dict(_part(rule, one) for one in written.upper().split(";"))
    if parts.get("FREQ") not in FREQUENCIES:
        raise _refused(rule, f"FREQ is none of {', '.join(sorted(FREQUENCIES))}")
    if parts["FREQ"] != "HOURLY" and "BYHOUR" not in parts:
        raise _refused(rule, "names no hour: BYHOUR=9")
    _require_a_day(rule, parts)
    count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
    # Counted rules are counted from their beginning; others can be entered anywhere.
    end = min(near + FARTHEST, _until(rule, until, zone) if until else datetime.max)  # noqa: DTZ901 - a reading, without a zone by definition
    most = _number(rule, count) if count else None
    midnight = begins.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        found = rrulestr(";".join(f"{k}={v}" for k, v in parts.items()), dtstart=midnight)
        if not isinstance(found, rrule):
            raise _refused(rule, "is not one rule")
        bounded = found.replace(until=end)
        return (iter(bounded) if most is not None else bounded.xafter(near)), most
    except (ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise _refused(rule, f"is no rule: {error}") from None


def _part(rule: str, written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals or not value or name in {"DTSTART", "TZID"}:
        raise _refused(rule, f"{written!r} is no part of a rule")
    return name, value


def _require_a_day(rule: str, parts: Mapping[str, str]) -> None:
    """Refuse the 30th of February at once; it would be looked for until the year 9999."""
    try:
        days = [abs(int(one)) for one in parts.get("BYMONTHDAY", "1").split(",")]
        months = [int(one) for one in parts.get("BYMONTH", "1").split(",")]
        longest = max(monthrange(2024, month)[1] for month in months)
    except (ValueError, IllegalMonthError):
        return  # said better by whoever reads the whole
    if min(days) > longest:
        raise _refused(rule, "never happens")


def _number(rule: str, written: str) -> int:
    if not (written.isascii() and written.isdigit() and int(written)):
        raise _refused(rule, f"COUNT={written} is no number of times")
    return int(written)


def _until(rule: str, written: str, zone: str) -> datetime:
    """The last reading that counts; a day alone counts whole."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise _refused(rule, f"UNTIL={written} is no day") from None
    if moment.tzinfo is not None:
        return moment.astimezone(zone_of(zone)).replace(tzinfo=None)
    return moment if "T" in written else moment + timedelta(hours=23, minutes=59)


def _refused(rule: str, problem: str) -> InputError:
    return InputError(f"{rule!r} {problem}", field="rule", remedy=EXAMPLE)
