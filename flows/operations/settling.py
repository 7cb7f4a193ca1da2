"""What became of letters: taking back dead senders' claims, settling doubts, adding up."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

import structlog

from flows.domain.delivery import SETTLED, DeliveryState, Tally
from flows.domain.errors import NotDoneError
from flows.domain.issue import Issue, IssueId, IssueState
from flows.domain.phrases import Phrase
from flows.domain.timing import Policy
from flows.mail.transport import Transport
from flows.operations.patience import SILENCE
from flows.operations.pruning import refuse_archived
from flows.operations.sending import Clock
from flows.operations.sums import keep_in
from flows.store import ledger
from flows.store.bounces import alone, withdraw_refusals
from flows.store.changes import Author
from flows.store.database import Store, Transaction
from flows.store.departures import awaited_letters, held_letters
from flows.store.erasure import sweep
from flows.store.events import record_event
from flows.store.issues import find_issues, get_issue, hold_issue, move_issue
from flows.store.living import who_lives
from flows.store.records import find_record, note_change
from flows.store.statements import BEING_SENT
from flows.store.sums import add_up, drop_sums

log = structlog.get_logger()

IsAlive = Callable[[str], bool | None]
LOOK_EVERY_SECONDS: Final = 2.0
"""How often a run that has nothing to send looks at those who have; at a million letters a look
reads them all."""


async def recover_claims(
    store: Store,
    issue: IssueId,
    *,
    is_alive: IsAlive,
    transport: Transport,
    clock: Clock,
) -> int:
    """Take back what dead senders held, and settle each doubt that the relay can answer.

    How many doubts are left for a person.
    """
    await take_back(store, issue, is_alive=is_alive, now=clock())
    return await ask_the_relay(store, issue, is_alive=is_alive, transport=transport, clock=clock)


async def take_back(
    store: Store, issue: IssueId, *, is_alive: IsAlive, now: datetime
) -> list[ledger.Holding]:
    """Take back what dead senders held; what the living hold.

    `is_alive` tells of a claim's owner: yes, no, or unknown. Then it is of another machine, and
    dead when its lease has ended, or when its connection to the database has and it began nothing
    for as long as it would wait for another.
    """
    async with store.reading() as tx:
        held = await ledger.holdings(tx, issue)
        strangers = [one.owner for one in held if is_alive(one.owner) is None]
        connected = await who_lives(tx, strangers) if strangers else None

    def lives(one: ledger.Holding) -> bool:
        alive = is_alive(one.owner)
        if alive is not None:
            return alive
        silent = connected is not None and one.owner not in connected
        return one.until >= now and not (silent and one.begun_at < now - SILENCE)

    living = [one for one in held if lives(one)]
    if dead := [one.owner for one in held if one not in living]:
        async with store.writing() as tx:
            for owner in dead:
                await ledger.recover(tx, issue, owner=owner, now=now)
                log.warning("delivery.recovered", issue=issue, owner=owner)
    return living


async def wait_for_senders(
    store: Store,
    issue: IssueId,
    *,
    is_alive: IsAlive,
    clock: Clock,
    stopping: Callable[[], bool],
) -> bool:
    """Wait while other senders hold letters of an issue; whether some are due again then.

    What a dead one held is taken back. Nobody waits longer than for a lease.
    """
    while not stopping():
        held = await take_back(store, issue, is_alive=is_alive, now=clock())
        async with store.reading() as tx:
            if await ledger.anything_due(tx, issue, now=clock()):
                return True
        if not any(one.until >= clock() for one in held):
            return False
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return False


async def ask_the_relay(
    store: Store,
    issue: IssueId,
    *,
    is_alive: IsAlive,
    transport: Transport,
    clock: Clock,
) -> int:
    """Settle each doubt that the relay can answer; how many are left for a person.

    Senders of other machines had another relay, or another way to this one: a letter of theirs
    that is not found here may be there.
    """
    ours = lru_cache(maxsize=None)(lambda owner: is_alive(owner) is not None)
    async with store.reading() as tx:
        doubts = await ledger.in_doubt(tx, issue)
        moments = {doubt.begun_at for doubt in doubts if ours(doubt.owner)}
        found = await ledger.witnesses(tx, issue, near=moments) if moments else []
    answers = await transport.ask(
        [doubt for doubt in doubts if ours(doubt.owner)],
        witnesses={one.message_id: one.begun_at for one in found if ours(one.owner)},
    )
    for sent, words in ((True, "found at the relay"), (False, "the relay never had it")):
        settled = {one for one in doubts if answers.get(one.message_id) is sent}
        if settled:
            async with store.writing() as tx:
                # An answer is about the attempt that was asked about, not about a newer one.
                still = settled.intersection(await ledger.in_doubt(tx, issue))
                ids = [one.delivery for one in still]
                await ledger.resolve_doubts(tx, ids, sent=sent, reply=words, now=clock())
    return len(doubts) - len(answers)


async def clear_cancelled(
    store: Store,
    issue_id: IssueId,
    *,
    is_alive: IsAlive,
    transport: Transport,
    clock: Clock,
) -> None:
    """Add up the cancelled issues of an issue's article, which dead senders may have left open.

    Whoever has an open letter of theirs would get no other one of the article.
    """
    async with store.reading() as tx:
        slug = (await get_issue(tx, issue_id)).slug
        cancelled = await find_issues(tx, slug=slug, states={IssueState.CANCELLED})
    for issue in cancelled:
        await recover_claims(store, issue.id, is_alive=is_alive, transport=transport, clock=clock)
        await finish_issue(store, issue.id, now=clock())


async def finish_issue(
    store: Store, issue_id: IssueId, *, now: datetime, trouble: str = ""
) -> tuple[Issue, Tally]:
    """Add up: `sent` only if every delivery is settled, else `incomplete` with the reason."""
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        await sweep(tx)  # a letter that was on its way when its reader was erased has their address
        if issue.state is IssueState.CANCELLED:
            await ledger.cancel_rest(tx, issue_id, now=now)
        sums = await add_up(tx, issue_id, now=now)
        total = sums.counts.total
        unfinished = issue.state in {IssueState.SENDING, IssueState.INCOMPLETE}
        if not unfinished or not sum(total.values()):
            return issue, total
        open_states = {state: n for state, n in total.items() if n and state not in SETTLED}
        if not trouble and await _rests(tx, issue, open_states, now=now):
            if issue.state is not IssueState.SENDING:
                issue = await move_issue(tx, issue, IssueState.SENDING, now=now, reason="")
            return issue, total
        if open_states:
            left = await _in_words(tx, issue, open_states)
            reason = f"{left}; {trouble}" if trouble else left
            issue = await move_issue(tx, issue, IssueState.INCOMPLETE, now=now, reason=reason)
        else:
            issue = await move_issue(
                tx, issue, IssueState.SENT, now=now, finished_at=now, reason=""
            )
        await record_event(
            tx,
            f"issue.{issue.state}",
            issue.id,
            actor="newsletter",
            now=now,
            deliveries={state.value: n for state, n in total.items()},
        )
        await keep_in(tx, issue, sums)
    return issue, total


async def finish_emptied(store: Store, *, now: datetime) -> None:
    """End the issues whose last open letters were cancelled: their readers left the lists."""
    async with store.reading() as tx:
        found = await find_issues(tx, states={IssueState.INCOMPLETE})
        emptied = [one.id for one in found if not await ledger.anything_open(tx, one.id)]
    for issue in emptied:
        await finish_issue(store, issue, now=now)


async def _rests(
    tx: Transaction, issue: Issue, open_states: Mapping[DeliveryState, int], *, now: datetime
) -> bool:
    """Whether an issue goes on by itself when it is the hour of further cities."""
    if issue.wall is None or not {*open_states} <= {DeliveryState.PENDING, DeliveryState.DEFERRED}:
        return False
    to_come = sum(one.letters for one in await awaited_letters(tx, issue.id, after=now))
    return to_come > 0 and to_come == open_states.get(DeliveryState.PENDING)


async def _in_words(tx: Transaction, issue: Issue, open_states: Mapping[DeliveryState, int]) -> str:
    """What is open of an issue; who waits for a language is told apart."""
    held = await held_letters(tx, issue.id) if issue.policy is Policy.APPROVED else {}
    rest = {
        **open_states,
        DeliveryState.PENDING: open_states.get(DeliveryState.PENDING, 0) - sum(held.values()),
    }
    left = [f"{n} {state}" for state in DeliveryState if (n := rest.get(state))]
    return ", ".join([*left, *(f"{n} wait for {language}" for language, n in held.items())])


async def retry_failed(store: Store, issue_id: IssueId, *, by: str, now: datetime) -> int:
    """Let the refused letters of an issue be tried once more. How many those are.

    Whom the relay's refusals of these letters ended all others to is written to again. A sent issue
    is open again then. Raises `NotDoneError` for a cancelled or unsent one.
    """
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        await refuse_archived(tx, issue_id, what=Phrase("none can be tried again"))
        if issue.state not in {IssueState.SENT, *BEING_SENT, IssueState.PAUSED}:
            raise NotDoneError(
                Phrase(
                    "{issue} is {state}; nothing of it has failed",
                    issue=issue.id,
                    state=issue.state,
                )
            )
        await alone(tx)
        count = await ledger.try_refused_again(tx, issue_id, now=now)
        lifted = await _withdraw_refusals(tx, issue_id, by=by, now=now)
        await drop_sums(tx, issue_id)
        if count and issue.state is IssueState.SENT:
            await move_issue(tx, issue, IssueState.INCOMPLETE, now=now, finished_at=None)
        await record_event(
            tx,
            "deliveries.retried",
            issue_id,
            actor=by,
            now=now,
            count=count,
            lifted=lifted,
        )
        return count


async def _withdraw_refusals(tx: Transaction, issue: IssueId, *, by: str, now: datetime) -> int:
    """How many addresses may be written to again; their histories say why."""
    lifted = await withdraw_refusals(tx, issue)
    why = f"the refusals of {issue} are withdrawn: its letters are tried once more"
    for hashed in lifted:
        if (record := await find_record(tx, hashed)) is not None:
            await note_change(tx, Author(by, now, why), record.id)
    return len(lifted)


async def settle_doubts(
    store: Store, issue_id: IssueId, *, sent: bool, by: str, now: datetime
) -> int:
    """A person's word on every unknown delivery of an issue. How many that settled."""
    async with store.writing() as tx:
        ids = [doubt.delivery for doubt in await ledger.in_doubt(tx, issue_id)]
        words = f"settled as {'sent' if sent else 'unsent'} by {by}"
        count = await ledger.resolve_doubts(tx, ids, sent=sent, reply=words, now=now)
        await record_event(
            tx, "deliveries.settled", issue_id, actor=by, now=now, sent=sent, count=count
        )
        return count
