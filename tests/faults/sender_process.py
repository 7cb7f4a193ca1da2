"""A sender in a process of its own, to be killed: delivers a frozen issue as the flow does."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.domain.issue import IssueId, IssueState
from flows.mail.capture import Outbox
from flows.mail.connection import Relay
from flows.mail.transport import Transport, capture_transport
from flows.operations.delivering import resume_issue
from flows.operations.sending import send_letters
from flows.operations.settling import finish_issue, recover_claims
from flows.runtime.presence import is_alive, presence
from flows.store.database import Store, open_store
from flows.store.issues import get_issue
from tests.functional.builders import a_post


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a sender needs to know; letters go to the relay's port, or into the outbox."""

    database_url: str
    issue: IssueId
    senders: Path
    outbox: Path
    port: int = 0
    connections: int = 4
    batch: int = 40

    def transport(self) -> AbstractAsyncContextManager[Transport]:
        """The way out."""
        if self.port:
            relay = Relay(host="127.0.0.1", port=self.port, security="none")
            return nullcontext(Transport(relay=relay, connections=self.connections))
        return capture_transport(Outbox(self.outbox), connections=self.connections)


def send(job: Job) -> None:
    """Go on where the last sender stopped, until nothing is due; then add up."""
    asyncio.run(_send(job))


def _clock() -> datetime:
    return datetime.now(UTC)


async def _send(job: Job) -> None:
    store = open_store(job.database_url, default=Path("unused"))
    async with store.reading() as tx:
        issue = await get_issue(tx, job.issue)
    if issue.state is not IssueState.SENT:
        await resume_issue(store, job.issue, now=_clock())
        await _deliver(store, job)
        await finish_issue(store, job.issue, now=_clock())
    await store.close()


async def _deliver(store: Store, job: Job) -> None:
    async with job.transport() as transport:
        await recover_claims(
            store,
            job.issue,
            is_alive=lambda owner: is_alive(job.senders, owner),
            transport=transport,
            clock=_clock,
        )
        post, claimed = a_post(), 1
        while claimed:
            with presence(job.senders) as owner:
                claimed = await send_letters(
                    store,
                    job.issue,
                    post=post,
                    transport=transport,
                    owner=owner,
                    limit=job.batch,
                    clock=_clock,
                )
