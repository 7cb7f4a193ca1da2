"""Where issues are, and what keeps each of them, before it is sent and after."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from flows.domain.delivery import SETTLED, DeliveryState
from flows.domain.errors import InputError
from flows.domain.issue import FROZEN, Issue, IssueId, IssueState
from flows.domain.phrases import numbered
from flows.domain.timing import Policy
from flows.domain.waiting import Need, Wait
from flows.operations.gating import what_blocks
from flows.operations.library import Library
from flows.operations.overdue import nobody_sends
from flows.operations.reporting import STILL_FOR, Report, report_issue
from flows.operations.times import local_time, show_moment
from flows.store.counts import (
    stands_still,
)
from flows.store.database import Store
from flows.store.issues import find_issues, get_issue
from flows.store.sums import find_sums


def what_is_left(report: Report) -> Wait:
    """Why an issue is not complete, and the command that helps."""
    issue, total = report.issue, report.counts.total
    what = f"{issue.id} is {issue.state}: {issue.reason}"
    if issue.state is IssueState.PAUSED:
        return Wait(
            need=Need.RESUMING,
            what=what,
            command=f"newsletter resume {issue.id}",
            because=issue.reason,
        )
    if total[DeliveryState.UNKNOWN]:
        return Wait(
            need=Need.SETTLING,
            what=what,
            command=f"newsletter settle {issue.id} --as sent|unsent --by NAME",
        )
    need = Need.ANOTHER_TRY
    if report.next_attempt and not total[DeliveryState.PENDING]:
        what += f"; they can be tried again from {report.next_attempt:%Y-%m-%d %H:%M} UTC"
        need = Need.PATIENCE
    return Wait(need=need, what=what, command=f"newsletter send {issue.id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one issue is and what it waits for."""

    issue: Issue
    waits: list[Wait]

    def as_json(self) -> dict[str, Any]:
        """The shape of one entry of `newsletter status --json`."""
        issue = self.issue
        return {
            "issue": issue.id,
            "slug": issue.slug,
            "state": issue.state,
            "scheduled_at": local_time(issue.scheduled_at, issue.zone)
            if issue.scheduled_at
            else None,
            "local": str(issue.wall) if issue.wall else None,
            "policy": issue.policy,
            "waiting_for": [asdict(wait) for wait in self.waits],
        }


async def list_standings(
    library: Library,
    store: Store,
    *,
    now: datetime,
    late_hours: float,
    only: str | None = None,
) -> list[Standing]:
    """Every issue (or `only` one), newest first, with what keeps it."""
    library = library.at_once()
    async with store.reading() as tx:
        issues = [await get_issue(tx, IssueId(only))] if only else await find_issues(tx)
    return [
        Standing(
            issue=issue,
            waits=await waits_of(library, store, issue, now=now, late_hours=late_hours),
        )
        for issue in reversed(issues)
    ]


async def waits_of(
    library: Library, store: Store, issue: Issue, *, now: datetime, late_hours: float
) -> list[Wait]:
    """Everything that keeps an issue, before it is sent and after."""
    if issue.state in FROZEN or issue.state is IssueState.CANCELLED:
        return await _once_begun(store, issue, now=now)
    if issue.slug not in library.slugs():
        return [
            Wait(
                need=Need.ARTICLE,
                what="its article is gone",
                command=f"newsletter schedule cancel {issue.id}",
            )
        ]
    try:
        waits = await what_blocks(library, store, issue, now=now, late_hours=late_hours)
    except InputError as error:
        # An article that cannot be read must not hide how the other issues stand.
        return [
            Wait(
                need=Need.ARTICLE,
                what=str(error),
                command=f"newsletter check {issue.slug}",
                because=error.sentence,
            )
        ]
    ready = issue.state in {IssueState.IN_REVIEW, IssueState.APPROVED, IssueState.SCHEDULED}
    if ready and not waits and issue.scheduled_at is None:
        return [
            Wait(
                need=Need.SENDING,
                what="approved, not sent yet",
                command=f"newsletter send {issue.id}",
            )
        ]
    return waits or await nobody_sends(store, issue, now=now)


async def waits_of_issue(
    library: Library, store: Store, issue_id: IssueId, *, now: datetime, late_hours: float
) -> list[Wait]:
    """The same of an issue by its name."""
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
    return await waits_of(library, store, issue, now=now, late_hours=late_hours)


async def _once_begun(store: Store, issue: Issue, *, now: datetime) -> list[Wait]:
    """What keeps an issue whose letters leave or have left; also that nobody seems to send it."""
    if issue.state in {IssueState.INCOMPLETE, IssueState.PAUSED}:
        return what_keeps(await report_issue(store, issue.id, now=now), now=now)
    if issue.state is not IssueState.SENDING:
        return []
    waits: list[Wait] = []
    if issue.wall or issue.policy is Policy.APPROVED:
        waits = what_is_to_come(await report_issue(store, issue.id, now=now), now=now)
    async with store.reading() as tx:
        kept = await find_sums(tx, issue.id)
        moved = kept is not None and kept.answered and kept.at > now - STILL_FOR
        if moved or not await stands_still(tx, issue.id, since=now - STILL_FOR):
            return waits
    minutes = round(STILL_FOR / timedelta(minutes=1))
    what = f"nothing of it has moved for {minutes} minutes: its run has ended or hangs"
    revival = Wait(need=Need.REVIVAL, what=what, command=f"newsletter send {issue.id}")
    return [revival, *waits]


def what_keeps(report: Report, *, now: datetime) -> list[Wait]:
    """Everything that an issue waits for which has begun and is not complete."""
    waits = what_is_to_come(report, now=now)
    total = report.counts.total
    rest = sum(n for state, n in total.items() if state not in {*SETTLED, DeliveryState.PENDING})
    stopped = report.issue.state is IssueState.PAUSED
    if stopped or rest or report.overdue(now) > 0 or not waits:
        return [what_is_left(report), *waits]
    return waits


def what_is_to_come(report: Report, *, now: datetime) -> list[Wait]:
    """The languages that readers of an issue wait for, and the letters whose hour is to come."""
    issue = report.issue
    waits = [
        Wait(
            need=Need.APPROVAL,
            what=f"{language}: {numbered(letters, 'reader waits', 'readers wait')} "
            "for its approval",
            command=f"newsletter approve {issue.slug} {language} --by NAME, or close the issue: "
            f"newsletter schedule cancel {issue.id}",
            language=language,
        )
        for language, letters in report.held.items()
    ]
    if to_come := report.to_come(now):
        letters = numbered(sum(one.letters for one in to_come), "letter leaves", "letters leave")
        when = show_moment(to_come[0].at, to_come[0].timezone, now=now)
        what = f"{letters} when it is {issue.wall} in their cities: next {when}"
        waits.append(Wait(need=Need.HOUR, what=what, command=f"newsletter report {issue.id}"))
    return waits
