"""A new address in the place of an old one: a city hall changes its officer, or its domain."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flows.domain.access import Scope
from flows.domain.consent import Act, Basis, Consent
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.history import Origin
from flows.domain.optout import BOUNCED, ERASURES
from flows.domain.phrases import Phrase
from flows.mail.addresses import mailbox_of
from flows.store.changes import Author
from flows.store.consents import consents_of, record_acts
from flows.store.contacts import suppress
from flows.store.database import Store, Transaction
from flows.store.events import record_event
from flows.store.handovers import REPLACING
from flows.store.optouts import (
    REPLACED,
    leave_list,
    leavings_of,
    opt_out_of,
    return_to_list,
)
from flows.store.records import (
    Record,
    add_record,
    cancel_letters,
    change_record,
    find_record,
    lists_of,
    note_replacement,
    put_on_list,
    remove_record,
    take_off_list,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """An address that takes the place of another.

    Of the `same_person` all goes over, their opt-outs first of all. Another person takes over the
    city, the lists and the roles alone, on a legal basis of their own.
    """

    old: str
    new: str
    name: str | None = None
    same_person: bool = False
    basis: Basis = Basis.LEGITIMATE_INTEREST


async def replace_contact(
    store: Store,
    change: Replacement,
    *,
    address_hash: Callable[[str], str],
    scope: Scope,
    now: datetime,
) -> None:
    """Let one address take the place of another, on every list that the old one is on.

    No import puts the old one back there. Raises `NotFoundError` if nobody has the old address,
    and `NotDoneError` if the new one is another city's contact.
    """
    async with store.writing() as tx:
        await replace_one(tx, change, address_hash=address_hash, scope=scope, now=now)


async def replace_one(
    tx: Transaction,
    change: Replacement,
    *,
    address_hash: Callable[[str], str],
    scope: Scope,
    now: datetime,
    number: int | None = None,
) -> None:
    """The same within a transaction. Nothing is changed where an error is raised.

    As a part of the import `number` it can be taken back; the old contact stays for that, on no
    list, until the clock for such contacts removes it.
    """
    mailbox = _mailbox(change.new)
    hashed = address_hash(mailbox)
    old = await find_record(tx, address_hash(change.old))
    if old is None or not scope.covers(old.city):
        raise NotFoundError("no contact has the old address", field="OLD")
    if old.address_hash == hashed:
        raise InputError("both addresses are the same", field="NEW")
    author = Author(scope.by, now, f"in place of contact {old.id}", number)
    new = await _successor(tx, old, change, mailbox, hashed, author=author, scope=scope)
    await _hand_over(tx, old, new, hashed, change, author=author)
    await record_event(
        tx,
        REPLACING,
        f"contact {old.id}",
        actor=scope.by,
        now=now,
        by=new,
        same_person=change.same_person,
        **({} if number is None else {"import": number}),
    )


async def _successor(
    tx: Transaction,
    old: Record,
    change: Replacement,
    mailbox: str,
    hashed: str,
    *,
    author: Author,
    scope: Scope,
) -> int:
    """The number of the new address's contact, which may be there already."""
    out = await opt_out_of(tx, hashed)
    known = await find_record(tx, hashed)
    is_erased = out is not None and out.reason in ERASURES
    if scope.cities is not None and (is_erased or (known and not scope.covers(known.city))):
        raise NotDoneError("the new address cannot be taken in for your cities")
    if is_erased:
        raise NotDoneError("the new address asked for everything about it to be erased")
    name = change.name if change.name is not None else old.name if change.same_person else ""
    if known is None:
        return await add_record(
            tx,
            author,
            address_hash=hashed,
            address=change.new.strip(),
            mailbox=mailbox,
            name=name,
            city=old.city,
            language=old.language,
            roles=old.roles,
            chosen=old.chosen and change.same_person,
        )
    roles = "\n".join(sorted({*known.roles.split("\n"), *old.roles.split("\n")} - {""}))
    await change_record(tx, author, known.id, name=change.name or known.name or name, roles=roles)
    return known.id


async def _hand_over(
    tx: Transaction, old: Record, new: int, hashed: str, change: Replacement, *, author: Author
) -> None:
    source = author.why
    if change.same_person:
        await carry_opt_outs(tx, old.address_hash, hashed, source=source)
    bases = {one.list: one.basis for one in await consents_of(tx, old.address_hash) if one.basis}
    gone = author._replace(why=f"contact {new} is in its place")
    await cancel_letters(tx, gone, old.id)
    for on in await lists_of(tx, old.id):
        await take_off_list(tx, gone, old.id, on.list)
        await leave_list(
            tx,
            old.address_hash,
            on.list,
            reason=REPLACED,
            source=gone.why,
            now=author.now,
        )
        await return_to_list(tx, hashed, on.list, reason=REPLACED)
        basis = bases.get(on.list) if change.same_person else None
        if await put_on_list(tx, author, new, on.list, origin=Origin.PERSON):
            given = Consent(
                list=on.list,
                act=Act.IMPORTED,
                at=author.now,
                source=source,
                basis=basis or change.basis,
            )
            await record_acts(tx, hashed, [given])
        ended = Consent(list=on.list, act=Act.ENDED, at=author.now, source=gone.why)
        await record_acts(tx, old.address_hash, [ended])
    await note_replacement(tx, gone, old.id)
    if change.same_person and author.number is None:
        await remove_record(tx, gone, old.id)


async def carry_opt_outs(tx: Transaction, old: str, new: str, *, source: str) -> None:
    """What a person said once holds at their other address, too; a bounce is the address's own."""
    for left in await leavings_of(tx, old):
        if left.reason != REPLACED:
            await leave_list(tx, new, left.list, reason=left.reason, source=source, now=left.at)
    out = await opt_out_of(tx, old)
    if out is not None and out.reason != BOUNCED:
        await suppress(tx, new, reason=out.reason, source=f"{out.source}; {source}", now=out.at)


def _mailbox(address: str) -> str:
    try:
        return mailbox_of(address.strip())
    except ValueError as error:
        raise InputError(
            Phrase(
                "{written!r} is not an e-mail address: {why}", written=address, why=error.args[0]
            ),
            field="NEW",
        ) from None
