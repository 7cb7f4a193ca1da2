"""The time of an issue on the pages: choosing it, and what leaves when."""

from datetime import datetime
from typing import Final

from flows.desk.notices import mark
from flows.desk.visit import Visit
from flows.domain.issue import Issue, IssueId
from flows.domain.timing import Policy
from flows.operations.launching import keep_plan, set_time
from flows.operations.zones import Leaving, leavings_of
from flows.runtime.timing import wish_of
from flows.store.issues import get_issue

POLICIES: Final = {
    Policy.HOLD: mark("all languages wait"),
    Policy.APPROVED: mark("the approved languages go, the others’ readers wait for theirs"),
}
ZONES: Final = ("Europe/Brussels", "Europe/Paris", "Europe/Amsterdam", "Europe/London", "UTC")


def zones_for(visit: Visit, issue: Issue) -> list[str]:
    """The zones to choose from, an issue's own first."""
    house = visit.runtime.settings.desk.timezone
    return list(dict.fromkeys((issue.zone or house, house, *ZONES)))


async def leavings_for(visit: Visit, issue: Issue) -> list[Leaving]:
    """Of an issue for local times: what leaves at which instant."""
    runtime = visit.runtime
    network = runtime.settings.desk.timezone
    return await leavings_of(runtime.store, issue, network=network, now=visit.now)


async def give_time(visit: Visit) -> datetime:
    """Plan the issue of the path for the time that was typed: when that is."""
    runtime, issue = visit.runtime, IssueId(visit.named("issue"))
    written = " ".join(visit.form.text(name) for name in ("day", "hour", "zone"))
    wish = wish_of(
        runtime.settings,
        at=written,
        policy=visit.form.text("policy"),
        send_late=visit.form.text("late") == "send",
    )
    await set_time(runtime.store, issue, wish, now=visit.now, by=visit.name)
    await keep_plan(
        visit.desk.library,
        runtime.store,
        runtime.newsroom_server(),
        issue,
        now=visit.now,
        late_hours=runtime.settings.schedule.late_hours,
    )
    async with runtime.store.reading() as tx:
        return (await get_issue(tx, issue)).scheduled_at or visit.now
