"""The records of a CSV file. A quotation mark without its partner spoils one record, not the file.

Python's reader alone would either give the file up there or swallow the rows that follow.
"""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from flows.domain.phrases import Phrase
from flows.operations.intake.lines import LONGEST_LINE, Line, read_lines

DELIMITERS = ";\t,|"
FIRST_LINES = 10
"""Among these is the header."""
MOST_LINES = 50
"""How many lines one record may have."""
SEPARATOR_LINE = re.compile(r"sep=(.)", re.IGNORECASE)
"""What Excel writes and reads in front of a CSV file."""
OPEN_MARK = Phrase("has a quotation mark without its partner")
MARK_REMEDY = Phrase('Close it, or write "" for a mark within quotation marks.')


class Record(NamedTuple):
    """One record by its first line, its cells stripped; `problem` says why it cannot be used."""

    line: int
    cells: list[str]
    problem: str = ""
    remedy: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing in it."""
        return not self.problem and not any(self.cells)


def read_csv(path: Path, *, is_heading: Callable[[str], bool]) -> Iterator[Record]:
    """The records of a file, the header among them.

    The separator is the one that cuts most headings (`is_heading`) out of one of the first lines.
    """
    source = read_lines(path)
    lines = deque(islice(source, FIRST_LINES))
    if lines and (written := SEPARATOR_LINE.fullmatch(lines[0].text)):
        lines.popleft()
        delimiter = written[1]
    else:
        delimiter = _delimiter([line.text for line in lines], is_heading)
    yield from _records(lines, source, delimiter)


def _delimiter(texts: Sequence[str], is_heading: Callable[[str], bool]) -> str:
    def score(sign: str) -> tuple[int, int]:
        cut = [_record([text], 0, sign).cells for text in texts]
        return max(((sum(map(is_heading, cells)), len(cells)) for cells in cut), default=(0, 0))

    return max(DELIMITERS, key=score)


def _records(ahead: deque[Line], source: Iterator[Line], delimiter: str) -> Iterator[Record]:
    while True:
        line = ahead.popleft() if ahead else next(source, None)
        if line is None:
            return
        if line.fault:
            yield Record(line.number, [], line.fault, Phrase("Look at this line in a text editor."))
        elif line.text.count('"') % 2 == 0:
            yield _record([line.text], line.number, delimiter)
        else:
            yield _long_record(line, ahead, source, delimiter)


def _long_record(first: Line, ahead: deque[Line], source: Iterator[Line], delimiter: str) -> Record:
    """A record that goes on in the next lines, or a spoilt first line if it never ends well."""
    lines, length = [first], len(first.text)
    while len(lines) < MOST_LINES and length < LONGEST_LINE:
        if len(ahead) < len(lines):
            if (more := next(source, None)) is None:
                break
            ahead.append(more)
        line = ahead[len(lines) - 1]
        if line.fault:
            break
        lines.append(line)
        length += len(line.text)
        if line.text.count('"') % 2:
            texts = [f"{one.text}\n" for one in lines]
            record = _record(texts, first.number, delimiter)
            if record.problem or any(_has_swallowed(cell, delimiter) for cell in record.cells):
                break
            for _ in lines[1:]:
                ahead.popleft()
            return record
    return Record(first.number, [], OPEN_MARK, MARK_REMEDY)


def _has_swallowed(cell: str, delimiter: str) -> bool:
    """Whether a cell of several lines has a row in it: an open mark that another row closed."""
    return any("@" in line and delimiter in line for line in cell.split("\n")[1:])


def _record(texts: Sequence[str], number: int, delimiter: str) -> Record:
    try:
        cells = next(csv.reader(texts, delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return Record(
            number, [], Phrase("is not readable CSV: {reason}", reason=str(error)), MARK_REMEDY
        )
    return Record(number, [cell.strip() for cell in cells])
