"""People who leave while an issue's audience is being fixed, which on PostgreSQL others can."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from flows.domain.access import everywhere
from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueId
from flows.operations.delivering import freeze_issue
from flows.operations.replacing import Replacement, replace_contact
from flows.store.database import Store, open_store
from flows.store.optouts import LEFT, leave_list
from tests.functional.builders import (
    LANGUAGES,
    LETTERHEADS,
    NOW,
    address,
    an_approved_issue,
    hash_of,
    ledger_lines,
    make_message_id,
)

ACTS_WITHIN_SECONDS = 60
Act = Callable[[Store], Coroutine[Any, Any, None]]


async def leave(store: Store) -> None:
    """Reader 1 leaves the one list that they are on."""
    async with store.writing() as tx:
        await leave_list(tx, hash_of(address(1)), "all", reason=LEFT, source="page", now=NOW)


async def change_address(store: Store) -> None:
    """Reader 1 is read at another address from now on."""
    await replace_contact(
        store,
        Replacement(old=address(1), new="new@city.example.org", same_person=True),
        address_hash=hash_of,
        scope=everywhere("Paula"),
        now=NOW,
    )


class Meanwhile:
    """Acts once, from elsewhere, while the first letters of an audience are written down."""

    def __init__(self, store: Store, act: Act) -> None:
        self._url = store.engine.url.set(drivername="postgresql")
        self._act = act
        self._thread: threading.Thread | None = None

    def message_id(self, issue: IssueId, contact_hash: str) -> str:
        """A letter's name; for the first of them it acts before."""
        if self._thread is None:
            self._thread = threading.Thread(target=lambda: asyncio.run(self._do()))
            self._thread.start()
            self._thread.join(ACTS_WITHIN_SECONDS)
        return make_message_id(issue, contact_hash)

    async def _do(self) -> None:
        url = self._url.render_as_string(hide_password=False)
        elsewhere = open_store(url, default=Path("unused"))
        try:
            await self._act(elsewhere)
        finally:
            await elsewhere.close()


@pytest.mark.parametrize("act", [leave, change_address])
async def test_who_leaves_while_an_audience_is_fixed_gets_no_letter(
    postgresql_store: Store, act: Act
) -> None:
    """Nobody else's letter is touched."""
    issue = await an_approved_issue(postgresql_store, contacts=6)
    meanwhile = Meanwhile(postgresql_store, act)
    await freeze_issue(
        postgresql_store,
        issue.id,
        languages=LANGUAGES,
        letterheads=LETTERHEADS,
        message_id=meanwhile.message_id,
        now=NOW,
    )
    states = {one.mailbox: one.state for one in await ledger_lines(postgresql_store, issue)}
    assert states.pop(address(1)) is DeliveryState.CANCELLED
    assert {*states.values()} == {DeliveryState.PENDING}
