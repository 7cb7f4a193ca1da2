"""Calendar files by the rules of RFC 5545, read back by their own parser."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from flows.content.cards import Appointment
from flows.domain.language import Language
from flows.mail.calendar import write_calendar

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ZONES = ("Europe/Brussels", "Europe/Lisbon", "America/Chicago", "Asia/Kathmandu", "UTC")
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=200
).filter(lambda text: text.strip() == text)


def event_of(file: bytes) -> Any:
    """The one event of a file."""
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    return event


def an_appointment(begins: date, ends: date, **fields: str) -> Appointment:
    """An entry between these, with any of its texts replaced."""
    texts = {"name": "x", "title": "X", "place": "", "link": "", "calendar": "", **fields}
    return Appointment(begins=begins, ends=ends, calendar_end=ends, **texts)


@given(
    title=WORDS,
    place=WORDS,
    zone=st.sampled_from(ZONES),
    begins=st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001  the zone comes after
    hours=st.integers(0, 72),
)
@settings(max_examples=60, deadline=None)
def test_any_entry_comes_back_from_its_file_as_it_was(
    title: str, place: str, zone: str, begins: datetime, hours: int
) -> None:
    """Texts with commas, semicolons and emoji, moments in any zone; no line over 75 octets."""
    clock = begins.replace(microsecond=0, tzinfo=UTC).astimezone(ZoneInfo(zone))
    ends = (clock.astimezone(UTC) + timedelta(hours=hours)).astimezone(ZoneInfo(zone))
    entry = an_appointment(clock, ends, title=title, place=place)
    file = write_calendar(entry, uid="x@efus.test", language=Language("fr"), now=NOW)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert b"\n" not in file.replace(b"\r\n", b"")
    event = event_of(file)
    assert (str(event["summary"]), str(event["location"])) == (title, place)
    assert event["summary"].params["LANGUAGE"] == "fr"
    assert event["dtstart"].dt.astimezone(UTC) == clock.astimezone(UTC)
    if hours:
        assert event["dtend"].dt.astimezone(UTC) == ends.astimezone(UTC)


def test_a_files_zone_says_when_clocks_change() -> None:
    """Section 3.6.5: whoever has no zone of that name knows its offsets, winter and summer."""
    begins = datetime(2026, 12, 3, 9, 30, tzinfo=ZoneInfo("Europe/Brussels"))
    file = write_calendar(
        an_appointment(begins, begins), uid="x@efus.test", language=Language("fr"), now=NOW
    )
    assert b"DTSTART;TZID=Europe/Brussels:20261203T093000\r\n" in file
    for part in (b"BEGIN:STANDARD", b"BEGIN:DAYLIGHT", b"TZOFFSETTO:+0100", b"TZOFFSETTO:+0200"):
        assert part in file


def test_days_have_no_hours() -> None:
    """Sections 3.3.4 and 3.6.1: values are dates, and the end is the day after the last."""
    entry = an_appointment(date(2026, 12, 10), date(2026, 12, 12), link="https://efus.eu/x")
    file = write_calendar(entry, uid="x@efus.test", language=Language("fr"), now=NOW)
    for line in (
        b"DTSTART;VALUE=DATE:20261210\r\n",
        b"DTEND;VALUE=DATE:20261212\r\n",
        b"DTSTAMP:20261124T080000Z\r\n",
        b"URL:https://efus.eu/x\r\n",
        b"VERSION:2.0\r\n",
    ):
        assert line in file
    assert b"VTIMEZONE" not in file
