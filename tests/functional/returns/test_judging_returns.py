"""Whom bounces end the letters to: three soft of the last five, and the brake on hard ones."""

import pytest

from flows.domain.access import Scope, everywhere
from flows.domain.article import Slug
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.issue import Issue, IssueId
from flows.operations.delivering import resume_issue
from flows.operations.histories import read_history
from flows.operations.hygiene import judge_returns, list_concerns, note_refusals, suppress_held
from flows.operations.issues import pause_issue
from flows.operations.settling import retry_failed
from flows.operations.vouching import vouch_for_address
from flows.store.contacts import suppress
from flows.store.returns import count_returned
from tests.functional.builders import NOW, a_frozen_issue, address, hash_of, settle, take
from tests.functional.returned_mail import a_bounce, an_opt_out, deliver_to
from tests.functional.returns.conftest import ACCEPTED, Returns

FULL = {"status": "5.2.2", "diagnostic": "smtp; 552 5.2.2 mailbox full"}


async def some_issues(back: Returns, pattern: str) -> set[str]:
    """Issues one after the other, whose letters to reader 1 came back where there is an `x`.

    Those that are there already count. Who is suppressed in the end.
    """
    for number in range(len(back.letters), len(pattern)):
        issue = await back.an_issue(letters=2, slug=f"article-{number}")
        if pattern[number] == "x":
            deliver_to(back.maildir, a_bounce(back.path(issue, 1), **FULL, number=number))
        await back.read()
    return set(await back.suppressed())


@pytest.mark.parametrize("pattern", ["xxx", "x.x.x", "xx..x"])
async def test_three_soft_bounces_of_the_last_five_letters_end_it(
    back: Returns, pattern: str
) -> None:
    """With the third; the letters between may have arrived."""
    assert await some_issues(back, pattern[:-1]) == set()
    assert await some_issues(back, pattern) == {hash_of(address(1))}


@pytest.mark.parametrize("pattern", ["xx", "xx...x", "x..x..x"])
async def test_a_mailbox_that_is_full_now_and_then_is_written_to(
    back: Returns, pattern: str
) -> None:
    """Fewer than three of the last five."""
    assert await some_issues(back, pattern) == set()


async def test_many_soft_bounces_of_one_letter_count_once(back: Returns) -> None:
    """A server that reports daily, or somebody who replays."""
    issue = await back.an_issue()
    path = back.path(issue, 1)
    deliver_to(back.maildir, *(a_bounce(path, **FULL, number=n) for n in range(5)))
    await back.read()
    assert await back.suppressed() == {}
    assert await back.recorded() == {("soft", "none"): 5}


async def test_policy_refusals_never_end_it(back: Returns) -> None:
    """They are ours, and shown as such."""
    for number in range(4):
        issue = await back.an_issue(slug=f"article-{number}")
        spam = a_bounce(
            back.path(issue, 1), status="5.7.1", diagnostic="smtp; 550 5.7.1 spam", number=number
        )
        deliver_to(back.maildir, spam)
        await back.read()
    assert await back.suppressed() == {}
    concerns = await list_concerns(back.store, back.kept, now=back.clock.now)
    assert [(pile.letters, pile.example) for pile in concerns.policy] == [
        (1, "5.7.1 550 5.7.1 spam")
    ] * 4


async def test_a_flood_of_hard_bounces_is_held_for_a_person(back: Returns) -> None:
    """More than ten, and more than the brake's share: it looks like our own fault."""
    issue = await back.an_issue(letters=40)
    deliver_to(back.maildir, *(a_bounce(back.path(issue, n)) for n in range(1, 12)))
    await back.read()
    assert await back.suppressed() == {}
    (held,) = (await list_concerns(back.store, back.kept, now=NOW)).held
    assert (held.issue, held.letters) == (issue.id, 11)
    assert "user unknown" in held.example


@pytest.mark.parametrize(("bounced", "brake_percent"), [(10, 1), (11, 30)])
async def test_few_or_a_small_part_of_hard_bounces_suppress(
    back: Returns, bounced: int, brake_percent: int
) -> None:
    """An old list has dead addresses; the settings say how many are too many."""
    issue = await back.an_issue(letters=40)
    deliver_to(back.maildir, *(a_bounce(back.path(issue, n)) for n in range(1, bounced + 1)))
    await back.read(brake_percent=brake_percent)
    assert len(await back.suppressed()) == bounced


async def a_refused_issue(back: Returns, refused: int, *, letters: int = 40, reply: str) -> Issue:
    """An issue of which the relay refused some letters, by what it said at RCPT."""
    issue = await a_frozen_issue(back.store, contacts=letters, slug=Slug("refused"))
    claims = await take(back.store, issue, limit=letters + 1)
    said = Outcome(state=DeliveryState.REFUSED, code=550, reply=reply)
    await settle(back.store, claims[:refused], said)
    await settle(back.store, claims[refused:], ACCEPTED)
    return issue


async def judge_refusals(back: Returns, issue: Issue) -> int:
    """What the end of a sending does; how many refusals are new."""
    noted = await note_refusals(back.store, issue.id, now=NOW)
    await judge_returns(back.store, brake_percent=10, now=NOW)
    return noted


OFFICE = everywhere("Camille")
UNKNOWN = "5.1.1 <someone>: Recipient address rejected: User unknown in virtual mailbox table"


async def test_a_relay_that_knows_no_such_mailbox_counts_like_a_bounce(back: Returns) -> None:
    """Once; the report counts the letter as refused, not as come back, too."""
    issue = await a_refused_issue(back, 2, reply=UNKNOWN)

    assert await judge_refusals(back, issue) == 2
    assert set((await back.suppressed()).values()) == {"bounced"}
    assert len(await back.suppressed()) == 2
    assert await judge_refusals(back, issue) == 0
    async with back.store.reading() as tx:
        assert await count_returned(tx, issue.id) == (0, 0)


async def test_many_refused_addresses_are_held_for_a_person(back: Returns) -> None:
    """The same brake as for bounces: a relay that refuses everybody is rather our own fault."""
    issue = await a_refused_issue(back, 11, reply=UNKNOWN)

    await judge_refusals(back, issue)

    assert await back.suppressed() == {}
    (held,) = (await list_concerns(back.store, back.kept, now=NOW)).held
    assert (held.issue, held.letters) == (issue.id, 11)


async def test_few_refusals_that_are_a_great_part_are_held(back: Returns) -> None:
    """A relay that refuses everybody is stopped before there are ten."""
    issue = await a_refused_issue(back, 6, letters=6, reply=UNKNOWN)

    await judge_refusals(back, issue)

    assert await back.suppressed() == {}
    (held,) = (await list_concerns(back.store, back.kept, now=NOW)).held
    assert (held.issue, held.letters) == (issue.id, 6)


async def test_the_refusals_of_a_stopped_issue_wait_for_a_person(back: Returns) -> None:
    """However small their part is in the end; who says that they are right ends these letters."""
    issue = await a_refused_issue(back, 2, reply=UNKNOWN)
    await pause_issue(back.store, issue.id, because="too many refusals", now=NOW)
    await judge_refusals(back, issue)
    await resume_issue(back.store, issue.id, now=NOW)
    await judge_refusals(back, issue)
    assert await back.suppressed() == {}

    assert await suppress_held(back.store, issue.id, by="Camille", now=NOW) == 2

    assert set((await back.suppressed()).values()) == {"bounced"}


async def test_trying_the_refused_again_takes_back_what_their_refusals_ended(
    back: Returns,
) -> None:
    """The relay was at fault: they are written to again, which their history tells."""
    issue = await a_refused_issue(back, 2, reply=UNKNOWN)
    await judge_refusals(back, issue)
    hashes = set(await back.suppressed())
    async with back.store.writing() as tx:
        await suppress(tx, hash_of(address(40)), reason="bounced", source="bounces of x", now=NOW)

    assert await retry_failed(back.store, issue.id, by="Camille", now=NOW) == 2

    assert await back.suppressed() == {hash_of(address(40)): "bounced"}
    async with back.store.reading() as tx:
        for hashed in hashes:
            change = (await read_history(tx, hashed)).changes[-1]
            assert (change.by, "are withdrawn" in change.why) == ("Camille", True)
    claims = await take(back.store, issue)
    assert {one.address for one in claims} == {
        address(n) for n in range(1, 41) if hash_of(address(n)) in hashes
    }


async def test_an_address_that_is_refused_once_more_counts_once_more(back: Returns) -> None:
    """What was withdrawn was the answer to another try."""
    issue = await a_refused_issue(back, 2, reply=UNKNOWN)
    await judge_refusals(back, issue)
    await retry_failed(back.store, issue.id, by="Camille", now=NOW)
    said = Outcome(state=DeliveryState.REFUSED, code=550, reply=UNKNOWN)
    await settle(back.store, await take(back.store, issue), said)

    assert await judge_refusals(back, issue) == 2
    assert len(await back.suppressed()) == 2
    assert await judge_refusals(back, issue) == 0


@pytest.mark.parametrize(
    "reply",
    [
        "5.7.1 <someone>: Recipient address rejected: Access denied",
        "5.1.8 <me@x.test>: Sender address rejected: Domain not found",
        "5.2.2 mailbox full",
        "5.1.0 Address rejected by our spam policy",
        "no such user",
    ],
)
async def test_other_refusals_end_nobody_s_letters(back: Returns, reply: str) -> None:
    """Ours, passing ones, and those that name no status."""
    issue = await a_refused_issue(back, 2, reply=reply)

    assert await judge_refusals(back, issue) == 0
    assert await back.suppressed() == {}


async def test_somebody_can_vouch_for_an_address_that_bounced(back: Returns) -> None:
    """It is written to again; who said so, and why, is kept, and what came back before as well."""
    issue = await a_refused_issue(back, 1, reply=UNKNOWN)
    await judge_refusals(back, issue)
    ((hashed, _),) = (await back.suppressed()).items()
    (who,) = [address(n) for n in range(1, 41) if hash_of(address(n)) == hashed]

    await vouch(back, who, because="called the town hall")

    assert await back.suppressed() == {}
    async with back.store.reading() as tx:
        history = await read_history(tx, hashed)
    assert "called the town hall" in history.changes[-1].why
    assert history.changes[-1].by == "Camille"
    assert [one.kind for one in history.returns] == ["hard"]
    with pytest.raises(NotDoneError, match="nothing ends"):
        await vouch(back, who, because="again")


@pytest.mark.parametrize("reason", ["unsubscribed", "complained", "suppressed", "erased"])
async def test_nobody_vouches_for_what_a_reader_or_we_said(back: Returns, reason: str) -> None:
    """An opt-out is for ever, a complaint too."""
    await a_refused_issue(back, 0, reply="")
    async with back.store.writing() as tx:
        await suppress(tx, hash_of(address(1)), reason=reason, source="test", now=NOW)

    with pytest.raises(NotDoneError, match="no bounce"):
        await vouch(back, address(1), because="I want it")

    assert await back.suppressed() == {hash_of(address(1)): reason}


async def test_vouching_takes_a_reason_and_a_contact_within_reach(back: Returns) -> None:
    """Nobody is told of others' contacts."""
    await a_refused_issue(back, 0, reply="")
    with pytest.raises(InputError, match="--because"):
        await vouch(back, address(1), because=" ")
    for who, scope in (
        ("nobody@x.test", OFFICE),
        (address(1), Scope(by="Camille", cities=frozenset({"Elsewhere"}))),
    ):
        with pytest.raises(NotFoundError, match="no contact"):
            await vouch(back, who, because="x", scope=scope)


async def vouch(back: Returns, who: str, *, because: str, scope: Scope = OFFICE) -> None:
    """Somebody's word that an address works."""
    await vouch_for_address(
        back.store, who, because=because, address_hash=hash_of, scope=scope, now=NOW
    )


async def test_a_person_can_take_held_bounces_for_real(back: Returns) -> None:
    """Once; it is written down who did."""
    issue = await back.an_issue(letters=40)
    deliver_to(back.maildir, *(a_bounce(back.path(issue, n)) for n in range(1, 16)))
    await back.read()
    assert await suppress_held(back.store, issue.id, by="Camille", now=NOW) == 15
    assert len(await back.suppressed()) == 15
    with pytest.raises(NotDoneError, match="held"):
        await suppress_held(back.store, issue.id, by="Camille", now=NOW)
    with pytest.raises(NotFoundError):
        await suppress_held(back.store, IssueId("none-1"), by="Camille", now=NOW)


async def test_held_bounces_count_when_their_part_is_small_again(back: Returns) -> None:
    """The first letters' bounces come while the rest of an issue still leaves."""
    issue = await back.an_issue(letters=40)
    deliver_to(back.maildir, *(a_bounce(back.path(issue, n)) for n in range(1, 12)))
    await back.read()
    assert await judge_returns(back.store, brake_percent=50, now=NOW) == 11
    assert len(await back.suppressed()) == 11


async def test_a_bounce_takes_no_opt_out_s_place(back: Returns) -> None:
    """Whoever left stays so, with the reason that they gave."""
    issue = await back.an_issue()
    deliver_to(back.maildir, an_opt_out(back.leave(issue, 1)), a_bounce(back.path(issue, 1)))
    await back.read()
    assert await back.suppressed() == {hash_of(address(1)): "unsubscribed"}


async def test_an_opt_out_takes_a_bounce_s_place(back: Returns) -> None:
    """Mail may reach a mailbox again one day; whoever left stays away for ever."""
    issue = await back.an_issue()
    deliver_to(back.maildir, a_bounce(back.path(issue, 1)))
    await back.read()
    deliver_to(back.maildir, an_opt_out(back.leave(issue, 1)))
    await back.read()
    deliver_to(back.maildir, a_bounce(back.path(issue, 1), number=2))
    await back.read()
    assert await back.suppressed() == {hash_of(address(1)): "unsubscribed"}
