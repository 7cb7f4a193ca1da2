"""An issue: where it is on its way, whom it is for, how its sending goes."""

from typing import Any

from starlette.responses import Response

from flows.desk.faults import in_words
from flows.desk.needs import acts_of
from flows.desk.timing import POLICIES, leavings_for
from flows.desk.visit import Visit
from flows.desk.watching import REFRESH_SECONDS, is_live, is_starting, values_of
from flows.domain.errors import NewsletterError
from flows.domain.issue import FROZEN, Issue, IssueId, IssueState
from flows.operations.audiences import choose_lists
from flows.operations.auditing import Search, search_events
from flows.operations.overview import title_of
from flows.operations.reaching import reach_of_issue
from flows.operations.standing import waits_of
from flows.store.contacts import list_sizes
from flows.store.issues import get_issue


async def show(visit: Visit) -> Response:
    """The page of an issue."""
    return await issue_page(visit)


async def issue_page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    """The page; with a `problem`, after something that could not be done."""
    store = visit.runtime.store
    async with store.reading() as tx:
        issue = await get_issue(tx, IssueId(visit.named("issue")))
    common = {
        "title_text": title_of(visit.desk.library, issue.slug),
        "events": await _events(visit, issue),
        "run": run_address(visit, issue),
        "problem": problem,
    }
    if issue.state in FROZEN or issue.state is IssueState.CANCELLED:
        scene = await visit.desk.watch.look(visit, issue.id, fresh=True)
        return visit.page(
            "sending.html",
            status=status,
            refresh=REFRESH_SECONDS if is_live(scene) and not visit.asked("still") else 0,
            languages=list(visit.desk.library.languages),
            **common,
            **await values_of(visit, scene),
        )
    return visit.page("issue.html", status=status, **common, **await _before(visit, issue))


async def _before(visit: Visit, issue: Issue) -> dict[str, Any]:
    """What there is to say of an issue that has not begun."""
    runtime, store = visit.runtime, visit.runtime.store
    waits = await waits_of(
        visit.desk.library,
        store,
        issue,
        now=visit.now,
        late_hours=runtime.settings.schedule.late_hours,
    )
    async with store.reading() as tx:
        lists = await list_sizes(tx)
    return {
        "issue": issue,
        "acts": acts_of(visit, issue, waits),
        "is_ready": not any(wait.language for wait in waits),
        "is_starting": is_starting(issue),
        "refresh": REFRESH_SECONDS if is_starting(issue) and not visit.asked("still") else 0,
        "lists": lists,
        "leavings": await leavings_for(visit, issue),
        "policies": POLICIES,
        "foreseen": await reach_of_issue(store, issue.id, editions=visit.desk.library.languages),
    }


async def _events(visit: Visit, issue: Issue) -> list[Any]:
    if not visit.may_audit:
        return []
    found = await search_events(visit.runtime.store, Search(subject=issue.id), at_most=20)
    return found.events


def run_address(visit: Visit, issue: Issue) -> str:
    """Where the orchestrator shows the run that sends the issue, if its page can be opened."""
    server = visit.runtime.newsroom_server()
    if server is None or issue.flow_run is None or not visit.may_publish:
        return ""
    return f"{server.api_url.removesuffix('/api')}/runs/flow-run/{issue.flow_run}"


async def set_lists(visit: Visit) -> Response:
    """Give the issue other lists."""
    issue = IssueId(visit.named("issue"))
    try:
        await choose_lists(
            visit.runtime.store, issue, visit.form.all("list"), now=visit.now, by=visit.name
        )
    except NewsletterError as error:
        return await issue_page(visit, problem=in_words(visit.words, error), status=422)
    return visit.go(f"/issues/{issue}", done="lists")
