"""Changing the rule by which something comes again; what it has opened stays as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from flows.domain.errors import NotDoneError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.recurrence import Form, OccurrenceState, Recurrence, RecurrenceState
from flows.domain.timing import Policy
from flows.operations.arranging import parse_form, settled_form
from flows.operations.lookalikes import require_lists
from flows.operations.times import zone_of
from flows.store.contacts import list_sizes
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.recurrences import change_recurrence, find_occurrences, hold_recurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What shall be otherwise; whatever is `None` stays."""

    rule: str | None = None
    zone: str | None = None
    lists: Sequence[str] | None = None
    articles: str | None = None
    policy: Policy | None = None
    each: bool | None = None
    titles: Mapping[str, str] | None = None
    sections: bool | None = None
    ahead_hours: float | None = None


async def rearrange(
    store: Store,
    name: str,
    changes: Changes,
    *,
    languages: Sequence[Language],
    now: datetime,
    by: str,
    shown: str = "",
) -> Recurrence:
    """Let something come again otherwise, from its next time on.

    `shown` is the version that was looked at. Raises `NotDoneError` if that is not what holds any
    more, if it has ended, or if one of its times is just being opened; `InputError` for what cannot
    be. Who changes the titles answers for their words from then on.
    """
    async with store.writing() as tx:
        before = await hold_recurrence(tx, name)
        await _require_changeable(tx, before, shown)
        after = _changed(before, changes, languages=languages, now=now, by=by)
        if after.version == before.version:
            return before
        # A list of its own that nobody is on any more may stay: without it it were for everybody.
        require_lists(after.lists, {*before.lists, *await list_sizes(tx)})
        await change_recurrence(
            tx,
            after.id,
            rule=after.rule,
            zone=after.zone,
            lists=list(after.lists),
            articles=after.articles,
            policy=after.policy,
            each=after.form.each,
            titles=dict(after.form.titles),
            sections=after.form.sections,
            ahead_hours=after.form.ahead / timedelta(hours=1),
            seen_until=after.seen_until,
            made_by=after.made_by,
        )
        facts = _facts(before, after)
        await record_event(tx, "recurrence.changed", name, actor=by, now=now, **facts)
        return await hold_recurrence(tx, name)


async def _require_changeable(tx: Transaction, found: Recurrence, shown: str) -> None:
    name = found.name
    if found.state is RecurrenceState.ENDED:
        raise NotDoneError(
            Phrase("{name} has ended", name=name),
            waiting_for=("another one: newsletter schedule every",),
        )
    if shown and shown != found.version:
        raise NotDoneError(Phrase("somebody else has changed {name} since you looked", name=name))
    opening = await find_occurrences(tx, OccurrenceState.OPENING)
    if any(one.id == found.id for one, _ in opening):
        raise NotDoneError(
            Phrase("{name} is just being opened: try again in a minute, or let it rest", name=name)
        )


def _changed(
    before: Recurrence,
    changes: Changes,
    *,
    languages: Sequence[Language],
    now: datetime,
    by: str,
) -> Recurrence:
    """The recurrence as it shall be; its times count from now on if they are other ones."""
    rule = before.rule if changes.rule is None else changes.rule.strip()
    zone = before.zone if changes.zone is None else changes.zone
    articles = before.articles if changes.articles is None else changes.articles
    form, ahead = _form_after(before, changes, languages)
    after = replace(
        before,
        rule=rule,
        zone=zone,
        lists=before.lists if changes.lists is None else tuple(sorted({*changes.lists})),
        articles=articles,
        policy=changes.policy or before.policy,
        form=settled_form(rule, zone=zone, articles=articles, form=form, ahead=ahead, now=now),
    )
    if after.form.titles != before.form.titles:
        after = replace(after, made_by=by)
    if (rule, zone) != (before.rule, before.zone):
        after = replace(after, seen_until=_dealt_with(before, zone, now=now))
    return after


def _form_after(
    before: Recurrence, changes: Changes, languages: Sequence[Language]
) -> tuple[Form, timedelta | None]:
    old = before.form
    each = old.each if changes.each is None else changes.each
    ahead = changes.ahead_hours
    if each:
        return parse_form(
            languages,
            each=True,
            titles=changes.titles or {},
            sections=bool(changes.sections),
            ahead=ahead,
        )
    if ahead is None and not old.each:
        ahead = old.ahead / timedelta(hours=1)
    titles: Mapping[str, str] = {str(one): text for one, text in old.titles.items()}
    return parse_form(
        languages,
        each=False,
        titles=titles if changes.titles is None else changes.titles,
        sections=old.sections if changes.sections is None else changes.sections,
        ahead=ahead,
    )


def _dealt_with(before: Recurrence, zone: str, *, now: datetime) -> datetime:
    """Until when other times need not be looked at.

    What was opened ahead keeps its time: on its day nothing comes by the new rule as well.
    """
    if before.seen_until <= now:
        return now
    day = before.seen_until.astimezone(zone_of(zone)).date()
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone_of(zone))


def _facts(before: Recurrence, after: Recurrence) -> dict[str, Any]:
    """What is otherwise, for the audit trail."""
    said = {
        "rule": (before.rule, after.rule),
        "zone": (before.zone, after.zone),
        "lists": (list(before.lists), list(after.lists)),
        "articles": (before.articles, after.articles),
        "policy": (before.policy, after.policy),
        "each": (before.form.each, after.form.each),
        "titles": (dict(before.form.titles), dict(after.form.titles)),
        "sections": (before.form.sections, after.form.sections),
        "ahead_hours": tuple(one.form.ahead / timedelta(hours=1) for one in (before, after)),
    }
    return {name: new for name, (old, new) in said.items() if old != new}
