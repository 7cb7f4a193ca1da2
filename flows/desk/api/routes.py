"""Everything that a program can ask for: the table that serves it, and that the document shows."""

from typing import Final

from flows.desk.api import articles, issues, publishing, recurring
from flows.desk.api.call import Operation, Parameter
from flows.desk.api.recurring import (
    MakeRecurrence,
    RecurrenceList,
    RecurrenceStanding,
    TurnRecurrence,
)
from flows.desk.api.shapes import (
    Approve,
    Approved,
    ArticleReview,
    Edition,
    IssueList,
    IssueStanding,
    Publish,
    Published,
    Report,
)
from flows.domain.issue import IssueState
from flows.domain.token import Scope

PARTS: Final = {
    "slug": Parameter(name="slug", meaning="the article"),
    "language": Parameter(name="language", meaning="a tag such as fr, en, nl"),
    "issue": Parameter(name="issue", meaning="the issue, such as city-pair-1"),
    "name": Parameter(name="name", meaning="what comes again, such as monthly-letter"),
}
"""What stands in paths."""

OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/publish",
        name="publish",
        summary="Translate what is missing, ask for approvals, send what is approved and due",
        act=publishing.publish,
        scope=Scope.PUBLISH,
        body=Publish,
        answer=Published,
        status=202,
        problems=("not-found", "not-done", "at-work", "invalid", "key-reused", "unavailable"),
        keyed=True,
    ),
    Operation(
        method="GET",
        path="/issues",
        name="listIssues",
        summary="Issues, newest first, with what each waits for",
        act=issues.list_issues,
        scope=Scope.READ,
        answer=IssueList,
        query=(
            Parameter(name="slug", meaning="only those of this article"),
            Parameter(
                name="state",
                meaning="only those in these states",
                schema={
                    "type": "array",
                    "items": {"type": "string", "enum": [str(one) for one in IssueState]},
                },
            ),
            Parameter(
                name="limit",
                meaning="how many at most",
                schema={
                    "type": "integer",
                    "minimum": 1,
                    "maximum": issues.MOST,
                    "default": issues.USUAL,
                },
            ),
            Parameter(name="before", meaning="`next` of the answer before: go on from there"),
        ),
        problems=("not-found", "invalid"),
    ),
    Operation(
        method="GET",
        path="/issues/{issue}",
        name="showIssue",
        summary="Where an issue is on its way, and what it waits for",
        act=issues.show_issue,
        scope=Scope.READ,
        answer=IssueStanding,
        problems=("not-found",),
    ),
    Operation(
        method="GET",
        path="/issues/{issue}/report",
        name="showReport",
        summary="What became of its letters, by state, language and city",
        act=issues.show_report,
        scope=Scope.READ,
        answer=Report,
        problems=("not-found",),
    ),
    Operation(
        method="GET",
        path="/articles/{slug}",
        name="showArticle",
        summary="How far each language of an article is",
        act=articles.show_article,
        scope=Scope.READ,
        answer=ArticleReview,
        problems=("not-found", "invalid"),
    ),
    Operation(
        method="GET",
        path="/articles/{slug}/{language}",
        name="showEdition",
        summary="A language's letter as it is now, with the digest that approves it",
        act=articles.show_edition,
        scope=Scope.READ,
        answer=Edition,
        problems=("not-found", "invalid"),
    ),
    Operation(
        method="POST",
        path="/articles/{slug}/{language}/approve",
        name="approve",
        summary="Sign a language off as the token's owner, exactly as it was shown",
        act=articles.approve,
        scope=Scope.APPROVE,
        body=Approve,
        answer=Approved,
        problems=("not-found", "not-done", "invalid"),
    ),
    Operation(
        method="GET",
        path="/recurrences",
        name="listRecurrences",
        summary="What comes again by a rule, and when",
        act=recurring.list_all,
        scope=Scope.READ,
        answer=RecurrenceList,
    ),
    Operation(
        method="POST",
        path="/recurrences",
        name="makeRecurrence",
        summary="Have a digest of what is approved, or an issue of each article, come by a rule",
        act=recurring.make,
        scope=Scope.PUBLISH,
        body=MakeRecurrence,
        answer=RecurrenceStanding,
        status=201,
        problems=("not-found", "at-work", "invalid", "key-reused"),
        keyed=True,
    ),
    Operation(
        method="GET",
        path="/recurrences/{name}",
        name="showRecurrence",
        summary="What comes again under a name",
        act=recurring.show,
        scope=Scope.READ,
        answer=RecurrenceStanding,
        problems=("not-found",),
    ),
    Operation(
        method="POST",
        path="/recurrences/{name}/state",
        name="turnRecurrence",
        summary="Let it rest, go on, or end it for ever",
        act=recurring.turn,
        scope=Scope.PUBLISH,
        body=TurnRecurrence,
        answer=RecurrenceStanding,
        problems=("not-found", "not-done", "invalid"),
    ),
)
