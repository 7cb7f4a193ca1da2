"""Times as people write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.domain.errors import InputError

EXAMPLE = 'For example: "2026-12-01 09:00 Europe/Brussels".'


def parse_moment(text: str) -> tuple[datetime, str]:
    """`2026-12-01 09:00 Europe/Brussels` → the instant in UTC and the zone's name.

    A time without a zone is refused, and so is one that a change of clocks skips or repeats:
    nobody can know which instant was meant. An ISO 8601 offset is taken as a zone.
    """
    words = text.strip().rsplit(" ", 1)
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is not None:
            return moment.astimezone(UTC), f"UTC{moment:%z}"
    except ValueError:
        pass
    if len(words) != 2:
        raise InputError(f"{text!r} names no time zone", field="time", remedy=EXAMPLE)
    written, zone_name = words
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"{zone_name!r} is not an IANA time zone", field="time", remedy=EXAMPLE
        ) from None
    try:
        local = datetime.fromisoformat(written).replace(tzinfo=zone)
    except ValueError:
        raise InputError(
            f"{written!r} is not a date and a time", field="time", remedy=EXAMPLE
        ) from None
    return _certain(local), zone_name


def _certain(local: datetime) -> datetime:
    early, late = local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if early == late:
        return early
    exists = early.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)
    raise InputError(
        f"{local:%Y-%m-%d %H:%M} {'comes twice' if exists else 'does not exist'} in {local.tzinfo}, "
        "where the clocks change that night",
        field="time",
        remedy="Choose a time outside that hour.",
    )


def show_moment(moment: datetime, zone: str | None, *, now: datetime) -> str:
    """The time with zone, offset and countdown: `2026-12-01 09:00 Europe/Brussels (+01:00), in 8 d 3 h`."""
    local = moment.astimezone(ZoneInfo(zone) if zone and "/" in zone else UTC)
    offset = f"{local:%z}"
    return (
        f"{local:%Y-%m-%d %H:%M} {zone or 'UTC'} ({offset[:3]}:{offset[3:]}), "
        f"{show_distance(moment - now)}"
    )


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
    return moment.astimezone(ZoneInfo(zone) if zone and "/" in zone else UTC).isoformat()
