"""Letting an issue go, and steering it: what a publisher does."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from flows.desk.departing import TOPICS, VERDICTS, look_before, require_sound
from flows.desk.faults import in_words, status_of
from flows.desk.issues import issue_page
from flows.desk.needs import acts_of
from flows.desk.notices import mark
from flows.desk.timing import POLICIES, give_time, leavings_for, zones_for
from flows.desk.visit import Visit
from flows.domain.errors import InputError, NewsletterError, NotDoneError
from flows.domain.issue import FROZEN, OPEN, Issue, IssueId, IssueState
from flows.operations.delivering import resume_issue
from flows.operations.issues import hold_back, pause_issue
from flows.operations.launching import (
    release_issue,
    start_delivery,
    take_back,
)
from flows.operations.overview import title_of
from flows.operations.pacing import change_rate
from flows.operations.planning import unplan_delivery
from flows.operations.reaching import reach_of_issue
from flows.operations.settling import finish_issue, retry_failed, settle_doubts
from flows.operations.standing import waits_of
from flows.operations.times import LOCAL
from flows.store.issues import get_issue
from flows.store.paces import RELAY

WRONG_NUMBER = mark("It goes to %(n)s recipients now. Look at the audience, and type this number.")


async def ask(visit: Visit) -> Response:
    """The page on which one decides to send."""
    return await _page(visit)


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    runtime, library = visit.runtime, visit.desk.library
    issue = await _issue(visit)
    if issue.state in FROZEN or issue.state not in OPEN:
        return visit.go(f"/issues/{issue.id}")
    waits = await waits_of(
        library,
        runtime.store,
        issue,
        now=visit.now,
        late_hours=runtime.settings.schedule.late_hours,
    )
    return visit.page(
        "send.html",
        status=status,
        issue=issue,
        title_text=title_of(library, issue.slug),
        foreseen=await reach_of_issue(runtime.store, issue.id, editions=library.languages),
        is_ready=not any(wait.language for wait in waits),
        preflight=await look_before(visit),
        acts=acts_of(visit, issue, [wait for wait in waits if wait.language]),
        topics=TOPICS,
        verdicts=VERDICTS,
        zones=zones_for(visit, issue),
        leavings=await leavings_for(visit, issue),
        chosen_zone=LOCAL if issue.wall else issue.zone,
        policies=POLICIES,
        undo_seconds=runtime.settings.sending.undo_seconds,
        is_captured=runtime.settings.smtp.mode == "capture",
        newsroom_is_up=runtime.newsroom_server() is not None,
        problem=problem,
    )


async def _issue(visit: Visit) -> Issue:
    async with visit.runtime.store.reading() as tx:
        return await get_issue(tx, IssueId(visit.named("issue")))


async def send(visit: Visit) -> Response:
    """Send now or at a time, after the number of recipients was typed."""
    try:
        await _require_number(visit)
        await require_sound(visit)
        if visit.form.text("when") == "later":
            await give_time(visit)
            return visit.go(f"/issues/{visit.named('issue')}", done="scheduled")
        await _start(visit)
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=status_of(error))
    return visit.go(f"/issues/{visit.named('issue')}", done="started")


async def _require_number(visit: Visit) -> None:
    """Whoever types the number has seen it; if it changed since, they look again."""
    foreseen = await reach_of_issue(
        visit.runtime.store,
        IssueId(visit.named("issue")),
        editions=visit.desk.library.languages,
    )
    if visit.form.number("recipients") != foreseen.readers:
        number = visit.words.number(foreseen.readers)
        raise InputError(visit.say(WRONG_NUMBER, n=number))


async def _start(visit: Visit) -> None:
    """Release the issue and have the newsroom deliver it."""
    runtime, issue = visit.runtime, IssueId(visit.named("issue"))
    server = runtime.newsroom_server()
    if server is None:
        raise NotDoneError(visit.say("No newsroom is running to send it."))
    release = await release_issue(
        visit.desk.library,
        runtime.store,
        server,
        issue,
        now=visit.now,
        late_hours=runtime.settings.schedule.late_hours,
        by=visit.name,
    )
    if not release.released:
        raise NotDoneError(visit.say("Not every language is approved as it is now."))
    await start_delivery(runtime.store, server, issue, now=visit.now)


async def unschedule(visit: Visit) -> Response:
    """Take an issue's time away again; it stays approved."""

    async def take_time(issue: IssueId) -> None:
        runtime = visit.runtime
        await unplan_delivery(runtime.store, runtime.newsroom_server(), issue)
        await hold_back(runtime.store, issue, now=visit.now, by=visit.name)

    return await _act(visit, take_time, done="unscheduled")


async def pause(visit: Visit) -> Response:
    """Stop handing letters over; what is on its way is settled."""

    async def stop(issue: IssueId) -> None:
        because = visit.say("stopped by %(name)s", name=visit.name)
        await pause_issue(visit.runtime.store, issue, because=because, now=visit.now, by=visit.name)

    return await _act(visit, stop, done="paused")


async def resume(visit: Visit) -> Response:
    """Go on with what is left."""
    return await _act(visit, lambda issue: _go_on(visit, issue), done="resumed")


async def _go_on(visit: Visit, issue: IssueId) -> None:
    runtime = visit.runtime
    server = runtime.newsroom_server()
    if server is None:
        raise NotDoneError(visit.say("No newsroom is running to send it."))
    await resume_issue(runtime.store, issue, now=visit.now, by=visit.name)
    await start_delivery(runtime.store, server, issue, now=visit.now)


async def cancel(visit: Visit) -> Response:
    """Send nothing more. Within the undo window that is: send nothing at all."""

    async def stop(issue: IssueId) -> None:
        runtime = visit.runtime
        await take_back(
            runtime.store, runtime.newsroom_server(), issue, now=visit.now, by=visit.name
        )

    return await _act(visit, stop, done="cancelled")


async def settle(visit: Visit) -> Response:
    """A person's word on the letters of which nobody knows whether they arrived."""

    async def decide(issue: IssueId) -> None:
        verdict = visit.form.text("as")
        if verdict not in {"sent", "unsent"}:
            raise InputError(visit.say("Say whether they were sent."))
        store = visit.runtime.store
        await settle_doubts(store, issue, sent=verdict == "sent", by=visit.name, now=visit.now)
        settled, _ = await finish_issue(store, issue, now=visit.now)
        if verdict == "unsent" and settled.state is not IssueState.PAUSED:
            await _go_on(visit, issue)

    return await _act(visit, decide, done="settled")


async def retry(visit: Visit) -> Response:
    """Try once more what was refused."""

    async def again(issue: IssueId) -> None:
        if await retry_failed(visit.runtime.store, issue, by=visit.name, now=visit.now):
            await _go_on(visit, issue)

    return await _act(visit, again, done="retried")


async def set_rate(visit: Visit) -> Response:
    """How many letters may leave in a minute, for all senders; none typed: as the settings say."""

    async def change(_: IssueId) -> None:
        await _issue(visit)
        written = visit.form.text("rate")
        rate = visit.form.number("rate")
        if written and rate is None:
            raise InputError(visit.say("A rate is a whole number of letters in a minute."))
        await change_rate(visit.runtime.store, RELAY, rate, by=visit.name, now=visit.now)

    return await _act(visit, change, done="rate")


async def _act(visit: Visit, act: Callable[[IssueId], Awaitable[None]], *, done: str) -> Response:
    """Do one thing to the issue of the path, and go back to its page."""
    issue = IssueId(visit.named("issue"))
    try:
        await act(issue)
    except NewsletterError as error:
        return await issue_page(
            visit, problem=in_words(visit.words, error), status=status_of(error)
        )
    return visit.go(f"/issues/{issue}", done=done)
