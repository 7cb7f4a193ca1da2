"""CSV for people who open it in a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from typing import Final

BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
BOM: Final = "\ufeff"
"""Without it a spreadsheet reads UTF-8 as something else."""


def csv_line(cells: Sequence[object]) -> str:
    """One line (RFC 4180). What a spreadsheet would take for a formula is marked as text."""
    line = io.StringIO()
    csv.writer(line).writerow([_as_text(str(cell)) for cell in cells])
    return line.getvalue()


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(BEGINS_A_FORMULA) else cell
