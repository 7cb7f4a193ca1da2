"""What comes again: making it, stopping it, and what is to come of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from flows.content.naming import SLUG
from flows.domain.errors import InputError, NotDoneError
from flows.domain.phrases import Phrase
from flows.domain.recurrence import (
    Form,
    Occurrence,
    OccurrenceState,
    Recurrence,
    RecurrenceId,
    RecurrenceState,
)
from flows.domain.timing import Policy
from flows.operations.arranging import settled_form
from flows.operations.lookalikes import require_lists
from flows.operations.rules import instants
from flows.operations.times import local_time
from flows.store.contacts import list_members, list_sizes
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.recurrences import (
    add_recurrence,
    all_recurrences,
    change_recurrence,
    get_recurrence,
    give_up_unfinished,
    hold_recurrence,
    named,
    occurrences_of,
)

LONGEST_NAME: Final = 80
"""A digest's folder has a day after the name."""


async def make_recurrence(
    store: Store,
    name: str,
    *,
    rule: str,
    zone: str,
    lists: Sequence[str],
    articles: str,
    policy: Policy,
    form: Form,
    now: datetime,
    by: str,
    ahead: timedelta | None = None,
) -> Recurrence:
    """Have issues opened by a rule from now on. Raises `InputError` for what cannot be.

    Digests are written so long `ahead` of their time; usually two days, or half of the time between
    two of them if that is less.
    """
    if not SLUG.fullmatch(name) or len(name) > LONGEST_NAME:
        remedy = "Small letters, digits and hyphens, for example: monthly-letter."
        raise InputError(Phrase("{name!r} is no name", name=name), field="NAME", remedy=remedy)
    form = settled_form(rule, zone=zone, articles=articles, form=form, ahead=ahead, now=now)
    async with store.writing() as tx:
        require_lists(lists, await list_sizes(tx))
        made = await add_recurrence(
            tx,
            name,
            rule=rule.strip(),
            zone=zone,
            lists=lists,
            articles=articles,
            policy=policy,
            form=form,
            now=now,
            by=by,
        )
        if made is None:
            raise InputError(
                Phrase("something recurs by the name of {name!r} already", name=name), field="NAME"
            )
        facts = {"rule": made.rule, "zone": zone, "lists": list(made.lists)}
        await record_event(tx, "recurrence.made", name, actor=by, now=now, **facts)
        return made


async def turn_recurrence(
    store: Store,
    name: str,
    state: RecurrenceState,
    *,
    now: datetime,
    by: str,
    meant: RecurrenceId | None = None,
) -> Recurrence:
    """Pause a recurrence, let it go on, or end it for ever.

    `meant` is the one that is meant, whatever has its name by now. What was due while it rested is
    not opened later, nor is the rest of what somebody began to open and did not finish. Raises
    `NotDoneError` for one that has ended.
    """
    async with store.writing() as tx:
        found = await hold_recurrence(tx, name if meant is None else await named(tx, meant, name))
        if found.state is state:
            return found
        if found.state is RecurrenceState.ENDED:
            raise NotDoneError(
                Phrase("{name} has ended", name=name),
                waiting_for=("another one: newsletter schedule every",),
            )
        await give_up_unfinished(tx, found.id)
        await change_recurrence(tx, found.id, state=state, seen_until=max(now, found.seen_until))
        await record_event(tx, f"recurrence.{state}", name, actor=by, now=now)
        return await hold_recurrence(tx, name)


def next_instants(recurrence: Recurrence, *, now: datetime, count: int) -> list[datetime]:
    """When a recurrence comes next; never, unless it is active."""
    if recurrence.state is not RecurrenceState.ACTIVE:
        return []
    after = max(now, recurrence.seen_until)
    coming = instants(
        recurrence.rule, zone=recurrence.zone, begins_at=recurrence.begins_at, after=after
    )
    return list(islice(coming, count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A recurrence with what comes next, what there was last, and what waits for a person."""

    recurrence: Recurrence
    coming: Sequence[datetime]
    past: Sequence[Occurrence]

    @property
    def late(self) -> Occurrence | None:
        """The occurrence that was missed and waits for somebody's word."""
        return next((one for one in self.past if one.state is OccurrenceState.LATE), None)

    @property
    def stuck(self) -> Occurrence | None:
        """The occurrence that is to be opened, and cannot be."""
        return next(
            (one for one in self.past if one.state is OccurrenceState.OPENING and one.trouble), None
        )

    def as_json(self) -> dict[str, Any]:
        """The shape of one entry of `newsletter schedule recurring --json`."""
        one = self.recurrence
        return {
            "id": one.id,
            "version": one.version,
            "name": one.name,
            "rule": one.rule,
            "zone": one.zone,
            "lists": list(one.lists),
            "articles": one.articles,
            "policy": one.policy,
            "each": one.form.each,
            "titles": dict(one.form.titles),
            "sections": one.form.sections,
            "ahead_hours": one.form.ahead / timedelta(hours=1),
            "state": one.state,
            "next": [local_time(at, one.zone) for at in self.coming],
            "last": [
                {
                    "at": local_time(was.at, one.zone),
                    "state": was.state,
                    "issues": list(was.issues),
                    "trouble": was.trouble,
                }
                for was in self.past
            ],
        }


async def list_recurrences(store: Store, *, now: datetime, count: int = 3) -> list[Outlook]:
    """Every recurrence, by name."""
    async with store.reading() as tx:
        every = await all_recurrences(tx)
        return [await _outlook(tx, one, now=now, count=count) for one in every]


async def rules_to_same_readers(store: Store, recurrence: Recurrence) -> list[str]:
    """The active rules to other lists that some of its readers are on as well, by name."""
    async with store.reading() as tx:
        readers = {name: await list_members(tx, name) for name in recurrence.lists}
        others = [
            one
            for one in await all_recurrences(tx)
            if one.state is RecurrenceState.ACTIVE and not {*one.lists} & {*recurrence.lists}
        ]
        shared = []
        for one in others:
            theirs = [await list_members(tx, name) for name in one.lists]
            if any(mine & some for mine in readers.values() for some in theirs):
                shared.append(one.name)
    return shared


async def find_outlook(store: Store, name: str, *, now: datetime) -> Outlook:
    """One recurrence. Raises `NotFoundError`."""
    async with store.reading() as tx:
        return await _outlook(tx, await get_recurrence(tx, name), now=now, count=3)


async def _outlook(tx: Transaction, one: Recurrence, *, now: datetime, count: int) -> Outlook:
    return Outlook(
        recurrence=one,
        coming=next_instants(one, now=now, count=count),
        past=await occurrences_of(tx, one.id, limit=5),
    )
