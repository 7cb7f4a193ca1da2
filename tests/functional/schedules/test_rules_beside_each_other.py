"""Several rules, several newsrooms, names used twice: each article goes once, and none is lost."""

import asyncio
import shutil
from datetime import timedelta

from flows.domain.article import Slug
from flows.domain.issue import IssueState
from flows.domain.recurrence import EACH, OccurrenceState, RecurrenceState
from flows.operations.gating import pass_gate
from flows.operations.occurring import begin
from flows.operations.recurring import rules_to_same_readers, turn_recurrence
from flows.runtime.clock import Watchman
from flows.store.recurrences import occurrences_of
from tests.functional.editorial.conftest import SLUG, write_article
from tests.functional.schedules.conftest import TimedRuntime
from tests.functional.schedules.test_digests_by_rule import (
    AHEAD,
    AT,
    DIGEST,
    approve,
    brief,
    digest_of,
    issues,
    look,
    monthly,
    send,
)
from tests.servers.orchestrator import Orchestrator

S = OccurrenceState
AGAIN = Slug(f"{DIGEST}-2")


async def test_what_one_rule_began_to_open_before_a_kill_no_other_takes(
    timed: TimedRuntime,
) -> None:
    """Neither while somebody may still be at it, nor when it is gone on with."""
    other = await monthly(timed, "b-letter", lists=["members"])
    await monthly(timed, "a-letter", lists=["members", "prevention"])
    timed.at(AHEAD)
    await begin(timed.library, timed.store, other, now=AHEAD, late_hours=6)

    assert await look(timed.after(seconds=10)) == []
    (opened,) = await look(timed.after(minutes=2))

    assert (opened.slugs, opened.issues) == ((SLUG,), ("b-letter-2026-12-01-1",))
    assert await look(timed.after(minutes=2)) == []


async def test_two_newsrooms_and_two_rules_put_an_article_into_one_digest(
    timed: TimedRuntime,
) -> None:
    """Whichever of them is first."""
    await monthly(timed, "a-letter", lists=["members"])
    await monthly(timed, "b-letter", lists=["members"])
    timed.at(AHEAD)

    both = await asyncio.gather(look(timed), look(timed))

    assert [one.slugs for opened in both for one in opened] == [(SLUG,)]
    assert len(await issues(timed)) == 1


async def test_an_issue_of_each_article_is_never_one_of_another_rule_s_digest(
    timed: TimedRuntime,
) -> None:
    """It has its own lists and its own time."""
    await monthly(timed, lists=["prevention"])
    await monthly(timed, "each", rule="0 9 * * *", lists=["members"], form=EACH)
    await look(timed.at(AHEAD))
    await approve(timed)
    await look(timed.at(AHEAD + timedelta(hours=24)))
    assert {one.slug: one.lists for one in await issues(timed)} == {
        DIGEST: ("prevention",),
        SLUG: ("members",),
    }


async def test_a_name_that_is_used_again_the_same_day_gets_a_new_folder(
    timed: TimedRuntime,
) -> None:
    """What left under the old one does not leave again, and nothing is approved yet."""
    await monthly(timed, lists=["members"])
    await look(timed.at(AHEAD))
    await send(timed.at(AT))
    await turn_recurrence(
        timed.store, "monthly", RecurrenceState.ENDED, now=timed.clock(), by="Paula"
    )
    shutil.rmtree(digest_of(timed).folder)
    await brief(timed, date="2026-11-02")
    await monthly(timed.after(minutes=5), rule="0 15 * * *", lists=["prevention"])

    (opened,) = await look(timed.after(minutes=5))

    assert (opened.digest, opened.issues) == (AGAIN, (f"{AGAIN}-1",))
    assert digest_of(timed, AGAIN).front.listed == (SLUG, "brief")
    (*_, issue) = await issues(timed)
    await pass_gate(timed.library, timed.store, issue.id, now=timed.clock(), late_hours=6)
    assert (await issues(timed))[-1].state is IssueState.IN_REVIEW


async def test_a_folder_in_the_way_is_left_alone(timed: TimedRuntime) -> None:
    """It is no digest of ours; the digest is written beside it."""
    await monthly(timed)
    path = write_article(timed.library.content, slug=DIGEST)
    text = path.read_text("utf-8")

    (opened,) = await look(timed.at(AHEAD))

    assert (opened.digest, opened.slugs) == (AGAIN, (SLUG,))
    assert path.read_text("utf-8") == text


async def test_a_digest_that_cannot_be_written_stops_neither_the_clock_nor_another_rule(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """It is tried again; once there is room for it, it is opened."""
    made = await monthly(timed, "a-letter", articles=SLUG)
    await monthly(timed, "b-letter", articles="brief")
    await brief(timed, date="2026-11-02")
    begun = await begin(timed.library, timed.store, made, now=AHEAD, late_hours=6)
    assert begun is not None
    assert begun.digest
    in_its_way = timed.library.content / begun.digest
    in_its_way.write_text("notes", encoding="utf-8")
    server = orchestrator.server()
    watchman = Watchman(runtime=timed.at(AHEAD), library=timed.library, server=server)

    for _ in range(2):
        timed.after(minutes=2)
        await watchman.look()
    assert [one.id for one in await issues(timed)] == ["b-letter-2026-12-01-1"]
    in_its_way.unlink()
    timed.after(minutes=2)
    await watchman.look()

    assert [one.slug for one in await issues(timed)][1:] == ["a-letter-2026-12-01"]


async def test_what_was_not_finished_when_its_rule_was_stopped_is_not_opened_later(
    timed: TimedRuntime,
) -> None:
    """Its articles are free again for whoever comes next."""
    made = await monthly(timed)
    timed.at(AHEAD)
    await begin(timed.library, timed.store, made, now=AHEAD, late_hours=6)
    for state in (RecurrenceState.PAUSED, RecurrenceState.ACTIVE):
        await turn_recurrence(timed.store, "monthly", state, now=timed.clock(), by="Paula")

    assert await look(timed.after(minutes=5)) == []

    async with timed.store.reading() as tx:
        assert [one.state for one in await occurrences_of(tx, made.id, limit=5)] == [S.SKIPPED]
    assert await issues(timed) == []
    await monthly(timed, "other")
    (opened,) = await look(timed)
    assert opened.slugs == (SLUG,)


async def test_rules_that_reach_the_same_people_by_other_lists_are_named(
    timed: TimedRuntime,
) -> None:
    """They may get one article from both; where lists meet, no article goes twice."""
    await monthly(timed, "a-letter", lists=["members"])
    await monthly(timed, "b-letter", lists=["members", "prevention"])
    made = await monthly(timed, "c-letter", lists=["prevention"])
    assert await rules_to_same_readers(timed.store, made) == ["a-letter"]
