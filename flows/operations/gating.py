"""The gate of an issue: what keeps it from being sent, and letting it through."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flows.domain.article import Slug
from flows.domain.issue import FROZEN, Issue, IssueId, IssueState
from flows.domain.language import Language
from flows.domain.phrases import numbered
from flows.domain.waiting import Need, Wait
from flows.operations.collecting import sent_besides
from flows.operations.library import Library
from flows.operations.reviewing import LanguageReview, review_article
from flows.operations.timing import RESTORED
from flows.store.database import Store
from flows.store.issues import (
    get_issue,
    hold_issue,
    move_issue,
)


async def what_blocks(
    library: Library, store: Store, issue: Issue, *, now: datetime, late_hours: float
) -> list[Wait]:
    """Everything that keeps an issue from being sent now, with the command that helps."""
    if issue.state is IssueState.CANCELLED:
        return [
            Wait(
                need=Need.NEW_ISSUE,
                what="it was cancelled",
                command=issue.publish_command,
            )
        ]
    if issue.state is IssueState.PAUSED:
        return [
            Wait(
                need=Need.RESUMING,
                what=f"paused: {issue.reason}",
                command=f"newsletter resume {issue.id}",
                because=issue.reason,
            )
        ]
    if issue.state in FROZEN:
        return []
    waits = _waits_for_relay_log(issue)
    waits += await _waits_for_people(library, store, issue, now=now)
    waits += await _waits_for_removal(library, store, issue)
    if not waits and issue.scheduled_at and now - issue.scheduled_at > timedelta(hours=late_hours):
        waits.append(
            Wait(
                need=Need.NEW_TIME,
                what=f"its time, {issue.scheduled_at:%Y-%m-%d %H:%M} UTC, passed more than "
                f"{late_hours:g} hours ago",
                command=f"newsletter send {issue.id}, or newsletter schedule move {issue.id} WHEN",
            )
        )
    return waits


def _waits_for_relay_log(issue: Issue) -> list[Wait]:
    if not issue.reason.startswith(RESTORED):
        return []
    return [
        Wait(
            need=Need.RELAY_LOG,
            what="it may have left since the backup that it is from: ask the relay's log",
            command=f"newsletter schedule cancel {issue.id} if it left, "
            f"newsletter send {issue.id} if not",
            because=issue.reason,
        )
    ]


async def _waits_for_people(
    library: Library, store: Store, issue: Issue, *, now: datetime
) -> list[Wait]:
    """The languages that are not approved, unless the others go without them."""
    reviews = await review_article(library, store, issue.slug)
    if issue.goes_in_parts(now) and any(one.signed_off for one in reviews):
        return []
    waits: list[Wait] = []
    for review in reviews:
        if not (review.signed_off or review.approved_itself):
            waits.append(
                Wait(
                    need=_need(review),
                    what=_what(review),
                    command=review.next,
                    language=review.language,
                    segments=_empty_segments(library, issue.slug, review.language, review.empty),
                    because=review.rejected_because,
                )
            )
        waits += [_wait_for_part(part, review.language) for part in review.articles_waiting]
    return waits


async def _waits_for_removal(library: Library, store: Store, issue: Issue) -> list[Wait]:
    """What its readers would get twice. A person's word to send it takes its time away."""
    if issue.scheduled_at is None:
        return []
    found = await sent_besides(library, store, issue)
    return [
        Wait(
            need=Need.TWICE,
            what=f"{slug} in it goes, or went, to some of its lists with {other}",
            command=f"take it out of {issue.slug}, or newsletter send {issue.id}",
            article=slug,
        )
        for slug, other in found.items()
    ]


def _wait_for_part(slug: Slug, language: Language) -> Wait:
    return Wait(
        need=Need.PART,
        what=f"{language}: the article {slug} is not approved as it is now",
        command=f"newsletter review {slug}",
        language=language,
        article=slug,
    )


def _need(review: LanguageReview) -> Need:
    if review.empty:
        return Need.TRANSLATION
    return Need.CORRECTION if review.rejected_because else Need.APPROVAL


def _what(review: LanguageReview) -> str:
    language = review.language
    if review.empty:
        lack = numbered(review.segments, "segment is", "segments are")
        return f"{language}: {review.empty} of {lack} not translated"
    if review.changed_since:
        return f"{language} is not approved as it is now: {review.what_changed}"
    return f"{language} is not approved as it is now"


def _empty_segments(library: Library, slug: str, language: Language, empty: int) -> tuple[str, ...]:
    if not empty:
        return ()
    catalogue = library.synchronised(library.article(slug), language)
    return tuple(key.source for key in catalogue.waiting())


async def pass_gate(
    library: Library, store: Store, issue_id: IssueId, *, now: datetime, late_hours: float
) -> list[Wait]:
    """Move an issue on to `approved`, or back to `in_review` if something blocks it: what."""
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
    waits = await what_blocks(library, store, issue, now=now, late_hours=late_hours)
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)  # its time may be another one, or gone, since
        if issue.state not in FROZEN and issue.state is not IssueState.CANCELLED:
            for step in _steps(issue.state, _target(issue, waits, now=now)):
                issue = await move_issue(tx, issue, step, now=now)
    return waits


def _target(issue: Issue, waits: Sequence[Wait], *, now: datetime) -> IssueState:
    if any(wait.language for wait in waits):
        return IssueState.IN_REVIEW
    planned = issue.scheduled_at is not None and issue.scheduled_at > now
    return IssueState.SCHEDULED if planned else IssueState.APPROVED


def _steps(state: IssueState, target: IssueState) -> list[IssueState]:
    if state is target:
        return []
    if state is IssueState.IN_REVIEW and target is IssueState.SCHEDULED:
        return [IssueState.APPROVED, IssueState.SCHEDULED]
    return [target]
