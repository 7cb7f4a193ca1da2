"""What a reader chooses by themselves: lists, language, city, and what becomes of their data."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.domain.consent import Act, Basis, Consent
from flows.domain.contact import City, MailingList, Membership
from flows.domain.language import Language
from flows.operations.histories import History, read_history
from flows.operations.optouts import erase_person
from flows.operations.wishes import join_lists
from flows.store.changes import Author
from flows.store.cities import all_cities, mailing_lists
from flows.store.consents import keep_text, record_acts
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.optouts import LEFT, leave_list, leavings_of, opt_out_of
from flows.store.records import (
    Record,
    change_record,
    get_record,
    lists_of,
    take_off_list,
)
from flows.store.requests import Wish, keep_wish, requests_of

READER = "reader"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """A reader's own page. `offered` lists are public, or theirs, or were once."""

    contact: int
    language: Language | None
    city: City
    cities: Sequence[City]
    offered: Sequence[MailingList]
    on: Collection[str]
    opted_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a reader chose; `statement` are the words of the consent that the page showed."""

    language: Language
    city: str
    lists: Collection[str]
    statement: str


async def read_preferences(store: Store, contact: int) -> Preferences | None:
    """The page of a contact; `None` if there is no such contact any more."""
    async with store.reading() as tx:
        record = await get_record(tx, contact)
        return await _preferences(tx, record) if record else None


async def _preferences(tx: Transaction, record: Record) -> Preferences:
    on = {one.list for one in await lists_of(tx, record.id)}
    left = {one.list for one in await leavings_of(tx, record.address_hash) if one.reason == LEFT}
    described = {one.name: one for one in await mailing_lists(tx)}
    offered = {name: one for name, one in described.items() if one.public or name in on | left}
    cities = {one.name: one for one in await all_cities(tx)}
    return Preferences(
        contact=record.id,
        language=record.language,
        city=cities[record.city],
        cities=[
            one
            for one in cities.values()
            if one.membership is Membership.MEMBER or one.name == record.city
        ],
        offered=[
            *offered.values(),
            *(MailingList(name=name) for name in sorted((on | left) - described.keys())),
        ],
        on=on,
        opted_out=await opt_out_of(tx, record.address_hash) is not None,
    )


async def save_preferences(
    store: Store, contact: int, choice: Choice, *, now: datetime
) -> Preferences | None:
    """Do as the reader chose, whatever a file says; the page as it is then.

    Lists that are not offered and cities that are not there are left aside. `None` if there is no
    such contact any more.
    """
    async with store.writing() as tx:
        record = await get_record(tx, contact)
        if record is None:
            return None
        before = await _preferences(tx, record)
        author = Author(READER, now, "preferences")
        names = {city.name for city in before.cities}
        await change_record(
            tx,
            author,
            contact,
            language=choice.language,
            city=choice.city if choice.city in names else record.city,
            chosen=True,
        )
        await _change_lists(tx, record, before, choice, author=author)
        await record_event(tx, "contact.chose", f"contact {contact}", actor=READER, now=now)
        record = await get_record(tx, contact)
        return await _preferences(tx, record) if record else None


async def _change_lists(
    tx: Transaction, record: Record, before: Preferences, choice: Choice, *, author: Author
) -> None:
    now, hashed = author.now, record.address_hash
    wanted = {one.name for one in before.offered} & set(choice.lists)
    joined, left = wanted - set(before.on), set(before.on) - wanted
    text = await keep_text(tx, choice.statement, language=choice.language, now=now)
    await join_lists(tx, author, record.id, hashed, sorted(joined))
    for name in sorted(left):
        await take_off_list(tx, author, record.id, name)
        await leave_list(tx, hashed, name, reason=LEFT, source="preferences", now=now)
    said = [
        Consent(
            list=name,
            act=Act.GIVEN if name in joined else Act.WITHDRAWN,
            at=now,
            source="preferences",
            basis=Basis.CONSENT if name in joined else None,
            text=text if name in joined else None,
            language=choice.language,
        )
        for name in sorted(joined | left)
    ]
    await record_acts(tx, hashed, said)


async def ask_for_data(store: Store, contact: int, *, network: str, now: datetime) -> None:
    """Have a link to all their data mailed to a contact, once a day at most.

    The link of a letter is not enough for that: letters are forwarded.
    """
    async with store.writing() as tx:
        record = await get_record(tx, contact)
        if record is None or await _asked_today(tx, record, now=now):
            return
        cities = {one.name: one for one in await all_cities(tx)}
        wish = Wish(
            kind="access",
            address=record.address,
            mailbox=record.mailbox,
            address_hash=record.address_hash,
            city=record.city,
            language=record.language or cities[record.city].language,
            lists=(),
            text=None,
            challenge=None,
            network=network,
            worked=True,
        )
        await keep_wish(tx, wish, at=now, due_at=now)


async def _asked_today(tx: Transaction, record: Record, *, now: datetime) -> bool:
    known = await requests_of(tx, record.address_hash)
    return any(one.wish.kind == "access" and one.at > now - timedelta(days=1) for one in known)


async def read_data(store: Store, contact: int) -> History | None:
    """All that is kept of a contact; `None` if there is no such contact any more."""
    async with store.reading() as tx:
        record = await get_record(tx, contact)
        return await read_history(tx, record.address_hash) if record else None


async def erase_contact(store: Store, contact: int, *, now: datetime) -> bool:
    """Forget a contact who asked for it on the page."""
    async with store.writing() as tx:
        record = await get_record(tx, contact)
        if record is None:
            return False
        await erase_person(
            tx, record.address_hash, source="request on the page", by=READER, now=now
        )
        return True
