"""A list as rows of named fields, whatever file it came in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from flows.domain.errors import InputError
from flows.domain.language import WELL_FORMED, parse_language
from flows.domain.phrases import Phrase
from flows.operations.intake.guards import unguard
from flows.operations.intake.headings import FIELDS, LEFT_OUT, Columns, field_of, guess_columns
from flows.operations.intake.records import FIRST_LINES, Record, read_csv
from flows.operations.intake.workbooks import read_workbook, sheet_names

MAX_FILE_BYTES = 1_000_000_000
ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record: its first line, its fields, and what makes it unusable, if anything does."""

    path: Path
    line: int
    columns: Columns
    fields: dict[str, str] = field(default_factory=dict)
    cells: Sequence[str] = ()
    surplus: str = ""
    problem: str = ""
    remedy: str = ""

    def error(self, problem: str, *, column: str, remedy: str) -> InputError:
        """What is wrong with this row, for a person; `column` is a field."""
        return InputError(
            problem,
            path=self.path,
            line=self.line,
            field=self.columns.heading(column) if column else None,
            remedy=remedy,
        )

    def by_language(self) -> dict[str, str]:
        """The filled cells under headings that are language tags, such as `nl`."""
        taken = set(self.columns.places.values())
        return {
            parse_language(heading): self.cells[place]
            for place, heading in enumerate(self.columns.headings)
            if place not in taken
            and WELL_FORMED.fullmatch(heading)
            and place < len(self.cells)
            and self.cells[place]
        }

    def require_sound(self) -> None:
        """Raise `InputError` for a row whose cells have slipped, or hold what is no text."""
        if self.problem:
            raise self.error(self.problem, column="", remedy=self.remedy)
        if self.surplus:
            raise InputError(
                Phrase("has more cells than there are columns: {surplus!r}", surplus=self.surplus),
                path=self.path,
                line=self.line,
                field=next((one for one in reversed(self.columns.headings) if one), None),
                remedy='A value that holds the separator goes between "…".',
            )
        for column, cell in self.fields.items():
            if "\0" in cell:
                raise self.error(
                    "holds a NUL character", column=column, remedy="Type the value again."
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """A list that is being read: its columns and its rows. `notes` say what was left out."""

    columns: Columns
    rows: Iterator[Row]
    notes: Sequence[str] = ()


def open_table(
    path: Path,
    *,
    wanted: Sequence[str],
    required: Sequence[str],
    named: Mapping[str, str] | None = None,
    sheet: str = "",
) -> SourceTable:
    """The rows of a CSV file or an XLSX workbook, of which only the `wanted` fields are read.

    A row that lacks cells has them empty; blank ones are none. Raises `InputError` for a file that
    cannot be read, or has no column for a `required` field; `named` helps as `--map` does.
    """
    records, notes = _open_records(path, sheet)
    named = named or {}
    _require_known(named, wanted)
    first = list(islice(records, FIRST_LINES))
    place, columns = _find_header(first, wanted=wanted, required=required, named=named, path=path)
    skipped = [str(one.line) for one in first[:place] if not one.is_blank]
    if skipped:
        notes.append(Phrase("left out before the headings: line {lines}", lines=", ".join(skipped)))
    rest = chain(first[place + 1 :], records)
    return SourceTable(
        columns=columns,
        rows=(_row(one, columns, path) for one in rest if not one.is_blank),
        notes=notes,
    )


def peek_columns(
    path: Path, *, wanted: Sequence[str], named: Mapping[str, str] | None = None, sheet: str = ""
) -> Columns:
    """What the columns are taken for, also where a required one was not found.

    Without a line of headings, the first filled line stands for them.
    """
    records, _ = _open_records(path, sheet)
    first = [one for one in islice(records, FIRST_LINES) if not one.is_blank]
    guesses = [guess_columns(one.cells, wanted=wanted, named=named or {}) for one in first]
    best = max(guesses, key=lambda guess: len(guess.places), default=None)
    return best or guess_columns([], wanted=wanted, named={})


def _open_records(path: Path, sheet: str) -> tuple[Iterator[Record], list[str]]:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(len(ZIP))
    except OSError as error:
        raise InputError(
            Phrase("cannot be read: {reason}", reason=error.strerror), path=path
        ) from None
    if start == OLD_EXCEL:
        raise InputError("is an old Excel file", path=path, remedy="Save it as XLSX or CSV.")
    if size > MAX_FILE_BYTES:
        raise InputError("is larger than 1 GB", path=path, remedy="Split the list.")
    if start != ZIP:
        return read_csv(path, is_heading=lambda cell: field_of(cell) is not None), []
    names = sheet_names(path)
    others = [name for name in names if name != (sheet or names[0])]
    notes: list[str] = (
        [Phrase("sheets not read: {sheets}", sheets=", ".join(others))] if others else []
    )
    return read_workbook(path, sheet=sheet), notes


def _require_known(named: Mapping[str, str], wanted: Sequence[str]) -> None:
    for column, meant in named.items():
        if meant != LEFT_OUT and meant not in wanted:
            raise InputError(
                Phrase("{meant!r} is no field of a list", meant=meant),
                field=f"--map {column}={meant}",
                remedy=Phrase(
                    "Fields: {known}; {left_out} leaves a column out.",
                    known=", ".join(one for one in FIELDS if one in wanted),
                    left_out=LEFT_OUT,
                ),
            )


def _find_header(
    first: Sequence[Record],
    *,
    wanted: Sequence[str],
    required: Sequence[str],
    named: Mapping[str, str],
    path: Path,
) -> tuple[int, Columns]:
    """The place of the header among the first records (-1: there is none) and what it says."""
    if named and all(column.isdecimal() for column in named):
        columns = guess_columns([""] * 99, wanted=wanted, named=named)
        place = columns.places.get(required[0])
        cells = first[0].cells if first else []
        if place is not None and place < len(cells) and "@" in cells[place]:
            return -1, columns
    guesses = [guess_columns(one.cells, wanted=wanted, named=named) for one in first]
    for place, guess in enumerate(guesses):
        if required[0] in guess.places and not _is_title(place, guesses, required[0]):
            missing = [one for one in required if one not in guess.places]
            if missing:
                raise _no_column(missing[0], first[place], path)
            return place, guess
    likeliest = max(
        zip(guesses, first, strict=True),
        key=lambda both: (len(both[0].places), sum(map(bool, both[1].cells))),
        default=(None, None),
    )
    raise _no_column(required[0], likeliest[1], path)


def _is_title(place: int, guesses: Sequence[Columns], field: str) -> bool:
    """Whether a line is a title that merely speaks of a field: a later one has headings."""
    heading = guesses[place].heading(field)
    if len(list(filter(None, guesses[place].headings))) > 1 or field_of(heading) == field:
        return False
    return any(
        field in later.places and len(later.places) > 1 and "@" not in later.heading(field)
        for later in guesses[place + 1 :]
    )


def _no_column(missing: str, record: Record | None, path: Path) -> InputError:
    headings = ", ".join(repr(cell) for cell in record.cells if cell) if record else ""
    return InputError(
        Phrase("has no column {missing!r}", missing=missing),
        path=path,
        line=record.line if record else 1,
        remedy=Phrase(
            "The headings are {headings}. Say which one it is: --map HEADING={missing}, or --map "
            "NUMBER={missing}",
            headings=headings or "missing",
            missing=missing,
        ),
    )


def _row(record: Record, columns: Columns, path: Path) -> Row:
    cells, width = record.cells, len(columns.headings)
    return Row(
        path=path,
        line=record.line,
        columns=columns,
        fields={
            name: unguard(cells[place]) if place < len(cells) else ""
            for name, place in columns.places.items()
        },
        cells=cells,
        surplus=next((cell for cell in cells[width:] if cell), ""),
        problem=record.problem,
        remedy=record.remedy,
    )
