"""What is going on in the newsroom: open issues and what they wait for, and those that are over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.domain.article import Slug
from flows.domain.delivery import SETTLED, Tally
from flows.domain.errors import InputError
from flows.domain.issue import FROZEN, OPEN, Issue, IssueState
from flows.domain.waiting import Wait
from flows.operations.library import Library
from flows.operations.standing import waits_of
from flows.operations.sums import keep_if_large, sums_of
from flows.store.database import Store
from flows.store.issues import find_issues, last_issues

OVER = frozenset(IssueState) - OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One issue as the first page shows it. `tally` is empty before the audience is fixed."""

    issue: Issue
    title: str
    waits: Sequence[Wait] = ()
    tally: Tally | None = None

    @property
    def audience(self) -> int:
        """How many contacts the issue goes to."""
        return sum(self.tally.values()) if self.tally else 0

    @property
    def settled(self) -> int:
        """How many letters need nobody any more."""
        return sum(self.tally[state] for state in SETTLED) if self.tally else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Open issues, soonest first, and the last ones that are over, latest first."""

    open: list[Glance]
    over: list[Glance]


async def look_over(
    library: Library, store: Store, *, now: datetime, late_hours: float, at_most: int = 8
) -> Overview:
    """Look at every open issue, and at the last ones that are over."""
    library = library.at_once()
    async with store.reading() as tx:
        waiting = await find_issues(tx, states=OPEN)
        over = await last_issues(tx, OVER, limit=at_most)
        sums = {
            one.id: await sums_of(tx, one.id, now=now)
            for one in (*waiting, *over)
            if one.state in FROZEN
        }
    for one in (*waiting, *over):
        if one.id in sums:
            await keep_if_large(store, one, sums[one.id])
    tallies = {issue: found.counts.total for issue, found in sums.items()}
    glances = [
        Glance(
            issue=issue,
            title=title_of(library, issue.slug),
            waits=await waits_of(library, store, issue, now=now, late_hours=late_hours),
            tally=tallies.get(issue.id),
        )
        for issue in waiting
    ]
    return Overview(
        open=sorted(glances, key=lambda one: _when(one.issue)),
        over=[
            Glance(issue=one, title=title_of(library, one.slug), tally=tallies.get(one.id))
            for one in over
        ],
    )


def _when(issue: Issue) -> tuple[bool, datetime]:
    """By planned time; what has none comes after, oldest first."""
    return issue.scheduled_at is None, issue.scheduled_at or issue.created_at


def title_of(library: Library, slug: Slug) -> str:
    """An article's title; its name where it cannot be read."""
    try:
        return library.article(slug).front.title
    except InputError:
        return slug
