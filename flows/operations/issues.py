"""Issues: opening, scheduling, moving and cancelling a sending."""

from collections.abc import Sequence
from datetime import datetime

from flows.domain.article import Slug
from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import FROZEN, OPEN, Issue, IssueId, IssueState
from flows.domain.phrases import Phrase
from flows.domain.timing import Policy
from flows.operations.delivering import refuse_unknown_readers
from flows.operations.library import Library
from flows.operations.lookalikes import require_lists
from flows.operations.times import show_moment
from flows.operations.timing import PROGRAM, RESTORED, place_issue, require_movable, take_time_away
from flows.store import ledger
from flows.store.contacts import list_sizes
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.issues import (
    create_issue,
    find_issues,
    get_issue,
    move_issue,
    note_run,
)
from flows.store.sums import drop_sums


async def open_issue(
    library: Library,
    store: Store,
    slug: str,
    *,
    lists: Sequence[str],
    now: datetime,
    by: str = PROGRAM,
    release: bool = False,
    policy: Policy = Policy.HOLD,
) -> Issue:
    """The issue of an article to these lists: the one there is, or a new one in review.

    An issue that was cancelled does not count; one that was sent is found again, so that
    publishing twice sends nothing twice. With `release` it goes as soon as all is approved. The
    `policy` is that of a new one.
    """
    article = library.article(slug)
    async with store.writing() as tx:
        return await enter_issue(
            tx,
            article.slug,
            lists=lists,
            now=now,
            by=by,
            release=release,
            policy=policy,
            carries=article.front.listed,
        )


async def enter_issue(
    tx: Transaction,
    slug: Slug,
    *,
    lists: Sequence[str],
    now: datetime,
    by: str = PROGRAM,
    release: bool = False,
    policy: Policy = Policy.HOLD,
    carries: Sequence[Slug] = (),
) -> Issue:
    """The same as a part of what its caller writes down, of an article that is there."""
    advice = "Import them: newsletter subscribers import subscribers/"
    require_lists(lists, await list_sizes(tx), advice=advice)
    for issue in reversed(await find_issues(tx, slug=slug)):
        same_lists = set(issue.lists) == set(lists)
        if issue.state is not IssueState.CANCELLED and same_lists:
            break
    else:
        await refuse_unknown_readers(tx, slug)
        issue = await create_issue(tx, slug, lists=lists, now=now, policy=policy, carries=carries)
        await record_event(tx, "issue.opened", issue.id, actor=by, now=now)
    if release and issue.state not in FROZEN and issue.reason.startswith(RESTORED):
        raise _may_have_left(issue)
    if release and issue.state not in FROZEN and issue.released_at is None:
        issue = await move_issue(tx, issue, issue.state, now=now, released_at=now, reason="")
        await record_event(tx, "issue.released", issue.id, actor=by, now=now)
    return issue


def _may_have_left(issue: Issue) -> NotDoneError:
    return NotDoneError(
        Phrase("{issue} may have left since the backup from which it was restored", issue=issue.id),
        waiting_for=(
            f"if it left: newsletter schedule cancel {issue.id}",
            f"if not: newsletter send {issue.id}",
        ),
    )


def require_future(at: datetime, *, zone: str, now: datetime) -> None:
    """Raise `InputError` for a time that has passed."""
    if at <= now:
        raise InputError(
            Phrase("{moment}, is in the past", moment=show_moment(at, zone, now=now)),
            field="--at",
            remedy="Give a later time, or leave it out to send now.",
        )


async def schedule_issue(
    store: Store, issue_id: IssueId, *, at: datetime, zone: str, now: datetime, by: str = PROGRAM
) -> Issue:
    """Set or change the time at which an issue is sent. Raises `NotDoneError` once it began."""
    require_future(at, zone=zone, now=now)
    async with store.writing() as tx:
        issue = await get_issue(tx, issue_id)
        require_movable(issue)
        return await place_issue(tx, issue, at=at, zone=zone, now=now, by=by)


async def send_now(store: Store, issue_id: IssueId, *, now: datetime, by: str = PROGRAM) -> Issue:
    """A person's word that an issue goes at once: its time is taken away, it is released."""
    async with store.writing() as tx:
        issue = await get_issue(tx, issue_id)
        if issue.state is IssueState.CANCELLED:
            raise NotDoneError(
                Phrase("{issue} was cancelled", issue=issue.id),
                waiting_for=(f"a new issue: {issue.publish_command}",),
            )
        if issue.state in FROZEN:
            return issue
        if issue.scheduled_at is None and issue.released_at and by == PROGRAM:
            return issue  # of a person the trail keeps the word, also where it changes nothing
        issue = await move_issue(
            tx,
            issue,
            issue.state,
            now=now,
            scheduled_at=None,
            zone=None,
            wall=None,
            released_at=issue.released_at or now,
            reason="",
        )
        await record_event(tx, "issue.released", issue.id, actor=by, now=now)
        return issue


async def hold_back(store: Store, issue_id: IssueId, *, now: datetime, by: str) -> Issue:
    """Take an issue's time and its release away: it stays until somebody sends it."""
    async with store.writing() as tx:
        issue = await get_issue(tx, issue_id)
        if issue.state in FROZEN or (issue.scheduled_at is None and issue.released_at is None):
            return issue
        return await take_time_away(tx, issue, now=now, by=by)


async def is_open_to_changes(store: Store, issue_id: str) -> bool:
    """Whether what the editors write still counts for an issue: until it is frozen or cancelled."""
    async with store.reading() as tx:
        issue = await get_issue(tx, IssueId(issue_id))
    return issue.state not in FROZEN and issue.state is not IssueState.CANCELLED


async def is_due(store: Store, issue_id: str, *, now: datetime) -> bool:
    """Whether an issue may go out now: it is on its way, its time has come, or it was released.

    A run that was planned for an issue which somebody held back since sends nothing.
    """
    async with store.reading() as tx:
        issue = await get_issue(tx, IssueId(issue_id))
    if issue.state is IssueState.CANCELLED:
        return False
    return issue.state in FROZEN or issue.is_to_leave(now)


async def remember_run(store: Store, issue_id: IssueId, flow_run: str | None) -> None:
    """Note which run of the orchestrator will send the issue."""
    async with store.writing() as tx:
        await note_run(tx, issue_id, flow_run)


async def cancel_issue(
    store: Store, issue_id: IssueId, *, now: datetime, by: str = PROGRAM
) -> tuple[Issue, int]:
    """Cancel an issue; what was not begun is not sent. With it, how many letters that spares.

    If no letter of it was begun, a digest gives its articles back.
    """
    async with store.writing() as tx:
        issue = await get_issue(tx, issue_id)
        if issue.state is IssueState.CANCELLED:
            return issue, 0
        issue = await move_issue(tx, issue, IssueState.CANCELLED, now=now, finished_at=now)
        spared = await ledger.cancel_rest(tx, issue.id, now=now)
        if not await _may_have_begun(tx, issue):
            issue = await move_issue(tx, issue, issue.state, now=now, carries=[])
        await drop_sums(tx, issue.id)
        await record_event(tx, "issue.cancelled", issue.id, actor=by, now=now)
        return issue, spared


async def _may_have_begun(tx: Transaction, issue: Issue) -> bool:
    """Whether a letter of an issue left, or may have; a restored newsroom does not know."""
    return RESTORED in issue.reason or await ledger.was_any_begun(tx, issue.id)


async def pause_issue(
    store: Store, issue_id: IssueId, *, because: str, now: datetime, by: str = PROGRAM
) -> Issue:
    """Stop handing letters over; what is on its way is settled."""
    async with store.writing() as tx:
        issue = await move_issue(
            tx, await get_issue(tx, issue_id), IssueState.PAUSED, now=now, reason=because
        )
        await record_event(tx, "issue.paused", issue.id, actor=by, now=now, because=because)
        return issue


async def issues_of(store: Store, slug: Slug) -> list[Issue]:
    """The open issues of an article."""
    async with store.reading() as tx:
        return await find_issues(tx, slug=slug, states=OPEN)


async def scheduled_issues(store: Store) -> list[Issue]:
    """What is planned and not begun, soonest first."""
    async with store.reading() as tx:
        waiting = await find_issues(tx, states=OPEN - FROZEN)
    planned = [issue for issue in waiting if issue.scheduled_at]
    return sorted(planned, key=lambda issue: (issue.scheduled_at, issue.id))
