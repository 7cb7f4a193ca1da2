"""Sending what is due of an issue: turn after turn with the ledger, all connections busy."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from flows.domain.delivery import Claim, DeliveryState, Settlement
from flows.domain.issue import IssueId
from flows.mail.dialogue import Envelope
from flows.mail.line import Line
from flows.mail.outgoing import Outgoing
from flows.mail.transport import Transport
from flows.operations.breaker import LAST, Breaker
from flows.operations.patience import HOLD, LEASE, settlement_of
from flows.operations.post import Post
from flows.operations.window import Window
from flows.store.database import DatabaseUnusableError, Store, TurnTransaction
from flows.store.ledger import last_outcomes, next_departure
from flows.store.turns import Order, Turn, exchange, forget_others

log = structlog.get_logger()

Clock = Callable[[], datetime]

LOOK_EVERY_SECONDS: Final = 0.5
"""How often a sender looks whether it shall pause, stop or keep another pace."""
SHORTEST_WAIT_SECONDS: Final = 0.05
DATABASE_WAITS_SECONDS: Final = (0.5, 1, 2, 5, 10, 20, 30)
"""How long a database that fails gets before the sender gives up with answers in its hands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How much may be asked of a relay: letters a minute by scope, and refusals in a hundred."""

    rates: Mapping[str, int] = field(default_factory=dict)
    breaker_percent: int = 5


LONGEST_WAIT: Final = timedelta(hours=2)
"""More than the undo window and the head start of the first wave can be together."""

UNHURRIED: Final = Manners()


async def send_letters(
    store: Store,
    issue: IssueId,
    *,
    post: Post,
    transport: Transport,
    owner: str,
    clock: Clock,
    manners: Manners = UNHURRIED,
    limit: int | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Send the letters that are due, at most `limit`; how many were begun.

    Each is begun in a committed transaction before its first byte, and settled in a later one.
    Nothing is begun before the relay has answered. When `stopping` says so, what is on its way is
    still settled. Raises, after settling what was done, `RelayUnreachableError`,
    `RelayRefusedError`, `TooManyRefusalsError` or `DatabaseUnusableError`.
    """
    sender = _Sender(
        store=store,
        issue=issue,
        post=post,
        owner=owner,
        clock=clock,
        manners=manners,
        left=limit,
        stopping=stopping,
        window=Window(transport.connections),
    )
    async with store.reading() as tx:
        sender.breaker.remember(await last_outcomes(tx, issue, limit=LAST))
    try:
        async with transport.line(sender.outgoing) as line:
            await line.reach()
            await sender.run(line)
    finally:
        # Whatever ended the sending: what became of its letters is not forgotten.
        await sender.account()
    if trouble := line.trouble or sender.breaker.verdict():
        raise trouble
    return sender.begun


async def wait_for_letters(
    store: Store,
    issue: IssueId,
    *,
    clock: Clock,
    stopping: Callable[[], bool],
    patience: timedelta = LONGEST_WAIT,
) -> bool:
    """Wait for the letters that were never tried and have their time within `patience`.

    False if there are none, the issue was halted, or `stopping` says so.
    """
    while not stopping():
        async with store.reading() as tx:
            leaves_at = await next_departure(tx, issue)
        if leaves_at is None or leaves_at > clock() + patience:
            return False
        if leaves_at <= clock():
            return True
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return False


class _Sender:
    """One call of `send_letters`."""

    def __init__(
        self,
        *,
        store: Store,
        issue: IssueId,
        post: Post,
        owner: str,
        clock: Clock,
        manners: Manners,
        left: int | None,
        stopping: Callable[[], bool],
        window: Window,
    ) -> None:
        self.outgoing = Outgoing(stale=self._is_stale)
        self.breaker = Breaker(percent=manners.breaker_percent)
        self.begun = 0
        self._store = store
        self._issue = issue
        self._post = post
        self._owner = owner
        self._clock = clock
        self._rates = manners.rates
        self._defaults = manners.rates
        self._left = left
        self._stopping = stopping
        self._window = window
        self._claims: dict[int, Claim] = {}
        self._unsettled: list[Settlement] = []
        self._looked_at = float("-inf")

    async def run(self, line: Line) -> None:
        """Turn after turn, until nothing is due and everything is answered."""
        while True:
            if self._stopping() or self.breaker.verdict():
                self.outgoing.stop()
            turn = await self._turn()
            await self._hand_out(turn)
            line.wake(len(self.outgoing.ready))
            if self.outgoing.open:
                await self.outgoing.wait(
                    enough=self._window.share, at_most_seconds=LOOK_EVERY_SECONDS
                )
            elif turn.wait_until is not None and not self.outgoing.stopped:
                left = (turn.wait_until - self._clock()).total_seconds()
                await asyncio.sleep(min(max(left, SHORTEST_WAIT_SECONDS), LOOK_EVERY_SECONDS))
            elif not turn.claims and not self.outgoing.answers:
                return

    async def account(self) -> None:
        """Settle what is answered and give everything else back: no connection is left."""
        self.outgoing.stop()
        self._collect()
        if self._claims or self._unsettled:
            await self._exchange(self._order(returned=tuple(self._claims)))

    async def _turn(self) -> Turn:
        """Tell the ledger what was answered, and take as many letters as there is room for."""
        self._collect()
        returned = [envelope.delivery for envelope in self.outgoing.returned]
        self.outgoing.returned.clear()
        room = 0 if self.outgoing.stopped else self._window.size - self.outgoing.open
        room = room if self._left is None else min(room, self._left)
        look = time.monotonic() - self._looked_at >= LOOK_EVERY_SECONDS
        if not (self._unsettled or returned or room > 0 or (look and not self.outgoing.stopped)):
            return Turn()
        turn = await self._exchange(self._order(returned=returned, room=room))
        if turn.halted:
            self.outgoing.stop()
        self._rates = turn.rates
        self._claims = {
            **{one: claim for one, claim in self._claims.items() if one not in set(returned)},
            **{claim.id: claim for claim in turn.claims},
        }
        return turn

    def _is_stale(self, envelope: Envelope) -> bool:
        """Whether a letter was begun so long ago that it may be another sender's by now."""
        claim = self._claims.get(envelope.delivery)
        return claim is None or self._clock() > claim.begun_at + HOLD

    def _collect(self) -> None:
        """Gather what the ledger is to know of letters answered; kept until that is committed."""
        answers, self.outgoing.answers = self.outgoing.answers, []
        deferred = 0
        for _, outcome in answers:
            self.breaker.note(outcome.state)
            deferred += outcome.state is DeliveryState.DEFERRED
        self._window.learn(starved=self.outgoing.starved, answered=len(answers), deferred=deferred)
        self.outgoing.starved = False
        now = self._clock()
        self._unsettled += [
            settlement_of(self._claims.pop(envelope.delivery), outcome, now=now)
            for envelope, outcome in answers
        ]

    def _order(self, *, returned: Sequence[int], room: int = 0) -> Order:
        look = time.monotonic() - self._looked_at >= LOOK_EVERY_SECONDS
        if look:
            self._looked_at = time.monotonic()
        return Order(
            issue=self._issue,
            owner=self._owner,
            now=self._clock(),
            lease=LEASE,
            settlements=tuple(self._unsettled),
            returned=returned,
            room=room,
            rates=self._defaults if look else self._rates,
            look=look,
        )

    async def _exchange(self, order: Order) -> Turn:
        """One turn, tried again while the database cannot be used; then all is settled.

        Nothing new is begun meanwhile. A commit whose answer was lost may have begun letters that
        nobody holds: they are given back.
        """
        held = {*self._claims, *(one.delivery for one in order.settlements)}

        def again(tx: TurnTransaction) -> Turn:
            forget_others(tx, held, owner=order.owner, now=order.now)
            return exchange(tx, order)

        turn = await self._try_turn(order, again)
        del self._unsettled[: len(order.settlements)]
        return turn

    async def _try_turn(self, order: Order, again: Callable[[TurnTransaction], Turn]) -> Turn:
        try:
            return await self._store.turn(lambda tx: exchange(tx, order))
        except DatabaseUnusableError as error:
            trouble = error
        for wait_seconds in DATABASE_WAITS_SECONDS:
            log.warning("ledger.waiting", issue=self._issue, why=str(trouble), seconds=wait_seconds)
            await asyncio.sleep(wait_seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            try:
                return await self._store.turn(again)
            except DatabaseUnusableError as error:
                trouble = error
        raise trouble

    async def _hand_out(self, turn: Turn) -> None:
        """Write the letters that were begun and let them go."""
        self.begun += len(turn.claims)
        if self._left is not None:
            self._left -= len(turn.claims)
        going = []
        for envelope, refusal in await self._post.write(turn.claims):
            if refusal is None:
                going.append(envelope)
            else:
                self.outgoing.answers.append((envelope, refusal))
        self.outgoing.add(going)
