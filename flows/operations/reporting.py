"""What became of an issue, and what is going on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flows.domain.delivery import SETTLED, DeliveryState, Tally
from flows.domain.errors import InputError
from flows.domain.issue import FROZEN, Issue, IssueId, IssueState
from flows.domain.language import Language
from flows.domain.phrases import Phrase, numbered
from flows.domain.returned import BOUNCES, ReturnKind
from flows.domain.timing import Policy
from flows.domain.waiting import Need, Wait
from flows.operations.gating import what_blocks
from flows.operations.library import Library
from flows.operations.overdue import nobody_sends
from flows.operations.pruning import refuse_archived
from flows.operations.sums import TROUBLED, keep_if_large, sums_of
from flows.operations.times import local_time, show_moment
from flows.operations.zones import known_zone
from flows.store.counts import (
    Counts,
    Reason,
    Trouble,
    count_reasons,
    stands_still,
    troubles,
)
from flows.store.database import Store
from flows.store.departures import Awaited, awaited_letters, held_letters
from flows.store.issues import find_issues, get_issue
from flows.store.returns import count_returned, returned_letters
from flows.store.sums import History, Sums, find_sums

RETURNED: Final = {"bounced": BOUNCES, "complained": (ReturnKind.COMPLAINT,)}
"""How letters may have come back that the relay had accepted; they stay `accepted`."""
STILL_FOR: Final = timedelta(minutes=3)
"""So long no sender at work is silent: the lowest rate is a letter a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An issue's reconciliation `at` a time: of very many letters that may be a minute ago.

    `troubles` are the first deliveries that did not simply work, `answered` how many the relay
    answered in the minute before. `bounced` and `complained` count letters that the relay had
    accepted, and that came back. Of an issue that was `archived_at` a time the figures are left.
    `held` are the letters that wait for the approval of their language; `awaited` those that leave
    when it is their cities' hour.
    """

    issue: Issue
    at: datetime
    counts: Counts
    answered: int
    bounced: int
    complained: int
    troubles: list[Trouble]
    reasons: list[Reason]
    next_attempt: datetime | None
    last_doubt: datetime | None
    held: Mapping[Language, int]
    awaited: Sequence[Awaited]
    history: History | None = None
    archived_at: datetime | None = None

    def to_come(self, now: datetime) -> Sequence[Awaited]:
        """The letters that leave when it is their cities' hour, and it is not yet."""
        return [one for one in self.awaited if one.at > now]

    def overdue(self, now: datetime) -> int:
        """How many letters were never tried and could have been by now."""
        later = sum(one.letters for one in self.to_come(now)) + sum(self.held.values())
        return self.counts.total[DeliveryState.PENDING] - later

    @property
    def audience(self) -> int:
        """How many contacts the issue goes to."""
        return sum(self.counts.total.values())

    @property
    def complete(self) -> bool:
        """Whether every delivery is settled and the issue says so."""
        open_ones = sum(n for state, n in self.counts.total.items() if state not in SETTLED)
        return self.issue.state is IssueState.SENT and open_ones == 0

    def as_json(self) -> dict[str, Any]:
        """The shape of `newsletter report ISSUE --json`."""
        return {
            "issue": self.issue.id,
            "state": self.issue.state,
            "audience": self.audience,
            "complete": self.complete,
            "at": self.at.isoformat(),
            "archived_at": self.archived_at.isoformat() if self.archived_at else None,
            "deliveries": tally_as_json(self.counts.total),
            "by_language": {
                language: tally_as_json(tally)
                for language, tally in self.counts.by_language.items()
            },
            "by_city": {city: tally_as_json(tally) for city, tally in self.counts.by_city.items()},
            "reasons": [reason._asdict() for reason in self.reasons],
            "bounced": self.bounced,
            "complained": self.complained,
            "held": dict(self.held),
            "awaited": [
                {"at": local_time(one.at, one.timezone), "city": one.city, "letters": one.letters}
                for one in self.awaited
            ],
        }


async def list_deliveries(
    store: Store, issue_id: IssueId, standings: Sequence[str]
) -> list[Trouble]:
    """Everybody whose letter is in one of some states or came back so, with a server's words.

    Raises `ValueError` for what is neither a state nor one of `RETURNED`.
    """
    states = [DeliveryState(one) for one in standings if one not in RETURNED]
    async with store.reading() as tx:
        await get_issue(tx, issue_id)
        await refuse_archived(tx, issue_id, what=Phrase("nobody knows any more who got it"))
        found = await troubles(tx, issue_id, tuple(states), limit=None)
        for called in dict.fromkeys(one for one in standings if one in RETURNED):
            found += await returned_letters(tx, issue_id, RETURNED[called], called=called)
    return found


def tally_as_json(tally: Tally) -> dict[str, int]:
    """Every state by name."""
    return {state.value: n for state, n in tally.items()}


async def report_issue(
    store: Store, issue_id: IssueId, *, now: datetime, limit: int = 50
) -> Report:
    """Count an issue's deliveries and name what needs a look."""
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
        sums = await sums_of(tx, issue_id, now=now)
        among = sums.troubles if sums.kept else None
        named = await troubles(tx, issue_id, TROUBLED, limit=limit, among=among)
        reasons = (
            _reasons(sums, named) if sums.kept else await count_reasons(tx, issue_id, TROUBLED)
        )
        bounced, complained = await count_returned(tx, issue_id)
        held = await held_letters(tx, issue_id) if issue.policy is Policy.APPROVED else {}
        awaited = await awaited_letters(tx, issue_id) if issue.wall else ()
    await keep_if_large(store, issue, sums)
    return Report(
        issue=issue,
        at=sums.at,
        counts=sums.counts,
        answered=sums.answered,
        bounced=bounced + sums.bounced,
        complained=complained + sums.complained,
        troubles=named,
        reasons=reasons,
        next_attempt=sums.next_attempt,
        last_doubt=sums.last_doubt,
        held=held,
        awaited=[one._replace(timezone=known_zone(one.timezone, "UTC")) for one in awaited],
        history=sums.history,
        archived_at=sums.archived_at,
    )


def _reasons(sums: Sums, named: Sequence[Trouble]) -> list[Reason]:
    """The codes behind what did not simply work, by sums that were kept; words are of a letter."""
    words = {(one.state, one.code): one.reply for one in reversed(named)}
    letters = Counter[tuple[DeliveryState, int]]()
    for line in sums.lines:
        if line.state in TROUBLED:
            letters[line.state, line.code] += line.letters
    return [
        Reason(state, code, words.get((state, code), ""), many)
        for (state, code), many in sorted(letters.items(), key=lambda one: (-one[1], one[0]))
    ]


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
            what=f"{language}: {letters} readers wait for its approval",
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
