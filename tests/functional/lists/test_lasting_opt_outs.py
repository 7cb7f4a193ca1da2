"""An opt-out is for ever: whatever is imported, merged, erased, undone or restored afterwards."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from flows.domain.errors import NewsletterError
from flows.domain.optout import ERASURES, RETURNABLE
from flows.operations.optouts import (
    carry_opt_outs,
    erase_address,
    keep_opt_outs,
    suppress_address,
)
from flows.operations.replacing import Replacement, replace_contact
from flows.operations.undoing import past_imports, undo_import
from flows.store.contacts import suppress
from flows.store.database import Store
from flows.store.optouts import LEFT, REPLACED, OptOut, leave_list, leavings_of
from flows.store.tables import contacts
from tests.functional.builders import MovableClock
from tests.functional.lists.people import (
    OFFICE,
    Snapshot,
    bring_in,
    everything,
    hashed,
    on_list,
    put_back,
    write_workspace,
)

SPELLINGS = (
    ("a@liege.test", "A@Liege.TEST", " a@liege.test"),
    ("b@bücher.test", "B@xn--bcher-kva.test", "b@BU\u0308CHER.test"),
    ("c@gent.test", "C@GENT.test", "c@gent.test "),
)
LISTS = ("members", "prevention")
people = st.integers(0, len(SPELLINGS) - 1)
spelt = st.tuples(people, st.integers(0, 2))
rows = st.lists(spelt, max_size=5)
acts = st.one_of(
    st.tuples(st.just("import_"), rows, rows),
    st.tuples(st.just("import_"), rows, rows),
    st.tuples(st.just("undo"), st.integers(0, 2), st.none()),
    st.tuples(st.just("replace"), spelt, spelt),
    st.tuples(st.just("merge"), spelt, spelt),
    st.tuples(st.just("suppress"), spelt, st.none()),
    st.tuples(st.just("leave"), people, st.sampled_from(LISTS)),
    st.tuples(st.just("erase"), spelt, st.none()),
    st.tuples(st.sampled_from(["back_up", "restore"]), st.none(), st.none()),
)


def written(one: tuple[int, int]) -> str:
    """One spelling of one person's address."""
    return SPELLINGS[one[0]][one[1]]


def mailbox(person: int) -> str:
    """The form that goes on the envelope."""
    return SPELLINGS[person][0].replace("bücher", "xn--bcher-kva")


@dataclass(kw_only=True)
class Network:
    """The lists of a network, and what its readers have said."""

    store: Store
    folder: Path
    clock: MovableClock = field(default_factory=MovableClock)
    gone: set[int] = field(default_factory=set)
    erased: set[int] = field(default_factory=set)
    left: set[tuple[int, str]] = field(default_factory=set)
    backup: Snapshot = field(default_factory=dict)

    async def import_(self, members: Sequence[tuple[int, int]], prevention: object) -> None:
        """Both lists, as somebody has them."""
        lists = {"members": members, "prevention": prevention}
        texts = {
            name: [f"{written(one)},N,Liège,fr" for one in some]  # type: ignore[attr-defined]
            for name, some in lists.items()
        }
        await bring_in(self.store, write_workspace(self.folder, **texts), now=self.clock())

    async def undo(self, which: int, _: None) -> None:
        """One of the last imports is taken back."""
        numbers = [one.number for one in await past_imports(self.store, scope=OFFICE)]
        if which < len(numbers):
            await undo_import(self.store, numbers[which], scope=OFFICE, now=self.clock())

    async def replace(self, old: tuple[int, int], new: tuple[int, int]) -> None:
        """Somebody else takes an office over."""
        await self._replace(old, new, same_person=False)

    async def merge(self, old: tuple[int, int], new: tuple[int, int]) -> None:
        """Two addresses turn out to be the same person's: what they said holds for both."""
        known = await self._knows(old[0])
        lists = {name for person, name in self.left if person == old[0]}
        await self._replace(old, new, same_person=True)
        if known and old[0] in self.gone:
            self.gone.add(new[0])
        self.left |= {(new[0], name) for name in lists}

    async def _replace(
        self, old: tuple[int, int], new: tuple[int, int], *, same_person: bool
    ) -> None:
        await replace_contact(
            self.store,
            Replacement(old=written(old), new=written(new), same_person=same_person),
            address_hash=hashed,
            scope=OFFICE,
            now=self.clock(),
        )

    async def _knows(self, person: int) -> bool:
        async with self.store.reading() as tx:
            found = select(contacts.c.id).where(contacts.c.address_hash == hashed(mailbox(person)))
            return await tx.scalar(found) is not None

    async def suppress(self, one: tuple[int, int], _: None) -> None:
        """Somebody opts out, however their address is spelt."""
        await suppress_address(
            self.store,
            written(one),
            because="asked on the telephone",
            address_hash=hashed,
            scope=OFFICE,
            now=self.clock(),
        )
        self.gone.add(one[0])

    async def leave(self, person: int, name: str) -> None:
        """A reader leaves one list."""
        async with self.store.writing() as tx:
            await leave_list(
                tx,
                hashed(mailbox(person)),
                name,
                reason=LEFT,
                source="preferences",
                now=self.clock(),
            )
        self.left.add((person, name))

    async def erase(self, one: tuple[int, int], _: None) -> None:
        """Somebody wants to be forgotten."""
        await erase_address(
            self.store, written(one), address_hash=hashed, scope=OFFICE, now=self.clock()
        )
        self.gone.add(one[0])
        self.erased.add(one[0])

    async def back_up(self, *_: None) -> None:
        """The database is copied."""
        self.backup = await everything(self.store)

    async def restore(self, *_: None) -> None:
        """The copy comes back, and the opt-outs that are newer than it are carried over."""
        newer = await keep_opt_outs(self.store)
        await put_back(self.store, self.backup)
        await carry_opt_outs(self.store, newer, by="office", now=self.clock())

    async def check(self) -> None:
        """Nobody who opted out would be written to, and of the erased nothing is kept."""
        everybody = await on_list(self.store)
        assert not {mailbox(person) for person in self.gone} & everybody.keys()
        for name in LISTS:
            on_it = await on_list(self.store, name)
            left = {mailbox(person) for person, one in self.left if one == name}
            assert not left & on_it.keys(), name
        for person in self.erased:
            assert not await self._knows(person)


@settings(
    max_examples=25,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=st.lists(acts, min_size=6, max_size=16))
@example(
    [
        ("import_", [(0, 0)], []),
        ("replace", (0, 0), (1, 0)),
        ("leave", 0, "members"),
        ("replace", (1, 0), (0, 0)),
    ]
)
@example(
    [
        ("back_up", None, None),
        ("import_", [(0, 0)], []),
        ("erase", (0, 1), None),
        ("restore", None, None),
        ("import_", [(0, 2)], [(0, 0)]),
        ("undo", 0, None),
    ]
)
@example(
    [
        ("import_", [(0, 0)], []),
        ("import_", [], []),
        ("leave", 0, "members"),
        ("undo", 0, None),
    ]
)
async def test_no_sequence_of_acts_makes_an_opted_out_address_mailable(
    store: Store, script: list[tuple[str, object, object]]
) -> None:
    """Imports, undoing, replacements, merges, erasures and restores in any order."""
    await put_back(store, {})
    with tempfile.TemporaryDirectory() as folder:
        network = Network(store=store, folder=Path(folder) / "subscribers")
        for name, first, second in script:
            network.clock.advance(timedelta(minutes=1))
            try:
                await getattr(network, name)(first, second)
            except NewsletterError:
                continue  # an act that cannot be done now changes nothing
            finally:
                await network.check()


async def test_a_restore_brings_the_replaced_back_without_their_place(
    store: Store, tmp_path: Path
) -> None:
    """That another has their place is kept like an opt-out, and carried over like one."""
    await bring_in(store, write_workspace(tmp_path, members=["a@liege.test,A,Liège,fr"]))
    backup = await everything(store)
    await replace_contact(
        store,
        Replacement(old="a@liege.test", new="b@liege.test"),
        address_hash=hashed,
        scope=OFFICE,
        now=MovableClock()(),
    )
    newer = await keep_opt_outs(store)

    await put_back(store, backup)
    assert await carry_opt_outs(store, newer, by="office", now=MovableClock()()) == 1

    assert await on_list(store, "members") == {}
    async with store.reading() as tx:
        (left,) = await leavings_of(tx, hashed("a@liege.test"))
    assert left.reason == REPLACED


COMPLAINT, ERASURE, LEAVING = "complained", "erased", "unsubscribed"


async def say(store: Store, *acts: str) -> OptOut:
    """What is kept of an address after its reader, or we, said one thing after the other."""
    who = hashed("a@liege.test")
    for act in acts:
        if act == ERASURE:
            await erase_address(
                store, "a@liege.test", address_hash=hashed, scope=OFFICE, now=MovableClock()()
            )
        else:
            async with store.writing() as tx:
                await suppress(tx, who, reason=act, source="test", now=MovableClock()())
    (kept,) = await keep_opt_outs(store)
    return kept


@pytest.mark.parametrize("former", ["complained", "suppressed", "bounced"])
async def test_an_erasure_makes_no_other_reason_weaker(store: Store, former: str) -> None:
    """Both are kept, whichever came first: then no form of the public pages lifts it."""
    kept = await say(store, former, ERASURE)

    assert kept.reason == f"erased, {former}"
    assert kept.reason in ERASURES
    assert kept.reason not in RETURNABLE


@pytest.mark.parametrize("later", ["complained", "suppressed"])
async def test_what_is_said_after_an_erasure_stands_beside_it(store: Store, later: str) -> None:
    """Somebody complains about the last letter that was on its way."""
    assert (await say(store, ERASURE, later, LEAVING)).reason == f"erased, {later}"


async def test_who_left_and_is_erased_may_still_come_back(store: Store) -> None:
    """Both were their own word."""
    assert (await say(store, LEAVING, ERASURE)).reason in RETURNABLE


@pytest.mark.parametrize("later", ["complained", "suppressed"])
async def test_a_weightier_word_takes_the_place_of_an_unsubscription(
    store: Store, later: str
) -> None:
    """So that neither the undo of a day nor the form lifts it; a later click changes nothing."""
    assert (await say(store, LEAVING, later, LEAVING)).reason == later


async def test_erasures_with_their_reasons_outlast_a_restore(store: Store) -> None:
    """A database that knows an older opt-out, or a plain erasure, takes the weightier one over."""
    newer = [await say(store, COMPLAINT, ERASURE)]
    for before in (LEAVING, ERASURE, COMPLAINT):
        await put_back(store, {})
        await say(store, before)
        await carry_opt_outs(store, newer, by="office", now=MovableClock()())
        assert [one.reason for one in await keep_opt_outs(store)] == ["erased, complained"]
