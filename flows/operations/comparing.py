"""What the files say and what the database has, held beside each other; nothing is changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from flows.domain.access import Scope
from flows.domain.history import Outcome
from flows.operations.intake.places import find_sources
from flows.operations.intake.reading import Reading
from flows.operations.subscribers import DEFAULT, Import, look, staged
from flows.store import staging
from flows.store.database import Store, Transaction
from flows.store.merging import leavers
from flows.store.verdicts import verdicts

MOST_NAMED: Final = 1000


class Difference(NamedTuple):
    """One contact of which files and database say different things."""

    address: str
    what: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Where files and database differ; `differences` names the first thousand of each kind."""

    only_in_files: int
    different: int
    only_in_database: int
    same: int
    refused: int
    opted_out: int
    kept_off: int
    differences: list[Difference]

    @property
    def is_same(self) -> bool:
        """Whether an import of the files would change nothing, and could read everything."""
        return not (self.only_in_files or self.different or self.only_in_database or self.refused)

    def as_json(self) -> dict[str, Any]:
        """The shape of `newsletter subscribers compare --json`."""
        return {
            "same": self.same,
            "only_in_files": self.only_in_files,
            "different": self.different,
            "only_in_database": self.only_in_database,
            "refused": self.refused,
            "opted_out": self.opted_out,
            "kept_off": self.kept_off,
            "differences": [one._asdict() for one in self.differences],
        }


async def compare_subscribers(
    store: Store,
    path: Path,
    *,
    address_hash: Callable[[str], str],
    scope: Scope,
    now: datetime,
) -> Comparison:
    """Hold `subscribers/`, or one of its lists, beside the database.

    Raises `InputError` if a file cannot be read at all.
    """
    reading = Reading(sources=find_sources(path, DEFAULT), how=DEFAULT, scope=scope)
    async with (
        staged(store, reading, path.name, address_hash=address_hash, now=now) as number,
        store.writing() as tx,
    ):
        await staging.decide(tx, number, cities=scope.cities)
        found = await look(tx, number, reading)
        differences = [
            *await _named(tx, number, Outcome.ADDED, "only in the files"),
            *await _named(tx, number, Outcome.UPDATED, "different"),
            *await _leaving(tx, number, reading),
        ]
    return _comparison(found, differences)


async def _named(tx: Transaction, number: int, outcome: Outcome, what: str) -> list[Difference]:
    return [
        Difference(one.address, what, f"{Path(one.file).name}:{one.line}")
        async for one in verdicts(tx, number, only=outcome, limit=MOST_NAMED)
    ]


async def _leaving(tx: Transaction, number: int, reading: Reading) -> list[Difference]:
    return [
        Difference(address, "only in the database", whole.list)
        for whole in reading.whole
        for address in await leavers(tx, number, whole, limit=MOST_NAMED)
    ]


def _comparison(found: Import, differences: list[Difference]) -> Comparison:
    counts = {change.value: count for change, count in found.changes.items()}
    return Comparison(
        only_in_files=counts.get("added", 0),
        different=counts.get("updated", 0),
        only_in_database=found.left,
        same=counts.get("unchanged", 0),
        refused=found.refused_rows,
        opted_out=found.opted_out,
        kept_off=found.kept_off,
        differences=differences,
    )
