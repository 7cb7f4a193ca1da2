import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from flows.domain.account import Role
from flows.domain.errors import InputError, NotFoundError
from flows.domain.token import Scope, TokenId
from flows.operations.accounts import add_user
from flows.operations.idempotence import KeyReusedError, StillAtWorkError, answer_once
from flows.operations.tokens import (
    NewToken,
    add_token,
    list_tokens,
    take_token_away,
    token_of,
)
from flows.store.answers import Answer
from flows.store.database import Store

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
DONE = Answer(status=202, headers={"Location": "/x"}, body='{"é": 1}')


async def a_token(store: Store, name: str = "Paula", role: Role = Role.PUBLISHER) -> NewToken:
    """Somebody, and a token of theirs."""
    await add_user(store, name, roles=[role], languages=[], by="x", now=NOW)
    return await add_token(store, name, scopes=[Scope.READ], label="", days=30, by="x", now=NOW)


async def test_a_token_is_found_by_its_secret_alone_while_it_works(store: Store) -> None:
    """With its owner as they are now; the use is noted."""
    made = await a_token(store)

    found = await token_of(store, made.secret, now=NOW)
    (listed,) = await list_tokens(store)

    assert found is not None
    assert (found.id, found.owner.name, [*found.scopes]) == (made.id, "Paula", [Scope.READ])
    assert listed.used_at == NOW
    assert await token_of(store, made.secret + "x", now=NOW) is None
    assert await token_of(store, made.secret, now=NOW + timedelta(days=30)) is None
    await take_token_away(store, made.id, by="x", now=NOW)
    assert await token_of(store, made.secret, now=NOW) is None


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"scopes": []}, "--scope"),
        ({"scopes": [Scope.APPROVE]}, "may not do"),
        ({"days": 0}, "--days"),
        ({"days": 5000}, "--days"),
        ({"label": "a\nb"}, "--label"),
        ({"label": "x" * 121}, "--label"),
    ],
)
async def test_a_token_that_makes_no_sense_is_not_made(
    store: Store, wish: dict[str, object], complaint: str
) -> None:
    """Nor one for nobody."""
    await add_user(store, "Paula", roles=[Role.PUBLISHER], languages=[], by="x", now=NOW)
    usual: dict[str, object] = {"scopes": [Scope.READ], "label": "", "days": 1}

    with pytest.raises(InputError, match=complaint):
        await add_token(store, "Paula", by="x", now=NOW, **(usual | wish))  # type: ignore[arg-type]
    with pytest.raises(NotFoundError):
        await add_token(store, "Nobody", by="x", now=NOW, **usual)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError):
        await take_token_away(store, 7, by="x", now=NOW)
    assert await list_tokens(store) == []


async def answered(
    store: Store,
    token: TokenId,
    act: Callable[[], Awaitable[Answer]],
    *,
    request: str = "r",
    now: datetime = NOW,
) -> tuple[Answer, bool]:
    """What is answered under one key."""
    return await answer_once(store, token, "k", request=request, clock=lambda: now, act=act)


async def test_an_answer_is_given_once_and_told_again(store: Store) -> None:
    """Exactly as it was; another request is refused, and after its time all is new."""
    token, calls = (await a_token(store)).id, list[int]()

    async def act() -> Answer:
        calls.append(1)
        return DONE

    assert await answered(store, token, act) == (DONE, False)
    assert await answered(store, token, act) == (DONE, True)
    with pytest.raises(KeyReusedError):
        await answered(store, token, act, request="another")
    assert len(calls) == 1
    later = NOW + timedelta(hours=24)
    assert await answered(store, token, act, request="another", now=later) == (DONE, False)


async def test_of_many_at_once_one_acts(store: Store) -> None:
    """The database decides which; the others are told to wait, or what was answered."""
    token, calls = (await a_token(store)).id, list[int]()

    async def act() -> Answer:
        calls.append(1)
        await asyncio.sleep(0.2)
        return DONE

    said = await asyncio.gather(
        *(answered(store, token, act) for _ in range(10)), return_exceptions=True
    )

    assert len(calls) == 1
    others = [one for one in said if one != (DONE, False)]
    assert len(others) == 9
    assert all(isinstance(one, StillAtWorkError) or one == (DONE, True) for one in others)


@pytest.mark.parametrize("fault", [Answer(status=503, headers={}, body=""), OSError("gone")])
async def test_what_fails_in_passing_is_tried_in_earnest_again(
    store: Store, fault: Answer | Exception
) -> None:
    """Told as it is, and forgotten."""
    token = (await a_token(store)).id

    async def fail() -> Answer:
        if isinstance(fault, Exception):
            raise fault
        return fault

    async def act() -> Answer:
        return DONE

    if isinstance(fault, Answer):
        assert await answered(store, token, fail) == (fault, False)
    else:
        with pytest.raises(OSError, match="gone"):
            await answered(store, token, fail)
    assert await answered(store, token, act) == (DONE, False)
