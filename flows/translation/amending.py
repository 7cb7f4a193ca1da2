"""Changing the glossary's file in one place, without touching anything else in it."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from flows.content.pofiles import write_whole
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.translation.entries import delimiter_of, parse_entries, read_entries, read_text

QUOTED = r'"(?:[^"]|"")*"'


def add_wording(path: Path, term: str, language: Language, wording: str) -> bool:
    """Add a wording of a term to the file, as a further alternative or on a line of its own.

    Every other cell, the separators, the line ends and a byte order mark stay as they are. False
    if the wording is there already. Raises `InputError` for a language without a column.
    """
    read_entries(path)
    text = read_text(path)
    term, wording = " ".join(term.split()), " ".join(wording.split())
    if not term or not wording:
        raise InputError("is empty", field="TERM, WORDING", remedy="Name the term and its wording.")
    sheet = _Sheet(text)
    column = sheet.column(language)
    if column is None:
        raise InputError(
            Phrase("has no column {language}", language=language),
            path=path,
            line=1,
            remedy=f"Add {language} to the header.",
        )
    amended = sheet.amend(term, column, wording)
    if amended == text:
        return False
    write_whole(path, amended)
    return True


class GlossaryChangedError(NotDoneError):
    """Somebody wrote the file after it was shown."""

    def __init__(self) -> None:
        super().__init__("the glossary was changed by somebody else meanwhile")


def digest_of_file(path: Path) -> str:
    """What a change refers to: the file as it is now."""
    return hashlib.sha256(read_text(path).encode()).hexdigest()


def put_term(path: Path, was: str, cells: Mapping[str, str], *, digest: str) -> None:
    """Write a term's cells, by column, in the row of the term that it `was`, or in a new one.

    Raises `GlossaryChangedError` unless the file still has the `digest`, and `InputError` for what
    could not be read again.
    """
    text = _unchanged(path, digest)
    sheet = _Sheet(text)
    sheet.put(was, cells, path=path)
    _write_sound(path, str(sheet))


def drop_term(path: Path, term: str, *, digest: str) -> None:
    """Take a term's row out. Raises `GlossaryChangedError`, `NotFoundError`."""
    sheet = _Sheet(_unchanged(path, digest))
    sheet.drop(term, path=path)
    _write_sound(path, str(sheet))


def _unchanged(path: Path, digest: str) -> str:
    read_entries(path)
    if digest_of_file(path) != digest:
        raise GlossaryChangedError
    return read_text(path)


def _write_sound(path: Path, text: str) -> None:
    """Write what can be read again, and nothing else."""
    parse_entries(text, path=path)
    write_whole(path, text)


class _Sheet:
    """A CSV text as raw rows of raw cells: joined again, they are the text."""

    def __init__(self, text: str) -> None:
        plain = text.removeprefix("\ufeff")
        self._mark = text[: len(text) - len(plain)]
        self._delimiter = delimiter_of(plain)
        cell = rf"{QUOTED}[^{self._delimiter}\r\n]*|[^{self._delimiter}\r\n]*"
        pattern = re.compile(rf"({cell})({self._delimiter}|\r\n|\n|\r|$)")
        self._rows: list[list[str]] = [[]]
        self._ends: list[str] = []
        for found in pattern.finditer(plain):
            self._rows[-1].append(found.group(1))
            if found.group(2) != self._delimiter:
                self._ends.append(found.group(2))
                self._rows.append([])
            if not found.group(2):
                break
        self._rows.pop()
        self._line_end = next(filter(None, self._ends), "\n")

    def column(self, language: Language) -> int | None:
        """Where the language stands in the header."""
        names = [_name(cell) for cell in self._rows[0]]
        return names.index(language.lower()) if language.lower() in names else None

    def amend(self, term: str, column: int, wording: str) -> str:
        """The text with the wording in the term's row, or in a new one at the end."""
        row = next((row for row in self._rows[1:] if row and _plain(row[0]) == term), None)
        if row is None:
            self._append(term, column, wording)
        else:
            row += [""] * (column + 1 - len(row))
            known = [part.strip() for part in _plain(row[column]).split("|") if part.strip()]
            if wording not in known:
                row[column] = self._cell(" | ".join([*known, wording]))
        return str(self)

    def put(self, was: str, cells: Mapping[str, str], *, path: Path) -> None:
        """Set the cells of a row, by the names in the header; all others stay as they are."""
        names = [_name(cell) for cell in self._rows[0]]
        wanted = {name.lower(): " ".join(cell.split()) for name, cell in cells.items()}
        row = self._find(was, path=path) if was else [""] * len(names)
        row += [""] * (len(names) - len(row))
        for place, name in enumerate(names):
            if name in wanted and _plain(row[place]) != wanted[name]:
                row[place] = self._cell(wanted[name])
        if not was:
            self._add(row)

    def drop(self, term: str, *, path: Path) -> None:
        """Take a row out, with the end of its line."""
        place = next(n for n, row in enumerate(self._rows) if row is self._find(term, path=path))
        del self._rows[place], self._ends[place]

    def _find(self, term: str, *, path: Path) -> list[str]:
        row = next((row for row in self._rows[1:] if row and _plain(row[0]) == term), None)
        if row is None:
            raise NotFoundError(Phrase("has no term {term!r}", term=term), path=path)
        return row

    def _append(self, term: str, column: int, wording: str) -> None:
        row = [""] * len(self._rows[0])
        row[0], row[column] = self._cell(term), self._cell(wording)
        self._add(row)

    def _add(self, row: list[str]) -> None:
        # A file that ends with a line end has an empty last row, which stays the last.
        if self._rows[-1] == [""]:
            self._rows.insert(-1, row)
            self._ends.insert(-1, self._line_end)
        else:
            self._rows.append(row)
            self._ends[-1] = self._line_end
            self._ends.append("")

    def _cell(self, text: str) -> str:
        needs_quotes = self._delimiter in text or '"' in text
        doubled = text.replace('"', '""')
        return f'"{doubled}"' if needs_quotes else text

    def __str__(self) -> str:
        rows = (
            self._delimiter.join(row) + end for row, end in zip(self._rows, self._ends, strict=True)
        )
        return self._mark + "".join(rows)


def _name(cell: str) -> str:
    """What a cell of the header names."""
    return _plain(cell).replace("_", "-").lower()


def _plain(cell: str) -> str:
    """What a raw cell says."""
    cell = cell.strip()
    if cell.startswith('"') and cell.endswith('"') and len(cell) > 1:
        cell = cell[1:-1].replace('""', '"')
    return " ".join(cell.split())
