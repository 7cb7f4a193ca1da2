"""The records of an XLSX workbook, read row by row."""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase
from flows.operations.intake.records import Record

MAX_UNPACKED_BYTES = 1_000_000_000
MAX_RATIO = 200
"""How many times larger than packed a large part may be; spreadsheets stay below 40."""
LARGE_BYTES = 10_000_000
LONGEST_CELL = 100_000


def read_workbook(path: Path, *, sheet: str = "") -> Iterator[Record]:
    """The rows of one sheet, the first unless another is named.

    A formula counts as what its program last computed. Raises `InputError` for what is no workbook
    or would fill the memory.
    """
    from openpyxl import load_workbook

    _require_harmless(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that nobody asks for
            book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
            try:
                rows = book[_sheet(path, book.sheetnames, sheet)].iter_rows(values_only=True)
                for number, values in enumerate(rows, start=1):
                    yield _record(number, values)
            finally:
                book.close()
    except InputError:
        raise
    except Exception as error:
        # A damaged workbook fails in as many ways as there are XML elements.
        raise InputError(
            Phrase("cannot be read as a workbook: {reason}", reason=str(error)),
            path=path,
            remedy="Save it again as XLSX.",
        ) from error


def sheet_names(path: Path) -> list[str]:
    """The names of a workbook's sheets."""
    from openpyxl import load_workbook

    _require_harmless(path)
    try:
        book = load_workbook(path, read_only=True)
    except Exception as error:
        raise InputError(
            Phrase("cannot be read as a workbook: {reason}", reason=str(error)),
            path=path,
            remedy="Save it again as XLSX.",
        ) from error
    names = list(book.sheetnames)
    book.close()
    return names


def _require_harmless(path: Path) -> None:
    try:
        with ZipFile(path) as packed:
            parts = packed.infolist()
    except (BadZipFile, OSError, zipfile.LargeZipFile) as error:
        raise InputError(Phrase("is no workbook: {reason}", reason=str(error)), path=path) from None
    swollen = any(
        part.file_size > LARGE_BYTES and part.file_size > MAX_RATIO * max(1, part.compress_size)
        for part in parts
    )
    if swollen or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise InputError(
            "unpacks to more than a list can hold", path=path, remedy="Save the sheet as CSV."
        )


def _sheet(path: Path, names: list[str], wanted: str) -> str:
    if not wanted and names:
        return names[0]
    if wanted in names:
        return wanted
    raise InputError(
        Phrase("has no sheet {wanted!r}", wanted=wanted),
        path=path,
        field="--sheet",
        remedy=Phrase("Its sheets: {known}", known=", ".join(names)),
    )


def _record(number: int, values: tuple[Any, ...]) -> Record:
    cells = [_text(value) for value in values]
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return Record(
            number,
            [],
            Phrase("has a cell of more than {most:,} characters", most=LONGEST_CELL),
        )
    while cells and not cells[-1]:
        cells.pop()
    return Record(number, cells)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()
