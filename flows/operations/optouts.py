"""Opt-outs: made, erased for good, and carried over a restore."""

import csv
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from flows.domain.access import Scope
from flows.domain.consent import Act, Consent
from flows.domain.errors import InputError, NotFoundError
from flows.domain.optout import SUPPRESSED
from flows.domain.phrases import Phrase
from flows.operations.intake.guards import guard
from flows.operations.intake.tables import Row, open_table
from flows.store.consents import record_acts
from flows.store.contacts import suppress
from flows.store.database import Store, Transaction
from flows.store.erasure import erase, sweep
from flows.store.events import record_event
from flows.store.merging import hold_imports
from flows.store.optouts import (
    OptOut,
    all_opt_outs,
    bring_in_opt_outs,
    suppress_as_erased,
)
from flows.store.records import find_record

COLUMNS: Final = ("address_hash", "list", "reason", "source", "at")
HASH: Final = re.compile("[0-9a-f]{64}")


async def suppress_address(
    store: Store,
    address: str,
    *,
    because: str,
    address_hash: Callable[[str], str],
    scope: Scope,
    now: datetime,
) -> bool:
    """Never write to an address again, whether it is a contact's or not. False if it was so.

    A correspondent may do so for contacts of their cities: `NotFoundError` for any other.
    """
    hashed = address_hash(address)
    async with store.writing() as tx:
        await _require(tx, hashed, scope)
        source = f"{because} ({scope.by})"
        new = await suppress(tx, hashed, reason=SUPPRESSED, source=source, now=now)
        if new:
            await record_acts(tx, hashed, [_withdrawal(source, now)])
            await record_event(tx, "contact.suppressed", "", actor=scope.by, now=now)
        return new


def _withdrawal(source: str, now: datetime) -> Consent:
    return Consent(list="", act=Act.ENDED, at=now, source=source)


async def _require(tx: Transaction, hashed: str, scope: Scope) -> None:
    record = await find_record(tx, hashed)
    if scope.cities is not None and (record is None or not scope.covers(record.city)):
        raise NotFoundError("no contact has this address")


async def erase_address(
    store: Store,
    address: str,
    *,
    address_hash: Callable[[str], str],
    scope: Scope,
    now: datetime,
) -> bool:
    """Forget the person behind an address, and keep only that it is never written to.

    Whether it was a contact's; the promise holds in any case.
    """
    hashed = address_hash(address)
    async with store.writing() as tx:
        await hold_imports(tx)
        await _require(tx, hashed, scope)
        known = await find_record(tx, hashed) is not None
        await erase_person(tx, hashed, source=f"request, {scope.by}", by=scope.by, now=now)
        return known


async def erase_person(
    tx: Transaction, hashed: str, *, source: str, by: str, now: datetime
) -> None:
    """Erase by hash, and write down that it was done.

    An import that is under way is waited for: it may be adding the very person.
    """
    await hold_imports(tx)
    await suppress_as_erased(tx, hashed, source=source, now=now)
    await record_acts(tx, hashed, [_withdrawal(f"erased: {source}", now)])
    await erase(tx, hashed, now=now)
    await sweep(tx)
    await record_event(tx, "contact.erased", "", actor=by, now=now)


async def keep_opt_outs(store: Store) -> list[OptOut]:
    """Every opt-out, to be carried over a restore."""
    async with store.reading() as tx:
        return await all_opt_outs(tx)


async def carry_opt_outs(store: Store, found: list[OptOut], *, by: str, now: datetime) -> int:
    """Add opt-outs that a database does not know; who was erased is erased again.

    How many were new. Whoever restores a backup must carry over those that are newer than it.
    """
    async with store.writing() as tx:
        await hold_imports(tx)
        new = await add_opt_outs(tx, found, now=now)
        await record_event(tx, "opt_outs.carried", "", actor=by, now=now, new=new)
        return new


async def add_opt_outs(tx: Transaction, found: list[OptOut], *, now: datetime) -> int:
    """As `carry_opt_outs`, in a transaction in which nobody imports."""
    before = len(await all_opt_outs(tx))
    for hashed in await bring_in_opt_outs(tx, found):
        await erase(tx, hashed, now=now)
    await sweep(tx)
    return len(await all_opt_outs(tx)) - before


async def write_opt_outs(store: Store, path: Path) -> int:
    """Write every opt-out into a CSV file, by hash; how many."""
    found = await keep_opt_outs(store)
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for one in found:
                writer.writerow([*map(guard, one[:4]), one.at.isoformat()])
    except OSError as error:
        raise InputError(
            Phrase("cannot be written: {reason}", reason=error.strerror), path=path
        ) from None
    return len(found)


async def read_opt_outs(store: Store, path: Path, *, by: str, now: datetime) -> int:
    """Bring in what `write_opt_outs` wrote, under the same secret key; how many were new."""
    rows = open_table(
        path,
        wanted=COLUMNS,
        required=("address_hash",),
        named={name: name for name in COLUMNS},
    ).rows
    return await carry_opt_outs(store, [_opt_out(row) for row in rows], by=by, now=now)


def _opt_out(row: Row) -> OptOut:
    row.require_sound()
    fields = row.fields
    try:
        at = datetime.fromisoformat(fields.get("at", ""))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not HASH.fullmatch(fields["address_hash"]):
        raise row.error(
            "is no opt-out", column="address_hash", remedy="Use a file that opt-outs --out wrote."
        )
    return OptOut(
        address_hash=fields["address_hash"],
        list=fields.get("list", ""),
        reason=fields.get("reason", "") or SUPPRESSED,
        source=fields.get("source", ""),
        at=at,
    )
