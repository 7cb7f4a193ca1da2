"""What went out, for everybody to read."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.article import Slug
from flows.domain.issue import IssueId, IssueState
from flows.domain.language import Language
from flows.store.tables import editions, issue_editions, issues

GONE_OUT = (IssueState.SENT, IssueState.INCOMPLETE)
ON_ITS_WAY = (IssueState.SENDING, IssueState.PAUSED)


class ArchivedEdition(NamedTuple):
    """One language of an issue that went out; `lists` empty means that it went to all."""

    issue: IssueId
    slug: Slug
    lists: Sequence[str]
    sent_at: datetime
    language: Language
    digest: str
    subject: str
    preheader: str


async def archived_editions(
    tx: AsyncConnection, *, issue: IssueId | None = None
) -> list[ArchivedEdition]:
    """The editions of all issues that went out, or of one; newest issue first."""
    query = (
        select(
            issues.c.id,
            issues.c.slug,
            issues.c.lists,
            issues.c.started_at,
            issue_editions.c.language,
            issue_editions.c.digest,
            editions.c.subject,
            editions.c.preheader,
        )
        .join(issue_editions, issue_editions.c.issue == issues.c.id)
        .join(editions, editions.c.digest == issue_editions.c.digest)
        .where(issues.c.state.in_(GONE_OUT), issues.c.started_at.is_not(None))
        .order_by(issues.c.started_at.desc(), issues.c.id, issue_editions.c.language)
    )
    if issue is not None:
        query = query.where(issues.c.id == issue)
    return [ArchivedEdition(*row) for row in await tx.execute(query)]


async def editions_with(
    tx: AsyncConnection, *words: str, language: Language
) -> list[Sequence[str]]:
    """The lists of each issue whose letters in a language hold one of these words of HTML.

    Those that are being sent are among them: their first readers have them already.
    """
    query = (
        select(issues.c.lists)
        .join(issue_editions, issue_editions.c.issue == issues.c.id)
        .join(editions, editions.c.digest == issue_editions.c.digest)
        .where(
            issues.c.state.in_((*GONE_OUT, *ON_ITS_WAY)),
            issues.c.started_at.is_not(None),
            issue_editions.c.language == language,
            or_(*(editions.c.html.contains(one, autoescape=True) for one in words)),
        )
        .order_by(issues.c.started_at.desc(), issues.c.id)
    )
    return [row.lists for row in await tx.execute(query)]
