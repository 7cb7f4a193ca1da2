"""Cells that a spreadsheet would take for formulas: guarded on the way out, bare on the way in."""

import re

FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""What begins a formula, after any number of apostrophes (also in their full-width forms)."""


def guard(cell: str) -> str:
    """The cell as it may be written into a file: an apostrophe stands before a formula."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def unguard(cell: str) -> str:
    """What `guard` was given; a cell that it did not change stays as it is."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
