"""What became of an issue, and what is going on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flows.domain.delivery import SETTLED, DeliveryState, Tally
from flows.domain.issue import Issue, IssueId, IssueState
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.returned import BOUNCES, ReturnKind
from flows.domain.timing import Policy
from flows.operations.pruning import refuse_archived
from flows.operations.sums import TROUBLED, keep_if_large, sums_of
from flows.operations.times import local_time
from flows.operations.zones import known_zone
from flows.store.counts import (
    Counts,
    Reason,
    Trouble,
    count_reasons,
    troubles,
)
from flows.store.database import Store
from flows.store.departures import Awaited, awaited_letters, held_letters
from flows.store.issues import get_issue
from flows.store.returns import count_returned, returned_letters
from flows.store.sums import History, Sums

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
