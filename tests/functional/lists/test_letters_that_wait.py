"""Whom letters that wait, for their hour or their language, no longer go to."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from flows.domain.access import Scope
from flows.domain.consent import Basis
from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.domain.optout import BOUNCED
from flows.domain.timing import Policy
from flows.operations.addressing import Departure
from flows.operations.admitting import admit_languages
from flows.operations.delivering import AT_ONCE
from flows.operations.handovers import replace_from_file
from flows.operations.optouts import erase_address
from flows.operations.replacing import Replacement, replace_contact
from flows.operations.undoing import undo_import
from flows.store.changes import Author
from flows.store.contacts import suppress
from flows.store.database import Store
from flows.store.erasure import sweep
from flows.store.issues import create_issue, move_issue
from flows.store.optouts import LEFT, leave_list
from flows.store.records import find_record, remove_record, take_off_list
from tests.functional.builders import (
    EN,
    FR,
    LANGUAGES,
    LETTERHEADS,
    NL,
    NOW,
    SLUG,
    address,
    an_approved_issue,
    freeze,
    hash_of,
    ledger_lines,
    readers_of,
    some_approvals,
    some_contacts,
    take,
)

OFFICE = Scope(by="Camille")
S = DeliveryState
DUTCH = address(1)
NEW = "officer@city.example.org"


async def a_held_issue(store: Store, *, lists: Sequence[str] = ("all",)) -> Issue:
    """An issue of which Dutch is not approved: the letters to readers 1 and 4 wait for it."""
    await some_contacts(store, 6)
    await some_approvals(store, languages=(FR, EN))
    async with store.writing() as tx:
        issue = await create_issue(tx, SLUG, lists=lists, now=NOW, policy=Policy.APPROVED)
        await move_issue(tx, issue, IssueState.APPROVED, now=NOW, scheduled_at=NOW, zone="UTC")
    return await freeze(store, issue, signed_off=(FR, EN))


async def dutch_letters(store: Store, issue: Issue) -> set[str]:
    """Approves Dutch, too, and begins all letters; the addresses of those in Dutch."""
    await some_approvals(store, languages=(NL,))
    await admit_languages(
        store,
        issue.id,
        signed_off=LANGUAGES,
        letterheads=LETTERHEADS,
        departure=AT_ONCE,
        now=NOW,
    )
    return {one.address for one in await take(store, issue) if one.language == NL}


async def leave(store: Store, *lists: str, number: int = 1) -> None:
    """What a reader's own word does."""
    async with store.writing() as tx:
        for name in lists:
            hashed = hash_of(address(number))
            await leave_list(tx, hashed, name, reason=LEFT, source="preferences", now=NOW)


async def test_who_is_removed_gets_no_letter_that_waited_for_its_language(store: Store) -> None:
    """Though it had no time yet."""
    issue = await a_held_issue(store)
    async with store.writing() as tx:
        record = await find_record(tx, hash_of(DUTCH))
        assert record is not None
        await remove_record(tx, Author("Camille", NOW), record.id)

    assert await dutch_letters(store, issue) == {address(4)}


async def test_an_erased_reader_s_letter_waits_for_no_language(store: Store) -> None:
    """Nothing of them is left, and nothing that could go."""
    issue = await a_held_issue(store)

    await erase_address(store, DUTCH, address_hash=hash_of, scope=OFFICE, now=NOW)

    assert [line.state for line in await ledger_lines(store, issue) if not line.mailbox] == [
        S.SUPPRESSED
    ]
    assert await dutch_letters(store, issue) == {address(4)}
    async with store.writing() as tx:
        assert await sweep(tx) == 0


@pytest.mark.parametrize("same_person", [True, False])
@pytest.mark.parametrize("by_file", [True, False])
async def test_whose_place_another_address_took_gets_nothing_that_waited(
    store: Store, tmp_path: Path, *, same_person: bool, by_file: bool
) -> None:
    """Another officer or the same, one by one or by a file."""
    issue = await a_held_issue(store)
    if by_file:
        file = tmp_path / "places.csv"
        file.write_text(f"old,new,name\n{DUTCH},{NEW},\n")
        done = await replace_from_file(
            store, file, same_person=same_person, address_hash=hash_of, scope=OFFICE, now=NOW
        )
        assert done.done == 1
    else:
        change = Replacement(
            old=DUTCH, new=NEW, same_person=same_person, basis=Basis.LEGITIMATE_INTEREST
        )
        await replace_contact(store, change, address_hash=hash_of, scope=OFFICE, now=NOW)

    assert await dutch_letters(store, issue) == {address(4)}


async def test_who_leaves_the_list_gets_no_letter_of_it_that_waits(store: Store) -> None:
    """Neither the one that waits for its language nor the one that waits for its time."""
    issue = await a_held_issue(store)
    await leave(store, "all")
    await leave(store, "all", number=2)

    assert await dutch_letters(store, issue) == {address(4)}
    found = {line.mailbox: line.state for line in await ledger_lines(store, issue)}
    assert (found[DUTCH], found[address(2)]) == (S.CANCELLED, S.CANCELLED)
    assert list(found.values()).count(S.CLAIMED) == 4


async def test_whom_an_officer_takes_off_the_list_gets_no_letter_of_it_that_waits(
    store: Store,
) -> None:
    """As little as whoever left by themselves; other lists of the issue still reach them."""
    issue = await a_held_issue(store)
    async with store.writing() as tx:
        for number in (1, 2):
            record = await find_record(tx, hash_of(address(number)))
            assert record is not None
            assert await take_off_list(tx, Author("Camille", NOW), record.id, "all")

    assert await dutch_letters(store, issue) == {address(4)}
    found = {line.mailbox: line.state for line in await ledger_lines(store, issue)}
    assert (found[DUTCH], found[address(2)]) == (S.CANCELLED, S.CANCELLED)


async def test_who_leaves_within_the_undo_window_gets_no_letter(store: Store) -> None:
    """Nor any that has its hour still to come."""
    planned = await an_approved_issue(store, lists=("all",))
    issue = await freeze(store, planned, departure=Departure(undo=timedelta(minutes=5)))

    await leave(store, "all")

    begun = await take(store, issue, now=NOW + timedelta(minutes=6))
    assert DUTCH not in {one.address for one in begun}
    assert len(begun) == 5


@pytest.mark.parametrize(
    ("lists", "left", "gets"),
    [
        (("all", "more"), ("all",), True),
        (("all", "more"), ("all", "more"), False),
        (("all",), ("more",), True),
        (("more",), ("more",), False),
        ((), ("all",), True),
        ((), ("all", "more"), False),
    ],
)
async def test_another_list_of_the_issue_still_reaches_who_left_one(
    store: Store, lists: Sequence[str], left: Sequence[str], *, gets: bool
) -> None:
    """An issue without lists goes to all."""
    await some_contacts(store, 6, lists=("all", "more"))
    await some_approvals(store)
    async with store.writing() as tx:
        issue = await create_issue(tx, SLUG, lists=lists, now=NOW)
        issue = await move_issue(tx, issue, IssueState.APPROVED, now=NOW)
    issue = await freeze(store, issue)

    await leave(store, *left)

    assert (DUTCH in {one.address for one in await take(store, issue)}) is gets


@pytest.mark.parametrize("by_file", [True, False])
async def test_a_bounce_of_the_old_address_does_not_go_over_to_the_new_one(
    store: Store, tmp_path: Path, *, by_file: bool
) -> None:
    """The domain is gone, which is why there is a new address."""
    await some_contacts(store, 3)
    async with store.writing() as tx:
        await suppress(tx, hash_of(DUTCH), reason=BOUNCED, source="bounces of x", now=NOW)
    if by_file:
        file = tmp_path / "places.csv"
        file.write_text(f"old,new,name\n{DUTCH},{NEW},\n")
        await replace_from_file(
            store, file, same_person=True, address_hash=hash_of, scope=OFFICE, now=NOW
        )
    else:
        change = Replacement(old=DUTCH, new=NEW, same_person=True)
        await replace_contact(store, change, address_hash=hash_of, scope=OFFICE, now=NOW)

    assert {one.mailbox: one.suppressed for one in await readers_of(store)}[NEW] is False


@pytest.mark.parametrize(("reason", "ends"), [(BOUNCED, False), ("unsubscribed", True)])
async def test_undoing_a_wrong_file_brings_back_what_was_said_and_no_bounce(
    store: Store, tmp_path: Path, reason: str, *, ends: bool
) -> None:
    """The addresses of the file were wrong: letters to them came back."""
    await some_contacts(store, 3)
    file = tmp_path / "places.csv"
    file.write_text(f"old,new,name\n{DUTCH},{NEW},\n")
    done = await replace_from_file(
        store, file, same_person=True, address_hash=hash_of, scope=OFFICE, now=NOW
    )
    async with store.writing() as tx:
        await suppress(tx, hash_of(NEW), reason=reason, source="bounces of x", now=NOW)

    await undo_import(store, done.number, scope=OFFICE, now=NOW + timedelta(days=1))

    assert {one.mailbox: one.suppressed for one in await readers_of(store)}[DUTCH] is ends
