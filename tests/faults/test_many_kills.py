"""Injection 6 at full length: the bar that the product sets itself.

Two senders, of which one after the other is killed and started again, while the relay keeps its
own record. `make faults` runs the long ones; the short ones run with all tests.
"""

import asyncio
import random
from collections.abc import Callable

import pytest

from flows.domain.article import Slug
from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueState
from flows.operations.window import WIDEST
from flows.store.database import Store
from tests.faults.conftest import Relay, Start
from tests.faults.killing import (
    a_large_issue,
    check_by_the_receivers_record,
    final_state,
    kill_at_random,
    recover,
    send_rest,
)
from tests.faults.sender_process import PATIENCE, Job
from tests.faults.test_killed_senders import way_to
from tests.functional.builders import tally
from tests.servers.acts import Act, Moment
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState
SENDERS = 2
CONNECTIONS = 4
SIZES = [
    pytest.param(2_000, 10, id="10 kills"),
    pytest.param(20_000, 50, id="50 kills", marks=pytest.mark.long),
]


class Cutter:
    """Cuts a share of connections after the final dot, whether or not it takes the letter."""

    def __init__(self, share: float, chance: random.Random) -> None:
        self.cuts = 0
        self._share = share
        self._chance = chance

    def __call__(self, moment: Moment) -> Act | None:
        """The server's script."""
        if moment.phase != "dot" or self._chance.random() >= self._share:
            return None
        self.cuts += 1
        return Act(drop=True, accept=self._chance.random() < 0.9)


@pytest.mark.parametrize("share", [0, 0.02], ids=["good wires", "2 % cut"])
@pytest.mark.parametrize(("audience", "kills"), SIZES)
async def test_kills_at_random_double_and_lose_nothing(
    store: Store,
    start: Start,
    a_job: Callable[..., Job],
    audience: int,
    kills: int,
    share: float,
) -> None:
    """By the receiver's record; in doubt are at most the letters in flight, each one listed."""
    chance = random.Random(audience + kills)
    issue = await a_large_issue(store, contacts=audience)
    cutter = Cutter(share, chance)
    async with FaultySmtp(cutter) as server:
        server.pipelining = True
        await kill_at_random(
            start,
            a_job(issue, port=server.port, connections=CONNECTIONS, batch=500),
            lambda: len(server.journal),
            kills=kills,
            audience=audience,
            senders=SENDERS,
            chance=chance,
        )
    copies = server.copies()
    doubtful = await check_by_the_receivers_record(store, issue, copies, audience=audience)
    in_flight = kills * WIDEST * CONNECTIONS + cutter.cuts
    print(  # noqa: T201 - `make faults` shows the figures
        f"{store.engine.dialect.name}: {audience} readers, {kills} kills, {cutter.cuts} cuts: "
        f"{len(copies)} arrived, {sum(copies.values()) - len(copies)} twice, "
        f"{len(doubtful)} unknown of at most {in_flight}, "
        f"{len(doubtful & set(copies))} of them arrived"
    )
    assert len(doubtful) <= in_flight
    state = await final_state(store, issue)
    assert state is (IssueState.INCOMPLETE if doubtful else IssueState.SENT)


@pytest.mark.long
async def test_postfix_settles_every_doubt_that_many_kills_leave(
    store: Store, start: Start, a_job: Callable[..., Job], relay: Relay, slug: Slug
) -> None:
    """Each reader has one letter in the end, and nobody had to decide anything."""
    audience, kills = 3_000, 20
    issue = await a_large_issue(store, contacts=audience, slug=slug)
    before = relay.postfix.log.read_bytes().count(b"(queue active)")
    job = a_job(issue, port=relay.postfix.port, connections=CONNECTIONS, batch=200)
    await kill_at_random(
        start,
        job,
        lambda: relay.postfix.log.read_bytes().count(b"(queue active)") - before,
        kills=kills,
        audience=audience,
        senders=SENDERS,
        chance=random.Random(7),
    )
    copies = await relay.copies(issue, audience)
    doubtful = await check_by_the_receivers_record(store, issue, copies, audience=audience)
    assert doubtful
    await asyncio.sleep(PATIENCE.total_seconds() + 1)
    assert await recover(store, issue, way_to(relay, oracle=True)) == 0
    again = (await tally(store, issue)).get(S.PENDING, 0)
    print(f"{store.engine.dialect.name}: {len(doubtful)} doubts, {again} sent again")  # noqa: T201
    await send_rest(store, issue, way_to(relay, oracle=True))
    copies = await relay.copies(issue, audience)
    assert await check_by_the_receivers_record(store, issue, copies, audience=audience) == set()
    assert await final_state(store, issue) is IssueState.SENT
