"""The same hour everywhere, and what becomes of hours that clocks skip or repeat."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.domain.errors import InputError
from flows.domain.timing import Wall
from flows.operations.addressing import Timetable, city_instant
from flows.operations.times import first_instant, parse_when

NINE = Wall(datetime(2026, 12, 1, 9))  # noqa: DTZ001 - what clocks show


def test_local_stands_for_every_reader_s_zone() -> None:
    """In any case of letters; a zone's name is still a zone."""
    assert parse_when("2026-12-01 09:00 local") == NINE
    assert parse_when("2026-12-01T09:00  LOCAL") == NINE
    assert Wall.from_text(NINE.as_text()) == NINE
    assert parse_when("2026-12-01 09:00 Europe/Brussels") == (
        datetime(2026, 12, 1, 8, tzinfo=UTC),
        "Europe/Brussels",
    )


@pytest.mark.parametrize("text", ["local", "2026-12-01 local", "2026-12-01 09:00+01:00 local"])
def test_a_local_time_needs_an_hour_and_no_offset(text: str) -> None:
    """What is left out is not guessed."""
    with pytest.raises(InputError, match="is not a day, a time and a zone"):
        parse_when(text)


@pytest.mark.parametrize(
    ("reading", "zone", "instant"),
    [
        ("2027-03-28T02:30", "Europe/Brussels", "2027-03-28T01:00+00:00"),
        ("2026-10-25T02:30", "Europe/Brussels", "2026-10-25T00:30+00:00"),
        ("2027-03-14T02:30", "America/New_York", "2027-03-14T07:00+00:00"),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30+00:00"),
        ("2026-09-27T02:30", "Pacific/Auckland", "2026-09-26T14:00+00:00"),
        ("2027-04-04T02:30", "Pacific/Auckland", "2027-04-03T13:30+00:00"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30+00:00"),
        ("2011-12-30T09:00", "Pacific/Apia", "2011-12-30T10:00+00:00"),
        ("2026-12-01T09:00", "Europe/Brussels", "2026-12-01T08:00+00:00"),
    ],
)
def test_a_skipped_hour_is_its_end_and_a_repeated_one_its_first(
    reading: str, zone: str, instant: str
) -> None:
    """Worked out by hand."""
    found = first_instant(datetime.fromisoformat(reading), zone)
    assert found == datetime.fromisoformat(instant)


@settings(max_examples=200, deadline=None)
@given(
    minutes=st.integers(-24 * 60, 24 * 60),
    zone=st.sampled_from(["Europe/Brussels", "America/New_York", "Pacific/Auckland", "UTC"]),
    day=st.sampled_from([datetime(2027, 3, 28), datetime(2026, 11, 1), datetime(2027, 4, 4)]),  # noqa: DTZ001
)
def test_no_clock_shows_the_reading_or_a_later_one_before_that_instant(
    minutes: int, zone: str, day: datetime
) -> None:
    """At the instant it does, and within the two hours before it did not."""
    reading = day + timedelta(minutes=minutes)

    at = first_instant(reading, zone)

    assert _clock(at, zone) >= reading
    assert all(_clock(at - timedelta(minutes=one), zone) < reading for one in range(1, 120))


def _clock(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@pytest.mark.parametrize("timezone", ["", "Europe/Atlantis"])
def test_a_city_without_a_zone_keeps_the_network_s(timezone: str) -> None:
    """Its readers get theirs with those of the network's own city."""
    at = city_instant(NINE, timezone, network="Europe/Brussels")
    assert at == datetime(2026, 12, 1, 8, tzinfo=UTC)


def test_the_undo_window_and_the_first_wave_count_from_each_city_s_hour() -> None:
    """Where the hour has passed, from now."""
    opens = datetime(2026, 12, 1, 8, 1, tzinfo=UTC)
    table = Timetable(opens=opens, first={1}, head_start=timedelta(minutes=30), wall=NINE)

    assert table.leaves_at(1, "Europe/Brussels") == opens
    assert table.leaves_at(2, "Europe/Brussels") == opens + timedelta(minutes=30)
    assert table.leaves_at(1, "America/New_York") == datetime(2026, 12, 1, 14, tzinfo=UTC)
    assert table.leaves_at(2, "America/New_York") == datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
    assert Timetable(opens=opens).leaves_at(7, "Pacific/Auckland") == opens
