"""Evidence of who wrote each word of an edition, kept with the decision that approved it."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.article import Slug
from flows.domain.language import Language
from flows.store.tables import decisions, evidence


async def keep_evidence(tx: AsyncConnection, decision: int, record: dict[str, Any]) -> None:
    """Keep the record of an approval for ever."""
    await tx.execute(insert(evidence).values(decision=decision, record=record))


async def find_evidence(
    tx: AsyncConnection,
    slug: Slug,
    language: Language,
    *,
    digest: str,
    until: datetime | None = None,
) -> dict[str, Any] | None:
    """The record of the latest approval of this edition, or of the latest one `until` a moment."""
    wanted = (
        select(evidence.c.record)
        .join(decisions, decisions.c.id == evidence.c.decision)
        .where(
            decisions.c.slug == slug,
            decisions.c.language == language,
            decisions.c.digest == digest,
            decisions.c.verdict == "approved",
        )
        .order_by(decisions.c.id.desc())
        .limit(1)
    )
    if until is not None:
        wanted = wanted.where(decisions.c.at <= until)
    record: dict[str, Any] | None = await tx.scalar(wanted)
    return record


async def last_evidence(
    tx: AsyncConnection, slug: Slug, language: Language
) -> dict[str, Any] | None:
    """The record of the latest approval of a language, whatever was approved."""
    record: dict[str, Any] | None = await tx.scalar(
        select(evidence.c.record)
        .join(decisions, decisions.c.id == evidence.c.decision)
        .where(decisions.c.slug == slug, decisions.c.language == language)
        .order_by(decisions.c.id.desc())
        .limit(1)
    )
    return record
