"""The words of the pages, in each of their languages, and how each writes times and numbers."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations
from babel.units import format_unit

from flows.desk.labels import FACT_VALUES, ISSUE_STATES
from flows.domain.issue import IssueState
from flows.domain.language import choose_edition
from flows.domain.phrases import Phrase
from flows.operations.times import zone_of

MESSAGES: Final = Path(__file__).parent / "messages"
LOCALES: Final = {"fr": "Français", "en": "English", "nl": "Nederlands"}
"""The languages of the pages, each by its own name. Templates are written in English."""


DIGEST: Final = re.compile(r"[0-9a-f]{64}")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, kw_only=True)
class Words:
    """One language of the pages. `zone` is the one in which times are told."""

    locale: str
    zone: str

    @cached_property
    def catalogue(self) -> NullTranslations:
        """The messages of the language."""
        return read_catalogue(self.locale)

    def say(self, message: str, **values: object) -> str:
        """A message in this language, with its values put in."""
        said: str = self.catalogue.gettext(message)
        return said % values if values else said

    def say_n(self, one: str, many: str, n: int, **values: object) -> str:
        """A message in the form that goes with a number."""
        said: str = self.catalogue.ngettext(one, many, n)
        return said % {"n": self.number(n), **values}

    def tell(self, text: str) -> str:
        """What the program says, in this language: its template from the catalogue, if it has one.

        What stands in no catalogue, such as another server's words, is told as it is.
        """
        if not isinstance(text, Phrase):
            return self.say(text) if text else ""
        told: str = self.say(text.template)
        return told.format_map({name: self._fact(fact) for name, fact in text.facts.items()})

    def _fact(self, fact: Any) -> Any:
        if isinstance(fact, IssueState):
            return self.say(ISSUE_STATES[fact])
        if isinstance(fact, bool):
            return self.say("yes") if fact else self.say("no")
        return self.tell(fact) if isinstance(fact, Phrase) else fact

    def fact(self, value: Any) -> str:
        """A fact of the audit trail, short enough to read."""
        if isinstance(value, bool):
            return str(self._fact(value))
        if isinstance(value, dict):
            return ", ".join(f"{name} {self.fact(one)}" for name, one in value.items() if one)
        if isinstance(value, list):
            return self.listed(map(self.fact, value))
        if isinstance(value, str) and (at := _moment_in(value)):
            return self.moment(at)
        if isinstance(value, str) and value in FACT_VALUES:
            return self.say(FACT_VALUES[value])
        return DIGEST.sub(lambda digest: digest[0][:12], str(value))

    def moment(self, at: datetime, zone: str | None = None) -> str:
        """A time in full: `mardi 1 décembre 2026 à 09:00 Europe/Brussels (UTC+01:00)`."""
        named = zone or self.zone
        local = at.astimezone(zone_of(named))
        offset = f"{local:%z}"
        return self.say(
            "%(day)s at %(hour)s %(zone)s (UTC%(offset)s)",
            day=format_datetime(local, "EEEE d MMMM y", locale=self._babel),
            hour=format_datetime(local, "HH:mm", locale=self._babel),
            zone=named,
            offset=f"{offset[:3]}:{offset[3:]}",
        )

    def short(self, at: datetime) -> str:
        """A time in a table, in the zone of the pages."""
        local = at.astimezone(ZoneInfo(self.zone))
        return format_datetime(local, "d MMM y HH:mm", locale=self._babel)

    def hour(self, at: datetime) -> str:
        """A time of day in the zone of the pages, to the second."""
        return format_time(at.astimezone(ZoneInfo(self.zone)), "HH:mm:ss", locale=self._babel)

    def day(self, at: datetime, zone: str | None = None) -> str:
        """A day, in words."""
        local = at.astimezone(zone_of(zone or self.zone))
        return format_datetime(local, "EEEE d MMMM y", locale=self._babel)

    def month(self, day: date) -> str:
        """The month of a day, with its year."""
        return format_date(day, "LLLL y", locale=self._babel)

    def weekdays(self) -> list[tuple[str, str]]:
        """The days of a week, short and in full, Monday first."""
        days = [date(2024, 1, number) for number in range(1, 8)]
        return [
            (
                format_date(day, "ccc", locale=self._babel).rstrip("."),
                format_date(day, "cccc", locale=self._babel),
            )
            for day in days
        ]

    def distance(self, duration: timedelta) -> str:
        """From now: `in 3 days 4 hr`, `12 min ago`."""
        span = self.duration(abs(duration).total_seconds())
        if duration > timedelta(0):
            return self.say("in %(span)s", span=span)
        return self.say("%(span)s ago", span=span)

    def duration(self, seconds: float) -> str:
        """How long something takes, in its two largest units: `1 hr 5 min`."""
        left, parts = round(seconds), list[str]()
        for name, length in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
            count, left = divmod(left, length)
            if count:
                parts.append(format_unit(count, f"duration-{name}", "short", locale=self._babel))
            if len(parts) == 2 or (parts and name == "minute"):
                break
        return " ".join(parts) or format_unit(0, "duration-second", "short", locale=self._babel)

    def number(self, number: float) -> str:
        """A number with its thousands told apart."""
        return format_decimal(number, locale=self._babel)

    def percent(self, part: float, whole: float) -> str:
        """A share, in whole per cent; rounded down, so that 100 % means all."""
        share = int(100 * part / whole) / 100 if whole else 0
        return format_percent(share, locale=self._babel)

    def language(self, tag: str) -> str:
        """A language by its name."""
        try:
            name = Locale.parse(tag, sep="-").get_display_name(self._babel)
        except (ValueError, UnknownLocaleError):
            name = None
        return name or tag

    def listed(self, things: Iterable[str]) -> str:
        """Things with commas between them."""
        return ", ".join(things)

    @cached_property
    def _babel(self) -> Locale:
        # English as Europe writes it: 1 December, 09:00.
        return Locale("en", "GB") if self.locale == "en" else Locale(self.locale)


def _moment_in(written: str) -> datetime | None:
    """The time that an ISO text with its offset names; `None` if it is none."""
    try:
        return datetime.fromisoformat(written) if MOMENT.fullmatch(written) else None
    except ValueError:
        return None


@lru_cache
def read_catalogue(locale: str) -> NullTranslations:
    """The messages of a language; English ones stand in the templates themselves."""
    path = MESSAGES / f"{locale}.po"
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=locale)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def choose_locale(wanted: str, accepted: str) -> str:
    """The language of somebody's pages: theirs, else the browser's, else English."""
    tags = [part.partition(";") for part in accepted.split(",")]
    ranked = sorted(tags, key=lambda tag: -_quality(tag[2]))
    by_browser = [tag.strip() for tag, _, _ in ranked]
    return choose_edition([wanted, *by_browser], editions=LOCALES) or "en"


def _quality(parameters: str) -> float:
    """The weight of RFC 9110, section 12.4.2."""
    try:
        return float(parameters.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
