"""Editions as they were shown, and what people decided about them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.article import Slug
from flows.domain.edition import Edition
from flows.domain.language import Language
from flows.store.database import insert_once
from flows.store.tables import decisions, editions


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One person's verdict on one language; `digest` is of the edition that they were shown."""

    language: Language
    verdict: str
    digest: str | None
    by: str
    because: str
    at: datetime


async def keep_edition(tx: AsyncConnection, edition: Edition, *, now: datetime) -> None:
    """Keep an edition for ever under its digest; the same one again changes nothing."""
    await tx.execute(
        insert_once(tx, editions).values(
            digest=edition.digest,
            slug=edition.slug,
            language=edition.language,
            subject=edition.subject,
            preheader=edition.preheader,
            html=edition.html,
            text=edition.text,
            created_at=now,
        )
    )


async def find_edition(tx: AsyncConnection, digest: str) -> Edition | None:
    """The edition with this digest."""
    row = (await tx.execute(select(editions).where(editions.c.digest == digest))).first()
    return _edition(row) if row else None


def _edition(row: Row[Any]) -> Edition:
    return Edition(
        slug=Slug(row.slug),
        language=Language(row.language),
        subject=row.subject,
        preheader=row.preheader,
        html=row.html,
        text=row.text,
    )


async def record_decision(tx: AsyncConnection, slug: Slug, decision: Decision) -> int:
    """Write a verdict down; earlier ones stay. Its number."""
    written = await tx.execute(
        insert(decisions)
        .values(
            slug=slug,
            language=decision.language,
            verdict=decision.verdict,
            digest=decision.digest,
            by=decision.by,
            because=decision.because,
            at=decision.at,
        )
        .returning(decisions.c.id)
    )
    return int(written.scalar_one())


async def last_decisions(tx: AsyncConnection, slug: Slug) -> dict[Language, Decision]:
    """The latest verdict on each language of an article."""
    rows = await tx.execute(
        select(decisions).where(decisions.c.slug == slug).order_by(decisions.c.id)
    )
    return {
        Language(row.language): Decision(
            language=Language(row.language),
            verdict=row.verdict,
            digest=row.digest,
            by=row.by,
            because=row.because,
            at=row.at,
        )
        for row in rows
    }


async def approved_articles(tx: AsyncConnection, languages: Collection[Language]) -> set[Slug]:
    """The articles whose latest verdict on each of these languages was an approval."""
    latest = select(func.max(decisions.c.id)).group_by(decisions.c.slug, decisions.c.language)
    rows = await tx.execute(
        select(decisions.c.slug)
        .where(
            decisions.c.id.in_(latest),
            decisions.c.verdict == "approved",
            decisions.c.language.in_(languages),
        )
        .group_by(decisions.c.slug)
        .having(func.count() == len(set(languages)))
    )
    return {Slug(slug) for slug in rows.scalars()}


async def last_approved(tx: AsyncConnection, slug: Slug, language: Language) -> Edition | None:
    """The edition that was approved last, whatever became of the article since."""
    row = (
        await tx.execute(
            select(editions)
            .join(decisions, decisions.c.digest == editions.c.digest)
            .where(
                decisions.c.slug == slug,
                decisions.c.language == language,
                decisions.c.verdict == "approved",
            )
            .order_by(decisions.c.id.desc())
            .limit(1)
        )
    ).first()
    return _edition(row) if row else None
