"""Injections 21 and 22: whoever does something twice, and several who do it at once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueState
from flows.mail.outcomes import RelayUnreachableError
from flows.operations.subscribers import import_subscribers
from flows.store.database import Store
from flows.store.issues import create_issue, move_issue
from tests.faults.conftest import Start
from tests.faults.killing import final_state, now, send_rest
from tests.faults.sender_process import Job
from tests.functional.builders import (
    SLUG,
    a_frozen_issue,
    address,
    an_approved_issue,
    freeze,
    hash_of,
    ledger_lines,
    some_approvals,
    some_contacts,
    tally,
)
from tests.functional.editorial.conftest import write_lists
from tests.relays import Reach
from tests.servers.acts import Act, Moment
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState
AUDIENCE = 60
HEAD = "email,name,city,language\n"


def slowly(moment: Moment) -> Act | None:
    """A relay at which several senders meet."""
    return Act(delay_seconds=0.02) if moment.phase == "dot" else None


async def test_one_person_in_several_lists_gets_one_letter(
    store: Store, reach: Reach, tmp_path: Path
) -> None:
    """21: another case, another form of the domain, another city, and every file twice."""
    lists = {
        "liege": f"{HEAD}elus@stadt.example.org,Zoë,Liège,fr\n",
        "gand": f"{HEAD}elus@STADT.example.org,Zoë,Gand,nl\n",
        "dublin": f"{HEAD}elus@Stadt.Example.ORG,Zoe,Dublin,en\n",
        "forms": f"{HEAD}a@zürich.example.org,A,Liège,\na@xn--zrich-kva.example.org,A,Gand,\n",
    }
    folder = write_lists(tmp_path / "subscribers", **lists)
    for _ in range(2):
        await import_subscribers(store, folder, address_hash=hash_of, now=now())
    await some_approvals(store)
    async with store.writing() as tx:
        issue = await create_issue(tx, SLUG, lists=lists, now=now())
        issue = await move_issue(tx, issue, IssueState.APPROVED, now=now())
    frozen = await asyncio.gather(*(freeze(store, issue, now=now()) for _ in range(3)))
    assert {one.state for one in frozen} == {IssueState.SENDING}
    async with FaultySmtp() as server, reach(server) as way:
        await send_rest(store, issue, way)
    assert server.copies() == {"elus@stadt.example.org": 1, "a@xn--zrich-kva.example.org": 1}
    assert await tally(store, issue) == {S.ACCEPTED: 2}


async def test_pressing_send_again_and_again_sends_nothing_twice(
    store: Store, start: Start, a_job: Callable[..., Job]
) -> None:
    """22: four senders at once, of processes that know nothing of each other."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, now=now())
    async with FaultySmtp(slowly) as server:
        job = a_job(issue, port=server.port, connections=2, batch=7)
        for _ in range(2):
            senders = [start(job) for _ in range(4)]
            for one in senders:
                await asyncio.to_thread(one.join, 60)
            assert {one.exitcode for one in senders} == {0}
    assert server.copies() == Counter(address(n) for n in range(1, AUDIENCE + 1))
    assert await tally(store, issue) == {S.ACCEPTED: AUDIENCE}
    assert await final_state(store, issue) is IssueState.SENT


async def test_a_run_that_is_repeated_after_a_part_changes_no_audience(
    store: Store, reach: Reach
) -> None:
    """22: it freezes again, though there are new readers, and goes on with what is left."""
    issue = await freeze(store, await an_approved_issue(store, contacts=AUDIENCE), now=now())
    before = {line.mailbox for line in await ledger_lines(store, issue)}

    def refuse_late(moment: Moment) -> Act | None:
        late = moment.phase == "connect" and len(server.journal) > 20
        tired = moment.phase == "mail" and len(server.journal) > 20
        return Act(reply="421 4.3.2 enough", drop=True) if late or tired else None

    async with FaultySmtp(refuse_late) as server, reach(server) as way:
        with pytest.raises(RelayUnreachableError, match="421"):
            await send_rest(store, issue, way)
        done = len(server.journal)
        assert 20 < done < AUDIENCE
        await some_contacts(store, 10, first=AUDIENCE + 1)
        issue = await freeze(store, issue, now=now())
        assert {line.mailbox for line in await ledger_lines(store, issue)} == before
        server.script = lambda _: None
        await send_rest(store, issue, way)
    assert server.copies() == Counter(address(n) for n in range(1, AUDIENCE + 1))
    assert await final_state(store, issue) is IssueState.SENT
