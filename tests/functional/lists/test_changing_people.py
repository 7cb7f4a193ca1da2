"""Undoing imports, replacing, merging and erasing: what changes, and what stands."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from flows.domain.access import Scope
from flows.domain.consent import Act, Basis
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.history import Alteration, ImportState
from flows.domain.issue import IssueState
from flows.operations.handovers import Replaced, replace_from_file
from flows.operations.histories import History, history_of, write_history
from flows.operations.intake.places import How
from flows.operations.optouts import (
    carry_opt_outs,
    erase_address,
    keep_opt_outs,
    read_opt_outs,
    suppress_address,
    write_opt_outs,
)
from flows.operations.replacing import Replacement, replace_contact
from flows.operations.settling import finish_issue
from flows.operations.undoing import past_imports, undo_import
from flows.store.contacts import Change
from flows.store.database import Store
from flows.store.issues import create_issue, move_issue
from flows.store.tables import contacts, deliveries
from tests.functional.builders import (
    NOW,
    SLUG,
    a_frozen_issue,
    address,
    freeze,
    hash_of,
    ledger_lines,
    readers_of,
    settle,
    some_approvals,
    take,
)
from tests.functional.lists.people import (
    CAMILLE,
    OFFICE,
    Snapshot,
    bring_in,
    everything,
    hashed,
    on_list,
    put_back,
    write_workspace,
)

A, B, C = "a@liege.test", "b@liege.test", "c@gent.test"
ROWS = [f"{A},Anne,Liège,fr", f"{B},Bob,Liège,", f"{C},Cor,Gand,nl"]
LATER = NOW + timedelta(hours=1)
LISTS = ("letter", "members", "closed", "board", "brand-new")


async def history(store: Store, of: str) -> History:
    """All that is kept of an address."""
    return await history_of(store, of, address_hash=hashed, scope=OFFICE)


async def replace(
    store: Store, old: str, new: str, *, same_person: bool = False, scope: Scope = OFFICE
) -> None:
    """Let one address take another's place."""
    change = Replacement(old=old, new=new, name="Neuf", same_person=same_person)
    await replace_contact(store, change, address_hash=hashed, scope=scope, now=LATER)


async def suppress(store: Store, who: str) -> None:
    """Somebody opts out."""
    await suppress_address(store, who, because="asked", address_hash=hashed, scope=OFFICE, now=NOW)


async def erase(store: Store, who: str, *, scope: Scope = OFFICE) -> bool:
    """Somebody wants to be forgotten."""
    return await erase_address(store, who, address_hash=hashed, scope=scope, now=LATER)


def people_of(snapshot: Snapshot) -> dict[str, object]:
    """What the tables say of contacts and lists, without times."""
    passing = {"updated_at", "id"}
    people = [
        {name: value for name, value in row.items() if name not in passing}
        for row in snapshot["contacts"]
    ]
    return {
        "contacts": sorted(people, key=lambda row: str(row["address"])),
        "lists": sorted((row["list"], row["origin"]) for row in snapshot["memberships"]),
    }


async def test_an_import_can_be_taken_back_whole(store: Store, tmp_path: Path) -> None:
    """Who came is gone, who left is back, what changed is as it was; the history tells both."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS[:2], prevention=ROWS[:1]))
    before = people_of(await everything(store))
    changed = [f"{A},Anna,Gand,nl", ROWS[2]]
    second = await bring_in(store, write_workspace(tmp_path, members=changed, prevention=[]))
    assert (second.changes, second.left) == ({Change.UPDATED: 1, Change.ADDED: 1}, 2)

    undone = await undo_import(store, second.number, scope=OFFICE, now=LATER)

    assert tuple(undone) == (1, 1, 1, 2)
    assert people_of(await everything(store)) == before
    acts = [(one.act, one.number) for one in (await history(store, A)).changes]
    assert acts.count((Alteration.UPDATED, None)) == 1
    with pytest.raises(NotDoneError, match="taken back already"):
        await undo_import(store, second.number, scope=OFFICE, now=LATER)
    (last, first) = await past_imports(store, scope=OFFICE)
    assert (last.state, first.state) == (ImportState.UNDONE, ImportState.DONE)


async def test_undoing_leaves_what_somebody_changed_since(store: Store, tmp_path: Path) -> None:
    """A later word stands: a newer import's, a replacement, an opt-out."""
    first = await bring_in(store, write_workspace(tmp_path, members=ROWS))
    await bring_in(store, write_workspace(tmp_path, members=[f"{A},Anna,Liège,fr", *ROWS[1:]]))
    await replace(store, C, "d@gent.test")
    await suppress(store, B)

    undone = await undo_import(store, first.number, scope=OFFICE, now=LATER)

    assert undone.removed == 1, "only Bob, of whom nobody said anything but that he left"
    assert set(await on_list(store)) == {"d@gent.test"}
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    assert B not in await on_list(store)
    assert (await history(store, A)).record


async def test_undoing_cancels_letters_to_whom_it_removes(store: Store, tmp_path: Path) -> None:
    """An import by mistake, a sending begun: nobody of it gets a letter any more."""
    done = await bring_in(store, write_workspace(tmp_path, members=ROWS))
    async with store.reading() as tx:
        numbers = set(await tx.scalars(select(contacts.c.id)))
    issue = await a_frozen_issue(store, contacts=0)
    assert {one.state for one in await ledger_lines(store, issue)} == {DeliveryState.PENDING}

    await undo_import(store, done.number, scope=OFFICE, now=LATER)

    assert {one.state for one in await ledger_lines(store, issue)} == {DeliveryState.CANCELLED}
    again = await bring_in(store, write_workspace(tmp_path, members=ROWS))
    async with store.reading() as tx:
        assert not numbers & set(await tx.scalars(select(contacts.c.id))), "no number comes twice"
    assert again.changes == {Change.ADDED: 3}


@pytest.mark.parametrize("undone", [True, False])
async def test_whom_a_list_s_file_no_longer_names_gets_no_letter_that_waits(
    store: Store, tmp_path: Path, *, undone: bool
) -> None:
    """Nor who was on the list by a file that was taken back, though they stay on another."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS[:1], others=ROWS))
    await bring_in(store, write_workspace(tmp_path, members=ROWS, others=ROWS))
    last = (await past_imports(store, scope=OFFICE))[0].number
    await some_approvals(store)
    async with store.writing() as tx:
        issue = await create_issue(tx, SLUG, lists=("members",), now=NOW)
        issue = await move_issue(tx, issue, IssueState.APPROVED, now=NOW)
    issue = await freeze(store, issue)

    if undone:
        await undo_import(store, last, scope=OFFICE, now=LATER)
    else:
        await bring_in(store, write_workspace(tmp_path, members=ROWS[:1], others=ROWS))

    states = [one.state for one in await ledger_lines(store, issue)]
    assert sorted(states) == [DeliveryState.CANCELLED] * 2 + [DeliveryState.PENDING]


async def test_a_correspondent_undoes_their_own_imports_alone(store: Store, tmp_path: Path) -> None:
    """Those of others do not exist for them."""
    office = await bring_in(store, write_workspace(tmp_path, members=ROWS))
    file = tmp_path / "liege.csv"
    file.write_text("email\nd@liege.test\n", encoding="utf-8")
    own = await bring_in(store, file, how=How(lists=["members"]), scope=CAMILLE)

    assert [one.number for one in await past_imports(store, scope=CAMILLE)] == [own.number]
    with pytest.raises(NotFoundError):
        await undo_import(store, office.number, scope=CAMILLE, now=LATER)
    assert (await undo_import(store, own.number, scope=CAMILLE, now=LATER)).removed == 1


async def test_somebody_new_takes_an_office_over(store: Store, tmp_path: Path) -> None:
    """On all its lists, for a basis of their own; no import brings the old one back there."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS, prevention=ROWS[:1]))
    await suppress(store, A)

    await replace(store, A.upper(), "neuf@liege.test")

    assert set(await on_list(store, "members")) == {B, C, "neuf@liege.test"}
    assert set(await on_list(store, "prevention")) == {"neuf@liege.test"}
    done = await bring_in(store, write_workspace(tmp_path, members=ROWS, prevention=ROWS[:1]))
    assert (done.kept_off, done.changes) == (2, {Change.UNCHANGED: 3})
    assert A not in await on_list(store, "members")
    new, old = await history(store, "neuf@liege.test"), await history(store, A)
    assert new.record
    assert old.record
    assert (new.record.city, new.record.name) == ("Liège", "Neuf")
    assert {one.basis for one in new.consents} == {Basis.LEGITIMATE_INTEREST}
    assert {one.why for one in new.changes} == {f"in place of contact {old.record.id}"}
    assert Alteration.REPLACED in {one.act for one in old.changes}


async def test_a_replacement_can_be_turned_round(store: Store, tmp_path: Path) -> None:
    """By the same command; the place is the first one's again."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    await replace(store, A, "neuf@liege.test")
    await replace(store, "neuf@liege.test", A)

    assert set(await on_list(store)) == {A, B, C}
    again = await bring_in(store, write_workspace(tmp_path, members=ROWS))
    assert again.kept_off == 0
    assert set(await on_list(store)) == {A, B, C}


async def test_another_address_of_the_same_person_takes_all_along(
    store: Store, tmp_path: Path
) -> None:
    """Two contacts become one: with its basis, and with every no that was ever said."""
    file = tmp_path / "x.csv"
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    file.write_text(f"email,city\n{B},Liège\n", encoding="utf-8")
    how = How(lists=["prevention"], basis=Basis.PUBLIC_TASK)
    await bring_in(store, file, how=how)
    await suppress(store, B)

    await replace(store, B, A, same_person=True)

    kept = await history(store, A)
    assert kept.opt_out
    assert (kept.opt_out.reason, kept.opt_out.at) == ("suppressed", NOW)
    assert {one.list for one in kept.lists} == {"members", "prevention"}
    assert ("prevention", Basis.PUBLIC_TASK) in {(one.list, one.basis) for one in kept.consents}
    gone = await history(store, B)
    assert gone.record is None
    assert gone.opt_out


@pytest.mark.parametrize(
    ("old", "new", "scope", "error"),
    [
        ("nobody@x.test", "new@liege.test", OFFICE, NotFoundError),
        (C, "new@liege.test", CAMILLE, NotFoundError),
        (A, C, CAMILLE, NotDoneError),
        (A, A.upper(), OFFICE, InputError),
        (A, "no address", OFFICE, InputError),
    ],
)
async def test_a_replacement_that_cannot_be_changes_nothing(
    store: Store, tmp_path: Path, old: str, new: str, scope: Scope, error: type[Exception]
) -> None:
    """With its reason; other cities' contacts do not exist for a correspondent."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    before = await everything(store)

    with pytest.raises(error):
        await replace(store, old, new, scope=scope)

    assert await everything(store) == before


async def test_no_letter_that_waits_goes_to_an_address_that_was_replaced(store: Store) -> None:
    """It is nobody's any more, once its person has another one."""
    issue = await a_frozen_issue(store, contacts=2)
    change = Replacement(old=address(1), new="new@x.test", same_person=True)

    await replace_contact(store, change, address_hash=hash_of, scope=OFFICE, now=LATER)

    states = {line.mailbox: line.state for line in await ledger_lines(store, issue)}
    assert states == {address(1): "cancelled", address(2): "pending"}
    assert [one.address for one in await take(store, issue)] == [address(2)]


async def test_whoever_wants_to_be_forgotten_is_nobody_s_successor(
    store: Store, tmp_path: Path
) -> None:
    """Nothing of them is written down again."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    await erase(store, B)

    with pytest.raises(NotDoneError, match="erased"):
        await replace(store, A, B)


async def test_many_replacements_come_in_one_file(store: Store, tmp_path: Path) -> None:
    """With French, English or Dutch headings; those that cannot be are named by line."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    file = tmp_path / "changements.csv"
    file.write_text(
        f"Ancien;Nouveau;Nom\n{A};a2@liege.test;Anne\nx@x.test;y@x.test;X\n{C};c2@gent.test;Cor\n",
        encoding="utf-8",
    )

    done = await replace_from_file(
        store, file, same_person=False, address_hash=hashed, scope=OFFICE, now=LATER
    )

    assert done.done == 2
    assert [error.line for error in done.refused] == [3]
    assert set(await on_list(store)) == {"a2@liege.test", B, "c2@gent.test"}


async def test_a_correspondent_uses_public_lists_and_those_of_their_city(
    store: Store, tmp_path: Path
) -> None:
    """No other one, nor a new one: closed lists are the network's."""
    folder = write_workspace(tmp_path, members=ROWS, board=[f"{C},Cor,Gand,nl"])
    (folder / "lists.csv").write_text("lists,public\nletter,yes\nclosed,no\n", encoding="utf-8")
    await bring_in(store, folder)
    file = tmp_path / "mine.csv"
    rows = [f"n{n}@liege.test,N,Liège,{name}" for n, name in enumerate(LISTS)]
    file.write_text("email,name,city,lists\n" + "\n".join(rows), encoding="utf-8")

    done = await bring_in(store, file, scope=CAMILLE)

    assert [error.line for error in done.refused] == [4, 5, 6]
    assert "no list that you may use" in str(done.refused[0])
    assert "letter, members" in str(done.refused[0])
    assert (await bring_in(store, file)).refused_rows == 0


async def from_file(
    store: Store, folder: Path, text: str, *, same_person: bool = False, dry_run: bool = False
) -> Replaced:
    """Replace what a file says."""
    file = folder / "changes.csv"
    file.write_text(text, encoding="utf-8")
    return await replace_from_file(
        store,
        file,
        same_person=same_person,
        address_hash=hashed,
        scope=OFFICE,
        now=LATER,
        dry_run=dry_run,
    )


async def test_a_dry_run_of_replacements_says_all_and_changes_nothing(
    store: Store, tmp_path: Path
) -> None:
    """Row by row, also where a row builds on the one before."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    before = await everything(store)
    text = f"old,new\n{A},a2@liege.test\na2@liege.test,a3@liege.test\n{B},{B}\n"

    done = await from_file(store, tmp_path, text, dry_run=True)

    assert [row.refusal is None for row in done.rows] == [True, True, False]
    assert "the same" in str(done.refused[0])
    assert done.number == 0
    assert await everything(store) == before


@pytest.mark.parametrize("same_person", [False, True])
async def test_replacements_of_a_file_are_taken_back(
    store: Store, tmp_path: Path, *, same_person: bool
) -> None:
    """The old addresses are on their lists again, the new ones gone; imports bring them in."""
    folder = write_workspace(tmp_path, members=ROWS)
    await bring_in(store, folder)
    text = f"old,new\n{A},a2@liege.test\n{C},{B}\n"

    done = await from_file(store, tmp_path, text, same_person=same_person)
    assert set(await on_list(store)) == {"a2@liege.test", B}
    await undo_import(store, done.number, scope=OFFICE, now=LATER + timedelta(hours=1))

    assert set(await on_list(store)) == {A, B, C}
    with pytest.raises(NotDoneError, match="already"):
        await undo_import(store, done.number, scope=OFFICE, now=LATER + timedelta(hours=2))


async def test_whoever_came_by_a_file_of_replacements_stays_when_the_list_s_file_comes_again(
    store: Store, tmp_path: Path
) -> None:
    """That file names the old address still, whose place is taken."""
    folder = write_workspace(tmp_path, members=ROWS)
    await bring_in(store, folder)
    await from_file(store, tmp_path, f"old,new\n{A},a2@liege.test\n")

    await bring_in(store, folder)

    assert set(await on_list(store)) == {"a2@liege.test", B, C}


async def test_what_the_same_person_said_meanwhile_holds_when_it_is_taken_back(
    store: Store, tmp_path: Path
) -> None:
    """An opt-out is for ever, whichever address of theirs it came from."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    done = await from_file(store, tmp_path, f"old,new\n{A},a2@liege.test\n", same_person=True)
    await suppress(store, "a2@liege.test")

    await undo_import(store, done.number, scope=OFFICE, now=LATER + timedelta(hours=1))

    out = (await history(store, A)).opt_out
    assert out is not None
    assert out.reason == "suppressed"


async def test_erasure_leaves_a_hash_and_the_figures(store: Store) -> None:
    """No table has the name or the address; the reconciliation of issues still adds up."""
    await put_back(store, {})
    issue = await a_frozen_issue(store, contacts=4)
    claims = await take(store, issue, limit=2)
    reply = f"250 queued for {claims[0].address}"
    await settle(store, claims[:1], Outcome(state=DeliveryState.ACCEPTED, code=250, reply=reply))
    victims = [claims[0].address, claims[1].address]
    waiting = next(address(n) for n in range(1, 5) if address(n) not in victims)
    victims.append(waiting)

    for one in victims:
        known = await erase_address(store, one, address_hash=hash_of, scope=OFFICE, now=LATER)
        assert known

    left = json.dumps(await everything(store), default=str)
    assert claims[0].address not in left
    assert waiting not in left
    assert left.count(claims[1].address) == 1, "the letter that is on its way"
    states = sorted(one.state for one in await ledger_lines(store, issue))
    assert states == ["accepted", "claimed", "pending", "suppressed"]
    await settle(store, claims[1:], Outcome(state=DeliveryState.ACCEPTED, code=250))
    await carry_opt_outs(store, [], by="office", now=LATER)
    assert claims[1].address not in json.dumps(await everything(store), default=str)


async def test_adding_up_an_issue_forgets_whom_its_last_letters_went_to(store: Store) -> None:
    """A letter that was on its way when its reader was erased keeps the address until then."""
    issue = await a_frozen_issue(store, contacts=2)
    claims = await take(store, issue)
    gone = claims[0].address
    await erase_address(store, gone, address_hash=hash_of, scope=OFFICE, now=LATER)
    await settle(store, claims[:1], Outcome(state=DeliveryState.ACCEPTED, code=250, reply=gone))
    await settle(store, claims[1:], Outcome(state=DeliveryState.ACCEPTED, code=250))
    assert gone in json.dumps(await everything(store), default=str)

    done, _ = await finish_issue(store, issue.id, now=LATER)

    assert done.state is IssueState.SENT
    assert gone not in json.dumps(await everything(store), default=str)


async def test_the_past_of_an_erased_contact_is_blank(store: Store, tmp_path: Path) -> None:
    """What they were before an import, and what a form said, is gone, too."""
    await bring_in(store, write_workspace(tmp_path, members=[f"{A},Secret Name,Liège,fr"]))
    await bring_in(store, write_workspace(tmp_path, members=[f"{A},Other Name,Liège,fr"]))

    await erase(store, A)

    left = json.dumps(await everything(store), default=str)
    for trace in (A, "Secret Name", "Other Name"):
        assert trace not in left
    kept = await history(store, A)
    assert kept.record is None
    assert [one.act for one in kept.consents] == [Act.IMPORTED, Act.ENDED]
    again = await bring_in(store, write_workspace(tmp_path, members=[f"{A},Back,Liège,fr"]))
    assert (again.refused_rows, again.changes) == (1, {})


async def test_erasing_keeps_the_first_no_with_its_reason(store: Store, tmp_path: Path) -> None:
    """And works for an address that was never a contact's."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    await suppress(store, A)
    assert await erase(store, A)
    assert not await erase(store, "stranger@x.test")

    kept = await history(store, A)
    assert kept.opt_out
    assert kept.opt_out.reason == "erased, suppressed"
    assert "suppressed since 2026-12-01 (asked" in kept.opt_out.source
    with pytest.raises(NotFoundError):
        await erase(store, C, scope=CAMILLE)


async def test_the_history_tells_everything_and_can_be_taken_along(
    store: Store, tmp_path: Path
) -> None:
    """Letters with the server's words, lists, consents, changes; as JSON for the person."""
    await put_back(store, {})
    issue = await a_frozen_issue(store, contacts=1)
    claims = await take(store, issue)
    await settle(store, claims, Outcome(state=DeliveryState.ACCEPTED, code=250, reply="queued"))
    found = await history_of(store, address(1).upper(), address_hash=hash_of, scope=OFFICE)
    path = tmp_path / "data.json"

    write_history(found, path)

    data = json.loads(path.read_text("utf-8"))
    assert data["contact"]["address"] == address(1)
    (letter,) = data["letters"]
    assert (letter["issue"], letter["state"], letter["reply"]) == (issue.id, "accepted", "queued")
    assert data["lists"][0]["list"] == "all"
    assert [one["act"] for one in data["changes"]] == ["added", "joined"]


async def test_a_correspondent_sees_the_history_of_their_city_alone(
    store: Store, tmp_path: Path
) -> None:
    """Another city's contact is as unknown as nobody's address."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))

    assert (await history_of(store, A, address_hash=hashed, scope=CAMILLE)).record
    errors = []
    for unknown in (C, "nobody@x.test"):
        with pytest.raises(NotFoundError) as caught:
            await history_of(store, unknown, address_hash=hashed, scope=CAMILLE)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


async def test_opt_outs_travel_as_hashes(store: Store, tmp_path: Path) -> None:
    """Written, read into another database, and there for good; the file names nobody."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    await suppress(store, A)
    await erase(store, C)
    await replace(store, B, "neuf@liege.test")
    file = tmp_path / "opt-outs.csv"
    assert await write_opt_outs(store, file) == 3
    assert "@" not in file.read_text("utf-8")
    kept = await keep_opt_outs(store)

    await put_back(store, {})
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    assert await read_opt_outs(store, file, by="office", now=LATER) == 3

    assert await keep_opt_outs(store) == kept
    assert await on_list(store) == {}
    assert (await history(store, C)).record is None
    assert await read_opt_outs(store, file, by="office", now=LATER) == 0
    spoilt = tmp_path / "spoilt.csv"
    spoilt.write_text("address_hash,at\nabc,2026-01-01T00:00:00+00:00\n", encoding="utf-8")
    with pytest.raises(InputError, match="no opt-out"):
        await read_opt_outs(store, spoilt, by="office", now=LATER)


async def test_letters_go_to_member_cities_alone(store: Store, tmp_path: Path) -> None:
    """A city that left keeps its contacts for a while, and they keep their peace."""
    rows = [*ROWS, "d@leeds.test,Dan,Leeds,en"]

    await bring_in(store, write_workspace(tmp_path, members=rows))

    assert set(await on_list(store)) == {A, B, C}
    assert (await history(store, "d@leeds.test")).record


async def test_old_rows_of_the_ledger_are_named_by_nobody_twice(store: Store) -> None:
    """An erased contact's letter has no address, and the unique rules still hold."""
    await put_back(store, {})
    issue = await a_frozen_issue(store, contacts=3)
    for number in (1, 2, 3):
        await erase_address(store, address(number), address_hash=hash_of, scope=OFFICE, now=LATER)
    async with store.writing() as tx:
        await tx.execute(update(deliveries).values(code=0))
    assert [one.mailbox for one in await ledger_lines(store, issue)] == ["", "", ""]
    assert await readers_of(store) == []
