"""The glossary's file: one entry a line, read and refused with its place."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.domain.errors import InputError
from flows.domain.language import Language, parse_language
from flows.domain.phrases import Phrase

NOTE = "note"
DELIMITERS = (",", ";", "\t")
SAME = re.compile(r"same(?::\s*(\S*))?", re.IGNORECASE)
FORBIDDEN = re.compile(r"forbidden:\s*(?:([a-z]{2,3}(?:-\w+)*):)?\s*(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the glossary.

    `wordings` holds each target language's alternatives, the best first; `same` names the
    languages (None: any) in which the term keeps its source form if they have no wording;
    `forbidden` pairs a language (None: any) with a form that may not be used; `exact` allows no
    plural. `line` is where the entry stands in its file.
    """

    source: str
    wordings: Mapping[Language, tuple[str, ...]]
    same: frozenset[Language | None] = frozenset()
    forbidden: tuple[tuple[Language | None, str], ...] = ()
    exact: bool = False
    note: str = ""
    line: int = 0

    def wordings_in(self, language: Language) -> tuple[str, ...]:
        """What may stand for the term in a language, by its own column or its parent's."""
        for tag in parents(language):
            if agreed := self.wordings.get(tag):
                return agreed
        return (self.source,) if self.same & {None, *parents(language)} else ()

    def is_kept(self, language: Language) -> bool:
        """Whether the term keeps its source form in that language."""
        return self.wordings_in(language) == (self.source,)

    def forbidden_in(self, language: Language) -> list[str]:
        """The forms that may not be used in a language."""
        return [form for tag, form in self.forbidden if tag in {None, *parents(language)}]


def parents(language: Language) -> tuple[Language, ...]:
    """The language and those that serve it too: `nl-BE`, `nl`."""
    subtags = language.split("-")
    return tuple(Language("-".join(subtags[:length])) for length in range(len(subtags), 0, -1))


def read_entries(path: Path) -> tuple[Language, list[Entry]]:
    """The source language and the entries in the file's order; `InputError` says what is wrong."""
    return parse_entries(read_text(path), path=path)


def read_columns(path: Path) -> tuple[str, ...]:
    """What the header names: the source language, the others, and perhaps `note`."""
    text = read_text(path)
    return tuple(_read_header(next(_read_rows(text, path=path), (1, []))[1], path=path))


def parse_entries(text: str, *, path: Path) -> tuple[Language, list[Entry]]:
    """The same of a text that is, or shall be, in the file."""
    rows = _read_rows(text, path=path)
    header = _read_header(next(rows, (1, []))[1], path=path)
    entries: dict[str, Entry] = {}
    for line, cells in rows:
        entry = _read_entry(cells, header=header, path=path, line=line)
        if entry.source in entries:
            raise InputError(
                Phrase("{source!r} is defined twice", source=entry.source),
                path=path,
                line=line,
                field=header[0],
                remedy="Keep one line, with its alternatives between ` | `.",
            )
        entries[entry.source] = entry
    return Language(header[0]), list(entries.values())


def read_text(path: Path) -> str:
    """The glossary's file as it is, line ends and byte order mark included."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise InputError(
            "there is no glossary here",
            path=path,
            remedy="Create it with the header fr,en,nl,note (the source language first).",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", path=path, remedy="Save it as UTF-8.") from error


def _read_rows(text: str, *, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with its line number."""
    plain = text.removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(plain, newline=""), delimiter=delimiter_of(plain), strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, [" ".join(cell.split()) for cell in row]
    except csv.Error as error:
        raise InputError(
            Phrase("is not CSV: {reason}", reason=str(error)),
            path=path,
            line=reader.line_num,
            remedy='Put cells with commas or quotation marks in "…", doubling inner quotes.',
        ) from error


def delimiter_of(text: str) -> str:
    """What separates the cells: the comma, semicolon or tab that the header has most of."""
    head = text.partition("\n")[0]
    return max(DELIMITERS, key=head.count)


def _read_header(cells: list[str], *, path: Path) -> list[str]:
    names = [cell.lower() if cell.lower() == NOTE else cell for cell in cells]
    columns = [name if name == NOTE else _read_tag(name, path=path) for name in names]
    if len(columns) < 2 or columns[0] == NOTE or len(set(columns)) < len(columns):
        raise InputError(
            "the header must name each language once, the source language first",
            path=path,
            line=1,
            remedy="For example: fr,en,nl,note",
        )
    return columns


def _read_tag(name: str, *, path: Path) -> str:
    try:
        return parse_language(name)
    except ValueError as error:
        raise InputError(
            str(error), path=path, line=1, field=name, remedy="For example: fr,en,nl,note"
        ) from error


def _read_entry(cells: list[str], *, header: list[str], path: Path, line: int) -> Entry:
    if len(cells) > len(header):
        raise InputError(
            Phrase("{cells} cells under {header} columns", cells=len(cells), header=len(header)),
            path=path,
            line=line,
            field=header[-1],
            remedy='Put a cell that contains the separator between quotation marks: "…".',
        )
    row = dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))
    note, source = row.pop(NOTE, ""), row.pop(header[0])
    if not source:
        raise InputError(
            "the term is missing", path=path, line=line, field=header[0], remedy="Fill the cell."
        )
    marks = [mark.strip() for mark in note.split(";")]
    try:
        same, forbidden = frozenset(_read_same(marks)), tuple(_read_forbidden(marks))
    except ValueError as error:
        remedy = "For example: same:de; forbidden:nl:stadsveiligheid"
        raise InputError(str(error), path=path, line=line, field=NOTE, remedy=remedy) from error
    return Entry(
        source=source,
        wordings={
            Language(tag): tuple(part.strip() for part in cell.split("|") if part.strip())
            for tag, cell in row.items()
            if cell.strip(" |")
        },
        same=same,
        forbidden=forbidden,
        exact="exact" in marks,
        note=note,
        line=line,
    )


def _read_same(marks: Sequence[str]) -> Iterator[Language | None]:
    for mark in marks:
        if found := SAME.fullmatch(mark):
            yield None if found.group(1) is None else parse_language(found.group(1))


def _read_forbidden(marks: Sequence[str]) -> Iterator[tuple[Language | None, str]]:
    for mark in marks:
        if found := FORBIDDEN.fullmatch(mark):
            tag, form = found.groups()
            yield (parse_language(tag) if tag else None), form.strip()
