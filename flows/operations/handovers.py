"""Many addresses that take the places of others, from one file that can be taken back."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from flows.domain.access import Scope
from flows.domain.consent import Basis
from flows.domain.errors import InputError, NotDoneError
from flows.operations.intake.tables import Row, open_table
from flows.operations.replacing import Replacement, carry_opt_outs, replace_one
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.handovers import handovers_of
from flows.store.merging import finish_import, hold_imports
from flows.store.optouts import REPLACED, return_to_list
from flows.store.staging import begin_import

FIELDS: Final = ("old", "new", "name")
HEADINGS: Final = {"ancien": "old", "nouveau": "new", "nom": "name", "oud": "old", "nieuw": "new"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDone:
    """One row of the file, and why it could not be done, if it could not."""

    line: int
    old: str
    new: str
    name: str
    refusal: InputError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """What a file did, row by row, and the number by which it can be taken back."""

    number: int = 0
    rows: list[RowDone] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many places were taken over."""
        return sum(row.refusal is None for row in self.rows)

    @property
    def refused(self) -> list[InputError]:
        """The rows that could not be done, each with its reason."""
        return [row.refusal for row in self.rows if row.refusal is not None]


class _OnlyLookedError(Exception):
    """Ends the transaction of a dry run."""


async def replace_from_file(
    store: Store,
    path: Path,
    *,
    same_person: bool,
    address_hash: Callable[[str], str],
    scope: Scope,
    now: datetime,
    dry_run: bool = False,
) -> Replaced:
    """Make the replacements of a file with the columns `old`, `new` and `name`, all at once.

    Those that cannot be made are named; the others count. Unless it is a dry run, the file is kept
    among the imports, and taken back as they are. Raises `InputError` for a file that is no list.
    """
    table = open_table(path, wanted=FIELDS, required=("old", "new"), named=HEADINGS)
    done = Replaced()
    with suppress(_OnlyLookedError):
        async with store.writing() as tx:
            await hold_imports(tx)
            number = await begin_import(
                tx, path.name, by=scope.by, basis=Basis.LEGITIMATE_INTEREST, now=now
            )
            done = Replaced(number=0 if dry_run else number)
            for row in table.rows:
                refusal = None
                try:
                    change = _read(row, same_person=same_person)
                    await replace_one(
                        tx, change, address_hash=address_hash, scope=scope, now=now, number=number
                    )
                except (InputError, NotDoneError) as error:
                    refusal = _refusal(row, error)
                done.rows.append(_row_done(row, refusal))
            if dry_run:
                raise _OnlyLookedError
            await _finish(tx, done, scope=scope, now=now)
    return done


def _read(row: Row, *, same_person: bool) -> Replacement:
    row.require_sound()
    return Replacement(
        old=row.fields["old"],
        new=row.fields["new"],
        name=row.fields.get("name") or None,
        same_person=same_person,
    )


def _row_done(row: Row, refusal: InputError | None) -> RowDone:
    shown = {name: row.fields.get(name, "").replace("\0", "\ufffd") for name in FIELDS}
    return RowDone(line=row.line, refusal=refusal, **shown)


def _refusal(row: Row, error: InputError | NotDoneError) -> InputError:
    problem = error.problem if isinstance(error, InputError) else error.reason
    return row.error(problem, column="", remedy="Correct the row; run it alone.")


async def _finish(tx: Transaction, done: Replaced, *, scope: Scope, now: datetime) -> None:
    counts = {"rows": len(done.rows), "replaced": done.done, "refused": len(done.refused)}
    await finish_import(tx, done.number, counts)
    subject = f"import {done.number}"
    await record_event(tx, "contacts.replaced", subject, actor=scope.by, now=now, **counts)


async def give_places_back(tx: Transaction, number: int, *, source: str) -> None:
    """Let the old addresses of an import go on their lists again.

    What the same person said at the new address meanwhile holds at the old one, too.
    """
    for one in await handovers_of(tx, number):
        if one.same_person:
            await carry_opt_outs(tx, one.new.address_hash, one.old.address_hash, source=source)
        for name in one.lists:
            await return_to_list(tx, one.old.address_hash, name, reason=REPLACED)
