import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from flows.domain.article import Slug
from flows.domain.delivery import DeliveryState
from flows.domain.errors import NotDoneError
from flows.domain.issue import Issue, IssueState
from flows.domain.language import Language
from flows.operations.addressing import Departure
from flows.operations.delivering import Frozen, approved_editions
from flows.operations.issues import cancel_issue
from flows.operations.reaching import newcomers_to
from flows.store.cities import keep_cities
from flows.store.database import Store
from flows.store.issues import create_issue, get_issue, move_issue
from flows.store.reviews import Decision, record_decision
from flows.store.tables import contacts, deliveries, editions, issue_editions, memberships
from tests.functional.builders import (
    CITIES,
    FR,
    LANGUAGES,
    LETTERHEAD,
    NOW,
    SLUG,
    a_frozen_issue,
    address,
    an_approved_issue,
    an_edition,
    freeze,
    ledger_lines,
    some_contacts,
    take,
    tally,
)

S = DeliveryState


async def _languages(store: Store, issue: Issue) -> list[str]:
    async with store.reading() as tx:
        query = deliveries.select().where(deliveries.c.issue == issue.id)
        rows = (await tx.execute(query.order_by(deliveries.c.contact))).all()
    return [row.language for row in rows]


async def test_everybody_is_addressed_once_in_one_language(store: Store) -> None:
    """A reader without a language of their own gets the city's."""
    issue = await freeze(store, await an_approved_issue(store, contacts=6))
    assert issue.state is IssueState.SENDING
    assert issue.started_at == NOW
    assert await tally(store, issue) == {S.PENDING: 6}
    # Readers 1 to 6 live in Rotterdam, Leicester, Liège and so on.
    assert await _languages(store, issue) == ["nl", "en", "fr"] * 2


async def test_a_reader_gets_the_nearest_language_there_is(store: Store) -> None:
    """Their own by its parents, then the city's, then the network's."""
    issue = await an_approved_issue(store, contacts=4)
    async with store.writing() as tx:
        for number, language in ((1, "nl-BE"), (2, "fr"), (3, "pt")):
            await tx.execute(
                update(contacts).where(contacts.c.id == number).values(language=language)
            )
        polish = CITIES[1].__class__(
            name="Rotterdam", country="PL", language=Language("pl"), timezone="Europe/Warsaw"
        )
        await keep_cities(tx, [polish], now=NOW)
    await freeze(store, issue)
    assert await _languages(store, issue) == ["nl", "fr", "fr", "fr"]


async def test_freezing_again_changes_nothing(store: Store) -> None:
    """The orchestrator repeats steps; who came later is not in this issue."""
    issue = await freeze(store, await an_approved_issue(store, contacts=3))
    await some_contacts(store, 2, first=4)
    again = await freeze(store, issue, now=NOW + timedelta(days=1))
    assert again == issue
    assert await tally(store, issue) == {S.PENDING: 3}


async def test_two_freezes_at_once_make_one_audience(store: Store) -> None:
    """Twice the command at the same moment: neither fails, nobody is addressed twice."""
    issue = await an_approved_issue(store, contacts=20)
    frozen = await asyncio.gather(*(freeze(store, issue) for _ in range(4)))
    assert {one.state for one in frozen} == {IssueState.SENDING}
    assert await tally(store, issue) == {S.PENDING: 20}


async def test_two_issues_of_an_article_share_no_reader(store: Store) -> None:
    """Also when they are frozen at the same moment."""
    first = await an_approved_issue(store, contacts=10)
    async with store.writing() as tx:
        second = await create_issue(tx, SLUG, lists=("all",), now=NOW)
        second = await move_issue(tx, second, IssueState.APPROVED, now=NOW)
    results = await asyncio.gather(
        freeze(store, first), freeze(store, second), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in results) == ["Issue", "NotDoneError"]
    lines = [*await ledger_lines(store, first), *await ledger_lines(store, second)]
    assert len(lines) == len({line.mailbox for line in lines}) == 10


async def test_who_opted_out_is_counted_and_not_addressed(store: Store) -> None:
    """The audience adds up with them."""
    issue = await freeze(store, await an_approved_issue(store, contacts=4, suppressed=(2, 3)))
    assert await tally(store, issue) == {S.PENDING: 2, S.SUPPRESSED: 2}


async def test_an_issue_without_readers_is_not_begun(store: Store) -> None:
    """It says which command brings some."""
    issue = await an_approved_issue(store, contacts=0)
    with pytest.raises(NotDoneError, match="nobody") as caught:
        await freeze(store, issue)
    assert "newsletter subscribers import" in str(caught.value)


async def test_a_language_without_approval_keeps_everything_back(store: Store) -> None:
    """The last verdict counts."""
    issue = await an_approved_issue(store)
    async with store.writing() as tx:
        rejection = Decision(
            language=FR, verdict="rejected", digest=None, by="reviewer", because="faute", at=NOW
        )
        await record_decision(tx, SLUG, rejection)
    with pytest.raises(NotDoneError, match="fr is not approved"):
        await freeze(store, issue)
    assert await ledger_lines(store, issue) == []


async def test_an_issue_in_review_cannot_be_frozen(store: Store) -> None:
    """Approvals alone are not enough: the gate was not passed."""
    await an_approved_issue(store, contacts=1, slug=Slug("other"))
    async with store.writing() as tx:
        issue = await create_issue(tx, SLUG, lists=(), now=NOW)
    with pytest.raises(NotDoneError, match="in_review"):
        await freeze(store, issue)


async def test_what_is_sent_is_what_was_approved(store: Store) -> None:
    """The frozen editions are the approved ones, whatever is approved afterwards."""
    issue = await freeze(store, await an_approved_issue(store))
    later = an_edition(FR, title="Autre titre")
    async with store.writing() as tx:
        verdict = Decision(
            language=FR, verdict="approved", digest=later.digest, by="r", because="", at=NOW
        )
        await record_decision(tx, SLUG, verdict)
    assert await approved_editions(store, issue.id) == {
        language: Frozen(edition=an_edition(language), letterhead=LETTERHEAD)
        for language in LANGUAGES
    }


async def test_an_edition_that_was_touched_in_the_database_is_not_sent(store: Store) -> None:
    """Its hash is computed again before a letter is made of it."""
    issue = await freeze(store, await an_approved_issue(store))
    async with store.writing() as tx:
        await tx.execute(
            update(editions).where(editions.c.language == "fr").values(subject="Autre")
        )
    with pytest.raises(NotDoneError, match="fr edition"):
        await approved_editions(store, issue.id)


async def test_a_failed_freeze_leaves_nothing_behind(store: Store) -> None:
    """The issue can be frozen as soon as the reason is gone."""
    issue = await an_approved_issue(store, contacts=0)
    with pytest.raises(NotDoneError):
        await freeze(store, issue)
    async with store.reading() as tx:
        assert (await tx.execute(issue_editions.select())).all() == []
        assert (await get_issue(tx, issue.id)).state is IssueState.APPROVED
    await some_contacts(store, 1)
    assert (await freeze(store, issue)).state is IssueState.SENDING


async def departures(store: Store, issue: Issue) -> dict[str, timedelta]:
    """How long after the start each reader's letter leaves."""
    return {
        line.mailbox: line.next_at - NOW
        for line in await ledger_lines(store, issue)
        if line.next_at is not None
    }


async def test_nothing_leaves_within_the_undo_window(store: Store) -> None:
    """A sender finds nothing due before; who cancels within it spares everybody."""
    issue = await an_approved_issue(store, contacts=3)
    undo = timedelta(minutes=2)
    issue = await freeze(store, issue, departure=Departure(undo=undo))
    assert set((await departures(store, issue)).values()) == {undo}
    assert await take(store, issue, now=NOW + undo - timedelta(seconds=1)) == []
    _, spared = await cancel_issue(store, issue.id, now=NOW)
    assert spared == 3
    assert await tally(store, issue) == {S.CANCELLED: 3}


async def test_the_first_wave_leaves_before_all_others(store: Store) -> None:
    """So that somebody of ours sees the letter before everybody has it."""
    issue = await an_approved_issue(store, contacts=4)
    async with store.writing() as tx:
        await tx.execute(insert(memberships).values(list="seeds", contact=2))
    wave = Departure(undo=timedelta(minutes=1), first_wave="seeds", head_start=timedelta(minutes=9))
    issue = await freeze(store, issue, departure=wave)
    expected = {address(n): timedelta(minutes=1 if n == 2 else 10) for n in range(1, 5)}
    assert await departures(store, issue) == expected


async def test_a_first_wave_to_no_list_is_refused(store: Store) -> None:
    """A misspelt name would send to everybody at once; nothing is frozen."""
    issue = await an_approved_issue(store, contacts=2)
    wave = Departure(first_wave="seads", head_start=timedelta(minutes=9))
    with pytest.raises(NotDoneError, match=r"'seads'.*sending\.first_wave.*lists: all\n") as caught:
        await freeze(store, issue, departure=wave)
    assert "newsletter.toml" in str(caught.value)
    assert await ledger_lines(store, issue) == []


async def test_an_issue_without_readers_in_the_first_wave_does_not_wait_for_it(
    store: Store,
) -> None:
    """Seeds on other lists, or who opted out, hold nobody up."""
    issue = await an_approved_issue(store, contacts=2, lists=("all",))
    await some_contacts(store, 1, first=8, lists=("seeds",))
    await some_contacts(store, 1, first=9, lists=("all", "seeds"), suppressed={9})
    wave = Departure(first_wave="seeds", head_start=timedelta(minutes=9))
    issue = await freeze(store, issue, departure=wave)
    assert set((await departures(store, issue)).values()) == {timedelta()}


async def test_who_came_to_its_lists_since_is_counted(store: Store) -> None:
    """Not who opted out, nor whom another issue of the article goes to."""
    issue = await a_frozen_issue(store, contacts=3)
    assert await newcomers_to(store, issue.id) == 0

    await some_contacts(store, 3, first=4, suppressed={4})
    assert await newcomers_to(store, issue.id) == 2

    await some_contacts(store, 1, first=7, lists=("staff",))
    async with store.writing() as tx:
        other = await create_issue(tx, SLUG, lists=["staff"], now=NOW)
        other = await move_issue(tx, other, IssueState.APPROVED, now=NOW)
    await freeze(store, other)
    assert await newcomers_to(store, issue.id) == 2
