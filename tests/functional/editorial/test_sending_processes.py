"""Several processes that send one issue: the same promises as one."""

import asyncio
import email
import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flows.domain.delivery import DeliveryState
from flows.domain.errors import NotDoneError, TransientError
from flows.domain.issue import Issue
from flows.operations.settling import recover_claims
from flows.runtime.runtime import open_runtime
from flows.runtime.senders import send_for
from flows.settings.reading import read_settings
from tests.functional.builders import tally
from tests.functional.editorial.conftest import Newsroom, write_lists
from tests.servers.acts import Act, Moment
from tests.servers.faulty_smtp import FaultySmtp

S = DeliveryState
READERS = 90


@pytest.fixture
async def crowded(approved: Newsroom, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Newsroom]:
    """A newsroom with three sending processes and a long list."""
    rows = "".join(f"r{n}@liege.example.org,Lecteur n° {n},Liège,\n" for n in range(READERS))
    write_lists(approved.workspace / "subscribers", longue=f"email,name,city,language\n{rows}")
    await approved.bring_in()
    monkeypatch.setenv("NEWSLETTER_SMTP__PROCESSES", "3")
    async with open_runtime(read_settings(approved.workspace)) as desk:
        yield Newsroom(desk)


async def frozen(newsroom: Newsroom) -> Issue:
    """An issue to the long list."""
    return await newsroom.freeze(await newsroom.open("longue"))


def received(outbox: Path) -> Counter[str]:
    """How many letters each reader has."""
    letters = [path.read_bytes() for path in (outbox / "new").iterdir()]
    return Counter(str(email.message_from_bytes(one)["Delivered-To"]) for one in letters)


def children() -> set[int]:
    """The processes that this one has started and not waited for."""
    path = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return {int(number) for number in path.read_text(encoding="ascii").split()}


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> FaultySmtp:
    """A relay on loopback that the sending processes know of, once it runs."""
    monkeypatch.setenv("NEWSLETTER_SMTP__MODE", "smtp")
    monkeypatch.setenv("NEWSLETTER_SMTP__SECURITY", "none")
    monkeypatch.setenv("NEWSLETTER_WEB__BASE_URL", "https://lettre.example.org")
    return FaultySmtp()


async def test_together_they_send_every_letter_once(crowded: Newsroom) -> None:
    """Each takes what no other holds."""
    issue = await frozen(crowded)
    begun = await send_for(crowded.desk, issue.id, seconds=60, stopping=lambda: False)
    expected = {f"r{n}@liege.example.org": 1 for n in range(READERS)}
    assert received(crowded.desk.outbox.folder) == expected
    assert (begun, await tally(crowded.desk.store, issue)) == (READERS, {S.ACCEPTED: READERS})


async def test_a_refusal_of_everyone_ends_all_of_them(
    crowded: Newsroom, relay: FaultySmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person must act; the relay's words are not lost on the way."""
    issue = await frozen(crowded)
    relay.script = lambda at: Act(reply="550 5.7.1 go away") if at.phase == "mail" else None
    async with relay:
        monkeypatch.setenv("NEWSLETTER_SMTP__PORT", str(relay.port))
        async with open_runtime(read_settings(crowded.workspace)) as desk:
            with pytest.raises(NotDoneError, match=r"5\.7\.1 go away"):
                await send_for(desk, issue.id, seconds=60, stopping=lambda: False)
    assert await tally(crowded.desk.store, issue) == {S.PENDING: READERS}


async def test_a_process_that_dies_is_told_of_and_the_others_drain(
    crowded: Newsroom, relay: FaultySmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it held is in doubt, what the others held is settled."""
    issue = await frozen(crowded)
    before, begun = children(), set[int]()

    def slowly(at: Moment) -> Act | None:
        if at.phase != "dot":
            return None
        begun.add(at.connection)
        return Act(delay_seconds=0.5)

    relay.script = slowly
    async with relay:
        monkeypatch.setenv("NEWSLETTER_SMTP__PORT", str(relay.port))
        async with open_runtime(read_settings(crowded.workspace)) as desk:
            sending = asyncio.create_task(
                send_for(desk, issue.id, seconds=60, stopping=lambda: False)
            )
            # Letters on seven connections are more than two of the three processes have.
            while len(begun) < 7:  # noqa: ASYNC110 - a relay sends no events
                await asyncio.sleep(0.01)
            victim = min(children() - before)
            os.kill(victim, 9)
            with pytest.raises(TransientError, match="exit code -9"):
                await sending
            async with desk.transport() as transport:
                await recover_claims(
                    desk.store,
                    issue.id,
                    is_alive=desk.is_alive,
                    transport=transport,
                    clock=desk.clock,
                )
    found = await tally(crowded.desk.store, issue)
    assert max(relay.copies().values()) == 1
    assert found.keys() <= {S.ACCEPTED, S.UNKNOWN, S.PENDING}
    assert 0 < found[S.UNKNOWN] <= 12
    assert len(relay.journal) <= found[S.ACCEPTED] + found[S.UNKNOWN]


async def test_they_stop_when_they_are_asked_to(
    crowded: Newsroom, relay: FaultySmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on its way is still settled; nothing is in doubt."""
    issue = await frozen(crowded)
    relay.script = lambda at: Act(delay_seconds=0.2) if at.phase == "dot" else None
    async with relay:
        monkeypatch.setenv("NEWSLETTER_SMTP__PORT", str(relay.port))
        async with open_runtime(read_settings(crowded.workspace)) as desk:
            await send_for(desk, issue.id, seconds=60, stopping=lambda: len(relay.journal) > 5)
    found = await tally(crowded.desk.store, issue)
    assert found == {S.ACCEPTED: len(relay.journal), S.PENDING: READERS - len(relay.journal)}


async def test_no_more_connections_than_the_settings_allow(
    crowded: Newsroom, relay: FaultySmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two are for two processes, although three may send."""
    issue = await frozen(crowded)
    relay.script = lambda at: Act(delay_seconds=0.05) if at.phase == "dot" else None
    monkeypatch.setenv("NEWSLETTER_SMTP__CONNECTIONS", "2")
    async with relay:
        monkeypatch.setenv("NEWSLETTER_SMTP__PORT", str(relay.port))
        async with open_runtime(read_settings(crowded.workspace)) as desk:
            await send_for(desk, issue.id, seconds=60, stopping=lambda: False)
    assert await tally(crowded.desk.store, issue) == {S.ACCEPTED: READERS}
    assert relay.connections <= 2
