"""Bringing the lists of the cities into the database."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from flows.domain.access import Scope, everywhere
from flows.domain.errors import InputError
from flows.domain.history import Outcome
from flows.domain.phrases import Phrase
from flows.mail.addresses import mailbox_of
from flows.operations.intake.places import How, find_sources
from flows.operations.intake.reading import Reading
from flows.operations.intake.reports import write_report
from flows.operations.lookalikes import require_lists
from flows.store import merging, staging, verdicts
from flows.store.cities import all_cities, keep_cities, keep_mailing_lists
from flows.store.contacts import Change, list_sizes, lists_within
from flows.store.database import Store, Transaction
from flows.store.events import record_event

AT_ONCE: Final = 2000
MOST_NAMED: Final = 1000
"""So many refused rows are named in the result; the report has them all."""
CHANGES: Final = {
    Outcome.ADDED: Change.ADDED,
    Outcome.UPDATED: Change.UPDATED,
    Outcome.UNCHANGED: Change.UNCHANGED,
}
CREATE: Final = "Make a new one: --create."
DEFAULT: Final = How()
NEWSLETTER: Final = everywhere("newsletter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did: contacts by change, and each refused row with its reason.

    `rows` are those of the lists: each changed a contact, was repeated or was refused.
    `repeated` rows name a contact that an earlier row named; they only add their list.
    `left` counts who is no longer in the file of a list; a file with spoilt rows takes nobody off.
    `opted_out` rows name somebody who is never written to, `kept_off` ones a list that its reader
    left. `refused` names the first thousand; `notes` say what of the files was not read.
    `new_lists` are those that a file from elsewhere makes.
    """

    number: int = field(default=0, compare=False)
    rows: int
    changes: dict[Change, int]
    cities: int
    repeated: int = 0
    left: int = 0
    opted_out: int = 0
    kept_off: int = 0
    refused_rows: int = 0
    refused: list[InputError] = field(default_factory=list)
    refused_cities: list[InputError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    new_lists: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The shape of `newsletter subscribers import --json`, without `dry_run`."""
        return {
            "import": self.number,
            "rows": self.rows,
            "cities": self.cities,
            "repeated": self.repeated,
            "left": self.left,
            "opted_out": self.opted_out,
            "kept_off": self.kept_off,
            "changes": {change.value: count for change, count in self.changes.items()},
            "refused_rows": self.refused_rows,
            "refused": [str(error) for error in self.refused],
            "refused_cities": [str(error) for error in self.refused_cities],
            "notes": self.notes,
            "new_lists": self.new_lists,
        }


async def import_subscribers(
    store: Store,
    path: Path,
    *,
    address_hash: Callable[[str], str],
    now: datetime,
    dry_run: bool = False,
    how: How = DEFAULT,
    scope: Scope = NEWSLETTER,
    report: Path | None = None,
    tell: Callable[[str], str] = str,
) -> Import:
    """Read `subscribers/` (cities and all lists) or one file, row by row.

    A list's file says who is on it. Bad rows are refused one by one and named; the good ones
    count. `dry_run` changes nothing. `NotFoundError` names a list that there is not, if `how` makes
    none. `report` is written with a line for each row, its
    reasons as `tell` says them. Raises `InputError` if a file cannot be read at all.
    """
    reading = Reading(sources=find_sources(path, how), how=how, scope=scope)
    if reading.sources.whole:
        scope.require_all(path.name)
    async with staged(
        store, reading, path.name, address_hash=address_hash, now=now, dry_run=dry_run
    ) as number:
        async with store.writing() as tx:
            done = await _bring_in(tx, number, reading, now=now, dry_run=dry_run)
        if report is not None:
            await write_report(store, number, report, scope=scope, tell=tell)
    return done


@asynccontextmanager
async def staged(
    store: Store,
    reading: Reading,
    name: str,
    *,
    address_hash: Callable[[str], str],
    now: datetime,
    dry_run: bool = True,
) -> AsyncIterator[int]:
    """The rows of the files in the database, under the number of an import, for the block.

    Afterwards they are forgotten, and of a dry run or a failure also that there was an import.
    """
    async with store.writing() as tx:
        known = await all_cities(tx)
        if reading.scope.cities is not None:
            reading.allowed = await lists_within(tx, reading.scope.cities)
        number = await staging.begin_import(
            tx, name, by=reading.scope.by, basis=reading.how.basis, now=now
        )
    wholly = True
    try:
        arrivals = reading.arrivals(known, address_hash)
        # Some at a time: a sender that waits for the database waits little.
        while rows := list(islice(arrivals, AT_ONCE)):
            async with store.writing() as tx:
                await staging.stage(tx, number, rows)
        yield number
        wholly = dry_run
    finally:
        async with store.writing() as tx:
            await staging.discard(tx, number, wholly=wholly)


async def _bring_in(
    tx: Transaction, number: int, reading: Reading, *, now: datetime, dry_run: bool
) -> Import:
    """Decide on the rows and, unless it is a dry run, do what was decided; one transaction."""
    await merging.hold_imports(tx)
    await staging.decide(tx, number, cities=reading.scope.cities)
    done = await look(tx, number, reading)
    if not reading.how.create:
        named = {*reading.how.lists, *done.new_lists}
        require_lists(named, await list_sizes(tx), advice=CREATE, field="--list")
    if dry_run:
        return done
    sources, by = reading.sources, reading.scope.by
    await keep_cities(tx, sources.cities, now=now)
    if sources.described is not None:
        await keep_mailing_lists(tx, sources.described)
    merge = merging.Merge(number, by, reading.how.basis, now)
    await merging.merge(tx, merge, {change.value for change in done.changes})
    if done.left:
        for whole in reading.whole:
            await merging.take_off(tx, merge, whole)
    counts = {"rows": done.rows, "refused": done.refused_rows, "left": done.left}
    await merging.finish_import(tx, number, counts | {str(k): n for k, n in done.changes.items()})
    await record_event(tx, "subscribers.imported", f"import {number}", actor=by, now=now, **counts)
    return done


async def look(tx: Transaction, number: int, reading: Reading) -> Import:
    """What the decided rows would do."""
    outcomes = await verdicts.count_outcomes(tx, number)
    opted_out, kept_off = await verdicts.count_silenced(
        tx, number, scoped=reading.scope.cities is not None
    )
    refused = [
        one async for one in verdicts.verdicts(tx, number, only=Outcome.REFUSED, limit=MOST_NAMED)
    ]
    new = [] if reading.sources.whole else await verdicts.new_lists(tx, number)
    return Import(
        number=number,
        rows=reading.rows,
        changes={change: outcomes[one] for one, change in CHANGES.items() if one in outcomes},
        cities=len(reading.sources.cities),
        repeated=outcomes.get(Outcome.REPEATED, 0),
        left=sum([await merging.count_leavers(tx, number, whole) for whole in reading.whole]),
        opted_out=opted_out,
        kept_off=kept_off,
        refused_rows=outcomes.get(Outcome.REFUSED, 0),
        refused=[_refusal(one) for one in refused],
        refused_cities=list(reading.sources.refused_cities),
        notes=reading.notes,
        new_lists=new,
    )


def _refusal(one: verdicts.Verdict) -> InputError:
    return InputError(
        one.problem,
        path=Path(one.file),
        line=one.line,
        field=one.column or None,
        remedy=one.remedy or None,
    )


def parse_mailbox(address: str, *, field: str) -> str:
    """The form of an address that goes on the envelope. Raises `InputError` naming the field."""
    try:
        return mailbox_of(address)
    except ValueError as error:
        raise InputError(
            Phrase(
                "{written!r} is not an e-mail address: {why}", written=address, why=error.args[0]
            ),
            field=field,
        ) from None
