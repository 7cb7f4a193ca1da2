"""Contacts as a file in which a spreadsheet finds no formula, and that comes back whole."""

import csv
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from flows.domain.access import Scope
from flows.domain.errors import InputError
from flows.domain.phrases import Phrase
from flows.operations.intake.guards import guard
from flows.operations.spreadsheets import BOM, csv_line
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.searching import Listed, Wanted, count_listed, find_listed

COLUMNS: Final = ("email", "name", "city", "language", "roles", "lists")
SUFFIXES: Final = (".csv", ".xlsx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """How many contacts were written, and how many left out because they opted out."""

    written: int
    opted_out: int


async def export_contacts(store: Store, path: Path, *, wanted: Wanted, scope: Scope) -> Exported:
    """Write the contacts that fit, as CSV or XLSX by the name of the file.

    Whoever opted out is left out: a list that goes elsewhere takes nobody along who said no.
    Imported again, the file changes nothing. Raises `InputError` for a file that cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            "is neither .csv nor .xlsx", path=path, field="FILE", remedy="Name it members.csv."
        )
    reached = wanted._replace(cities=scope.cities, opted_out=False)
    rows = _rows(store, reached)
    try:
        if path.suffix.lower() == ".csv":
            written = await _write_csv(path, rows)
        else:
            written = await _write_workbook(path, rows)
    except OSError as error:
        raise InputError(
            Phrase("cannot be written: {reason}", reason=error.strerror),
            path=path,
            field="FILE",
        ) from None
    async with store.reading() as tx:
        left_out = await count_listed(tx, reached._replace(opted_out=True))
    return Exported(written=written, opted_out=left_out)


async def export_lines(store: Store, *, wanted: Wanted, scope: Scope) -> AsyncIterator[str]:
    """The same as `export_contacts`, line by line."""
    yield BOM + csv_line(COLUMNS)
    reached = wanted._replace(cities=scope.cities, opted_out=False)
    async with store.reading() as tx:
        async for some in find_listed(tx, reached):
            for one in some:
                yield csv_line(_cells(one))


async def note_export(store: Store, *, by: str, now: datetime, subject: str = "") -> None:
    """Write down that addresses leave the house, and by whom."""
    async with store.writing() as tx:
        await record_event(tx, "contacts.exported", subject, actor=by, now=now)


async def _rows(store: Store, wanted: Wanted) -> AsyncIterator[list[str]]:
    async with store.reading() as tx:
        async for some in find_listed(tx, wanted):
            for one in some:
                yield [guard(cell) for cell in _cells(one)]


def _cells(one: Listed) -> list[str]:
    return [
        one.address,
        one.name,
        one.city,
        one.language,
        " | ".join(role for role in one.roles.split("\n") if role),
        " | ".join(one.lists),
    ]


async def _write_csv(path: Path, rows: AsyncIterator[list[str]]) -> int:
    written = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        async for row in rows:
            writer.writerow(row)
            written += 1
    return written


async def _write_workbook(path: Path, rows: AsyncIterator[list[str]]) -> int:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("contacts")
    sheet.append(list(COLUMNS))
    written = 0
    async for row in rows:
        cells = [WriteOnlyCell(sheet, value=cell) for cell in row]
        for cell in cells:
            cell.data_type = "s"  # text, whatever it begins with
        sheet.append(cells)
        written += 1
    book.save(path)
    return written
