"""Bringing the lists of the cities into the database."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email

from flows.domain.contact import City, Contact
from flows.domain.errors import InputError, NotFoundError
from flows.domain.language import Language, choose_edition, parse_language
from flows.operations.rows import Row, read_rows
from flows.store.contacts import Change, find_contact, keep_cities, keep_contact, leave_lists
from flows.store.database import Store
from flows.store.events import record_event

CITY_COLUMNS = ("city", "country", "language", "timezone")
LIST_COLUMNS = ("email", "name", "city", "language")
COUNTRY = re.compile("[A-Za-z]{2}")
BLANKS = re.compile("[ \t\r\n\v\f\x1c-\x1f\x85\u2028\u2029]+")
"""What separates words or lines; French no-break spaces belong to the words."""
LONGEST_NAME = 120
"""Of a city or a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did: contacts by change, and each refused row with its reason.

    `rows` are those of the lists: each changed a contact, was repeated or was refused.
    `repeated` rows name a contact that an earlier row named; they only add their list.
    `left` counts who is no longer in the file of a list; a file with refused rows takes nobody off.
    """

    rows: int
    changes: dict[Change, int]
    cities: int
    repeated: int = 0
    left: int = 0
    refused: list[InputError] = field(default_factory=list)
    refused_cities: list[InputError] = field(default_factory=list)


async def import_subscribers(
    store: Store,
    path: Path,
    *,
    address_hash: Callable[[str], str],
    now: datetime,
    dry_run: bool = False,
) -> Import:
    """Read `subscribers/` (cities and all lists) or one list, row by row.

    A list's file says who is on it. Bad rows are refused one by one and named; the good ones
    count. `dry_run` changes nothing. Raises `InputError` if a file cannot be read at all.
    """
    root, files = _list_files(path)
    cities, refused_cities = _read_cities(root / "cities.csv")
    lists = _read_lists(files, cities=cities, address_hash=address_hash)
    changes: Counter[Change] = Counter()
    left = 0
    async with store.writing() as tx:
        await keep_cities(tx, list(cities.values()))
        for key, contact in lists.contacts.items():
            changes[await keep_contact(tx, contact, address_hash=key, now=now)] += 1
        for file in files:
            if not any(error.path == file for error in lists.refused):
                remaining = {key for key, one in lists.contacts.items() if file.stem in one.lists}
                left += await leave_lists(tx, file.stem, remaining=remaining)
        await record_event(
            tx,
            "subscribers.imported",
            path.name,
            actor="newsletter",
            now=now,
            rows=lists.rows,
            refused=len(lists.refused),
            left=left,
        )
        if dry_run:
            await tx.rollback()
    return Import(
        rows=lists.rows,
        changes=dict(changes),
        cities=len(cities),
        repeated=lists.repeated,
        left=left,
        refused=lists.refused,
        refused_cities=refused_cities,
    )


class Lists(NamedTuple):
    """What the files of the lists say: contacts by address hash, and what cannot be used."""

    contacts: dict[str, Contact]
    rows: int
    repeated: int
    refused: list[InputError]


def _read_lists(
    files: Sequence[Path], *, cities: Mapping[str, City], address_hash: Callable[[str], str]
) -> Lists:
    contacts: dict[str, Contact] = {}
    refused: list[InputError] = []
    rows = repeated = 0
    for file in files:
        for row in read_rows(file, LIST_COLUMNS, required=("email", "city")):
            rows += 1
            try:
                contact = _contact(row, cities=cities)
            except InputError as error:
                refused.append(error)
                continue
            key = address_hash(contact.mailbox)
            if key in contacts:
                repeated += 1
                both = contacts[key].lists | contact.lists
                contact = replace(contacts[key], lists=both)
            contacts[key] = contact
    return Lists(contacts, rows, repeated, refused)


class Found(NamedTuple):
    """A contact as a letter would address it."""

    name: str
    language: Language


async def find_reader(store: Store, address_hash: str, *, editions: Sequence[Language]) -> Found:
    """The contact with this address and the language of its letters. `NotFoundError` if none."""
    async with store.reading() as tx:
        reader = await find_contact(tx, address_hash)
    if reader is not None:
        wanted = (reader.language or "", reader.city_language)
        return Found(reader.name, choose_edition(wanted, editions=editions) or editions[0])
    raise NotFoundError(
        "no contact has this address", remedy="newsletter subscribers import subscribers/"
    )


def _list_files(path: Path) -> tuple[Path, list[Path]]:
    if path.is_dir():
        files = sorted((path / "lists").glob("*.[cC][sS][vV]"))
        if not files:
            raise InputError("holds no lists", path=path, remedy="Put them in lists/<name>.csv.")
        for file in files:
            _require_short(file)
        return path, files
    if path.is_file():
        _require_short(path)
        return path.absolute().parent.parent, [path]
    raise NotFoundError(
        "is neither a file nor a folder", path=path, remedy="Name subscribers/ or one list."
    )


def _require_short(file: Path) -> None:
    if len(file.stem) > LONGEST_NAME:
        raise InputError(
            f"its name is longer than {LONGEST_NAME} signs", path=file, remedy="Rename the file."
        )


def _read_cities(path: Path) -> tuple[dict[str, City], list[InputError]]:
    if not path.is_file():
        raise InputError(
            "is missing", path=path, remedy="Lists lie in the folder lists/ beside cities.csv."
        )
    cities: dict[str, City] = {}
    refused = []
    for row in read_rows(path, CITY_COLUMNS, required=CITY_COLUMNS):
        try:
            city = _city(row)
            if city.name in cities:
                raise row.error("is there twice", column="city", remedy="Keep one of the rows.")
        except InputError as error:
            refused.append(error)
        else:
            cities[city.name] = city
    return cities, refused


def _city(row: Row) -> City:
    row.require_sound()
    for column in CITY_COLUMNS:
        if not row.fields[column]:
            raise row.error("is missing", column=column, remedy="Fill it in.")
    country = row.fields["country"]
    if not COUNTRY.fullmatch(country):
        raise row.error(
            f"{country!r} is not a country",
            column="country",
            remedy="Two letters, as BE (ISO 3166).",
        )
    language = _language(row)
    if language is None:
        raise row.error("is missing", column="language", remedy="Fill it in.")
    return City(
        name=_city_name(row), country=country.upper(), language=language, timezone=_timezone(row)
    )


def _timezone(row: Row) -> str:
    written = row.fields["timezone"]
    try:
        ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise row.error(
            f"{written!r} is not a time zone",
            column="timezone",
            remedy="An IANA name, as Europe/Brussels.",
        ) from None
    return written


def _city_name(row: Row) -> str:
    """The name in its normal form: lists come from systems that compose accents differently."""
    name = unicodedata.normalize("NFC", row.fields["city"])
    if len(name) > LONGEST_NAME:
        raise row.error(f"is longer than {LONGEST_NAME} signs", column="city", remedy="Shorten it.")
    return name


def _contact(row: Row, *, cities: Mapping[str, City]) -> Contact:
    row.require_sound()
    written = row.fields["email"]
    try:
        mailbox = parse_mailbox(written, field="email")
    except InputError as error:
        raise row.error(
            error.problem, column="email", remedy="Correct the address or remove the row."
        ) from None
    city = _city_name(row)
    if city not in cities:
        raise row.error(
            f"{city!r} is not in cities.csv",
            column="city",
            remedy="Add the city there, or correct its name.",
        )
    return Contact(
        address=written,
        mailbox=mailbox,
        name=BLANKS.sub(" ", row.fields.get("name", "")),
        city=city,
        language=_language(row),
        lists=frozenset({unicodedata.normalize("NFC", row.path.stem)}),
    )


def parse_mailbox(address: str, *, field: str) -> str:
    """The form of an address that goes on the envelope, in ASCII: its domain by IDNA.

    Letters that are not ASCII before the @ are refused: few servers take them (RFC 6531).
    """
    try:
        valid = validate_email(
            address,
            check_deliverability=False,
            strict=True,
            test_environment=True,
            allow_smtputf8=False,
        )
    except EmailNotValidError as error:
        raise InputError(f"{address!r} is not an e-mail address: {error}", field=field) from None
    return valid.ascii_email or valid.normalized


def _language(row: Row) -> Language | None:
    written = row.fields.get("language", "")
    try:
        return parse_language(written) if written else None
    except ValueError as error:
        raise row.error(
            str(error), column="language", remedy="Write fr, en, nl-BE, or leave it empty."
        ) from None
