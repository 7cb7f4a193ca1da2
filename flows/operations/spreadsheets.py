"""CSV for people who open it in a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from flows.operations.intake.guards import guard

BOM: Final = "\ufeff"
"""Without it a spreadsheet reads UTF-8 as something else."""


def csv_line(cells: Sequence[object]) -> str:
    """One line (RFC 4180). What a spreadsheet would take for a formula is marked as text."""
    line = io.StringIO()
    csv.writer(line).writerow([guard(str(cell)) for cell in cells])
    return line.getvalue()
