"""Calendar files for the entries of a digest's agenda (RFC 5545)."""

from datetime import UTC, datetime

from icalendar import Calendar, Event, vText

from flows.content.cards import Appointment
from flows.domain.language import Language

PRODUCT = "-//efus-newsletter//agenda//EN"


def write_calendar(entry: Appointment, *, uid: str, language: Language, now: datetime) -> bytes:
    """One entry as an iCalendar object with its time zone: lines folded, ended by CRLF.

    `uid` stays the same for an entry whatever changes in it (section 3.8.4.7), so that calendars
    replace what they have. Days are dates, of which the last is not included (section 3.6.1).
    """
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", entry.begins)
    if entry.calendar_end != entry.begins:
        event.add("dtend", entry.calendar_end)
    event.add("summary", _text(entry.title, language))
    if entry.place:
        event.add("location", _text(entry.place, language))
    if entry.link:
        event.add("url", entry.link)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _text(text: str, language: Language) -> vText:
    return vText(text, params={"LANGUAGE": str(language)})
