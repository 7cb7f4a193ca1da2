from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flows.domain.article import Slug
from flows.domain.delivery import ALLOWED_MOVES, Claim, DeliveryState, Outcome, Settlement
from flows.domain.errors import NotDoneError
from flows.domain.issue import Issue, IssueState
from flows.store import ledger, turns
from flows.store.contacts import lift_suppression, suppress
from flows.store.database import Store
from flows.store.issues import get_issue, move_issue
from tests.functional.builders import (
    Line,
    MovableClock,
    a_frozen_issue,
    address,
    give_back,
    hash_of,
    ledger_lines,
    take,
)

S = DeliveryState
AUDIENCE = 4
OWNERS = ("a", "b")
LEASE = timedelta(minutes=1)

owners = st.sampled_from(OWNERS)
readers = st.integers(1, AUDIENCE)
fates = st.sampled_from(
    ["taken", "taken", "refused", "later", "silent and taken", "silent", "never tried"]
)
"""What becomes of a letter at the relay, and whether the sender hears of it."""

takings = st.tuples(st.just("take"), owners, st.lists(fates, min_size=1, max_size=3))
settlements = st.tuples(st.just("settle"), owners, st.none())
deaths = st.tuples(st.just("recover"), owners, st.booleans())
others = st.one_of(
    st.tuples(st.just("give_back"), owners, st.none()),
    st.tuples(st.just("suppress"), readers, st.none()),
    st.tuples(
        st.sampled_from(["evidence", "wait", "wait", "pause", "resume", "cancel"]),
        st.none(),
        st.none(),
    ),
)
acts = st.one_of(takings, takings, settlements, deaths, others)

OUTCOMES = {
    "taken": S.ACCEPTED,
    "refused": S.REFUSED,
    "later": S.DEFERRED,
    "silent and taken": S.UNKNOWN,
    "silent": S.UNKNOWN,
}


@dataclass(kw_only=True)
class Sender:
    """What one sender remembers: what it never tried, and what the relay said of the rest."""

    untouched: dict[int, Claim] = field(default_factory=dict)
    said: dict[int, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Newsroom:
    """Several senders of one issue, and the relay's own journal of what it took."""

    store: Store
    issue: Issue
    clock: MovableClock = field(default_factory=MovableClock)
    senders: dict[str, Sender] = field(default_factory=lambda: {o: Sender() for o in OWNERS})
    journal: Counter[str] = field(default_factory=Counter)
    opted_out: set[str] = field(default_factory=set)

    async def take(self, owner: str, fate: list[str]) -> None:
        """Begin letters and hand them to the relay."""
        sender = self.senders[owner]
        for number, claim in enumerate(
            await take(self.store, self.issue, owner, len(fate), now=self.clock(), lease=LEASE)
        ):
            assert claim.address not in self.opted_out
            sender.said[claim.id] = fate[number]
            sender.untouched.pop(claim.id, None)
            if fate[number] == "never tried":
                sender.untouched[claim.id] = claim
            elif "taken" in fate[number]:
                self.journal[claim.address] += 1

    async def settle(self, owner: str, _: None) -> None:
        """Report what the relay said, however late."""
        sender = self.senders[owner]
        said = [
            Settlement(
                delivery=number,
                outcome=Outcome(state=OUTCOMES[fate]),
                next_at=self.clock() + LEASE if fate == "later" else None,
            )
            for number, fate in sender.said.items()
            if fate in OUTCOMES
        ]
        await self.store.turn(lambda tx: turns.settle(tx, said, owner=owner, now=self.clock()))

    async def give_back(self, owner: str, _: None) -> None:
        """Give back what was never tried, once: the same letter taken again is another matter."""
        sender = self.senders[owner]
        untouched, sender.untouched = sender.untouched, {}
        await give_back(self.store, list(untouched.values()), owner)

    async def recover(self, owner: str, died: bool) -> None:  # noqa: FBT001 - drawn by position
        """Inherit from a sender that died, or that only seemed to."""
        async with self.store.writing() as tx:
            await ledger.recover(tx, self.issue.id, owner=owner, now=self.clock())
        if died:
            self.senders[owner] = Sender()

    async def suppress(self, reader: int, _: None) -> None:
        """A reader opts out; letters begun before are on their way."""
        async with self.store.writing() as tx:
            await suppress(
                tx, hash_of(address(reader)), reason="test", source="test", now=self.clock()
            )
        self.opted_out.add(address(reader))

    async def evidence(self, *_: None) -> None:
        """The relay is asked about each doubt and answers truly."""
        lines = {line.id: line for line in await ledger_lines(self.store, self.issue)}
        async with self.store.writing() as tx:
            for doubt in await ledger.in_doubt(tx, self.issue.id):
                sent = self.journal[lines[doubt.delivery].mailbox] > 0
                await ledger.resolve_doubts(
                    tx, [doubt.delivery], sent=sent, reply="", now=self.clock()
                )

    async def wait(self, *_: None) -> None:
        """Time passes; deferred letters become due."""
        self.clock.advance(2 * LEASE)

    async def pause(self, *_: None) -> None:
        """Somebody pauses the issue, if it can be."""
        await self._move(IssueState.PAUSED)

    async def resume(self, *_: None) -> None:
        """Somebody lets it go on."""
        await self._move(IssueState.SENDING)

    async def cancel(self, *_: None) -> None:
        """Somebody cancels it and spares what was not begun."""
        await self._move(IssueState.CANCELLED)
        async with self.store.writing() as tx:
            if (await get_issue(tx, self.issue.id)).state is IssueState.CANCELLED:
                await ledger.cancel_rest(tx, self.issue.id, now=self.clock())

    async def _move(self, state: IssueState) -> None:
        try:
            async with self.store.writing() as tx:
                await move_issue(tx, await get_issue(tx, self.issue.id), state, now=self.clock())
        except NotDoneError:
            return


def check(newsroom: Newsroom, before: list[Line], after: list[Line]) -> None:
    """The promises, after every single act."""
    assert [line.mailbox for line in after] == [address(n) for n in range(1, AUDIENCE + 1)]
    assert all(copies <= 1 for copies in newsroom.journal.values()), newsroom.journal
    for old, new in zip(before, after, strict=True):
        assert new.state is old.state or new.state in ALLOWED_MOVES[old.state], (old, new)
        if new.state is S.ACCEPTED:
            assert newsroom.journal[new.mailbox] == 1
        if new.state in {S.PENDING, S.SUPPRESSED, S.CANCELLED, S.REFUSED, S.DEFERRED}:
            assert newsroom.journal[new.mailbox] == 0


SLUGS = count(1)


@settings(
    max_examples=12,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking these takes minutes
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=st.lists(acts, min_size=25, max_size=50))
async def test_any_interleaving_keeps_the_promises(
    store: Store, script: list[tuple[str, object, object]]
) -> None:
    """Several senders, dying and only seeming dead, with opt-outs and pauses in between."""
    issue = await a_frozen_issue(store, contacts=AUDIENCE, slug=Slug(f"slug-{next(SLUGS)}"))
    newsroom = Newsroom(store=store, issue=issue)
    try:
        lines = await ledger_lines(store, issue)
        for name, first, second in script:
            await getattr(newsroom, name)(first, second)
            before, lines = lines, await ledger_lines(store, issue)
            check(newsroom, before, lines)
    finally:
        async with store.writing() as tx:
            for number in range(1, AUDIENCE + 1):
                await lift_suppression(tx, hash_of(address(number)), reason="test")
