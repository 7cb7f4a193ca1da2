"""What the newsroom measures of itself: numbers with names, and nothing of anybody in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.domain.issue import IssueId
from flows.store import gauges
from flows.store.database import Store
from flows.store.gauges import Begun
from flows.store.schema import HEAD

Sample = tuple[tuple[str, ...], float]
"""The values of a gauge's labels, and a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A number, or one for each combination of `labels`."""

    name: str
    says: str
    labels: tuple[str, ...] = ()
    samples: Sequence[Sample]


async def measure(store: Store, *, unread: int, now: datetime) -> list[Gauge]:
    """All gauges at one instant; `unread` is the mail that came back and a person must read."""
    async with store.reading() as tx:
        by_state = await gauges.count_issues(tx)
        suppressed = await gauges.count_suppressions(tx)
        hooks = await gauges.count_hooks(tx)
        contacts = await gauges.count_contacts(tx)
        begun = await gauges.begun_issues(tx, now=now)
        planned = await gauges.planned_issues(tx)
    late = [
        ((one.id,), (now - one.scheduled_at).total_seconds())
        for one in planned
        if one.scheduled_at is not None and one.scheduled_at <= now
    ]
    times = [one.scheduled_at.timestamp() for one in planned if one.scheduled_at]
    return [
        _one("schema_info", "Revision of the database's schema", ((HEAD,), 1), "revision"),
        _many("issues", "Issues in each state", by_state, "state"),
        _one("contacts", "Contacts on file", ((), contacts)),
        _many("suppressed", "Addresses never written to, by reason", suppressed, "reason"),
        _many("webhooks", "Deliveries to other programs in each state", hooks, "state"),
        _one("returns_unread", "Mail that came back and that a person must read", ((), unread)),
        *_of_begun(begun, now=now),
        Gauge(
            name="issue_overdue_seconds",
            says="Since when an issue's time has passed that has not begun",
            labels=("issue",),
            samples=late,
        ),
        Gauge(
            name="next_issue_timestamp_seconds",
            says="When the next planned issue begins",
            samples=[((), min(times))] if times else [],
        ),
    ]


def _of_begun(begun: Mapping[IssueId, Begun], *, now: datetime) -> Iterator[Gauge]:
    yield Gauge(
        name="letters",
        says="Letters of each open issue in each state",
        labels=("issue", "state"),
        samples=[
            ((issue, state), count)
            for issue, one in begun.items()
            for state, count in one.tally.items()
        ],
    )
    yield Gauge(
        name="settled_seconds_ago",
        says="How long ago the last letter of an open issue was settled",
        labels=("issue",),
        samples=[
            ((issue,), (now - one.settled_at).total_seconds())
            for issue, one in begun.items()
            if one.settled_at
        ],
    )


def _one(name: str, says: str, sample: Sample, *labels: str) -> Gauge:
    return Gauge(name=name, says=says, labels=labels, samples=[sample])


def _many(name: str, says: str, counts: Mapping[Any, int], label: str) -> Gauge:
    samples = [((str(value),), count) for value, count in counts.items()]
    return Gauge(name=name, says=says, labels=(label,), samples=samples)
