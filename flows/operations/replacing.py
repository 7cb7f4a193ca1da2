"""A new address in the place of an old one: a city hall changes its officer, or its domain."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from flows.domain.access import Scope
from flows.domain.consent import Act, Basis, Consent
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.history import Origin
from flows.domain.optout import ERASURES
from flows.domain.phrases import Phrase
from flows.mail.addresses import mailbox_of
from flows.operations.intake.tables import Row, open_table
from flows.store.changes import Author
from flows.store.consents import consents_of, record_acts
from flows.store.contacts import suppress
from flows.store.database import Store, Transaction
from flows.store.events import record_event
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
    change_record,
    find_record,
    lists_of,
    note_replacement,
    put_on_list,
    remove_record,
    take_off_list,
)

FIELDS: Final = ("old", "new", "name")
HEADINGS: Final = {"ancien": "old", "nouveau": "new", "nom": "name", "oud": "old", "nieuw": "new"}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """How many replacements were made, and those that could not be, each with its reason."""

    done: int
    refused: list[InputError] = field(default_factory=list)


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
    mailbox = _mailbox(change.new)
    hashed = address_hash(mailbox)
    async with store.writing() as tx:
        old = await find_record(tx, address_hash(change.old))
        if old is None or not scope.covers(old.city):
            raise NotFoundError("no contact has the old address", field="OLD")
        if old.address_hash == hashed:
            raise InputError("both addresses are the same", field="NEW")
        author = Author(scope.by, now, f"in place of contact {old.id}")
        new = await _successor(tx, old, change, mailbox, hashed, author=author, scope=scope)
        await _hand_over(tx, old, new, hashed, change, author=author)
        await record_event(
            tx,
            "contact.replaced",
            f"contact {old.id}",
            actor=scope.by,
            now=now,
            by=new,
            same_person=change.same_person,
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
        await _carry_opt_outs(tx, old.address_hash, hashed, source=source)
    bases = {one.list: one.basis for one in await consents_of(tx, old.address_hash) if one.basis}
    gone = Author(author.by, author.now, f"contact {new} is in its place")
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
    if change.same_person:
        await remove_record(tx, gone, old.id)


async def _carry_opt_outs(tx: Transaction, old: str, new: str, *, source: str) -> None:
    """What a person said once holds at their other address, too."""
    for left in await leavings_of(tx, old):
        if left.reason != REPLACED:
            await leave_list(tx, new, left.list, reason=left.reason, source=source, now=left.at)
    out = await opt_out_of(tx, old)
    if out is not None:
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


async def replace_from_file(
    store: Store,
    path: Path,
    *,
    same_person: bool,
    address_hash: Callable[[str], str],
    scope: Scope,
    now: datetime,
) -> Replaced:
    """Make the replacements of a file with the columns `old`, `new` and `name`, one by one.

    Those that cannot be made are named; the others count.
    """
    table = open_table(path, wanted=FIELDS, required=("old", "new"), named=HEADINGS)
    done, refused = 0, list[InputError]()
    for row in table.rows:
        try:
            await replace_contact(
                store,
                _read(row, same_person=same_person),
                address_hash=address_hash,
                scope=scope,
                now=now,
            )
            done += 1
        except InputError as error:
            refused.append(_at(row, error.problem))
        except NotDoneError as error:
            refused.append(_at(row, error.reason))
    return Replaced(done=done, refused=refused)


def _read(row: Row, *, same_person: bool) -> Replacement:
    row.require_sound()
    return Replacement(
        old=row.fields["old"],
        new=row.fields["new"],
        name=row.fields.get("name") or None,
        same_person=same_person,
    )


def _at(row: Row, problem: str) -> InputError:
    return row.error(problem, column="", remedy="Correct the row; run it alone.")
