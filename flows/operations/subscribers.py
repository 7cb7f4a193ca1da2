"""Bringing the lists of the cities into the database."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email

from flows.domain.contact import City, Contact
from flows.domain.errors import InputError, NotFoundError
from flows.domain.language import Language, choose_edition, parse_language
from flows.store.contacts import Change, audience, keep_cities, keep_contact
from flows.store.database import Store
from flows.store.events import record_event

CITY_COLUMNS = ("city", "country", "language", "timezone")
LIST_COLUMNS = ("email", "name", "city", "language")
MAX_FILE_BYTES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a CSV file: where it is, and its fields by column."""

    path: Path
    line: int
    fields: dict[str, str]

    def error(self, problem: str, *, column: str, remedy: str) -> InputError:
        """What is wrong with this row, for a person."""
        return InputError(problem, path=self.path, line=self.line, field=column, remedy=remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did: contacts by change, and each refused row with its reason.

    `repeated` rows name a contact that an earlier row named; they only add their list.
    """

    rows: int
    changes: dict[Change, int]
    cities: int
    repeated: int = 0
    refused: list[InputError] = field(default_factory=list)


async def import_subscribers(
    store: Store,
    path: Path,
    *,
    address_hash: Callable[[str], str],
    now: datetime,
    dry_run: bool = False,
) -> Import:
    """Read `subscribers/` (cities and all lists) or one list, row by row.

    Bad rows are refused one by one and named; the good ones count. `dry_run` changes nothing.
    Raises `InputError` if a file cannot be read at all.
    """
    root, files = _list_files(path)
    cities, refused = _read_cities(root / "cities.csv")
    known = {city.name: city for city in cities}
    contacts: dict[str, Contact] = {}
    rows = repeated = 0
    for file in files:
        for row in _read_rows(file, LIST_COLUMNS, required=("email", "city")):
            rows += 1
            try:
                contact = _contact(row, cities=known)
            except InputError as error:
                refused.append(error)
                continue
            key = address_hash(contact.mailbox)
            if key in contacts:
                repeated += 1
                both = contacts[key].lists | contact.lists
                contact = replace(contacts[key], lists=both)
            contacts[key] = contact
    changes: Counter[Change] = Counter()
    async with store.writing() as tx:
        await keep_cities(tx, cities)
        for key, contact in contacts.items():
            changes[await keep_contact(tx, contact, address_hash=key, now=now)] += 1
        await record_event(
            tx,
            "subscribers.imported",
            path.name,
            actor="newsletter",
            now=now,
            rows=rows,
            refused=len(refused),
        )
        if dry_run:
            await tx.rollback()
    return Import(
        rows=rows,
        changes=dict(changes),
        cities=len(cities),
        repeated=repeated,
        refused=refused,
    )


class Found(NamedTuple):
    """A contact as a letter would address it."""

    name: str
    language: Language


async def find_reader(store: Store, address_hash: str, *, editions: Sequence[Language]) -> Found:
    """The contact with this address and the language of its letters. `NotFoundError` if none."""
    async with store.reading() as tx:
        for reader in await audience(tx, ()):
            if reader.address_hash == address_hash:
                wanted = (reader.language or "", reader.city_language)
                return Found(reader.name, choose_edition(wanted, editions=editions) or editions[0])
    raise NotFoundError(
        "no contact has this address", remedy="newsletter subscribers import subscribers/"
    )


def _list_files(path: Path) -> tuple[Path, list[Path]]:
    if path.is_dir():
        files = sorted((path / "lists").glob("*.csv"))
        if not files:
            raise InputError("holds no lists", path=path, remedy="Put them in lists/<name>.csv.")
        return path, files
    if path.is_file():
        return path.parent.parent, [path]
    raise InputError(
        "is neither a file nor a folder", path=path, remedy="Name subscribers/ or one list."
    )


def _read_cities(path: Path) -> tuple[list[City], list[InputError]]:
    cities, refused = [], []
    for row in _read_rows(path, CITY_COLUMNS, required=CITY_COLUMNS):
        try:
            cities.append(_city(row))
        except InputError as error:
            refused.append(error)
    return cities, refused


def _city(row: Row) -> City:
    for column in CITY_COLUMNS:
        if not row.fields[column]:
            raise row.error("is missing", column=column, remedy="Fill it in.")
    country = row.fields["country"].upper()
    if len(country) != 2 or not country.isalpha():
        raise row.error(
            f"{country!r} is not a country",
            column="country",
            remedy="Two letters, as BE (ISO 3166).",
        )
    try:
        ZoneInfo(row.fields["timezone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise row.error(
            f"{row.fields['timezone']!r} is not a time zone",
            column="timezone",
            remedy="An IANA name, as Europe/Brussels.",
        ) from None
    language = _language(row)
    if language is None:
        raise row.error("is missing", column="language", remedy="Fill it in.")
    return City(
        name=row.fields["city"],
        country=country,
        language=language,
        timezone=row.fields["timezone"],
    )


def _contact(row: Row, *, cities: dict[str, City]) -> Contact:
    written = row.fields["email"]
    try:
        mailbox = parse_mailbox(written, field="email")
    except InputError as error:
        raise row.error(
            error.problem, column="email", remedy="Correct the address or remove the row."
        ) from None
    city = row.fields["city"]
    if city not in cities:
        raise row.error(
            f"{city!r} is not in cities.csv",
            column="city",
            remedy="Add the city there, or correct its name.",
        )
    return Contact(
        address=written,
        mailbox=mailbox,
        name=" ".join(row.fields.get("name", "").split()),
        city=city,
        language=_language(row),
        lists=frozenset({row.path.stem}),
    )


def parse_mailbox(address: str, *, field: str) -> str:
    """The form of an address that goes on the envelope: its domain in ASCII (IDNA)."""
    try:
        valid = validate_email(
            address, check_deliverability=False, strict=True, test_environment=True
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


def _read_rows(path: Path, columns: tuple[str, ...], *, required: tuple[str, ...]) -> Iterator[Row]:
    """The rows of a CSV file with `;` or `,`, in UTF-8 (with or without BOM) or cp1252."""
    text = _decode(path)
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [cell.strip().casefold() for cell in next(reader, [])]
    missing = [column for column in required if column not in header]
    if missing:
        raise InputError(
            f"has no column {missing[0]!r}",
            path=path,
            line=1,
            remedy=f"The first line names the columns: {delimiter.join(columns)}",
        )
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                # A row without all its cells is read as if they were empty, and named if that hurts.
                padded = [*cells, *[""] * (len(header) - len(cells))]
                fields = {
                    column: cell.strip() for column, cell in zip(header, padded, strict=False)
                }
                yield Row(path=path, line=reader.line_num, fields=fields)
    except csv.Error as error:
        raise InputError(
            f"is not readable CSV: {error}",
            path=path,
            line=reader.line_num,
            remedy="Mend the line.",
        ) from None


def _decode(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=path) from None
    if len(data) > MAX_FILE_BYTES:
        raise InputError("is larger than 50 MB", path=path, remedy="Split the list.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(
        "is neither UTF-8 nor cp1252", path=path, remedy="Save the file as UTF-8 (CSV UTF-8)."
    )
