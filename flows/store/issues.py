"""Rows and `Issue` values."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.article import Slug
from flows.domain.errors import NotDoneError, NotFoundError
from flows.domain.issue import ALLOWED_MOVES, Issue, IssueId, IssueState
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.recipient import Letterhead
from flows.domain.timing import Policy, Wall
from flows.store.database import insert_once
from flows.store.outbox import announce_move
from flows.store.tables import issue_editions, issues


async def create_issue(
    tx: AsyncConnection,
    slug: Slug,
    *,
    lists: Collection[str],
    now: datetime,
    policy: Policy = Policy.HOLD,
    carries: Collection[Slug] = (),
) -> Issue:
    """A new issue of an article, in review. `NotDoneError` if another is opened at this moment."""
    count = await tx.scalar(select(func.count()).select_from(issues).where(issues.c.slug == slug))
    issue = IssueId(f"{slug}-{(count or 0) + 1}")
    added = await tx.execute(
        insert_once(tx, issues).values(
            id=issue,
            slug=slug,
            state=IssueState.IN_REVIEW,
            lists=sorted(lists),
            created_at=now,
            reason="",
            policy=policy,
            carries=list(carries),
        )
    )
    if added.rowcount != 1:
        raise NotDoneError(Phrase("somebody else has just opened {issue}; look again", issue=issue))
    return await get_issue(tx, issue)


async def get_issue(tx: AsyncConnection, issue: IssueId) -> Issue:
    """The issue. Raises `NotFoundError` with the ids that exist."""
    row = (await tx.execute(select(issues).where(issues.c.id == issue))).first()
    if row is None:
        known = (await tx.scalars(select(issues.c.id).order_by(issues.c.created_at))).all()
        raise NotFoundError(
            Phrase("there is no issue {issue!r}", issue=issue),
            remedy=f"Issues: {', '.join(known)}." if known else "There is none yet.",
        )
    return _issue(row)


async def hold_issue(tx: AsyncConnection, issue: IssueId) -> Issue:
    """The issue, which like its article's other issues nobody else changes in this transaction."""
    slug = select(issues.c.slug).where(issues.c.id == issue).scalar_subquery()
    await tx.execute(
        select(issues.c.id).where(issues.c.slug == slug).order_by(issues.c.id).with_for_update()
    )
    return await get_issue(tx, issue)


async def find_issues(
    tx: AsyncConnection, *, slug: Slug | None = None, states: Collection[IssueState] | None = None
) -> list[Issue]:
    """Issues, oldest first, of one article or in some states."""
    query = select(issues).order_by(issues.c.created_at, issues.c.id)
    if slug is not None:
        query = query.where(issues.c.slug == slug)
    if states is not None:
        query = query.where(issues.c.state.in_(states))
    return [_issue(row) for row in await tx.execute(query)]


async def last_issues(
    tx: AsyncConnection, states: Collection[IssueState], *, limit: int
) -> list[Issue]:
    """The issues in some states that were opened last, newest first."""
    query = select(issues).where(issues.c.state.in_(states))
    newest = query.order_by(issues.c.created_at.desc(), issues.c.id.desc()).limit(limit)
    return [_issue(row) for row in await tx.execute(newest)]


async def move_issue(
    tx: AsyncConnection, issue: Issue, state: IssueState, *, now: datetime, **changes: Any
) -> Issue:
    """Put an issue into another state, if it is still where it was; whoever listens is told.

    Raises `NotDoneError` if the move is not allowed or somebody else moved the issue first.
    """
    if state is not issue.state and state not in ALLOWED_MOVES[issue.state]:
        raise NotDoneError(
            Phrase(
                "{issue} is {state}; it cannot become {wanted}",
                issue=issue.id,
                state=issue.state,
                wanted=state,
            )
        )
    moved = await tx.execute(
        update(issues)
        .where(issues.c.id == issue.id, issues.c.state == issue.state)
        .values(state=state, **changes)
    )
    if moved.rowcount != 1:
        raise NotDoneError(
            Phrase("{issue} was changed by somebody else meanwhile; look again", issue=issue.id)
        )
    if state is not issue.state:
        await announce_move(tx, issue, state, now=now)
    return await get_issue(tx, issue.id)


async def note_run(tx: AsyncConnection, issue: IssueId, flow_run: str | None) -> None:
    """Note which run sends an issue, whatever state it is in."""
    await tx.execute(update(issues).where(issues.c.id == issue).values(flow_run=flow_run))


async def freeze_editions(
    tx: AsyncConnection,
    issue: IssueId,
    digests: Mapping[Language, str],
    *,
    letterheads: Mapping[Language, Letterhead],
) -> None:
    """Bind the approved editions to an issue for ever, and what its letters say of us."""
    await tx.execute(
        insert(issue_editions),
        [
            {
                "issue": issue,
                "language": language,
                "digest": digest,
                "letterhead": letterheads[language].as_json(),
            }
            for language, digest in digests.items()
        ],
    )


class FrozenEdition(NamedTuple):
    """The hash of an issue's edition; `letterhead` is missing in issues of earlier versions."""

    digest: str
    letterhead: Letterhead | None


async def frozen_editions(tx: AsyncConnection, issue: IssueId) -> dict[Language, FrozenEdition]:
    """Each language's edition of a frozen issue."""
    rows = await tx.execute(select(issue_editions).where(issue_editions.c.issue == issue))
    return {
        Language(row.language): FrozenEdition(
            row.digest, Letterhead.from_json(row.letterhead) if row.letterhead else None
        )
        for row in rows
    }


def _issue(row: Row[Any]) -> Issue:
    return Issue(
        id=IssueId(row.id),
        slug=Slug(row.slug),
        state=IssueState(row.state),
        lists=tuple(row.lists),
        created_at=row.created_at,
        scheduled_at=row.scheduled_at,
        zone=row.zone,
        started_at=row.started_at,
        finished_at=row.finished_at,
        reason=row.reason,
        flow_run=row.flow_run,
        released_at=row.released_at,
        wall=Wall.from_text(row.wall) if row.wall else None,
        let_go_at=row.let_go_at,
        policy=Policy(row.policy),
        carries=None if row.carries is None else tuple(Slug(one) for one in row.carries),
    )
