"""What programs send and get. Each answer is made of these, so that the document is true."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from flows.domain.issue import Issue, IssueState
from flows.domain.timing import Policy
from flows.domain.waiting import Need
from flows.operations.standing import Standing


class Shape(BaseModel):
    """An object with these members and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Facts(Shape):
    """What programs get. They skip members that they do not know: later versions may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Publish(Shape):
    """What is to be published, to whom, and when."""

    slug: str = Field(description="the article", examples=["city-pair"])
    lists: list[str] = Field([], description="the lists; none are all contacts", max_length=200)
    at: str | None = Field(
        None,
        description="when: a day, an hour and a zone, or RFC 3339; `local` for a zone is where each"
        " reader's city is; without it as soon as approved",
        examples=[
            "2026-12-01 09:00 Europe/Brussels",
            "2026-12-01 09:00 local",
            "2026-12-01T09:00:00+01:00",
        ],
        max_length=100,
    )
    policy: Literal["hold", "approved"] | None = Field(
        None,
        description="what happens at that time if a language is not approved: all wait, or the"
        " approved ones go; the settings say so otherwise",
    )
    send_late: bool = Field(
        False, description="send at once where a local time passed longer ago than the late rule"
    )
    engine: str | None = Field(None, description="the engine that drafts, instead of the usual")


class Approve(Shape):
    """Which edition is approved."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{12,64}$")] = Field(
        description="the digest of exactly what the person was shown, or its beginning"
    )


class Waiting(Facts):
    """One thing that an issue waits for, and the command that helps."""

    need: Need
    what: str
    command: str
    language: str | None
    segments: list[str] = Field(description="the passages that are not translated")
    because: str = Field(description="the words of whoever sent it back or paused it")
    article: str = Field(description="the article in a digest that is to be approved first")


class IssueStanding(Facts):
    """Where an issue is on its way."""

    issue: str
    slug: str
    state: IssueState
    lists: list[str] = Field(description="none are all contacts")
    created_at: datetime
    scheduled_at: datetime | None
    zone: str | None = Field(description="the zone in which the time was named")
    local: str | None = Field(
        description="what clocks show in each reader's city when their letter leaves;"
        " `scheduled_at` is then when the first do"
    )
    policy: Policy = Field(description="what happens at its time if a language is not approved")
    started_at: datetime | None
    finished_at: datetime | None
    waiting_for: list[Waiting]

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """An issue and what it waits for, as JSON has it."""
        issue: Issue = standing.issue
        said = standing.as_json()
        return cls.model_validate(
            {
                **{name: said[name] for name in ("issue", "slug", "state", "waiting_for")},
                "lists": list(issue.lists),
                "created_at": issue.created_at,
                "scheduled_at": said["scheduled_at"],
                "zone": issue.zone,
                "local": said["local"],
                "policy": issue.policy,
                "started_at": issue.started_at,
                "finished_at": issue.finished_at,
            }
        )


class IssueList(Facts):
    """Issues, newest first."""

    issues: list[IssueStanding]
    next: str | None = Field(description="what to give as `before` for those that follow")


class Published(IssueStanding):
    """The issue that was opened, or the one there was."""

    run: str | None = Field(description="the orchestrator's run; none where all was sent before")


class LanguageReview(Facts):
    """How far one language has come."""

    language: str
    segments: int
    empty: int
    draft: int
    edited: int
    approved: int
    signed_off: bool
    digest: str = Field(description="of the edition as it is now")
    approved_by: str
    changed_since: str = Field(description="who approved an earlier edition, and when")
    rejected_because: str
    next: str = Field(description="the command that brings it on")
    articles_waiting: list[str] = Field(description="of a digest: what in it is not approved")


class ArticleReview(Facts):
    """An article in its languages."""

    slug: str
    title: str
    languages: list[LanguageReview]


class Edition(Facts):
    """A language's letter as it is now, without what differs by reader."""

    slug: str
    language: str
    digest: str = Field(description="what to give when this is approved")
    signed_off: bool
    subject: str
    preheader: str
    html: str
    text: str


class Onward(Facts):
    """What an approval did for an issue."""

    issue: str
    under_way: bool = Field(description="it is being sent now")
    waiting_for: list[Waiting]


class Approved(Facts):
    """A language that is signed off."""

    slug: str
    language: str
    digest: str
    approved_by: str
    drafts: int = Field(description="passages that were a machine's until now")
    issues: list[Onward]


class Reason(Facts):
    """What servers said, and of how many letters."""

    state: str
    code: int
    example: str = Field(description="one of the answers")
    letters: int


class Report(Facts):
    """An issue's reconciliation."""

    issue: str
    state: IssueState
    audience: int
    complete: bool = Field(description="every letter is settled")
    deliveries: dict[str, int] = Field(description="letters by state")
    by_language: dict[str, dict[str, int]]
    by_city: dict[str, dict[str, int]]
    reasons: list[Reason]
    bounced: int
    complained: int
    at: datetime = Field(description="when the letters were added up")
    archived_at: datetime | None = Field(description="since when the figures alone are left")


class FieldError(Facts):
    """One thing that is wrong with a request."""

    field: str
    problem: str


class Problem(Facts):
    """What could not be done (RFC 9457)."""

    type: str = Field(description="the kind, an address with more about it")
    title: str
    status: int
    detail: str = ""
    remedy: str = ""
    waiting_for: list[str] = []
    errors: list[FieldError] = []
