"""One turn of a sender with the ledger: settle what was answered, take what may go next.

A turn is one transaction, run by `Store.turn`, so that a group of letters costs one commit.
Taking a letter records, before its first byte, that it is about to be handed over. Every write is
fenced by the owner's claim: a sender that lost its claim changes nothing.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    func,
    select,
)

from flows.domain.delivery import Claim, DeliveryState, Settlement
from flows.domain.issue import IssueId, IssueState
from flows.domain.language import Language
from flows.store.paces import RELAY, give_up, read_rates, reserve
from flows.store.statements import (
    ANYTHING_DUE,
    BEING_SENT,
    OPEN_TO_ITS_SENDER,
    POSTPONE,
    SETTLE,
    TAKE,
    TRY_AGAIN,
    cancel_waiting,
)
from flows.store.tables import deliveries, issues

STATE = DeliveryState
LONGEST_REPLY = 1000
SOON = timedelta(minutes=1)
"""So long a sender keeps its connections for letters that a domain's rate makes wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a sender tells the ledger and wants from it.

    `returned` are deliveries of which nothing was handed over. `rates` are letters in a minute:
    the relay's under `RELAY`, those of recipients' domains under their names; `look` asks whether
    somebody changed them.
    """

    issue: IssueId
    owner: str
    now: datetime
    lease: timedelta
    settlements: Sequence[Settlement] = ()
    returned: Collection[int] = ()
    room: int = 0
    rates: Mapping[str, int] = field(default_factory=dict)
    look: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The letters that are now begun. `wait_until` is set when only a pace holds others back.

    `halted` tells, to one who looks, that the issue was paused or cancelled.
    """

    claims: Sequence[Claim] = ()
    wait_until: datetime | None = None
    halted: bool = False
    rates: Mapping[str, int] = field(default_factory=dict)


def exchange(tx: Connection, order: Order) -> Turn:
    """Settle, give back and take, in this order."""
    settle(tx, order.settlements, owner=order.owner, now=order.now)
    give_back(tx, order.returned, owner=order.owner, now=order.now)
    rates = {**order.rates, **read_rates(tx)} if order.look else order.rates
    if _is_halted(tx, order):
        return Turn(rates=rates, halted=True)
    if order.room <= 0:
        return Turn(rates=rates)
    claims, wait_until = _begin(tx, order, rates)
    if not claims and wait_until is None and _limits_domains(rates):
        wait_until = _next_soon(tx, order)
    return Turn(claims=claims, wait_until=wait_until, rates=rates)


def take(
    tx: Connection,
    issue: IssueId,
    *,
    owner: str,
    limit: int,
    now: datetime,
    lease: timedelta,
) -> list[Claim]:
    """Begin up to `limit` letters that are due, for `owner` alone, until the lease ends.

    Whoever opted out becomes `suppressed` instead. None of an issue that was paused or cancelled.
    """
    rows = tx.execute(
        TAKE,
        {
            "of_issue": issue,
            "at": now,
            "at_most": limit,
            "owner": owner,
            "until": now + lease,
        },
    )
    claims = [_claim(row, issue, now) for row in rows if row[-1] != STATE.SUPPRESSED]
    return sorted(claims, key=_by_id)


def settle(tx: Connection, settlements: Sequence[Settlement], *, owner: str, now: datetime) -> None:
    """Record what became of letters that `owner` holds.

    A doubt that recovery recorded meanwhile (`unknown`) is overruled by its sender's own word.
    """
    if not settlements:
        return
    rows = [
        (one.delivery, one.outcome.state, one.outcome.code, one.outcome.reply[:LONGEST_REPLY])
        for one in settlements
    ]
    statement = SETTLE[tx.dialect.name]
    tx.execute(statement, {"rows": json.dumps(rows), "owner": owner, "at": now})
    again = [
        {"delivery": one.delivery, "to_next": one.next_at} for one in settlements if one.next_at
    ]
    if again:
        tx.execute(TRY_AGAIN, [{**one, "owner": owner} for one in again])


def give_back(tx: Connection, ids: Collection[int], *, owner: str, now: datetime) -> None:
    """Let letters wait as if they had never been tried: nothing of them was handed over.

    Their sender knows better than a recovery that took them for doubts meanwhile.
    """
    if ids:
        _postpone(tx, dict.fromkeys(ids, now), owner=owner)


def forget_others(tx: Connection, held: Collection[int], *, owner: str, now: datetime) -> None:
    """Give back what `owner` began without knowing it, when a commit's answer was lost."""
    rows = tx.scalars(
        select(deliveries.c.id).where(
            deliveries.c.claim == owner,
            OPEN_TO_ITS_SENDER,
        )
    )
    give_back(tx, set(rows) - set(held), owner=owner, now=now)


def _is_halted(tx: Connection, order: Order) -> bool:
    """Whether the issue is known to be paused or cancelled; then nothing of it waits again."""
    waits_again = order.returned or any(one.next_at for one in order.settlements)
    if not (order.look or waits_again):
        return False
    state = tx.scalar(select(issues.c.state).where(issues.c.id == order.issue))
    if state == IssueState.CANCELLED and waits_again:
        tx.execute(cancel_waiting(order.issue, now=order.now))
    return state not in BEING_SENT


def _anything_due(tx: Connection, issue: IssueId, *, now: datetime) -> bool:
    """Whether an issue that is being sent has a letter that is due."""
    return tx.scalar(ANYTHING_DUE, {"of_issue": issue, "at": now}) is not None


def _begin(
    tx: Connection, order: Order, rates: Mapping[str, int]
) -> tuple[list[Claim], datetime | None]:
    """Take what the rates allow now; when the next may go, if the relay's rate holds it back.

    What is reserved of the relay's rate and not used is free for others at once.
    """
    room, wait_until, relay = order.room, None, rates.get(RELAY)
    if relay:
        if not _anything_due(tx, order.issue, now=order.now):
            return [], None
        room, wait_until = reserve(tx, RELAY, per_minute=relay, wanted=room, now=order.now)
    if room <= 0:
        return [], wait_until
    taken = take(tx, order.issue, owner=order.owner, limit=room, now=order.now, lease=order.lease)
    claims = _within_domain_rates(tx, taken, order=order, rates=rates)
    if relay and len(claims) < room:
        give_up(tx, RELAY, per_minute=relay, letters=room - len(claims))
    return claims, order.now if len(claims) < len(taken) else wait_until


def _limits_domains(rates: Mapping[str, int]) -> bool:
    """Whether any recipients' domain has a rate of its own."""
    return any(rate for scope, rate in rates.items() if scope != RELAY)


def _next_soon(tx: Connection, order: Order) -> datetime | None:
    """When the next letter may go that its domain's rate made wait, if that is soon."""
    found: datetime | None = tx.scalar(
        select(func.min(deliveries.c.next_at)).where(
            deliveries.c.issue == order.issue,
            deliveries.c.state == STATE.PENDING,
            deliveries.c.next_at < order.now + SOON,
        )
    )
    return found


def _within_domain_rates(
    tx: Connection, claims: Sequence[Claim], *, order: Order, rates: Mapping[str, int]
) -> list[Claim]:
    """The letters that their domains' rates allow now; the others wait for their turn."""
    if not _limits_domains(rates):
        return list(claims)
    kept: list[Claim] = []
    limited: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        domain = claim.address.rpartition("@")[2].lower()
        (limited[domain] if rates.get(domain) else kept).append(claim)
    later: dict[int, datetime] = {}
    # In one order everywhere: two senders that lock two rates crosswise would stop each other.
    for domain, ones in sorted(limited.items()):
        allowed, next_at = reserve(
            tx, domain, per_minute=rates[domain], wanted=len(ones), now=order.now
        )
        kept += ones[:allowed]
        step = timedelta(minutes=1) / rates[domain]
        first = next_at or order.now
        later.update({one.id: first + step * n for n, one in enumerate(ones[allowed:])})
    if later:
        _postpone(tx, later, owner=order.owner)
    return sorted(kept, key=_by_id)


def _postpone(tx: Connection, ids: Mapping[int, datetime], *, owner: str) -> None:
    tx.execute(
        POSTPONE,
        [{"delivery": one, "owner": owner, "to_next": at} for one, at in ids.items()],
    )


def _by_id(claim: Claim) -> int:
    return claim.id


def _claim(row: Row[Any], issue: IssueId, now: datetime) -> Claim:
    number, contact, mailbox, name, language, message_id, attempt, _ = tuple(row)
    return Claim(
        id=number,
        issue=issue,
        contact=contact,
        address=mailbox,
        name=name,
        language=Language(language),
        message_id=message_id,
        attempt=attempt,
        begun_at=now,
    )
