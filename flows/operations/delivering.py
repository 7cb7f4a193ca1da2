"""Sending an issue: freeze, claim, begin, hand over, settle, add up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from flows.domain.delivery import Claim, DeliveryState, Outcome
from flows.domain.edition import Edition
from flows.domain.errors import InputError, NewsletterError, NotDoneError
from flows.domain.issue import ALLOWED_MOVES, FROZEN, Issue, IssueId, IssueState
from flows.domain.language import Language
from flows.domain.recipient import Recipient
from flows.mail.connection import Envelope
from flows.mail.letter import PreparedLetter
from flows.mail.transport import Result, Transport
from flows.operations.addressing import address_readers
from flows.operations.pacing import group_size, keep_pace
from flows.operations.patience import LEASE, settlement_of
from flows.store import ledger
from flows.store.contacts import audience
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.issues import (
    find_issues,
    freeze_editions,
    frozen_editions,
    hold_issue,
    move_issue,
)
from flows.store.reviews import find_edition, last_decisions

log = structlog.get_logger()

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """How the letters of an issue are made: ready editions by language and what fills them."""

    mail_from: str
    letters: Mapping[Language, PreparedLetter]
    recipient: Callable[[Claim], Recipient]


async def freeze_issue(
    store: Store,
    issue_id: IssueId,
    *,
    languages: Sequence[Language],
    message_id: Callable[[IssueId, str], str],
    now: datetime,
) -> Issue:
    """Fix who gets an issue and exactly what they get, once; the same again changes nothing.

    `languages` begins with the network's own, which serves whoever reads none of the others.
    Raises `NotDoneError` if a language's last verdict is not an approval.
    """
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if issue.state in FROZEN:
            return issue
        if IssueState.SENDING not in ALLOWED_MOVES[issue.state]:
            raise NotDoneError(f"{issue.id} is {issue.state}; it cannot be sent")
        if issue.scheduled_at and issue.scheduled_at > now:
            raise NotDoneError(
                f"{issue.id} is not due before {issue.scheduled_at:%Y-%m-%d %H:%M} UTC"
            )
        decisions = await last_decisions(tx, issue.slug)
        digests = {
            language: decision.digest
            for language, decision in decisions.items()
            if decision.verdict == "approved" and decision.digest and language in languages
        }
        unapproved = [language for language in languages if language not in digests]
        if unapproved:
            raise NotDoneError(f"{issue.id}: {', '.join(unapproved)} is not approved")
        others = [one.id for one in await find_issues(tx, slug=issue.slug) if one.id != issue.id]
        had = await ledger.already_addressed(tx, others)
        everybody = await audience(tx, issue.lists)
        readers = [one for one in everybody if one.address_hash not in had]
        if not readers:
            raise _nobody_left(issue, everybody=len(everybody))
        await freeze_editions(tx, issue.id, digests)
        addressees = address_readers(
            readers, issue.id, editions=digests, otherwise=languages[0], message_id=message_id
        )
        await ledger.freeze_audience(tx, issue.id, addressees)
        issue = await move_issue(tx, issue, IssueState.SENDING, started_at=now, reason="")
        await record_event(
            tx, "issue.frozen", issue.id, actor="newsletter", now=now, audience=len(readers)
        )
        return issue


def _nobody_left(issue: Issue, *, everybody: int) -> NotDoneError:
    if everybody:
        return NotDoneError(
            f"{issue.id}: another issue of {issue.slug} went to all its {everybody} readers",
            waiting_for=(f"newsletter schedule cancel {issue.id}",),
        )
    return NotDoneError(
        f"{issue.id} has nobody to go to",
        waiting_for=("newsletter subscribers import subscribers/",),
    )


async def approved_editions(store: Store, issue: IssueId) -> dict[Language, Edition]:
    """An issue's frozen editions, each checked against the hash that was approved.

    Raises `NotDoneError` if one is not what a person signed off.
    """
    editions: dict[Language, Edition] = {}
    async with store.reading() as tx:
        for language, digest in (await frozen_editions(tx, issue)).items():
            edition = await find_edition(tx, digest)
            if edition is None or edition.digest != digest:
                raise NotDoneError(
                    f"the {language} edition of {issue} is not the one that was approved"
                )
            editions[language] = edition
    return editions


async def resume_issue(store: Store, issue_id: IssueId, *, now: datetime) -> Issue:
    """Let a paused or incomplete issue go on; one that is being sent stays so.

    Raises `NotDoneError` for an issue that has not begun or is over.
    """
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if issue.state is IssueState.SENDING:
            return issue
        if issue.state not in {IssueState.PAUSED, IssueState.INCOMPLETE}:
            raise NotDoneError(
                f"{issue.id} is {issue.state}; there is no sending to go on with",
                waiting_for=(f"newsletter publish {issue.slug}",),
            )
        issue = await move_issue(tx, issue, IssueState.SENDING, reason="")
        await record_event(tx, "issue.resumed", issue.id, actor="newsletter", now=now)
        return issue


async def deliver_batch(
    store: Store,
    issue: IssueId,
    *,
    post: Post,
    transport: Transport,
    owner: str,
    limit: int,
    clock: Clock,
    per_minute: int | None = None,
) -> int:
    """Claim up to `limit` letters that are due and hand them over, group by group.

    A group is as large as the transport is wide; it is recorded as begun before its first byte
    and settled right after. How many were claimed: 0 means that nothing is due. A relay that
    refuses everyone raises, after what was done is settled and the rest given back. No more than
    `per_minute` letters leave in a minute.
    """
    async with store.writing() as tx:
        claims = await ledger.claim(tx, issue, owner=owner, limit=limit, now=clock(), lease=LEASE)
    try:
        size = group_size(transport.width, per_minute=per_minute)
        for start in range(0, len(claims), size):
            group = claims[start : start + size]
            began = clock()
            if not await _deliver_group(
                store, group, post=post, transport=transport, owner=owner, clock=clock
            ):
                break
            took_seconds = (clock() - began).total_seconds()
            await keep_pace(len(group), per_minute=per_minute, took_seconds=took_seconds)
    finally:
        async with store.writing() as tx:
            await ledger.release(tx, issue, owner=owner)
    return len(claims)


async def _deliver_group(
    store: Store,
    group: Sequence[Claim],
    *,
    post: Post,
    transport: Transport,
    owner: str,
    clock: Clock,
) -> bool:
    """One group: begun in one transaction, settled in another. False if a pause took it away."""
    # Written before it is begun: what cannot be written was surely not handed over.
    letters = {one.id: _write(one, post=post, now=clock()) for one in group}
    async with store.writing() as tx:
        begun = await ledger.begin(tx, group, owner=owner, now=clock(), lease=LEASE)
    going = [one for one in group if one.id in begun]
    results = await _hand_over([letters[one.id] for one in going], transport=transport)
    now = clock()
    outcomes = [
        (one, result)
        for one, result in zip(going, results, strict=True)
        if isinstance(result, Outcome)
    ]
    settled = {one.id for one, _ in outcomes}
    async with store.writing() as tx:
        await ledger.settle(
            tx,
            [settlement_of(one, outcome, now=now) for one, outcome in outcomes],
            owner=owner,
            now=now,
        )
        # Nothing of the others was handed over: they wait as if they had never been tried.
        await ledger.unbegin(tx, [one.id for one in going if one.id not in settled], owner=owner)
    faults = [result for result in results if isinstance(result, NewsletterError)]
    for fault in faults:
        # A relay that takes fewer connections than we make still works; one refusal concerns all.
        if not outcomes or not fault.retryable:
            raise fault
    return bool(going)


async def _hand_over(
    letters: Sequence[Envelope | Outcome], *, transport: Transport
) -> list[Result]:
    """Send what is an envelope; what already has its outcome keeps it."""
    sent = iter(await transport.send([one for one in letters if isinstance(one, Envelope)]))
    return [next(sent) if isinstance(one, Envelope) else one for one in letters]


def _write(claim: Claim, *, post: Post, now: datetime) -> Envelope | Outcome:
    """The letter, or its outcome if the contact's address cannot stand in one."""
    try:
        letter = post.letters[claim.language].render(post.recipient(claim), date=now)
    except InputError as error:
        if error.field != "To":
            raise
        return Outcome(state=DeliveryState.REFUSED, reply=error.problem)
    return Envelope(mail_from=post.mail_from, rcpt_to=claim.address, letter=letter)
