"""The rows of the CSV files that cities send, as spreadsheets write them."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.domain.errors import InputError

MAX_FILE_BYTES = 50_000_000
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record of a CSV file: its first line, its fields by column, and what is beyond them."""

    path: Path
    line: int
    fields: dict[str, str]
    surplus: tuple[str, ...] = ()

    def error(self, problem: str, *, column: str, remedy: str) -> InputError:
        """What is wrong with this row, for a person."""
        return InputError(problem, path=self.path, line=self.line, field=column, remedy=remedy)

    def require_sound(self) -> None:
        """Raise `InputError` for a row whose cells have slipped, or hold what is no text."""
        if self.surplus:
            raise self.error(
                f"has more cells than there are columns: {self.surplus[0]!r}",
                column=list(self.fields)[-1],
                remedy='A value that holds the separator goes between "…".',
            )
        for column, cell in self.fields.items():
            if "\0" in cell:
                raise self.error("holds a NUL sign", column=column, remedy="Type the value again.")


def read_rows(path: Path, columns: Sequence[str], *, required: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV file with `;` or `,`, in UTF-8 (with or without BOM) or cp1252.

    A row that lacks cells has them empty. Raises `InputError` for a file that cannot be read,
    before or after some rows.
    """
    text = _decode(path)
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    # Strict: an open quotation mark would otherwise swallow the rows that follow.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().casefold() for cell in next(reader, [])]
        _require_columns(header, columns, required=required, path=path, delimiter=delimiter)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(cells, header=header, path=path, line=line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"is not readable CSV: {error}",
            path=path,
            line=reader.line_num,
            remedy="Look for a quotation mark without its partner in the line or before it.",
        ) from None


def _require_columns(
    header: Sequence[str],
    columns: Sequence[str],
    *,
    required: Sequence[str],
    path: Path,
    delimiter: str,
) -> None:
    missing = [column for column in required if column not in header]
    if missing:
        raise InputError(
            f"has no column {missing[0]!r}",
            path=path,
            line=1,
            remedy=f"The first line names the columns: {delimiter.join(columns)}",
        )


def _row(cells: Sequence[str], *, header: Sequence[str], path: Path, line: int) -> Row:
    stripped = [cell.strip() for cell in cells]
    padded = [*stripped, *[""] * (len(header) - len(cells))]
    return Row(
        path=path,
        line=line,
        fields=dict(zip(header, padded, strict=False)),
        surplus=tuple(cell for cell in stripped[len(header) :] if cell),
    )


def _decode(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=path) from None
    if len(data) > MAX_FILE_BYTES:
        raise InputError("is larger than 50 MB", path=path, remedy="Split the list.")
    encodings = () if data.startswith(UTF_16) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(
        "is neither UTF-8 nor cp1252", path=path, remedy="Save the file as UTF-8 (CSV UTF-8)."
    )
