import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from flows.domain.account import Guest, Role
from flows.domain.article import Slug
from flows.domain.errors import InputError, NewsletterError, NotDoneError, NotFoundError
from flows.domain.language import Language
from flows.operations.accounts import (
    add_user,
    change_roles,
    disable_user,
    enable_user,
    list_users,
)
from flows.operations.inviting import invite_reviewer, let_guest_in
from flows.operations.limiting import TooManyAttemptsError, count_attempt
from flows.operations.visits import Lifetime, begin_visit, visit_of
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.tables import events
from flows.store.users import get_user, take_step

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
NL = Language("nl")
JOOST = Guest(name="Joost", slug=Slug("city-pair"), language=NL)


async def test_the_audit_trail_only_grows(store: Store) -> None:
    """The database itself refuses to change or remove what was written."""
    async with store.writing() as tx:
        await record_event(tx, "issue.paused", "city-pair-1", actor="Ada", now=NOW)
    for statement in (delete(events), update(events).values(actor="nobody")):
        with pytest.raises((DBAPIError, NewsletterError), match="only grows"):
            async with store.writing() as tx:
                await tx.execute(statement)

    async with store.reading() as tx:
        (row,) = await tx.execute(select(events))
    assert (row.actor, row.action) == ("Ada", "issue.paused")


async def test_two_accounts_never_have_the_same_name_or_address(store: Store) -> None:
    """Whatever the case, the accents' form or the moment."""
    await add_user(
        store, "Zoë", roles=[Role.EDITOR], languages=[], address="zoe@a.example", by="x", now=NOW
    )
    for name, address in (("ZOË", ""), ("Zoe\u0308", ""), ("Other", "ZOE@a.example")):
        with pytest.raises(InputError, match="taken"):
            await add_user(
                store, name, roles=[Role.EDITOR], languages=[], address=address, by="x", now=NOW
            )
    assert [one.name for one in await list_users(store)] == ["Zoë"]


@pytest.mark.parametrize("name", ["", "  ", "a@b.example", "a\x1b[1m", "x" * 121, "a\0"])
async def test_what_is_no_name_makes_no_account(store: Store, name: str) -> None:
    """A name stands beside approvals, and is never taken for an address."""
    with pytest.raises(InputError):
        await add_user(store, name, roles=[Role.EDITOR], languages=[], by="x", now=NOW)


async def test_a_reviewer_answers_for_some_language(store: Store) -> None:
    """And nobody is without a role."""
    for roles in ([Role.REVIEWER], []):
        with pytest.raises(InputError):
            await add_user(store, "Rens", roles=roles, languages=[], by="x", now=NOW)
    rens = await add_user(store, "Rens", roles=[Role.REVIEWER], languages=[NL], by="x", now=NOW)
    assert rens.reviews(NL)
    assert not rens.reviews(Language("en"))


async def test_the_last_administrator_stays(store: Store) -> None:
    """Otherwise nobody could let anybody in again but by the command line."""
    await add_user(store, "Ada", roles=[Role.ADMINISTRATOR], languages=[], by="x", now=NOW)
    with pytest.raises(NotDoneError):
        await disable_user(store, "Ada", by="x", now=NOW)
    with pytest.raises(NotDoneError):
        await change_roles(store, "Ada", roles=[Role.EDITOR], languages=[], by="x", now=NOW)

    await add_user(store, "Bea", roles=[Role.ADMINISTRATOR], languages=[], by="x", now=NOW)
    await disable_user(store, "Ada", by="x", now=NOW)
    with pytest.raises(NotDoneError):
        await disable_user(store, "Bea", by="x", now=NOW)
    await enable_user(store, "Ada", by="x", now=NOW)
    await disable_user(store, "Bea", by="x", now=NOW)


async def test_a_name_that_nobody_bears_is_answered_with_those_there_are(store: Store) -> None:
    """For whoever mistyped it."""
    await add_user(store, "Ada", roles=[Role.EDITOR], languages=[], by="x", now=NOW)
    with pytest.raises(NotFoundError, match="Accounts: Ada"):
        await disable_user(store, "Adda", by="x", now=NOW)


async def test_of_two_who_use_a_review_link_at_once_one_comes_in(store: Store) -> None:
    """Single use is the row's state, not the text of the token."""
    token = await invite_reviewer(store, JOOST, by="Ada", lasting=timedelta(days=7), now=NOW)

    begun = await asyncio.gather(
        *(let_guest_in(store, token, lifetime=Lifetime(), now=NOW) for _ in range(6))
    )

    assert sum(one is not None for one in begun) == 1
    for twin in (f"{token}=", token[:-1], token.swapcase(), ""):
        assert await let_guest_in(store, twin, lifetime=Lifetime(), now=NOW) is None


async def test_no_guest_bears_the_name_of_an_account(store: Store) -> None:
    """Approvals and the audit trail name people."""
    await add_user(store, "Joost", roles=[Role.EDITOR], languages=[], by="x", now=NOW)
    with pytest.raises(InputError, match="has an account"):
        await invite_reviewer(store, JOOST, by="Ada", lasting=timedelta(days=7), now=NOW)


async def test_a_visit_is_found_by_its_token_alone_and_until_it_is_over(store: Store) -> None:
    """What the database keeps cannot be used as a cookie."""
    lifetime = Lifetime(idle=timedelta(hours=1), whole=timedelta(hours=3))
    async with store.writing() as tx:
        token, session = await begin_visit(tx, JOOST, lifetime=lifetime, now=NOW)

    async def found(with_token: str, **after: float) -> bool:
        now = NOW + timedelta(**after)
        return await visit_of(store, with_token, lifetime=lifetime, now=now) is not None

    assert await found(token)
    assert not await found(session.key)
    assert not await found(token.swapcase())
    assert await found(token, minutes=50)
    assert await found(token, minutes=100)
    assert not await found(token, minutes=161)


async def test_attempts_that_come_together_are_counted_one_by_one(store: Store) -> None:
    """The limit holds for a crowd, on both databases."""

    async def attempt() -> bool:
        try:
            await count_attempt(store, {"account:x": 5}, now=NOW)
        except TooManyAttemptsError:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(20)))) == 5


async def test_a_time_step_is_used_up_once(store: Store) -> None:
    """Of two who type the same code at once, one comes in."""
    ada = await add_user(store, "Ada", roles=[Role.EDITOR], languages=[], by="x", now=NOW)

    async def use(step: int) -> bool:
        async with store.writing() as tx:
            return await take_step(tx, ada.id, step)

    assert sum(await asyncio.gather(*(use(7) for _ in range(4)))) == 1
    assert not await use(6)
    async with store.reading() as tx:
        assert (await get_user(tx, ada.id)).last_step == 7
