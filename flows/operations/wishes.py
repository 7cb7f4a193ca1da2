"""What the public forms ask for: taken without a word about who is known, confirmed later."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flows.domain.consent import Act, Basis, Consent
from flows.domain.contact import City, MailingList, Membership
from flows.domain.history import Origin, RequestState
from flows.domain.language import Language
from flows.domain.optout import RETURNABLE
from flows.mail.addresses import mailbox_of
from flows.operations.work import has_worked, read_challenge
from flows.store.changes import Author
from flows.store.cities import all_cities, mailing_lists
from flows.store.consents import keep_text, record_acts
from flows.store.contacts import lift_suppression
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.optouts import opt_out_of, return_to_list
from flows.store.records import add_record, change_record, find_record, hold_on_list
from flows.store.requests import (
    Request,
    Wish,
    confirm_request,
    count_waiting_wishes,
    count_wishes,
    find_request,
    keep_wish,
)

HOUR: Final = timedelta(hours=1)
FORM_LASTS: Final = timedelta(hours=12)
MOST_WAITING: Final = 5000
"""More wishes than this wait for nobody: somebody plays with the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How forms are taken and answered."""

    confirm_days: int = 7
    mails_per_hour: int = 200
    forms_per_network: int = 20
    work_bits: int = 15
    slow_minutes: int = 10

    @property
    def idle_forms_per_network(self) -> int:
        """How many forms without a proof of work."""
        return max(1, self.forms_per_network // 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A sign-up as it was sent. `statement` are the words of the consent that it showed."""

    address: str
    city: str
    language: Language
    lists: Sequence[str]
    challenge: str
    nonce: str
    network: str
    statement: str
    honey: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a sign-up can choose from."""

    cities: Sequence[City]
    lists: Sequence[MailingList]


async def read_offer(store: Store) -> Offer:
    """The member cities and the public lists."""
    async with store.reading() as tx:
        return Offer(
            cities=[one for one in await all_cities(tx) if one.membership is Membership.MEMBER],
            lists=[one for one in await mailing_lists(tx) if one.public],
        )


async def take_form(
    store: Store,
    form: Form,
    *,
    offer: Offer,
    keys: Sequence[bytes],
    address_hash: Callable[[str], str],
    rules: Rules,
    now: datetime,
) -> list[str]:
    """Keep a sign-up to be answered by mail; or the names of what is wrong with it.

    Nothing here looks at who is known: answer and time are the same for everybody. What is wrong
    is one of `email`, `city`, `lists`, `stale`, `busy`.
    """
    wrong = _wrong_fields(form, offer)
    challenge = read_challenge(keys, form.challenge, now=now, longest=FORM_LASTS)
    if challenge is None:
        wrong.append("stale")
    if wrong or challenge is None or form.honey:
        return wrong
    worked = has_worked(form.challenge, form.nonce, bits=rules.work_bits)
    mailbox = mailbox_of(form.address.strip())
    async with store.writing() as tx:
        if await _is_too_much(tx, form.network, worked=worked, rules=rules, now=now):
            return ["busy"]
        text = await keep_text(tx, form.statement, language=form.language, now=now)
        wish = Wish(
            kind="subscribe",
            address=form.address.strip(),
            mailbox=mailbox,
            address_hash=address_hash(mailbox),
            city=form.city,
            language=form.language,
            lists=sorted(set(form.lists)),
            text=text,
            challenge=challenge.name,
            network=form.network,
            worked=worked,
        )
        wait = timedelta() if worked else timedelta(minutes=rules.slow_minutes)
        await keep_wish(tx, wish, at=now, due_at=now + wait)
    return []


def _wrong_fields(form: Form, offer: Offer) -> list[str]:
    wrong = []
    try:
        mailbox_of(form.address.strip())
    except ValueError:
        wrong.append("email")
    if form.city not in {city.name for city in offer.cities}:
        wrong.append("city")
    if not form.lists or set(form.lists) - {one.name for one in offer.lists}:
        wrong.append("lists")
    return wrong


async def _is_too_much(
    tx: Transaction, network: str, *, worked: bool, rules: Rules, now: datetime
) -> bool:
    allowed = rules.forms_per_network if worked else rules.idle_forms_per_network
    if await count_wishes(tx, network=network, since=now - HOUR) >= allowed:
        return True
    return await count_waiting_wishes(tx) >= MOST_WAITING


async def confirm_wish(store: Store, number: int, *, rules: Rules, now: datetime) -> bool:
    """Do what a form asked for, once its mailbox has proved to be the reader's.

    False for a wish that is none, is too old, or was confirmed before: then nothing changes, also
    if its reader has left since.
    """
    async with store.writing() as tx:
        request = await find_request(tx, number)
        if request is None or request.at < now - timedelta(days=rules.confirm_days):
            return False
        if not await confirm_request(tx, number, now=now):
            return False
        await _subscribe(tx, request, now=now)
        await record_event(tx, "contact.subscribed", f"request {number}", actor="reader", now=now)
        return True


async def whose_wish(store: Store, number: int, *, rules: Rules, now: datetime) -> int | None:
    """The contact behind a wish that was confirmed, for as long as one can be confirmed."""
    async with store.reading() as tx:
        request = await find_request(tx, number)
        if request is None or request.at < now - timedelta(days=rules.confirm_days):
            return None
        if request.state is not RequestState.CONFIRMED:
            return None
        known = await find_record(tx, request.wish.address_hash)
        return known.id if known else None


async def _subscribe(tx: Transaction, request: Request, *, now: datetime) -> None:
    wish = request.wish
    author = Author("reader", now, f"request {request.id}")
    out = await opt_out_of(tx, wish.address_hash)
    if out is not None and out.reason in RETURNABLE:
        await lift_suppression(tx, wish.address_hash, reason=out.reason)
    known = await find_record(tx, wish.address_hash)
    if known is None:
        contact = await add_record(
            tx,
            author,
            address_hash=wish.address_hash,
            address=wish.address,
            mailbox=wish.mailbox,
            city=wish.city,
            language=wish.language,
            chosen=True,
        )
    else:
        contact = known.id
        await change_record(
            tx, author, contact, city=wish.city, language=wish.language, chosen=True
        )
    await join_lists(tx, author, contact, wish.address_hash, wish.lists)
    given = [_yes(request, name, act=Act.GIVEN, now=now) for name in wish.lists]
    await record_acts(tx, wish.address_hash, given)


async def join_lists(
    tx: Transaction, author: Author, contact: int, address_hash: str, names: Collection[str]
) -> None:
    """Put a reader on lists by their own word: no file takes them off."""
    for name in names:
        await return_to_list(tx, address_hash, name)
        await hold_on_list(tx, author, contact, name, origin=Origin.READER)


def _yes(request: Request, name: str, *, act: Act, now: datetime) -> Consent:
    wish = request.wish
    return Consent(
        list=name,
        act=act,
        at=now,
        source=f"request {request.id} of {request.at:%Y-%m-%d %H:%M} UTC, confirmed by mail",
        basis=Basis.CONSENT,
        text=wish.text,
        language=wish.language,
    )


async def renew_consent(store: Store, number: int, *, now: datetime) -> bool:
    """Take a reader's word that they want to go on; false if it was given before.

    Who was taken off meanwhile is put on again, unless they left, or are never written to.
    """
    async with store.writing() as tx:
        request = await find_request(tx, number)
        if request is None or not await confirm_request(tx, number, now=now):
            return False
        wish = request.wish
        known = await find_record(tx, wish.address_hash)
        if known is not None and await opt_out_of(tx, wish.address_hash) is None:
            author = Author("reader", now, f"request {number}")
            for name in wish.lists:
                await hold_on_list(tx, author, known.id, name, origin=Origin.READER)
        renewed = [_yes(request, name, act=Act.RENEWED, now=now) for name in wish.lists]
        await record_acts(tx, wish.address_hash, renewed)
        await record_event(tx, "consent.renewed", f"request {number}", actor="reader", now=now)
        return True
