"""Tables in plain text: in columns where they fit, otherwise cell after cell with its heading."""

from collections.abc import Callable
from itertools import zip_longest
from xml.etree.ElementTree import Element

GAP = "  "
Measure = Callable[[str], int]


def lay_out_table(
    table: Element, *, write: Callable[[Element], str], measure: Measure, width: int
) -> list[str]:
    """The table as blocks of text; `write` gives a cell's text, `measure` its columns."""
    rows = [_cells(row) for row in table.iter("tr")]
    texts = [[" ".join(write(cell).split("\n")).strip() for cell in row] for row in rows]
    columns = [
        max(measure(text) for text in column) for column in zip_longest(*texts, fillvalue="")
    ]
    if not columns:
        return []
    headed = any(cell.tag == "th" for cell in rows[0])
    if sum(columns) + len(GAP) * (len(columns) - 1) > width:
        return _as_records(texts, headed=headed)
    right = [cell.get("align") == "right" for cell in rows[0]]
    right += [False] * (len(columns) - len(right))
    lines = [_line(row, columns=columns, right=right, measure=measure) for row in texts]
    if headed:
        lines.insert(1, GAP.join("-" * column for column in columns))
    return ["\n".join(lines)]


def _cells(row: Element) -> list[Element]:
    return [cell for cell in row if cell.tag in {"td", "th"}]


def _line(texts: list[str], *, columns: list[int], right: list[bool], measure: Measure) -> str:
    cells = []
    for text, column, to_right in zip_longest(texts, columns, right, fillvalue=""):
        padding = " " * (int(column) - measure(str(text)))
        cells.append(f"{padding}{text}" if to_right else f"{text}{padding}")
    return GAP.join(cells).rstrip(" ")


def _as_records(texts: list[list[str]], *, headed: bool) -> list[str]:
    """Row by row; a heading that no row has anything for stands alone in the first."""
    heads, *rows = texts if headed else [[], *texts]
    filled = [any(column) for column in zip_longest(*rows, fillvalue="")]
    records = [_record(heads, row) for row in rows or [[]]]
    records[0] += [
        head for head, told in zip_longest(heads, filled[: len(heads)]) if head and not told
    ]
    return ["\n".join(lines) for lines in records if lines]


def _record(heads: list[str], row: list[str]) -> list[str]:
    pairs = zip_longest(heads, row, fillvalue="")
    return [f"{head} – {text}" if head else text for head, text in pairs if text]
