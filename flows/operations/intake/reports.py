"""The report of an import: one line for each row, for a spreadsheet."""

import csv
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from flows.domain.access import Scope
from flows.domain.errors import InputError
from flows.domain.phrases import Phrase
from flows.operations.intake.guards import guard
from flows.store.database import Store
from flows.store.verdicts import Verdict, lists_left, verdicts

COLUMNS: Final = (
    *("file", "line", "outcome", "email", "name", "city", "language"),
    *("column", "problem", "remedy", "note"),
)
AT_ONCE: Final = 500


async def write_report(
    store: Store, number: int, path: Path, *, scope: Scope, tell: Callable[[str], str] = str
) -> None:
    """Write what an import does with each row, as CSV in UTF-8 with a mark for spreadsheets.

    To whoever looks after some cities, it tells of people whom they knew before alone. `tell` says
    the reasons in the language of its reader.
    """
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            async for cells in _lines(store, number, tell, scoped=scope.cities is not None):
                writer.writerow([guard(cell) for cell in cells])
    except OSError as error:
        raise InputError(
            Phrase("cannot be written: {reason}", reason=error.strerror),
            path=path,
            field="--report",
        ) from None


async def _lines(
    store: Store, number: int, tell: Callable[[str], str], *, scoped: bool
) -> AsyncIterator[list[str]]:
    async with store.reading() as tx:
        batch: list[Verdict] = []
        async for verdict in verdicts(tx, number, scoped=scoped):
            batch.append(verdict)
            if len(batch) == AT_ONCE:
                left = await lists_left(tx, number, [one.row for one in batch], scoped=scoped)
                for one in batch:
                    yield _cells(one, left, tell)
                batch = []
        left = await lists_left(tx, number, [one.row for one in batch], scoped=scoped)
        for one in batch:
            yield _cells(one, left, tell)


def _cells(one: Verdict, left: dict[int, str], tell: Callable[[str], str]) -> list[str]:
    note = ""
    if one.opted_out is not None:
        note = Phrase("never written to: opted out on {day}", day=f"{one.opted_out:%Y-%m-%d}")
    elif one.row in left:
        note = Phrase("not put on {list}, which its reader left", list=left[one.row])
    return [
        Path(one.file).name,
        str(one.line),
        one.outcome,
        one.address,
        one.name,
        one.city,
        one.language,
        one.column,
        *map(tell, (one.problem, one.remedy, note)),
    ]
