"""What a newsroom does because time passes: opens what comes again, warns, plans."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flows.domain.issue import Issue
from flows.operations.admitting import languages_to_admit
from flows.operations.issues import scheduled_issues
from flows.operations.library import Library
from flows.operations.occurring import open_due
from flows.operations.planning import plan_delivery
from flows.operations.recurring import list_recurrences
from flows.operations.zones import keep_first_instant
from flows.orchestration.server import PrefectServer
from flows.runtime.runtime import Runtime
from flows.runtime.warning import warn_by_settings
from flows.store.issues import find_issues
from flows.store.statements import BEING_SENT

LOOK_EVERY: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchman:
    """Looks at the clock for a newsroom; `library` remembers what it measured."""

    runtime: Runtime
    library: Library
    server: PrefectServer

    async def look(self) -> timedelta:
        """Do what is due, each thing once; how long until the next look."""
        runtime, now = self.runtime, self.runtime.clock()
        await open_due(
            self.library,
            runtime.store,
            self.server,
            now=now,
            late_hours=runtime.settings.schedule.late_hours,
        )
        await self._keep_plans(now)
        await self._admit_languages(now)
        await warn_by_settings(runtime, self.library)
        return await self._until_next(runtime.clock())

    async def _keep_plans(self, now: datetime) -> None:
        """Cities may have come or gone, and an issue may have been planned without a run."""
        store, network = self.runtime.store, self.runtime.settings.desk.timezone
        for issue in await scheduled_issues(store):
            moved: Issue | None = None
            if issue.wall:
                moved = await keep_first_instant(store, issue.id, network=network, now=now)
            unplanned = issue.flow_run is None and issue.scheduled_at and issue.scheduled_at > now
            if moved or unplanned:
                await plan_delivery(store, self.server, moved or issue, now=now)

    async def _admit_languages(self, now: datetime) -> None:
        """A language may have been approved while no newsroom was there to send it."""
        store = self.runtime.store
        async with store.reading() as tx:
            begun = await find_issues(tx, states=BEING_SENT)
        for issue in begun:
            if await languages_to_admit(self.library, store, issue.id):
                await plan_delivery(store, self.server, issue, now=now)

    async def _until_next(self, now: datetime) -> timedelta:
        coming = [
            at
            for one in await list_recurrences(self.runtime.store, now=now, count=1)
            for at in one.coming
        ]
        return min(LOOK_EVERY, max(min(coming, default=now + LOOK_EVERY) - now, timedelta(0)))
