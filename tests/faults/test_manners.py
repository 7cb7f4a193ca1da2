"""Pause, cancel, SIGTERM: within two seconds, also while every letter waits for a slow relay."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from flows.domain.article import Slug
from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.mail.connection import Relay
from flows.mail.transport import Transport
from flows.operations.issues import cancel_issue, pause_issue
from flows.operations.sending import send_letters
from flows.store.database import Store
from tests.faults.conftest import Start
from tests.faults.killing import final_state, in_state, now, send_rest
from tests.faults.sender_process import Job
from tests.functional.builders import a_frozen_issue, a_post, address, ledger_lines
from tests.servers.acts import Act, Moment
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState
AUDIENCE = 16
SLOW_SECONDS = 3.5
AT_ONCE = timedelta(seconds=2)

Halt = Callable[[Store, Issue], Awaitable[object]]


def slowly(moment: Moment) -> Act | None:
    """A relay that thinks about every letter."""
    return Act(delay_seconds=SLOW_SECONDS) if moment.phase == "dot" else None


@pytest.fixture(autouse=True)
def pipelined(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next letter's address goes with the one before: it must be called back."""
    monkeypatch.setattr(FaultySmtp, "pipelining", True)


async def check_nothing_left_after(
    at: datetime, store: Store, issue: Issue, server: FaultySmtp, rest: DeliveryState
) -> None:
    """By the relay's record no letter began later than two seconds after; all are accounted for."""
    assert max(one.text_at for one in server.journal) < at + AT_ONCE
    lines = await ledger_lines(store, issue)
    assert in_state(lines, S.ACCEPTED) == set(server.copies())
    assert len(in_state(lines, rest)) == AUDIENCE - len(server.journal)
    assert {line.attempt for line in lines if line.state is rest} == {0}


async def pause(store: Store, issue: Issue) -> None:
    """A person stops an issue."""
    await pause_issue(store, issue.id, because="a question", now=now())


async def cancel(store: Store, issue: Issue) -> None:
    """A person gives an issue up."""
    await cancel_issue(store, issue.id, now=now())


async def test_a_pause_and_a_cancellation_act_within_two_seconds(store: Store) -> None:
    """What is on its way is settled; what was addressed is called back before its text."""

    async def halt(issue: Issue, act: Halt, rest: DeliveryState) -> FaultySmtp:
        async with FaultySmtp(slowly) as server:
            relay = Relay(host=server.host, port=server.port, security="none")
            sending = asyncio.create_task(
                send_letters(
                    store,
                    issue.id,
                    post=a_post(),
                    transport=Transport(relay=relay, connections=3),
                    owner=f"host-{issue.id}",
                    clock=now,
                )
            )
            await asyncio.sleep(1)
            await act(store, issue)
            at = now()
            await sending
            state = await final_state(store, issue)
            assert state is (IssueState.PAUSED if act is pause else IssueState.CANCELLED)
            await check_nothing_left_after(at, store, issue, server, rest)
            if act is pause:
                server.script = lambda _: None
                await send_rest(store, issue, Transport(relay=relay, connections=3))
                assert await final_state(store, issue) is IssueState.SENT
                assert server.copies() == {address(n): 1 for n in range(1, AUDIENCE + 1)}
        return server

    paused = await a_frozen_issue(store, contacts=AUDIENCE, slug=Slug("paused"), now=now())
    cancelled = await a_frozen_issue(store, contacts=AUDIENCE, slug=Slug("cancelled"), now=now())
    await asyncio.gather(halt(paused, pause, S.PENDING), halt(cancelled, cancel, S.CANCELLED))


async def test_sigterm_drains_and_exits(
    store: Store, start: Start, a_job: Callable[..., Job]
) -> None:
    """Exit 0, letters on their way settled, nothing unknown; the next sender goes on."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, now=now())
    async with FaultySmtp(slowly) as server:
        sender = start(a_job(issue, port=server.port, connections=3))
        while server.letters < 3:  # noqa: ASYNC110 - another process sends no events
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        sender.terminate()
        at = now()
        await asyncio.to_thread(sender.join, 60)
        assert sender.exitcode == 0
        await check_nothing_left_after(at, store, issue, server, S.PENDING)
        assert now() < at + timedelta(seconds=SLOW_SECONDS) + AT_ONCE
        server.script = lambda _: None
        last = start(a_job(issue, port=server.port))
        await asyncio.to_thread(last.join, 60)
    assert server.copies() == {address(n): 1 for n in range(1, AUDIENCE + 1)}
    assert await final_state(store, issue) is IssueState.SENT
