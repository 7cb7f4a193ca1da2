"""A sender in a process of its own, to be killed: delivers a frozen issue as the flow does."""

import asyncio
import os
import signal
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from flows.domain.delivery import Claim
from flows.domain.issue import IssueId, IssueState
from flows.domain.recipient import Recipient
from flows.mail.capture import Outbox
from flows.mail.connection import Relay
from flows.mail.postfix import PostfixLog
from flows.mail.transport import Transport, capture_transport
from flows.operations.delivering import resume_issue
from flows.operations.post import Post
from flows.operations.sending import send_letters
from flows.operations.settling import finish_issue, recover_claims
from flows.runtime.presence import is_alive, presence
from flows.runtime.stopping import draining, was_terminated
from flows.store.database import Store, open_store
from flows.store.issues import get_issue
from tests.functional.builders import a_post

PATIENCE = timedelta(seconds=1)
"""A relay whose senders are dead has no more to wait for; their connections are closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a sender needs to know; letters go to the relay's port, or into the outbox.

    `postfix_log` is the relay's. `skew` is a file with seconds by which the sender's clock is
    wrong. `dies_at` is the letter at which it kills itself, begun and not yet written. To a
    stranger, all other senders are of other machines.
    """

    database_url: str
    issue: IssueId
    senders: Path
    outbox: Path
    port: int = 0
    connections: int = 4
    batch: int = 40
    postfix_log: Path | None = None
    skew: Path | None = None
    dies_at: int = 0
    stranger: bool = False

    def transport(self) -> AbstractAsyncContextManager[Transport]:
        """The way out."""
        if not self.port:
            return capture_transport(Outbox(self.outbox), connections=self.connections)
        oracle = PostfixLog(self.postfix_log, patience=PATIENCE) if self.postfix_log else None
        relay = Relay(host="127.0.0.1", port=self.port, security="none")
        return nullcontext(Transport(relay=relay, connections=self.connections, oracle=oracle))

    def clock(self) -> datetime:
        """The present, as far as this sender knows."""
        wrong = float(self.skew.read_text()) if self.skew else 0
        return datetime.now(UTC) + timedelta(seconds=wrong)

    def post(self) -> Post:
        """The letters, of which one may be the sender's last."""
        post, letters = a_post(), count(1)

        def recipient(claim: Claim) -> Recipient:
            if next(letters) == self.dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return post.recipient(claim)

        return replace(post, recipient=recipient)


def send(job: Job) -> None:
    """Go on where the last sender stopped, until nothing is due or SIGTERM comes; then add up."""
    with draining(silently=True):
        asyncio.run(_send(job))


async def _send(job: Job) -> None:
    store = open_store(job.database_url, default=Path("unused"))
    async with store.reading() as tx:
        issue = await get_issue(tx, job.issue)
    if issue.state is not IssueState.SENT:
        await resume_issue(store, job.issue, now=job.clock())
        await _deliver(store, job)
        await finish_issue(store, job.issue, now=job.clock())
    await store.close()


async def _deliver(store: Store, job: Job) -> None:
    async with job.transport() as transport:

        async def recover() -> None:
            await recover_claims(
                store,
                job.issue,
                is_alive=lambda owner: None if job.stranger else is_alive(job.senders, owner),
                transport=transport,
                clock=job.clock,
            )

        await recover()
        post, claimed = job.post(), 1
        while claimed and not was_terminated():
            with presence(job.senders) as owner:
                claimed = await send_letters(
                    store,
                    job.issue,
                    post=post,
                    transport=transport,
                    owner=owner,
                    limit=job.batch,
                    clock=job.clock,
                    stopping=was_terminated,
                )
        await recover()
