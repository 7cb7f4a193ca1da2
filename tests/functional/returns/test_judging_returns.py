"""Whom bounces end the letters to: three soft of the last five, and the brake on hard ones."""

import pytest

from flows.domain.errors import NotDoneError, NotFoundError
from flows.domain.issue import IssueId
from flows.operations.hygiene import judge_returns, list_concerns, suppress_held
from tests.functional.builders import NOW, address, hash_of
from tests.functional.returned_mail import a_bounce, an_opt_out, deliver_to
from tests.functional.returns.conftest import Returns

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
