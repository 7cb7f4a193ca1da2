"""Times as people write and read them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.domain.errors import InputError
from flows.operations.times import local_time, parse_moment, show_distance, show_moment

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})


def test_a_moment_is_read_in_its_zone() -> None:
    """Winter and summer have their own offsets."""
    assert parse_moment("2026-12-01 09:00 Europe/Brussels") == (
        datetime(2026, 12, 1, 8, tzinfo=UTC),
        "Europe/Brussels",
    )
    assert parse_moment("2026-07-01T09:00 Europe/Brussels")[0].hour == 7


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-12-01T09:00:00+01:00", "UTC+01:00"),
        ("2026-12-01 09:00+01:00", "UTC+01:00"),
        ("2026-12-01 09:00 UTC+01:00", "UTC+01:00"),
        ("2026-12-01 03:30-04:30", "UTC-04:30"),
        ("2026-12-01T08:00Z", "UTC"),
        ("2026-12-01 08:00 UTC", "UTC"),
        ("2026-12-01 09:00 CET", "CET"),
        ("  2026-12-01   09:00\u00a0Europe/Brussels\n", "Europe/Brussels"),
    ],
)
def test_every_way_to_name_a_zone_gives_the_same_instant(text: str, zone: str) -> None:
    """And the zone's name is one that can be read again."""
    moment, name = parse_moment(text)

    assert (moment, name) == (datetime(2026, 12, 1, 8, tzinfo=UTC), zone)
    assert datetime.fromisoformat(local_time(moment, name)) == moment
    shown = show_moment(moment, name, now=NOW)
    assert parse_moment(shown.partition(" (")[0]) == (moment, name)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-12-01 09:00", "names no time zone"),
        ("2026-12-01T09:00", "names no time zone"),
        ("2026-12-01", "is not a day, a time and a zone"),
        ("", "is not a day, a time and a zone"),
        ("demain", "is not a day, a time and a zone"),
        ("2026-12-01 Europe/Brussels", "is not a day, a time and a zone"),
        ("2026-13-01 09:00 Europe/Brussels", "is not a day, a time and a zone"),
        ("2026-12-01 09:00+02:00 Europe/Brussels", "is not a day, a time and a zone"),
        ("2026-12-01 09:00 Europe", "is not an IANA time zone"),
        ("2026-12-01 09:00 Europe/Brussel", "is not an IANA time zone"),
        ("2026-12-01 09:00 ../../etc/passwd", "is not an IANA time zone"),
        ("2026-12-01 09:00 UTC+1", "is not an IANA time zone"),
        ("0001-01-01 00:00 Asia/Tokyo", "is beyond the calendar"),
        ("9999-12-31T23:00-02:00", "is beyond the calendar"),
    ],
)
def test_what_leaves_a_doubt_is_refused_with_an_example(text: str, problem: str) -> None:
    """Nobody is mailed at a time that was guessed."""
    with pytest.raises(InputError, match=problem) as caught:
        parse_moment(text)

    assert "2026-12-01 09:00 Europe/Brussels" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2027-03-28 02:30 Europe/Brussels", "02:30 does not exist in Europe/Brussels"),
        ("2026-10-25 02:30 Europe/Brussels", "02:30 comes twice in Europe/Brussels"),
        ("2026-10-04 02:15 Australia/Lord_Howe", "02:15 does not exist"),
        ("2011-12-30 12:00 Pacific/Apia", "12:00 does not exist"),
    ],
)
def test_an_hour_that_the_clocks_skip_or_repeat_is_refused(text: str, problem: str) -> None:
    """The person chooses another one."""
    with pytest.raises(InputError, match=problem) as caught:
        parse_moment(text)

    assert caught.value.remedy == "Choose a time outside that hour."


LOCAL_TIMES = st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2090, 1, 1))  # noqa: DTZ001
CHANGES = st.sampled_from(
    [datetime(2027, 3, 28, 1), datetime(2026, 10, 25, 0), datetime(2026, 3, 8, 1)]  # noqa: DTZ001
)
NEAR_CHANGES = st.builds(
    lambda start, minutes: start + timedelta(minutes=minutes), CHANGES, st.integers(0, 240)
)


@settings(max_examples=200, deadline=None)
@given(local=LOCAL_TIMES | NEAR_CHANGES, zone=st.sampled_from(ZONES))
@example(local=datetime(2027, 3, 28, 2), zone="Europe/Brussels")  # noqa: DTZ001
@example(local=datetime(2026, 10, 25, 3), zone="Europe/Brussels")  # noqa: DTZ001
def test_a_local_time_is_read_exactly_or_refused(local: datetime, zone: str) -> None:
    """It is refused exactly when it happens never or twice in its zone, and never moved."""
    local = local.replace(second=0, microsecond=0)
    candidates = {(local - offset).replace(tzinfo=UTC) for offset in _offsets_around(local, zone)}
    instants = {
        instant
        for instant in candidates
        if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
    }
    text = f"{local:%Y-%m-%d %H:%M} {zone}"
    if len(instants) != 1:
        with pytest.raises(InputError, match=r"does not exist|comes twice"):
            parse_moment(text)
        return
    moment, name = parse_moment(text)
    assert {moment} == instants
    assert name == zone
    assert local_time(moment, zone).startswith(f"{local:%Y-%m-%dT%H:%M}")
    assert show_moment(moment, zone, now=NOW).startswith(f"{text} (")


def _offsets_around(local: datetime, zone: str) -> set[timedelta]:
    """Every offset that the zone has within two days of a local time."""
    found = set()
    for hours in range(-48, 49):
        there = (local + timedelta(hours=hours)).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        offset = there.utcoffset()
        assert offset is not None
        found.add(offset)
    return found


@settings(max_examples=100, deadline=None)
@given(
    moment=st.datetimes(
        min_value=datetime(1950, 1, 1),  # noqa: DTZ001
        max_value=datetime(2090, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-23 * 60, 23 * 60).map(
            lambda minutes: timezone(timedelta(minutes=minutes))
        ),
    )
)
def test_an_iso_time_with_an_offset_keeps_instant_and_offset(moment: datetime) -> None:
    """Machines write times so."""
    instant, zone = parse_moment(moment.isoformat())

    assert instant == moment
    assert instant.tzinfo is UTC
    assert local_time(instant, zone) == moment.isoformat()


@settings(max_examples=100, deadline=None)
@given(text=st.text() | st.text(alphabet="0123456789-: T+ZUC/Europe", max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    """There is no third way."""
    with suppress(InputError):
        assert parse_moment(text)[0].tzinfo is UTC


def test_a_moment_is_shown_with_zone_offset_and_countdown() -> None:
    """So that nobody has to reckon."""
    moment = datetime(2026, 12, 1, 8, tzinfo=UTC)

    assert show_moment(moment, "Europe/Brussels", now=NOW) == (
        "2026-12-01 09:00 Europe/Brussels (+01:00), in 8 d 22 h"
    )
    assert show_moment(moment, None, now=NOW) == "2026-12-01 08:00 UTC (+00:00), in 8 d 22 h"
    assert show_moment(moment, "Asia/Kolkata", now=moment).startswith(
        "2026-12-01 13:30 Asia/Kolkata (+05:30), "
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (51 * 3600, "in 2 d 3 h"),
        (2 * 3600 + 300, "in 2 h 5 min"),
        (300, "in 5 min"),
        (-12 * 60, "12 min ago"),
        (-26 * 3600, "1 d 2 h ago"),
        (0, "0 min ago"),
    ],
)
def test_a_distance_is_two_units_at_most(seconds: int, words: str) -> None:
    """Days and hours, hours and minutes, or minutes."""
    assert show_distance(timedelta(seconds=seconds)) == words
