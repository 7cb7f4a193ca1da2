"""Looking back at imports, and taking one back."""

from datetime import datetime

from flows.domain.access import Scope
from flows.domain.errors import NotDoneError, NotFoundError
from flows.domain.history import ImportState
from flows.domain.phrases import Phrase
from flows.operations.handovers import give_places_back
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.merging import hold_imports
from flows.store.undoing import ImportRecord, Undoing, Undone, list_imports, undo


async def past_imports(store: Store, *, scope: Scope) -> list[ImportRecord]:
    """The imports that were done, newest first; a correspondent's own."""
    async with store.reading() as tx:
        found = await list_imports(tx)
    return [one for one in found if scope.cities is None or one.by == scope.by]


async def undo_import(store: Store, number: int, *, scope: Scope, now: datetime) -> Undone:
    """Take an import back, as far as nobody said anything about the same contacts since.

    Cities stay as the import left them. Raises `NotFoundError` for a number that is none, and
    `NotDoneError` for an import that was taken back already.
    """
    async with store.writing() as tx:
        await hold_imports(tx)
        known = {
            one.number: one
            for one in await list_imports(tx)
            if scope.cities is None or one.by == scope.by
        }
        if number not in known:
            raise NotFoundError(
                Phrase("there is no import {number}", number=number),
                remedy="newsletter subscribers imports",
            )
        if known[number].state is ImportState.UNDONE:
            raise NotDoneError(Phrase("import {number} was taken back already", number=number))
        if known[number].state is ImportState.CLOSED:
            raise NotDoneError(
                Phrase("import {number} is too old: what was before it is forgotten", number=number)
            )
        undoing = Undoing(number, scope.by, now)
        await give_places_back(tx, number, source=undoing.author.why)
        undone = await undo(tx, undoing)
        await record_event(
            tx,
            "subscribers.undone",
            f"import {number}",
            actor=scope.by,
            now=now,
            **undone._asdict(),
        )
        return undone
