"""What is due by a rule and cannot be opened: people are told on the schedule, not in a log."""

from sqlalchemy import delete

from flows.domain.recurrence import OccurrenceState
from flows.operations.occurring import begin
from flows.operations.recurring import Outlook, list_recurrences
from flows.store.people import lists
from flows.store.tables import memberships
from tests.functional.schedules.conftest import TimedRuntime
from tests.functional.schedules.test_digests_by_rule import AHEAD, DIGEST, look, monthly

S = OccurrenceState


async def outlook(desk: TimedRuntime) -> Outlook:
    """The one rule there is, as the schedule shows it."""
    (found,) = await list_recurrences(desk.store, now=desk.clock())
    return found


async def test_a_digest_that_cannot_be_written_is_told_with_its_reason(timed: TimedRuntime) -> None:
    """Until it can, when the occurrence is opened like any other."""
    made = await monthly(timed)
    begun = await begin(timed.library, timed.store, made, now=AHEAD, late_hours=6)
    assert begun is not None
    in_its_way = timed.library.content / DIGEST
    in_its_way.write_text("notes", encoding="utf-8")

    assert await look(timed.at(AHEAD).after(minutes=2)) == []
    stuck = (await outlook(timed)).stuck
    assert stuck is not None
    assert "the digest cannot be written" in stuck.trouble
    in_its_way.unlink()
    (opened,) = await look(timed.after(minutes=2))

    assert (opened.state, opened.trouble) == (S.OPENED, "")
    found = await outlook(timed)
    assert (found.stuck, found.past[0].trouble) == (None, "")


async def test_a_rule_to_a_list_that_is_gone_says_so(timed: TimedRuntime) -> None:
    """At the first look already."""
    await monthly(timed, lists=["members"])
    async with timed.store.writing() as tx:
        await tx.execute(delete(memberships).where(memberships.c.list == "members"))
        await tx.execute(delete(lists).where(lists.c.name == "members"))

    assert await look(timed.at(AHEAD)) == []

    stuck = (await outlook(timed)).stuck
    assert stuck is not None
    assert "there is no list 'members'" in stuck.trouble
