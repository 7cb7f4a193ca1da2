"""How long what is kept: the clocks, a preview of what they have run out for, and the purge."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flows.domain.consent import Act, Consent
from flows.domain.language import Language
from flows.operations.pruning import prune_ledger
from flows.store.changes import Author
from flows.store.consents import record_acts
from flows.store.database import Store, Transaction
from flows.store.erasure import sweep
from flows.store.events import record_event
from flows.store.pruning import count_prunable
from flows.store.records import take_off_list
from flows.store.requests import Wish, count_requests, forget_requests, keep_wish
from flows.store.retention import (
    Due,
    OldConsent,
    blank_letters,
    close_imports,
    contacts_of_former_cities,
    contacts_off_lists,
    count_due,
    count_old_imports,
    count_old_letters,
    forget_contacts,
    old_consents,
)

SPARE_DAYS: Final = 1
"""A wish is forgotten a day after its link has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """For how many days what is kept."""

    confirm_days: int
    off_lists_days: int
    former_days: int
    import_days: int
    letters_days: int
    ledger_days: int
    consent_days: int
    renewal_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One kind of data, its time, and what that has run out for."""

    what: str
    days: int
    then: str
    due: Due

    def as_json(self) -> dict[str, Any]:
        """One entry of `newsletter subscribers retention --json`."""
        return {
            "what": self.what,
            "days": self.days,
            "then": self.then,
            "due": self.due.many,
            "oldest": self.due.oldest.isoformat() if self.due.oldest else None,
        }


class _Clocks:
    """The moments before which what is kept is too old."""

    def __init__(self, spans: Spans, now: datetime) -> None:
        self.spans = spans
        self.now = now

    def before(self, days: int) -> datetime:
        return self.now - timedelta(days=days)

    @property
    def ask(self) -> datetime:
        return self.before(self.spans.consent_days - self.spans.renewal_days)

    @property
    def wishes(self) -> dict[str, datetime]:
        """Before when wishes are too old, and questions for a renewal."""
        spans = self.spans
        return {
            "before": self.before(spans.confirm_days + SPARE_DAYS),
            "renewals": self.before(2 * spans.renewal_days),
        }

    def lapsed(self, one: OldConsent) -> bool:
        """Whether its reader was asked, had all the time to answer, and did not."""
        return (
            one.given_at < self.before(self.spans.consent_days)
            and one.asked_at is not None
            and one.asked_at < self.before(self.spans.renewal_days)
        )


async def preview_retention(store: Store, spans: Spans, *, now: datetime) -> list[Clock]:
    """What `apply_retention` would do now."""
    async with store.reading() as tx:
        return await _clocks(tx, _Clocks(spans, now))


async def _clocks(tx: Transaction, clocks: _Clocks) -> list[Clock]:
    spans = clocks.spans
    old = await old_consents(tx, before=clocks.ask)
    to_ask = [one for one in old if not one.is_asked]
    lapsed = [one for one in old if clocks.lapsed(one)]
    wishes = spans.confirm_days + SPARE_DAYS
    return [
        Clock(
            what="wishes from the public pages",
            days=wishes,
            then="forgotten; what was confirmed stays in the ledger of consents",
            due=Due(await count_requests(tx, **clocks.wishes), None),
        ),
        Clock(
            what="contacts on no list",
            days=spans.off_lists_days,
            then="removed",
            due=await count_due(tx, contacts_off_lists(clocks.before(spans.off_lists_days))),
        ),
        Clock(
            what="contacts of former members",
            days=spans.former_days,
            then="removed",
            due=await count_due(tx, contacts_of_former_cities(clocks.before(spans.former_days))),
        ),
        Clock(
            what="what contacts were before imports",
            days=spans.import_days,
            then="forgotten; these imports cannot be taken back any more",
            due=await count_old_imports(tx, before=clocks.before(spans.import_days)),
        ),
        Clock(
            what="addresses on letters of ended issues",
            days=spans.letters_days,
            then="taken off; the figures stay",
            due=await count_old_letters(tx, before=clocks.before(spans.letters_days)),
        ),
        Clock(
            what="letters of ended issues",
            days=spans.ledger_days,
            then="deleted; the figures stay",
            due=await count_prunable(tx, before=clocks.before(spans.ledger_days)),
        ),
        Clock(
            what="consents to be renewed",
            days=spans.consent_days - spans.renewal_days,
            then="their readers are asked by mail",
            due=_due(to_ask),
        ),
        Clock(
            what="consents not renewed",
            days=spans.consent_days,
            then="their readers are taken off the lists",
            due=_due(lapsed),
        ),
    ]


def _due(found: Sequence[OldConsent]) -> Due:
    return Due(len(found), min((one.given_at for one in found), default=None))


async def apply_retention(store: Store, spans: Spans, *, by: str, now: datetime) -> list[Clock]:
    """Forget what is too old, ask for consents again, end those that were not renewed.

    What was due; afterwards nothing is. Letters are deleted last, many transactions long: cut off,
    it goes on with the next call.
    """
    clocks = _Clocks(spans, now)
    async with store.writing() as tx:
        due = await _clocks(tx, clocks)
        await _renew_or_end(tx, clocks, by=by)
        for forget in _purges(tx, clocks):
            await forget()
        await sweep(tx)
        counts = {one.what: one.due.many for one in due if one.due.many}
        await record_event(tx, "retention.applied", "", actor=by, now=now, **counts)
    await prune_ledger(store, before=clocks.before(spans.ledger_days), by=by, now=now)
    return due


def _purges(tx: Transaction, clocks: _Clocks) -> list[Callable[[], Awaitable[int]]]:
    spans, now = clocks.spans, clocks.now
    off_lists = contacts_off_lists(clocks.before(spans.off_lists_days))
    former = contacts_of_former_cities(clocks.before(spans.former_days))
    return [
        lambda: forget_requests(tx, **clocks.wishes),
        lambda: forget_contacts(tx, off_lists, now=now),
        lambda: forget_contacts(tx, former, now=now),
        lambda: close_imports(tx, before=clocks.before(spans.import_days)),
        lambda: blank_letters(tx, before=clocks.before(spans.letters_days)),
    ]


async def _renew_or_end(tx: Transaction, clocks: _Clocks, *, by: str) -> None:
    author = Author(by, clocks.now, "consent not renewed")
    for one in await old_consents(tx, before=clocks.ask):
        if not one.is_asked:
            await keep_wish(tx, _renewal(one), at=clocks.now, due_at=clocks.now)
        elif clocks.lapsed(one):
            for name in one.lists:
                await take_off_list(tx, author, one.contact, name)
            ended = [
                Consent(list=name, act=Act.ENDED, at=clocks.now, source=author.why)
                for name in one.lists
            ]
            await record_acts(tx, one.address_hash, ended)


def _renewal(one: OldConsent) -> Wish:
    return Wish(
        kind="renew",
        address=one.address,
        mailbox=one.mailbox,
        address_hash=one.address_hash,
        city=one.city,
        language=Language(one.language),
        lists=one.lists,
        text=one.text,
        challenge=None,
        network="",
        worked=True,
    )
