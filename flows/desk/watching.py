"""Watching a sending: its progress as a part of the page, and as a stream of such parts."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.responses import HTMLResponse, Response, StreamingResponse

from flows.desk.cookies import VISIT
from flows.desk.faults import refuse
from flows.desk.needs import acts_of
from flows.desk.pictures import Picture, draw
from flows.desk.visit import Visit
from flows.domain.errors import NewsletterError
from flows.domain.issue import Issue, IssueId, IssueState
from flows.domain.waiting import Need
from flows.operations.pacing import rates_in_force
from flows.operations.progress import Progress, history_of, look_at_progress
from flows.operations.standing import waits_of
from flows.operations.visits import visit_of
from flows.operations.zones import gather
from flows.store.paces import RELAY

LIVE: Final = {IssueState.SENDING, IssueState.PAUSED, IssueState.INCOMPLETE}
LOOK_EVERY_SECONDS: Final = 1.0
QUIET_SECONDS: Final = 15.0
"""A stream that says nothing for longer is taken for dead by what stands between."""
MOST_STREAMS: Final = 200
REFRESH_SECONDS: Final = 5
"""How often a page without scripts loads itself again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A sending at one moment, with its picture."""

    progress: Progress
    picture: Picture | None
    rates: dict[str, int]


@dataclass(slots=True)
class Watch:
    """Looks at each sending once for all who watch it.

    Counting a large ledger takes its time: the next look waits ten times as long as the last took.
    """

    _scenes: dict[IssueId, tuple[float, Scene]] = field(default_factory=dict)
    _looking: dict[IssueId, asyncio.Lock] = field(default_factory=dict)
    streams: int = 0

    async def look(self, visit: Visit, issue: IssueId, *, fresh: bool = False) -> Scene:
        """The sending now, or as it was a moment ago."""
        async with self._looking.setdefault(issue, asyncio.Lock()):
            until, scene = self._scenes.get(issue, (0.0, None))
            if scene is None or fresh or time.monotonic() >= until:
                began = time.monotonic()
                scene = await _look(visit, issue)
                took = time.monotonic() - began
                until = time.monotonic() + max(LOOK_EVERY_SECONDS * 0.9, 10 * took)
                self._scenes[issue] = (until, scene)
            return scene


async def _look(visit: Visit, issue: IssueId) -> Scene:
    runtime = visit.runtime
    progress = await look_at_progress(
        runtime.store, issue, rate=runtime.settings.smtp.rate_per_minute, now=visit.now
    )
    history = await history_of(runtime.store, issue)
    return Scene(
        progress=progress,
        picture=draw(history) if history else None,
        rates=await rates_in_force(runtime.store, runtime.manners().rates),
    )


async def values_of(visit: Visit, scene: Scene) -> dict[str, Any]:
    """What the part of the page is made of."""
    runtime, report = visit.runtime, scene.progress.report
    waits = await waits_of(
        visit.desk.library,
        runtime.store,
        report.issue,
        now=visit.now,
        late_hours=runtime.settings.schedule.late_hours,
    )
    return {
        "issue": report.issue,
        "report": report,
        "progress": scene.progress,
        "picture": scene.picture,
        "rate": scene.rates.get(RELAY),
        "acts": acts_of(visit, report.issue, waits, report.counts.total),
        "is_live": is_live(scene),
        "leavings": gather(report.to_come(visit.now), network=runtime.settings.desk.timezone),
        "stands_still": any(wait.need is Need.REVIVAL for wait in waits),
    }


def is_live(scene: Scene) -> bool:
    """Whether more is to come by itself or by a person's word."""
    return scene.progress.report.issue.state in LIVE


async def show_progress(visit: Visit) -> Response:
    """The part of the page that changes, once."""
    scene = await visit.desk.watch.look(visit, IssueId(visit.named("issue")))
    return HTMLResponse(visit.part("progress.html", **await values_of(visit, scene)))


async def stream(visit: Visit) -> Response:
    """The same part again and again, whenever something changed (server-sent events)."""
    issue, watch = IssueId(visit.named("issue")), visit.desk.watch
    await watch.look(visit, issue)
    if watch.streams >= MOST_STREAMS:
        return refuse(visit, 503)
    return StreamingResponse(
        _events(visit, issue),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _events(visit: Visit, issue: IssueId) -> AsyncIterator[str]:
    visit.desk.watch.streams += 1
    said, said_at = "", time.monotonic()
    try:
        while await _is_still_there(visit):
            scene = await visit.desk.watch.look(visit, issue)
            part = visit.part("progress.html", **await values_of(visit, scene))
            if part != said:
                yield as_event(part)
                said, said_at = part, time.monotonic()
            elif time.monotonic() - said_at > QUIET_SECONDS:
                yield ": still here\n\n"
                said_at = time.monotonic()
            if not is_live(scene):
                yield "event: done\ndata: done\n\n"
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS)
    except NewsletterError:
        # The browser asks again by itself, a little later each time.
        return
    finally:
        visit.desk.watch.streams -= 1


async def _is_still_there(visit: Visit) -> bool:
    """Whether the visit goes on; watching alone does not keep it alive."""
    token = visit.desk.cookies.read(visit.request, VISIT)
    session = await visit_of(
        visit.runtime.store, token, lifetime=visit.desk.lifetime, now=visit.now, touch=False
    )
    return session is not None


def as_event(part: str) -> str:
    """A text as one event: each line of it a field (HTML, section 9.2.5)."""
    return "".join(f"data: {line}\n" for line in part.splitlines() if line.strip()) + "\n"


def is_starting(issue: Issue) -> bool:
    """Whether a run was asked for that has not fixed the audience yet."""
    return (
        issue.state is IssueState.APPROVED
        and issue.flow_run is not None
        and issue.scheduled_at is None
    )
