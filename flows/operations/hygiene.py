"""Whom nobody writes to any more after what came back, and what a person must look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import structlog

from flows.domain.errors import NotDoneError
from flows.domain.issue import IssueId, IssueState
from flows.domain.phrases import Phrase
from flows.domain.returned import Effect, Returned, ReturnKind
from flows.mail.kept import KeptMail, KeptMessage
from flows.mail.statuses import find_status, kind_of_failure
from flows.store.bounces import (
    Pile,
    Share,
    alone,
    held_bounces,
    hold_bounced,
    policy_bounces,
    suppress_bounced,
    suppress_unreachable,
    undecided_issues,
)
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.issues import get_issue
from flows.store.returns import keep_return, refused_letters

log = structlog.get_logger()

NO_ADDRESS: Final = "5.1."
SOFT_TIMES: Final = 3
SOFT_OF_LAST: Final = 5
"""So many soft bounces among the last letters mean that a mailbox is out of use."""
FEWEST_TO_BRAKE: Final = 10
"""So many hard bounces of an issue that came back suppress without a look at the share."""
POLICY_DAYS: Final = 30


async def judge_returns(store: Store, *, brake_percent: int, now: datetime) -> int:
    """Decide what new bounces mean. How many addresses that gave up.

    A hard bounce suppresses, unless so great a part of the issue came back that we are rather the
    cause: then all its undecided ones are held for a person, or until the part is small again.
    What the relay itself refused is judged apart; once held, a person alone decides.
    """
    suppressed = 0
    async with store.writing() as tx:
        await alone(tx)
        for share in await undecided_issues(tx):
            if brakes(share, percent=brake_percent):
                await hold_bounced(tx, share.issue, at_relay=share.at_relay)
                log.warning("returns.held", **share._asdict())
            else:
                suppressed += await suppress_bounced(
                    tx, share.issue, now=now, at_relay=share.at_relay
                )
        suppressed += await suppress_unreachable(
            tx, times=SOFT_TIMES, of_last=SOFT_OF_LAST, now=now
        )
        if suppressed:
            await record_event(
                tx, "contacts.bounced", "returns", actor="newsletter", now=now, count=suppressed
            )
    return suppressed


async def note_refusals(store: Store, issue: IssueId, *, now: datetime) -> int:
    """Take the relay's word that a mailbox is not there for a bounce that says so; how many did.

    Only a permanent answer about the recipient's address counts (5.1.x of RFC 3463), and what it
    means is decided as for a bounce, by `judge_returns`. Those of an issue that was stopped are
    held for a person: the relay may be at fault, and say so to everybody.
    """
    noted = 0
    async with store.writing() as tx:
        await alone(tx)
        stopped = (await get_issue(tx, issue)).state is IssueState.PAUSED
        effect = Effect.HELD if stopped else Effect.OPEN
        for one in await refused_letters(tx, issue):
            status = find_status(one.reply)
            is_gone = kind_of_failure(status, one.reply) is ReturnKind.HARD
            if not status.startswith(NO_ADDRESS) or not is_gone:
                continue
            which = f"refused {one.delivery} {one.attempt}"
            if one.withdrawn:
                which += f" after {one.withdrawn}"
            digest = sha256(which.encode()).hexdigest()
            refusal = Returned(digest=digest, kind=ReturnKind.HARD, status=status, words=one.reply)
            noted += await keep_return(tx, refusal, delivery=one.delivery, effect=effect, now=now)
    return noted


def brakes(share: Share, *, percent: int) -> bool:
    """Whether so many letters of an issue failed that the addresses are hardly to blame.

    A relay that refuses may refuse everybody, and be stopped soon: its share counts from the first.
    """
    if share.at_relay:
        return share.hard * 100 > percent * (share.accepted + share.hard)
    return share.hard > FEWEST_TO_BRAKE and share.hard * 100 > percent * share.accepted


async def suppress_held(store: Store, issue: IssueId, *, by: str, now: datetime) -> int:
    """A person's word that the held bounces of an issue are right. How many addresses those are.

    Raises `NotDoneError` if none is held.
    """
    async with store.writing() as tx:
        await alone(tx)
        await get_issue(tx, issue)
        if issue not in {pile.issue for pile in await held_bounces(tx)}:
            raise NotDoneError(Phrase("no bounces of {issue} are held", issue=issue))
        count = await suppress_bounced(tx, issue, now=now)
        await record_event(tx, "contacts.bounced", issue, actor=by, now=now, count=count)
        return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerns:
    """What waits for a person: mail to read, bounces that are held, refusals that are ours."""

    kept: Sequence[KeptMessage]
    held: Sequence[Pile]
    policy: Sequence[Pile]

    def as_json(self, *, workspace: Path) -> dict[str, Any]:
        """The shape of `needs` in `newsletter bounces --json`."""
        return {
            "kept": [
                {
                    "file": str(one.path.relative_to(workspace)),
                    "from": one.sender,
                    "subject": one.subject,
                }
                for one in self.kept
            ],
            "held": [pile._asdict() for pile in self.held],
            "policy": [pile._asdict() for pile in self.policy],
        }


async def list_concerns(store: Store, kept: KeptMail, *, now: datetime) -> Concerns:
    """All that waits for a person now; refusals that are ours of the last month."""
    async with store.reading() as tx:
        return Concerns(
            kept=kept.messages(),
            held=await held_bounces(tx),
            policy=await policy_bounces(tx, since=now - timedelta(days=POLICY_DAYS)),
        )
