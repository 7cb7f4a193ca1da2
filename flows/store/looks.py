"""What each person saw of a language when they looked last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.article import Slug
from flows.domain.language import Language
from flows.store.database import insert_once
from flows.store.review_tables import looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One person's view of a language: the texts by passage.

    `known` are those of their last sitting, which ended before `since`; `latest` those of the one
    that goes on, seen last at `at`.
    """

    person: str
    slug: Slug
    language: Language
    since: datetime
    at: datetime
    known: Mapping[str, str]
    latest: Mapping[str, str]


async def find_look(
    tx: AsyncConnection, person: str, slug: Slug, language: Language
) -> Look | None:
    """How a person saw a language last; `None` if they never did."""
    row = (await tx.execute(select(looks).where(_whose(person, slug, language)))).first()
    if row is None:
        return None
    return Look(
        person=row.person,
        slug=Slug(row.slug),
        language=Language(row.language),
        since=row.since,
        at=row.at,
        known=row.known,
        latest=row.latest,
    )


async def keep_look(tx: AsyncConnection, look: Look) -> None:
    """Remember a view in place of the one before."""
    values = {
        "since": look.since,
        "at": look.at,
        "known": dict(look.known),
        "latest": dict(look.latest),
    }
    whose = _whose(look.person, look.slug, look.language)
    changed = await tx.execute(update(looks).where(whose).values(**values))
    if not changed.rowcount:
        await tx.execute(
            insert_once(tx, looks).values(
                person=look.person, slug=look.slug, language=look.language, **values
            )
        )


def _whose(person: str, slug: Slug, language: Language) -> ColumnElement[bool]:
    return (looks.c.person == person) & (looks.c.slug == slug) & (looks.c.language == language)
