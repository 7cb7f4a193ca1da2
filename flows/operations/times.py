"""Times as people write them."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.domain.errors import InputError
from flows.domain.issue import Issue
from flows.domain.phrases import Phrase
from flows.domain.timing import Moment, Wall, When

EXAMPLE = 'For example: "2026-12-01 09:00 Europe/Brussels".'

LOCAL = "local"
"""Stands for a zone where every reader's own is meant."""


def parse_when(text: str) -> When:
    """As `parse_moment`; `2026-12-01 09:00 local` is nine o'clock where each reader's city is."""
    words = text.split()
    if len(words) < 2 or words[-1].lower() != LOCAL:
        return parse_moment(text)
    reading = _read(" ".join(words[:-1]))
    if reading is None or reading.tzinfo is not None:
        raise _no_moment(text)
    return Wall(reading.replace(second=0, microsecond=0))


def parse_moment(text: str) -> Moment:
    """`2026-12-01 09:00 Europe/Brussels` → the instant in UTC and the zone's name.

    A time without a zone is refused, and so is one that a change of clocks skips or repeats:
    nobody can know which instant was meant. An ISO 8601 offset is taken as a zone, `UTC+01:00`.
    """
    words = text.split()
    whole = _read(" ".join(words))
    if whole is not None and whole.tzinfo is not None:
        return _instant(whole), str(whole.tzinfo)
    if whole is not None:
        raise InputError(
            Phrase("{text!r} names no time zone", text=text), field="time", remedy=EXAMPLE
        )
    if len(words) < 2:
        raise _no_moment(text)
    zone, local = zone_of(words[-1]), _read(" ".join(words[:-1]))
    if local is None or local.tzinfo is not None:
        raise _no_moment(text)
    return _certain(local.replace(tzinfo=zone)), words[-1]


def _no_moment(text: str) -> InputError:
    problem = Phrase("{text!r} is not a day, a time and a zone", text=text)
    return InputError(problem, field="time", remedy=EXAMPLE)


def _read(written: str) -> datetime | None:
    """A day with a time of day, as ISO 8601 writes it; a day alone says nothing of the hour."""
    with suppress(ValueError):
        date.fromisoformat(written)
        return None
    with suppress(ValueError):
        return datetime.fromisoformat(written)
    return None


def zone_of(name: str) -> tzinfo | None:
    """IANA's zone, or an offset by the name that we give it: UTC+01:00."""
    try:
        if name.startswith(("UTC+", "UTC-")):
            return datetime.strptime(name, "UTC%z").tzinfo
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            Phrase("{name!r} is not an IANA time zone", name=name), field="time", remedy=EXAMPLE
        ) from None


def _instant(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InputError("is beyond the calendar", field="time", remedy=EXAMPLE) from None


def _certain(local: datetime) -> datetime:
    early, late = _instant(local.replace(fold=0)), _instant(local.replace(fold=1))
    if early == late:
        return early
    exists = early.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)
    time, zone = f"{local:%Y-%m-%d %H:%M}", local.tzinfo
    problem = (
        Phrase(
            "{time} comes twice in {zone}, where the clocks change that night", time=time, zone=zone
        )
        if exists
        else Phrase(
            "{time} does not exist in {zone}, where the clocks change that night",
            time=time,
            zone=zone,
        )
    )
    raise InputError(problem, field="time", remedy="Choose a time outside that hour.")


def first_instant(reading: datetime, zone: str) -> datetime:
    """The instant at which clocks of a zone show a reading, for times that a rule makes.

    A reading that a change of clocks skips is the first instant after the gap; of one that comes
    twice it is the first (RFC 5545, section 3.3.5, decides the second case so, too).
    """
    local = reading.replace(tzinfo=zone_of(zone))
    before, after = _instant(local.replace(fold=1)), _instant(local.replace(fold=0))
    if before >= after:
        return after  # the usual case, or the first of two
    offset = after.astimezone(local.tzinfo).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(local.tzinfo).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def show_moment(moment: datetime, zone: str | None, *, now: datetime) -> str:
    """`2026-12-01 09:00 Europe/Brussels (+01:00), in 8 d 3 h`."""
    local = moment.astimezone(zone_of(zone or "UTC"))
    offset = f"{local:%z}"
    return (
        f"{local:%Y-%m-%d %H:%M} {zone or 'UTC'} ({offset[:3]}:{offset[3:]}), "
        f"{show_distance(moment - now)}"
    )


def show_time(issue: Issue, *, now: datetime) -> str:
    """When an issue leaves, as a person reads it; nothing if it has no time."""
    if issue.scheduled_at is None:
        return ""
    shown = show_moment(issue.scheduled_at, issue.zone, now=now)
    return f"{issue.wall} local time, first {shown}" if issue.wall else shown


def show_distance(distance: timedelta) -> str:
    """`in 2 d 3 h`, `in 5 min`, or `12 min ago`."""
    minutes = round(abs(distance).total_seconds() / 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        words = f"{days} d {hours} h"
    elif hours:
        words = f"{hours} h {minutes % 60} min"
    else:
        words = f"{minutes} min"
    return f"in {words}" if distance > timedelta(0) else f"{words} ago"


def local_time(moment: datetime, zone: str | None) -> str:
    """ISO 8601 with the zone's own offset, for machines."""
    return moment.astimezone(zone_of(zone or "UTC")).isoformat()
