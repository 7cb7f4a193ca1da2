"""What a newsroom does because time passes: opens what comes again, warns, plans."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from flows.domain.errors import NewsletterError
from flows.operations.admitting import languages_to_admit
from flows.operations.library import Library
from flows.operations.occurring import open_due
from flows.operations.planning import plan_delivery
from flows.operations.recurring import list_recurrences
from flows.operations.replanning import LONGEST_PAUSE, keep_plans, may_get_run
from flows.operations.settling import finish_emptied
from flows.orchestration.server import PrefectServer
from flows.runtime.runtime import Runtime
from flows.runtime.warning import warn_by_settings
from flows.store.issues import find_issues
from flows.store.statements import BEING_SENT

log = structlog.get_logger()

LOOK_EVERY: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchman:
    """Looks at the clock for a newsroom; `library` remembers what it measured."""

    runtime: Runtime
    library: Library
    server: PrefectServer

    async def look(self) -> timedelta:
        """Do what is due, each thing once; how long until the next look.

        What one part of it cannot do keeps none of the others; the next look tries again.
        """
        now = self.runtime.clock()
        for part in (
            self._open_due,
            self._keep_plans,
            self._admit_languages,
            self._finish_emptied,
            self._warn,
        ):
            try:
                await part(now)
            except (NewsletterError, OSError) as error:
                log.warning("clock.waiting", part=part.__name__, why=str(error))
        return await self._until_next(self.runtime.clock())

    async def _open_due(self, now: datetime) -> None:
        runtime = self.runtime
        late_hours = runtime.settings.schedule.late_hours
        await open_due(self.library, runtime.store, self.server, now=now, late_hours=late_hours)

    async def _keep_plans(self, now: datetime) -> None:
        """Cities may have come or gone, a run may have failed, or never have been planned."""
        await keep_plans(
            self.library,
            self.runtime.store,
            self.server,
            network=self.runtime.settings.desk.timezone,
            now=now,
            late_hours=self.runtime.settings.schedule.late_hours,
        )

    async def _admit_languages(self, now: datetime) -> None:
        """A language may have been approved while no newsroom was there to send it."""
        store = self.runtime.store
        async with store.reading() as tx:
            begun = await find_issues(tx, states=BEING_SENT)
        for issue in begun:
            if not await languages_to_admit(self.library, store, issue.id):
                continue
            since = now - LONGEST_PAUSE
            if await may_get_run(self.server, issue.id, since=since, now=now):
                await plan_delivery(store, self.server, issue, now=now)

    async def _finish_emptied(self, now: datetime) -> None:
        """Whoever an issue waited for may have left, and no run comes for it any more."""
        await finish_emptied(self.runtime.store, now=now)

    async def _warn(self, now: datetime) -> None:
        del now
        await warn_by_settings(self.runtime, self.library)

    async def _until_next(self, now: datetime) -> timedelta:
        coming = [
            opens
            for one in await list_recurrences(self.runtime.store, now=now, count=1)
            for at in one.coming
            if (opens := at - one.recurrence.form.ahead) > now
        ]
        return min(LOOK_EVERY, max(min(coming, default=now + LOOK_EVERY) - now, timedelta(0)))
