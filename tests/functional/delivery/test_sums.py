"""Sums of issues with very many letters: kept, fresh enough, and the same as the ledger's."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from flows.domain.delivery import DeliveryState
from flows.domain.issue import Issue, IssueState
from flows.operations.pacing import measure_speed
from flows.operations.progress import history_of, look_at_progress
from flows.operations.reporting import report_issue
from flows.operations.settling import finish_issue, retry_failed
from flows.operations.sums import EVERY, FRESH, keep_up, sums_of
from flows.store.database import Store
from flows.store.sums import Sums, add_up, find_sums
from flows.store.tables import deliveries
from tests.functional.builders import CITIES, LANGUAGES, NOW, a_frozen_issue

S = DeliveryState
LATE = NOW + timedelta(seconds=90)
LARGE = 3_000
"""Letters that count as very many here: fifty thousand would be the same, and slow."""


@pytest.fixture(autouse=True)
def _large_is_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.operations.sums.LARGE", LARGE)


async def a_very_large_issue(store: Store, *, answered: bool = True) -> Issue:
    """An issue of as many letters as make one large; all are answered but the last three."""
    issue = await a_frozen_issue(store, contacts=3)
    rows = [
        {
            "issue": issue.id,
            "contact": number,
            "mailbox": f"r{number}@city.example.org",
            "address_hash": f"{number:064}",
            "name": "",
            "city": CITIES[number % 3].name,
            "language": LANGUAGES[number % 3],
            "message_id": f"<{number}@city.example.org>",
            "state": S.REFUSED if number % 1000 == 0 else S.ACCEPTED,
            "code": 550 if number % 1000 == 0 else 250,
            "reply": "no such user" if number % 1000 == 0 else "ok",
            "settled_at": NOW + timedelta(seconds=number % 90),
            "attempt": 1,
        }
        for number in range(1_000, LARGE + 997)
    ]
    async with store.writing() as tx:
        await tx.execute(insert(deliveries), rows)
        if answered:
            await tx.execute(
                update(deliveries)
                .where(deliveries.c.next_at.is_not(None))
                .values(state=S.ACCEPTED, next_at=None, code=250, settled_at=LATE)
            )
    return issue


async def kept(store: Store, issue: Issue) -> Sums | None:
    """What is kept of an issue."""
    async with store.reading() as tx:
        return await find_sums(tx, issue.id)


async def test_what_is_kept_of_a_large_issue_is_what_its_ledger_says(store: Store) -> None:
    """The whole report, and the pages' figures, from the sums as from the letters."""
    issue = await a_very_large_issue(store, answered=False)
    live = await report_issue(store, issue.id, now=LATE)
    history = await history_of(store, issue.id)
    again = await report_issue(store, issue.id, now=LATE + timedelta(seconds=1))

    found = await kept(store, issue)
    assert found is not None
    assert (found.kept, found.final, found.at) == (True, False, LATE)
    assert again.as_json() == live.as_json()
    assert (again.audience, again.troubles, again.answered) == (
        LARGE,
        live.troubles,
        live.answered,
    )
    assert history == found.history
    progress = await look_at_progress(store, issue.id, rate=None, now=LATE)
    assert progress.speed is not None
    assert progress.speed.per_minute == live.answered > 0
    speed = await measure_speed(store, issue.id, started_at=NOW, limit=None, now=LATE)
    assert (speed.per_minute, speed.waiting) == (live.answered, 3)


async def test_what_is_kept_serves_for_a_minute_while_letters_leave(store: Store) -> None:
    """Then it is added up anew; those who send do so every twenty seconds."""
    issue = await a_very_large_issue(store, answered=False)
    await keep_up(store, issue.id, clock=lambda: NOW)
    async with store.writing() as tx:
        await tx.execute(
            update(deliveries)
            .where(deliveries.c.next_at.is_not(None))
            .values(state=S.SUPPRESSED, next_at=None)
        )

    async def suppressed(after: timedelta) -> int:
        async with store.reading() as tx:
            sums = await sums_of(tx, issue.id, now=NOW + after)
        return sums.counts.total[S.SUPPRESSED]

    assert await suppressed(FRESH) == 0
    assert await suppressed(timedelta(hours=1)) == 3
    await keep_up(store, issue.id, clock=lambda: NOW + EVERY / 2)
    assert await suppressed(FRESH) == 0
    await keep_up(store, issue.id, clock=lambda: NOW + timedelta(minutes=10))
    assert await suppressed(FRESH) == 3


async def test_a_sent_issues_sums_are_final_until_a_person_tries_again(store: Store) -> None:
    """Years later nobody adds up; the refused that are tried once more wait at once."""
    issue = await a_very_large_issue(store)
    sent, total = await finish_issue(store, issue.id, now=NOW)
    found = await kept(store, issue)
    assert sent.state is IssueState.SENT
    assert found is not None
    assert (found.final, found.counts.total) == (True, total)

    refused = total[S.REFUSED]
    assert await retry_failed(store, issue.id, by="tests", now=NOW) == refused > 0
    report = await report_issue(store, issue.id, now=NOW)
    assert (report.counts.total[S.PENDING], report.complete) == (refused, False)


async def test_older_sums_never_take_the_place_of_newer_ones(store: Store) -> None:
    """Two who add up at the same moment: the later look stays."""
    issue = await a_very_large_issue(store)
    await keep_up(store, issue.id, clock=lambda: LATE)
    await report_issue(store, issue.id, now=LATE + timedelta(hours=1))
    newer = await kept(store, issue)
    assert newer is not None
    await keep_up(store, issue.id, clock=lambda: LATE)
    assert await kept(store, issue) == newer


async def test_small_issues_are_always_added_up(store: Store) -> None:
    """Nobody looks at figures of a minute ago without need."""
    issue = await a_frozen_issue(store, contacts=3)
    await report_issue(store, issue.id, now=NOW)
    await keep_up(store, issue.id, clock=lambda: NOW)
    await finish_issue(store, issue.id, now=NOW)
    assert await kept(store, issue) is None
    async with store.reading() as tx:
        assert (await add_up(tx, issue.id, now=NOW)).letters == 3


@pytest.mark.parametrize("state", [S.REFUSED, S.DEFERRED, S.UNKNOWN])
async def test_sums_tell_the_next_attempt_and_the_last_doubt(store: Store, state: S) -> None:
    """Each of its own state alone."""
    issue = await a_frozen_issue(store, contacts=3)
    values = {"next_at": LATE if state is S.DEFERRED else None, "settled_at": NOW}
    async with store.writing() as tx:
        await tx.execute(update(deliveries).values(state=state, **values))
        sums = await add_up(tx, issue.id, now=LATE)
    assert sums.next_attempt == (LATE if state is S.DEFERRED else None)
    assert sums.last_doubt == (NOW if state is S.UNKNOWN else None)
