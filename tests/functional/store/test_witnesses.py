"""Which letters tell whether a relay's log can be believed."""

from datetime import datetime, timedelta

from flows.domain.delivery import DeliveryState, Outcome
from flows.store import ledger
from flows.store.database import Store
from tests.functional.builders import NOW, a_frozen_issue, settle, take

S = DeliveryState


async def test_letters_begun_near_a_doubt_bear_witness(store: Store) -> None:
    """One of each turn that the relay answered itself; if none is near, some of the last."""
    issue = await a_frozen_issue(store, contacts=6)
    said = Outcome(state=S.ACCEPTED, code=250)
    moments = [NOW, NOW + timedelta(seconds=4), NOW + timedelta(hours=1)]
    names = []
    for moment in moments:
        claims = await take(store, issue, "a", 2, now=moment)
        await settle(store, claims, said, "a")
        names.append(min(one.message_id for one in claims))

    async def bearing(*near: datetime) -> set[ledger.Witness]:
        async with store.reading() as tx:
            return set(await ledger.witnesses(tx, issue.id, near=near))

    witnesses = [ledger.Witness(*row) for row in zip(names, "aaa", moments, strict=True)]
    assert await bearing(NOW) == set(witnesses[:2])
    assert await bearing(moments[2], moments[2] + timedelta(days=1)) == {witnesses[2]}
    assert await bearing(NOW - timedelta(days=1)) == set(witnesses)
    many = [NOW + timedelta(seconds=20 * number) for number in range(3_000)]
    assert await bearing(*many) == set(witnesses)


async def test_what_a_person_settled_bears_no_witness(store: Store) -> None:
    """Nobody asked the relay."""
    issue = await a_frozen_issue(store, contacts=1)
    (claim,) = await take(store, issue, "dead")
    async with store.writing() as tx:
        await ledger.recover(tx, issue.id, owner="dead", now=NOW)
        await ledger.resolve_doubts(tx, [claim.id], sent=True, reply="by Zoë", now=NOW)
        assert await ledger.witnesses(tx, issue.id, near=[NOW]) == []
