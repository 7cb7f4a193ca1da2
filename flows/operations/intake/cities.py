"""The files that say which cities and lists there are: `cities.csv` and `lists.csv`."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.domain.contact import City, MailingList, Membership
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.operations.intake.headings import plain
from flows.operations.intake.languages import read_language
from flows.operations.intake.tables import Row, open_table

REQUIRED: Final = ("city", "country", "language", "timezone")
OPTIONAL: Final = ("membership", "correspondents")
COUNTRY: Final = re.compile("[A-Za-z]{2}")
YES: Final = {"yes", "oui", "ja", "true", "1", "x"}
NO: Final = {"no", "non", "nee", "false", "0", ""}
LONGEST_NAME: Final = 120
"""Of a city or a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityBook:
    """Cities by each name that a list may give them."""

    cities: dict[str, City]
    found: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> str | None:
        """The city's own name, if exactly one city is called so in any language."""
        if name in self.cities:
            return name
        return self.found.get(plain(name))


def city_book(cities: Iterable[City]) -> CityBook:
    """A book of these cities."""
    by_name = {city.name: city for city in cities}
    keys = [
        (key, city.name)
        for city in by_name.values()
        for key in {plain(name) for name in (city.name, *city.names.values())}
    ]
    count = Counter(key for key, _ in keys)
    return CityBook(cities=by_name, found={key: name for key, name in keys if count[key] == 1})


def read_cities(path: Path) -> tuple[list[City], list[InputError]]:
    """The cities of a file, and the rows that cannot be used."""
    cities: dict[str, City] = {}
    refused = []
    for row in open_table(path, wanted=(*REQUIRED, *OPTIONAL), required=REQUIRED).rows:
        try:
            city = _city(row)
            if city.name in cities:
                raise row.error("is there twice", column="city", remedy="Keep one of the rows.")
        except InputError as error:
            refused.append(error)
        else:
            cities[city.name] = city
    return list(cities.values()), refused


def _city(row: Row) -> City:
    row.require_sound()
    for column in REQUIRED:
        if not row.fields[column]:
            raise row.error("is missing", column=column, remedy="Fill it in.")
    country = row.fields["country"]
    if not COUNTRY.fullmatch(country):
        raise row.error(
            Phrase("{country!r} is not a country", country=country),
            column="country",
            remedy="Two letters, as BE (ISO 3166).",
        )
    return City(
        name=name_in(row, row.fields["city"], column="city"),
        country=country.upper(),
        language=language_in(row) or Language(""),
        timezone=_timezone(row),
        membership=_membership(row),
        names=row.by_language(),
        correspondents=parts(row.fields.get("correspondents", "")),
    )


def _timezone(row: Row) -> str:
    written = row.fields["timezone"]
    try:
        ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise row.error(
            Phrase("{written!r} is not a time zone", written=written),
            column="timezone",
            remedy="An IANA name, as Europe/Brussels.",
        ) from None
    return written


def _membership(row: Row) -> Membership:
    written = row.fields.get("membership", "")
    try:
        return Membership(written.casefold()) if written else Membership.MEMBER
    except ValueError:
        raise row.error(
            Phrase("{written!r} is no state of membership", written=written),
            column="membership",
            remedy=Phrase("One of {known}, or leave it empty.", known=", ".join(Membership)),
        ) from None


def name_in(row: Row, name: str, *, column: str) -> str:
    """The name in its normal form: lists come from systems that compose accents differently."""
    name = unicodedata.normalize("NFC", name)
    if len(name) > LONGEST_NAME:
        raise row.error(
            Phrase("is longer than {most} characters", most=LONGEST_NAME),
            column=column,
            remedy="Shorten it.",
        )
    return name


def language_in(row: Row) -> Language | None:
    """The language of a row; `None` where it is empty."""
    written = row.fields.get("language", "")
    try:
        return read_language(written) if written else None
    except ValueError as error:
        raise row.error(
            error.args[0], column="language", remedy="Write fr, en, nl-BE, or leave it empty."
        ) from None


def parts(written: str) -> frozenset[str]:
    """The values of a cell that holds several, between `|` or `;`."""
    return frozenset(
        unicodedata.normalize("NFC", part.strip())
        for part in re.split("[|;]", written)
        if part.strip()
    )


def read_mailing_lists(path: Path) -> tuple[list[MailingList], list[InputError]]:
    """The lists of a file with their titles by language, and the rows that cannot be used."""
    lists: dict[str, MailingList] = {}
    refused = []
    for row in open_table(path, wanted=("lists", "public"), required=("lists",)).rows:
        try:
            one = _mailing_list(row)
            if one.name in lists:
                raise row.error("is there twice", column="lists", remedy="Keep one of the rows.")
        except InputError as error:
            refused.append(error)
        else:
            lists[one.name] = one
    return list(lists.values()), refused


def _mailing_list(row: Row) -> MailingList:
    row.require_sound()
    name = name_in(row, row.fields["lists"], column="lists")
    if not name:
        raise row.error("is missing", column="lists", remedy="Fill it in.")
    public = row.fields.get("public", "").casefold()
    if public not in YES | NO:
        raise row.error(
            Phrase("{public!r} is neither yes nor no", public=public),
            column="public",
            remedy="Write yes or no.",
        )
    return MailingList(name=name, public=public in YES, titles=row.by_language())
