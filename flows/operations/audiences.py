"""Whom an issue is for: choosing its lists, and counting beforehand whom it would reach."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.issue import FROZEN, OPEN, Issue, IssueId
from flows.domain.language import Language, choose_edition
from flows.operations.issues import PROGRAM
from flows.store.contacts import audience, list_sizes
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.issues import find_issues, get_issue, hold_issue, move_issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """Whom an issue would reach if it were sent at this moment.

    `opted_out` are on its lists and get nothing; the others are counted by language and city.
    """

    recipients: int
    opted_out: int
    by_language: dict[str, int]
    by_city: dict[str, int]


async def foresee_audience(
    store: Store, issue_id: IssueId, *, editions: Sequence[Language]
) -> Foreseen:
    """Count the contacts on an issue's lists whom no other issue of its article reached.

    `editions` begins with the network's own language, which serves whoever reads none of the
    others.
    """
    languages: Counter[str] = Counter()
    cities: Counter[str] = Counter()
    opted_out = 0
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
        others = [one.id for one in await find_issues(tx, slug=issue.slug) if one.id != issue_id]
        async for readers in audience(tx, issue.lists, except_of=others):
            for reader in readers:
                if reader.suppressed:
                    opted_out += 1
                    continue
                wanted = (reader.language or "", reader.city_language)
                languages[choose_edition(wanted, editions=editions) or editions[0]] += 1
                cities[reader.city] += 1
    return Foreseen(
        recipients=sum(languages.values()),
        opted_out=opted_out,
        by_language={one: languages[one] for one in editions if languages[one]},
        by_city=dict(sorted(cities.items())),
    )


async def choose_lists(
    store: Store, issue_id: IssueId, lists: Sequence[str], *, now: datetime, by: str = PROGRAM
) -> Issue:
    """Give an issue other lists, none meaning all. Raises `NotDoneError` once it has begun."""
    async with store.writing() as tx:
        issue = await hold_issue(tx, issue_id)
        if issue.state in FROZEN or issue.state not in OPEN:
            raise NotDoneError(f"{issue.id} is {issue.state}; its lists can no longer change")
        unknown = sorted(set(lists) - set(await list_sizes(tx)))
        if unknown:
            raise NotFoundError(f"there is no list {unknown[0]!r}", field="list")
        for other in await find_issues(tx, slug=issue.slug, states=OPEN):
            if other.id != issue.id and set(other.lists) == set(lists):
                raise InputError(f"{other.id} goes to the same lists", field="list")
        chosen = sorted(set(lists))
        issue = await move_issue(tx, issue, issue.state, lists=chosen)
        await record_event(tx, "issue.lists", issue.id, actor=by, now=now, lists=chosen)
        return issue
