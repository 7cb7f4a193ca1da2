"""Before the first letter of an issue: fix its audience and its editions, let it go on."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flows.domain.article import Slug
from flows.domain.edition import Edition
from flows.domain.errors import NotDoneError
from flows.domain.image import Carriage, ImageName, images_in
from flows.domain.issue import ALLOWED_MOVES, FROZEN, Issue, IssueId, IssueState
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.recipient import Letterhead
from flows.operations.addressing import Departure, Timetable, address_readers, first_wave
from flows.operations.timing import PROGRAM
from flows.operations.zones import look_for_missed
from flows.store import ledger
from flows.store.contacts import audience
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.images import find_images
from flows.store.issues import (
    find_issues,
    freeze_editions,
    frozen_editions,
    hold_issue,
    move_issue,
)
from flows.store.leaving import cancel_leavers
from flows.store.pruning import archived_of
from flows.store.reviews import Decision, find_edition, last_decisions

AT_ONCE = Departure()


async def freeze_issue(
    store: Store,
    issue_id: IssueId,
    *,
    languages: Sequence[Language],
    letterheads: Mapping[Language, Letterhead],
    message_id: Callable[[IssueId, str], str],
    now: datetime,
    departure: Departure = AT_ONCE,
    signed_off: Collection[Language] | None = None,
    late_hours: float | None = None,
    carries: Sequence[Slug] = (),
) -> Issue:
    """Fix who gets an issue and exactly what they get, once; the same again changes nothing.

    `languages` begins with the network's own, which serves whoever reads none of the others.
    `signed_off` are those that are approved as they are now, if not all. Raises `NotDoneError` if a
    language's last verdict is not an approval, unless the issue's policy lets the others go first:
    then its readers' letters wait, and its edition is fixed by `admit_languages`.
    Where a city's hour passed more than `late_hours` ago, the issue is paused before any of its
    letters can leave. `carries` are the articles in a digest: they count as sent from now on.
    """
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if issue.state in FROZEN:
            return issue
        _require_due(issue, now=now)
        decisions = await last_decisions(tx, issue.slug)
        digests = approved_digests(decisions, languages if signed_off is None else signed_off)
        held = _require_approved(issue, languages, digests, now=now)
        await freeze_editions(tx, issue.id, digests, letterheads=letterheads)
        size = 0
        async for addressees in _addressees(
            tx, issue, languages, held=held, message_id=message_id, now=now, departure=departure
        ):
            await ledger.freeze_audience(tx, issue.id, addressees)
            size += len(addressees)
        size -= await cancel_leavers(tx, issue.id, lists=issue.lists, now=now)
        if not size:
            raise await _nobody_left(tx, issue)
        begun = {"started_at": now, "reason": "", "carries": list(carries)}
        issue = await move_issue(tx, issue, IssueState.SENDING, now=now, **begun)
        await record_event(tx, "issue.frozen", issue.id, actor="newsletter", now=now, audience=size)
        return await _ask_if_late(tx, issue, departure.zone, now=now, late_hours=late_hours)


def _require_due(issue: Issue, *, now: datetime) -> None:
    if IssueState.SENDING not in ALLOWED_MOVES[issue.state]:
        raise NotDoneError(
            Phrase("{issue} is {state}; it cannot be sent", issue=issue.id, state=issue.state)
        )
    if issue.scheduled_at and issue.scheduled_at > now:
        raise NotDoneError(
            Phrase(
                "{issue} is not due before {scheduled_at:%Y-%m-%d %H:%M} UTC",
                issue=issue.id,
                scheduled_at=issue.scheduled_at,
            )
        )


def _require_approved(
    issue: Issue,
    languages: Sequence[Language],
    digests: Collection[Language],
    *,
    now: datetime,
) -> list[Language]:
    """The languages whose readers wait for theirs, if the issue may leave without these."""
    held = [language for language in languages if language not in digests]
    if held and not (digests and issue.goes_in_parts(now)):
        raise NotDoneError(
            Phrase("{issue}: {known} is not approved", issue=issue.id, known=", ".join(held))
        )
    return held


async def _ask_if_late(
    tx: Transaction, issue: Issue, network: str, *, now: datetime, late_hours: float | None
) -> Issue:
    """The issue, paused if a person must say that letters leave far past their hour."""
    if late_hours is None:
        return issue
    why = await look_for_missed(tx, issue, network=network, now=now, late_hours=late_hours)
    if not why:
        return issue
    issue = await move_issue(tx, issue, IssueState.PAUSED, now=now, reason=why)
    await record_event(tx, "issue.paused", issue.id, actor=PROGRAM, now=now, because=why)
    return issue


def approved_digests(
    decisions: Mapping[Language, Decision], languages: Collection[Language]
) -> dict[Language, str]:
    """What was approved last of these languages."""
    return {
        language: decision.digest
        for language, decision in decisions.items()
        if decision.verdict == "approved" and decision.digest and language in languages
    }


async def _addressees(
    tx: Transaction,
    issue: Issue,
    editions: Sequence[Language],
    *,
    held: Collection[Language],
    message_id: Callable[[IssueId, str], str],
    now: datetime,
    departure: Departure,
) -> AsyncIterator[list[ledger.Addressee]]:
    """The rows of the audience, some at a time, without those whom the article's others reach."""
    await refuse_unknown_readers(tx, issue.slug)
    others = [one.id for one in await find_issues(tx, slug=issue.slug) if one.id != issue.id]
    first = await first_wave(tx, departure.first_wave, audience(tx, issue.lists, except_of=others))
    timetable = Timetable(
        opens=now + departure.undo,
        first=first,
        head_start=departure.head_start,
        wall=issue.wall,
        zone=departure.zone,
    )
    async for readers in audience(tx, issue.lists, except_of=others):
        yield address_readers(
            readers,
            issue.id,
            editions=editions,
            otherwise=editions[0],
            held=held,
            message_id=message_id,
            timetable=timetable,
        )


async def refuse_unknown_readers(tx: Transaction, slug: Slug) -> None:
    """Raise `NotDoneError` for an article of which nobody knows any more whom it reached."""
    if archived := await archived_of(tx, slug):
        raise NotDoneError(
            Phrase(
                "{issue} is in the archive: nobody knows any more whom it reached, so that another"
                " issue of the article could reach them twice",
                issue=archived,
            ),
            waiting_for=("give the text a new name: newsletter new SLUG",),
        )


async def _nobody_left(tx: Transaction, issue: Issue) -> NotDoneError:
    everybody = sum([len(readers) async for readers in audience(tx, issue.lists)])
    if everybody:
        return NotDoneError(
            Phrase(
                "{issue}: another issue of {slug} went to all its {everybody} readers",
                issue=issue.id,
                slug=issue.slug,
                everybody=everybody,
            ),
            waiting_for=(f"newsletter schedule cancel {issue.id}",),
        )
    return NotDoneError(
        Phrase("{issue} has nobody to go to", issue=issue.id),
        waiting_for=("newsletter subscribers import subscribers/",),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """An issue's edition as it was approved, under its letterhead if one was kept with it.

    `images` are the pictures that its letters carry themselves.
    """

    edition: Edition
    letterhead: Letterhead | None
    images: Mapping[ImageName, bytes] = field(default_factory=dict)


async def approved_editions(store: Store, issue: IssueId) -> dict[Language, Frozen]:
    """An issue's frozen editions, each checked against the hash that was approved.

    Raises `NotDoneError` if one is not what a person signed off.
    """
    editions: dict[Language, Frozen] = {}
    async with store.reading() as tx:
        for language, frozen in (await frozen_editions(tx, issue)).items():
            edition = await find_edition(tx, frozen.digest)
            if edition is None or edition.digest != frozen.digest:
                raise NotDoneError(
                    Phrase(
                        "the {language} edition of {issue} is not the one that was approved",
                        language=language,
                        issue=issue,
                    )
                )
            editions[language] = Frozen(
                edition=edition,
                letterhead=frozen.letterhead,
                images=await _carried(tx, edition, frozen.letterhead),
            )
    return editions


async def _carried(
    tx: Transaction, edition: Edition, letterhead: Letterhead | None
) -> dict[ImageName, bytes]:
    if letterhead is None or letterhead.images is not Carriage.EMBEDDED:
        return {}
    names = [*images_in(edition.html)]
    found = await find_images(tx, names)
    if missing := [name for name in names if name not in found]:
        raise NotDoneError(
            Phrase("{count} pictures of the letter are not in the database", count=len(missing))
        )
    return found


async def go_on(store: Store, issue_id: IssueId, *, now: datetime) -> None:
    """Let an incomplete issue go on. One that a person paused stays so."""
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if issue.state is IssueState.INCOMPLETE:
            await move_issue(tx, issue, IssueState.SENDING, now=now, reason="")
            await record_event(tx, "issue.continued", issue.id, actor="newsletter", now=now)


async def resume_issue(
    store: Store, issue_id: IssueId, *, now: datetime, by: str = "newsletter"
) -> Issue:
    """Let a paused or incomplete issue go on; one that is being sent stays so.

    Raises `NotDoneError` for an issue that has not begun or is over.
    """
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if issue.state is IssueState.SENDING:
            return issue
        if issue.state not in {IssueState.PAUSED, IssueState.INCOMPLETE}:
            raise NotDoneError(
                Phrase(
                    "{issue} is {state}; there is no sending to go on with",
                    issue=issue.id,
                    state=issue.state,
                ),
                waiting_for=(
                    f"newsletter report {issue.id}"
                    if issue.state in FROZEN
                    else issue.publish_command,
                ),
            )
        issue = await move_issue(tx, issue, IssueState.SENDING, now=now, reason="", let_go_at=now)
        await record_event(tx, "issue.resumed", issue.id, actor=by, now=now)
        return issue
