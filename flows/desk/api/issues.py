"""How issues stand, and what became of them."""

from flows.desk.api.call import Call, Reply
from flows.desk.api.shapes import IssueList, IssueStanding, Report
from flows.domain.article import Slug
from flows.domain.errors import InputError, NotFoundError
from flows.domain.issue import Issue, IssueId, IssueState
from flows.operations.reporting import report_issue
from flows.operations.standing import Standing, waits_of
from flows.store.issues import find_issues, get_issue

USUAL, MOST = 50, 200


async def list_issues(call: Call) -> Reply:
    """Issues, newest first, some at a time: each costs a look at its article."""
    limit = call.number("limit", usual=USUAL, most=MOST)
    async with call.runtime.store.reading() as tx:
        found = await find_issues(
            tx, slug=Slug(call.asked("slug")) if call.asked("slug") else None, states=_states(call)
        )
    found.reverse()
    rest = _after(found, call.asked("before"))
    shown = [await standing_of(call, one) for one in rest[:limit]]
    following = rest[limit - 1].id if len(rest) > limit else None
    return Reply(content=IssueList(issues=shown, next=following))


def _states(call: Call) -> set[IssueState] | None:
    written = call.request.query_params.getlist("state")
    try:
        return {IssueState(one) for one in written} or None
    except ValueError:
        raise InputError(
            "is no state", field="state", remedy=f"States: {', '.join(IssueState)}."
        ) from None


def _after(found: list[Issue], issue: str) -> list[Issue]:
    if not issue:
        return found
    ids = [one.id for one in found]
    if issue not in ids:
        raise NotFoundError(f"there is no such issue {issue!r} in this list", field="before")
    return found[ids.index(IssueId(issue)) + 1 :]


async def show_issue(call: Call) -> Reply:
    """One issue."""
    async with call.runtime.store.reading() as tx:
        issue = await get_issue(tx, IssueId(call.named("issue")))
    return Reply(content=await standing_of(call, issue))


async def standing_of(call: Call, issue: Issue) -> IssueStanding:
    """An issue with what it waits for."""
    waits = await waits_of(
        call.library, call.runtime.store, issue, now=call.now, late_hours=call.late_hours
    )
    return IssueStanding.of(Standing(issue=issue, waits=waits))


async def show_report(call: Call) -> Reply:
    """What became of its letters."""
    report = await report_issue(
        call.runtime.store,
        IssueId(call.named("issue")),
        now=call.runtime.clock(),
        limit=0,
    )
    return Reply(content=Report.model_validate(report.as_json()))
