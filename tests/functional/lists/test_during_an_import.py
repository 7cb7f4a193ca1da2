"""Readers who leave, or want to be forgotten, while an import that names them is under way.

Of PostgreSQL alone: on SQLite one writer waits for the other.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import func, select, text

from flows.domain.consent import Basis
from flows.domain.history import Outcome
from flows.domain.optout import ERASED
from flows.operations.optouts import carry_opt_outs, erase_address
from flows.store import merging, staging
from flows.store.database import Store
from flows.store.optouts import LEFT, OptOut, leave_list
from flows.store.people import arrivals
from flows.store.staging import Arrival
from flows.store.tables import contacts
from tests.functional.builders import NOW
from tests.functional.lists.people import OFFICE, bring_in, hashed, on_list, write_workspace

ANNE = "a@liege.test"
BOB = "b@liege.test,Bob,Liège,"


@asynccontextmanager
async def importing(store: Store, lists: Sequence[str]) -> AsyncIterator[None]:
    """An import of Anne that is decided and done at the block, and committed after it."""
    row = Arrival(
        row=1,
        file="liege.csv",
        line=2,
        outcome=Outcome.READ,
        address=ANNE,
        address_hash=hashed(ANNE),
        mailbox=ANNE,
        city="Liège",
        lists=lists,
    )
    basis = Basis.LEGITIMATE_INTEREST
    async with store.writing() as tx:
        number = await staging.begin_import(tx, "liege.csv", by="office", basis=basis, now=NOW)
        await staging.stage(tx, number, [row])
    async with store.writing() as tx:
        await merging.hold_imports(tx)
        await staging.decide(tx, number)
        merge = merging.Merge(number, "office", basis, NOW)
        await merging.merge(tx, merge, {Outcome.ADDED, Outcome.UPDATED})
        yield


async def begun(store: Store, act: Awaitable[object]) -> asyncio.Task[object]:
    """The act, once it waits for a lock of somebody else's."""
    task = asyncio.ensure_future(act)
    while not task.done():
        async with store.writing() as tx:
            if await tx.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                break
    return task


async def kept(store: Store) -> tuple[int, set[str]]:
    """How many contacts there are, and the addresses among the rows of imports."""
    async with store.reading() as tx:
        many = await tx.scalar(select(func.count()).select_from(contacts)) or 0
        return many, set(await tx.scalars(select(arrivals.c.address)))


async def test_who_leaves_a_list_during_an_import_gets_none_of_its_letters(
    postgresql_store: Store, tmp_path: Path
) -> None:
    """The import had decided before; the other lists of the reader stay as they are."""
    store = postgresql_store
    folder = write_workspace(tmp_path, prevention=[f"{ANNE},Anne,Liège,fr"], members=[BOB])
    await bring_in(store, folder)

    async with importing(store, ["members"]), store.writing() as tx:
        await leave_list(tx, hashed(ANNE), "members", reason=LEFT, source="preferences", now=NOW)

    assert set(await on_list(store, "members")) == {"b@liege.test"}
    assert set(await on_list(store, "prevention")) == {ANNE}
    assert set(await on_list(store)) == {ANNE, "b@liege.test"}


async def test_an_erasure_waits_for_the_import_that_adds_its_person(
    postgresql_store: Store, tmp_path: Path
) -> None:
    """Then nothing is left of them."""
    store = postgresql_store
    await bring_in(store, write_workspace(tmp_path, members=[]))

    async with importing(store, ["members"]):
        erasure = await begun(
            store, erase_address(store, ANNE, address_hash=hashed, scope=OFFICE, now=NOW)
        )

    assert await erasure is True
    assert await kept(store) == (0, {""})


async def test_an_erasure_that_is_carried_over_waits_for_an_import(
    postgresql_store: Store, tmp_path: Path
) -> None:
    """As one that a person asks for does."""
    store = postgresql_store
    await bring_in(store, write_workspace(tmp_path, members=[]))
    known = [OptOut(hashed(ANNE), "", ERASED, "request, office", NOW)]

    async with importing(store, ["members"]):
        carrying = await begun(store, carry_opt_outs(store, known, by="office", now=NOW))

    assert await carrying == 1
    assert await kept(store) == (0, {""})
