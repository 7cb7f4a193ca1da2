"""How long what is kept, what the register says, and what whoever looks after cities sees."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from flows.domain.access import Scope
from flows.domain.consent import Act, Basis, Consent
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import NotDoneError, NotFoundError
from flows.domain.history import Origin, RequestState
from flows.domain.issue import IssueState
from flows.domain.language import Because, Language, resolve_language
from flows.operations.histories import history_of
from flows.operations.intake.places import How
from flows.operations.looking import (
    list_cities,
    quarter_start,
    read_city,
    scope_of,
    search_contacts,
)
from flows.operations.optouts import suppress_address
from flows.operations.reaching import reach_of
from flows.operations.register import Controller, write_register
from flows.operations.retaining import Clock, Spans, apply_retention, preview_retention
from flows.operations.undoing import past_imports, undo_import
from flows.operations.wishes import renew_consent
from flows.store.changes import Author
from flows.store.consents import record_acts
from flows.store.contacts import suppress
from flows.store.database import Store
from flows.store.issues import get_issue, move_issue
from flows.store.optouts import LEFT, leave_list
from flows.store.people import contact_changes, requests
from flows.store.records import find_record, hold_on_list
from flows.store.requests import Wish, count_waiting_wishes, keep_wish, next_due
from flows.store.searching import Wanted
from flows.store.tables import contacts, deliveries, memberships
from tests.functional.builders import (
    EN,
    FR,
    NL,
    NOW,
    SLUG,
    a_frozen_issue,
    address,
    hash_of,
    ledger_lines,
    settle,
    take,
)
from tests.functional.lists.people import (
    CAMILLE,
    OFFICE,
    bring_in,
    hashed,
    on_list,
    write_workspace,
)

A, B, C = "a@liege.test", "b@liege.test", "c@gent.test"
ROWS = [f"{A},Échevine Anne,Liège,fr-BE", f"{B},Bob,Liège,", f"{C},Cor,Gand,nl-BE"]
SPANS = Spans(
    confirm_days=7,
    off_lists_days=365,
    former_days=365,
    import_days=90,
    letters_days=730,
    ledger_days=1825,
    consent_days=1095,
    renewal_days=60,
)
CONTROLLER = Controller(
    name="Réseau", contact="donnees@x.test", officer="", policy_url="", relay="relay.x.test"
)


def later(**span: int) -> datetime:
    """Some time after everything began."""
    return NOW + timedelta(**span)


async def due(store: Store, *, now: datetime) -> dict[str, int]:
    """What would be purged, without what would not."""
    clocks = await preview_retention(store, SPANS, now=now)
    return {one.what: one.due.many for one in clocks if one.due.many}


async def purge(store: Store, *, now: datetime) -> list[Clock]:
    """Let the clocks strike."""
    return await apply_retention(store, SPANS, by="office", now=now)


async def count(store: Store, column: object) -> int:
    """How many rows have something in a column."""
    async with store.reading() as tx:
        return await tx.scalar(select(func.count(column))) or 0  # type: ignore[arg-type]


async def test_nothing_is_due_before_its_time(store: Store, tmp_path: Path) -> None:
    """Contacts on lists stay for as long as they are there."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))

    assert await due(store, now=later(days=89)) == {}
    assert await due(store, now=later(days=3000)) == {"what contacts were before imports": 1}


async def test_who_is_on_no_list_is_removed_after_a_year(store: Store, tmp_path: Path) -> None:
    """A preview first, which changes nothing; an opt-out stays without its contact."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    await suppress_address(store, A, because="asked", address_hash=hashed, scope=OFFICE, now=NOW)
    await bring_in(store, write_workspace(tmp_path, members=ROWS[2:]), now=later(days=10))

    assert "contacts on no list" not in await due(store, now=later(days=374))
    assert (await due(store, now=later(days=376)))["contacts on no list"] == 2
    assert await count(store, contacts.c.id) == 3
    await purge(store, now=later(days=376))

    assert await count(store, contacts.c.id) == 1
    kept = await history_of(store, A, address_hash=hashed, scope=OFFICE)
    assert kept.record is None
    assert kept.opt_out
    assert "contacts on no list" not in await due(store, now=later(days=376))


async def test_contacts_of_a_city_that_left_go_a_year_later(store: Store, tmp_path: Path) -> None:
    """Counted from the day on which it ceased to be a member, not from any other."""
    folder = write_workspace(tmp_path, members=ROWS)
    await bring_in(store, folder)
    book = folder / "cities.csv"
    book.write_text(
        book.read_text("utf-8").replace(
            "Europe/Brussels,member,Camille", "Europe/Brussels,former,Camille"
        ),
        "utf-8",
    )
    await bring_in(store, folder, now=later(days=100))
    await bring_in(store, folder, now=later(days=300))
    assert set(await on_list(store)) == {C}

    assert "contacts of former members" not in await due(store, now=later(days=464))
    assert (await due(store, now=later(days=466)))["contacts of former members"] == 2
    await purge(store, now=later(days=466))

    assert await count(store, contacts.c.id) == 1


async def test_who_is_forgotten_gets_no_letter_that_waits(store: Store) -> None:
    """An issue that was held for a year, say; what is on its way or was sent stays as it is."""
    issue = await a_frozen_issue(store, contacts=3)
    (claim,) = await take(store, issue, limit=1)
    async with store.writing() as tx:
        await tx.execute(delete(memberships))

    await purge(store, now=later(days=376))

    assert await count(store, contacts.c.id) == 0
    states = {line.mailbox: line.state for line in await ledger_lines(store, issue)}
    assert states.pop(claim.address) == DeliveryState.CLAIMED
    assert list(states.values()) == [DeliveryState.CANCELLED] * 2
    assert await take(store, issue, now=later(days=377)) == []


async def test_an_old_import_cannot_be_taken_back_any_more(store: Store, tmp_path: Path) -> None:
    """What contacts were before it is forgotten, and it says so."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    changed = [f"{A},Anna,Liège,fr", *ROWS[1:]]
    await bring_in(store, write_workspace(tmp_path, members=changed), now=later(days=1))
    assert await count(store, contact_changes.c.name) == 1

    await purge(store, now=later(days=92))

    assert await count(store, contact_changes.c.name) == 0
    (last, _) = await past_imports(store, scope=OFFICE)
    with pytest.raises(NotDoneError, match="too old"):
        await undo_import(store, last.number, scope=OFFICE, now=later(days=92))


async def test_letters_lose_their_addresses_and_keep_their_figures(store: Store) -> None:
    """Two years after their issue ended; one that goes on keeps all."""
    issue = await a_frozen_issue(store, contacts=2)
    claims = await take(store, issue)
    await settle(store, claims, Outcome(state=DeliveryState.ACCEPTED, code=250, reply="for x@y"))
    what = "addresses on letters of ended issues"
    assert what not in await due(store, now=later(days=4000))
    async with store.writing() as tx:
        await move_issue(
            tx, await get_issue(tx, issue.id), IssueState.SENT, now=NOW, finished_at=NOW
        )

    assert what not in await due(store, now=later(days=729))
    assert (await due(store, now=later(days=731)))[what] == 2
    await purge(store, now=later(days=731))

    async with store.reading() as tx:
        rows = (await tx.execute(select(deliveries))).all()
    assert {(row.mailbox, row.name, row.reply, row.state) for row in rows} == {
        ("", "", "", "accepted")
    }


async def a_consent(store: Store, of: str, *, at: datetime) -> None:
    """A reader who joined a list by themselves."""
    async with store.writing() as tx:
        record = await find_record(tx, hashed(of))
        assert record
        author = Author("reader", at)
        await hold_on_list(tx, author, record.id, "members", origin=Origin.READER)
        given = Consent(list="members", act=Act.GIVEN, at=at, source="form", basis=Basis.CONSENT)
        await record_acts(tx, hashed(of), [given])


async def wishes(store: Store) -> list[tuple[str, str]]:
    """What is to be mailed."""
    async with store.reading() as tx:
        rows = await tx.execute(select(requests.c.kind, requests.c.address))
        return [(row.kind, row.address) for row in rows]


async def test_a_consent_is_asked_for_again_before_it_lapses(store: Store, tmp_path: Path) -> None:
    """Once, sixty days ahead; who says yes stays, who says nothing is taken off."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    for one in (A, B):
        await a_consent(store, one, at=NOW)
    assert await due(store, now=later(days=1034)) == {"what contacts were before imports": 1}
    assert (await due(store, now=later(days=1036)))["consents to be renewed"] == 2

    await purge(store, now=later(days=1036))
    await purge(store, now=later(days=1037))
    assert await wishes(store) == [("renew", A), ("renew", B)]
    async with store.writing() as tx:
        asked = {"state": RequestState.ASKED, "due_at": None, "asked_at": later(days=1036)}
        await tx.execute(update(requests).values(**asked))
    assert await renew_consent(store, 1, now=later(days=1040))
    assert not await renew_consent(store, 1, now=later(days=1041))

    await purge(store, now=later(days=1094))
    assert set(await on_list(store, "members")) == {A, B, C}
    assert (await due(store, now=later(days=1097)))["consents not renewed"] == 1
    await purge(store, now=later(days=1097))

    assert set(await on_list(store, "members")) == {A, C}
    last = (await history_of(store, B, address_hash=hashed, scope=OFFICE)).consents[-1]
    assert (last.act, last.source) == (Act.ENDED, "consent not renewed")


async def test_whose_question_never_went_out_is_not_taken_off(store: Store, tmp_path: Path) -> None:
    """Their silence says nothing; they are asked again when that question is forgotten."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    await a_consent(store, A, at=NOW)
    await purge(store, now=later(days=1036))
    async with store.writing() as tx:
        tried = {"state": RequestState.DROPPED, "due_at": None, "asked_at": later(days=1036)}
        await tx.execute(update(requests).values(**tried))

    await purge(store, now=later(days=1097))
    assert A in await on_list(store, "members")
    assert len(await wishes(store)) == 1

    for day in (1157, 1158):
        await purge(store, now=later(days=day))
    assert A in await on_list(store, "members")
    assert await wishes(store) == [("renew", A)]


@pytest.mark.parametrize(("meanwhile", "back"), [("", {A}), ("leave", set()), ("stop", set())])
async def test_who_says_yes_too_late_is_put_on_again(
    store: Store, tmp_path: Path, meanwhile: str, back: set[str]
) -> None:
    """The link still works after the lapse; whoever left meanwhile, or for good, stays off."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    await a_consent(store, A, at=NOW)
    await purge(store, now=later(days=1036))
    async with store.writing() as tx:
        asked = {"state": RequestState.ASKED, "due_at": None, "asked_at": later(days=1036)}
        await tx.execute(update(requests).values(**asked))
    await purge(store, now=later(days=1097))
    assert A not in await on_list(store, "members")
    async with store.writing() as tx:
        now = later(days=1098)
        if meanwhile == "leave":
            await leave_list(tx, hashed(A), "members", reason=LEFT, source="test", now=now)
        elif meanwhile == "stop":
            await suppress(tx, hashed(A), reason="unsubscribed", source="test", now=now)

    assert await renew_consent(store, 1, now=later(days=1099))

    assert {A} & (await on_list(store, "members")).keys() == back


async def test_sign_ups_are_answered_before_our_own_questions(store: Store) -> None:
    """Thousands of renewals at once neither close the form nor keep it waiting."""
    renewal = Wish(
        kind="renew",
        address=A,
        mailbox=A,
        address_hash=hashed(A),
        city="Liège",
        language=FR,
        lists=("members",),
        text=None,
        challenge=None,
        network="",
        worked=True,
    )
    slow = renewal._replace(kind="subscribe", challenge="one", worked=False)
    async with store.writing() as tx:
        for _ in range(3):
            await keep_wish(tx, renewal, at=NOW, due_at=NOW)
        await keep_wish(tx, slow, at=NOW, due_at=later(minutes=10))

        assert await count_waiting_wishes(tx) == 1
        first = await next_due(tx, now=later(minutes=11))

    assert first
    assert first.wish.kind == "subscribe"


async def test_wishes_are_forgotten_when_their_links_have_ended(store: Store) -> None:
    """Addresses of strangers are nobody's to keep."""
    wish = Wish(
        kind="subscribe",
        address="new@x.test",
        mailbox="new@x.test",
        address_hash=hashed("new@x.test"),
        city="Liège",
        language=FR,
        lists=("lettre",),
        text=None,
        challenge="one",
        network="",
        worked=True,
    )
    async with store.writing() as tx:
        assert await keep_wish(tx, wish, at=NOW, due_at=NOW)
        assert not await keep_wish(tx, wish, at=NOW, due_at=NOW), "a form counts once"

    assert await due(store, now=later(days=7)) == {}
    assert await due(store, now=later(days=9)) == {"wishes from the public pages": 1}
    await purge(store, now=later(days=9))
    assert await wishes(store) == []


async def test_the_register_says_what_is_processed_and_why(store: Store, tmp_path: Path) -> None:
    """Bases by list, opt-outs by reason, cities, times: from the database and the settings."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))
    await a_consent(store, A, at=NOW)
    await suppress_address(store, B, because="asked", address_hash=hashed, scope=OFFICE, now=NOW)

    register = await write_register(store, CONTROLLER, SPANS, scope=OFFICE, now=NOW)

    said = register.as_json()
    assert said["controller"]["name"] == "Réseau"
    bases = {(one["list"], one["basis"]): one["contacts"] for one in said["legal_bases"]}
    assert bases == {("members", "consent"): 1, ("members", "legitimate_interest"): 2}
    assert said["opt_outs"] == {"suppressed": 1}
    assert said["contacts_by_city"] == {"Gand": 1, "Leeds": 0, "Liège": 2}
    assert said["days_kept"]["letters_days"] == 730
    text = register.as_markdown()
    for words in ("Réseau", "relay.x.test", "| members | consent | 1 |", "not set"):
        assert words in text
    own = await write_register(store, CONTROLLER, SPANS, scope=CAMILLE, now=NOW)
    assert own.as_json()["contacts_by_city"] == {"Liège": 2}
    assert own.as_json()["opt_outs"] == {}


async def test_cities_tell_whom_nobody_wrote_to(store: Store) -> None:
    """Contacts without a letter this quarter, by city; an accepted letter counts."""
    issue = await a_frozen_issue(store, contacts=6, suppressed=[6])
    claims = await take(store, issue, limit=3)
    await settle(store, claims, Outcome(state=DeliveryState.ACCEPTED, code=250))
    reached = {one.address for one in claims}

    standings = await list_cities(store, scope=OFFICE, since=quarter_start(NOW))

    counts = {one.city.name: one.count for one in standings}
    assert sum(one.contacts for one in counts.values()) == 6
    assert sum(one.silent for one in counts.values()) == 2
    assert sum(one.opted_out for one in counts.values()) == 1
    for standing in standings:
        name = standing.city.name
        page = await read_city(store, name, scope=OFFICE, since=quarter_start(NOW))
        silent = {one.address for one in page.silent}
        assert not silent & reached
        assert len(silent) == standing.count.silent
    after = await list_cities(store, scope=OFFICE, since=later(days=40))
    assert sum(one.count.silent for one in after) == 5
    assert {one.last_letter for one in after} <= {NOW, None}


@pytest.mark.parametrize(
    ("day", "first"),
    [("2026-01-01", "2026-01-01"), ("2026-06-30", "2026-04-01"), ("2026-12-31", "2026-10-01")],
)
def test_a_quarter_begins_on_its_first_day(day: str, first: str) -> None:
    """At midnight."""
    now = datetime.fromisoformat(day).replace(hour=13, tzinfo=UTC)
    assert quarter_start(now) == datetime.fromisoformat(first).replace(tzinfo=UTC)


async def test_a_correspondent_is_known_by_the_file_of_cities(store: Store, tmp_path: Path) -> None:
    """And sees that city alone: its page, its contacts, whatever they search for."""
    await bring_in(store, write_workspace(tmp_path, members=ROWS))

    scope = await scope_of(store, "Camille")

    assert scope == CAMILLE
    assert await scope_of(store, "Stranger") == Scope(by="Stranger", cities=frozenset())
    cities = await list_cities(store, scope=scope, since=NOW)
    assert [one.city.name for one in cities] == ["Liège"]
    found = await search_contacts(store, Wanted(), scope=scope, limit=9)
    assert {one.address for one in found.contacts} == {A, B}
    for hidden in ("Gand", "Gent", "Atlantis"):
        with pytest.raises(NotFoundError):
            await read_city(store, hidden, scope=scope, since=NOW)


async def test_contacts_are_found_by_what_one_knows(store: Store, tmp_path: Path) -> None:
    """Address however spelt, name, city, list, language, role; signs of patterns are signs."""
    file = tmp_path / "x.csv"
    await bring_in(store, write_workspace(tmp_path / "s", members=ROWS))
    file.write_text("email,city,name,roles\nd@gent.test,Gand,100% _ sûr,élue | adjointe\n", "utf-8")
    await bring_in(store, file, how=How(lists=["prevention"]))

    async def find(**wanted: str) -> set[str]:
        query = Wanted(**wanted)  # type: ignore[arg-type]
        found = await search_contacts(store, query, scope=OFFICE, limit=9, address_hash=hashed)
        assert found.total == len(found.contacts)
        return {one.address for one in found.contacts}

    assert await find(text="A@LIÈGE.test".replace("È", "E")) == {A}
    assert await find(text="bob") == {B}
    assert await find(text="0% _") == {"d@gent.test"}
    assert await find(text="___") == set()
    assert await find(list="prevention") == {"d@gent.test"}
    assert await find(language="nl-BE") == {C}
    assert await find(city="Gand") == {C, "d@gent.test"}
    assert await find(role="élue") == {"d@gent.test"}
    assert await find(role="élu") == set()
    few = await search_contacts(store, Wanted(), scope=OFFICE, limit=2)
    assert (few.total, len(few.contacts)) == (4, 2)


@pytest.mark.parametrize("text", ["Évora", "évora", "ÉVORA", "évo", "ŒUVRE", "œuvre"])
async def test_accented_capitals_are_found_like_small_letters(
    store: Store, tmp_path: Path, text: str
) -> None:
    """In names as in addresses."""
    rows = [f"{A},Paço de Évora · Œuvre,Liège,", f"{B},PAÇO DE ÉVORA · ŒUVRE,Liège,"]
    await bring_in(store, write_workspace(tmp_path, members=rows))

    found = await search_contacts(store, Wanted(text=text), scope=OFFICE, limit=9)

    assert {one.address for one in found.contacts} == {A, B}


async def test_an_audience_says_who_reads_what_and_why(store: Store, tmp_path: Path) -> None:
    """Own language, its parent, the city's, the network's: each once."""
    rows = [*ROWS, "d@gent.test,D,Gand,de", "e@liege.test,E,Liège,en"]
    await bring_in(store, write_workspace(tmp_path, members=rows, prevention=rows[:2]))
    await suppress_address(store, B, because="x", address_hash=hashed, scope=OFFICE, now=NOW)

    reach = await reach_of(store, SLUG, lists=[], editions=[FR, EN, NL], named=True)

    assert (reach.readers, reach.opted_out) == (4, 1)
    assert reach.by_language == {"fr": 1, "en": 1, "nl": 2}
    assert reach.by_city == {"Gand": 2, "Liège": 2}
    assert {one.mailbox: (one.language, one.because) for one in reach.who} == {
        A: ("fr", "parent"),
        C: ("nl", "parent"),
        "d@gent.test": ("nl", "city"),
        "e@liege.test": ("en", "own"),
    }
    only = await reach_of(store, SLUG, lists=["prevention"], editions=[EN])
    assert only.by_reason == {"network": {"en": 1}}


TAGS = st.sampled_from(["fr", "fr-BE", "nl", "nl-BE", "en", "en-GB", "de", "zh-Hant", "zh-Hant-TW"])


@given(own=st.none() | TAGS, city=TAGS, editions=st.sets(TAGS, min_size=1), network=TAGS)
def test_everybody_gets_one_language_that_there_is(
    own: str | None, city: str, editions: set[str], network: str
) -> None:
    """The steps go in their order, and the network's own comes last."""
    available = {Language(one) for one in editions | {network}}
    found = resolve_language(
        Language(own) if own else None,
        Language(city),
        editions=available,
        network=Language(network),
    )
    assert found.language in available
    if own in available:
        assert found == (own, Because.OWN)
    if found.because is Because.CITY:
        assert own is None or not any(own == one or own.startswith(f"{one}-") for one in available)
    if found.because is Because.NETWORK:
        assert city not in available


async def test_addresses_of_the_ledger_are_no_contacts_of_cities(store: Store) -> None:
    """A city's page has its own contacts alone."""
    await a_frozen_issue(store, contacts=3)
    page = await read_city(store, "Liège", scope=OFFICE, since=NOW)
    assert [one.address for one in page.contacts] == [address(3)]
    assert page.contacts[0].address_hash == hash_of(address(3))
