"""Proposals for the glossary that somebody declined."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.language import Language
from flows.store.database import insert_once
from flows.store.desk_tables import declined_terms

Proposed = tuple[Language, str, str]
"""A language, a term and its wording."""


async def decline_proposal(
    tx: AsyncConnection, proposed: Proposed, *, by: str, now: datetime
) -> None:
    """Write down that nobody wants this; twice is once."""
    language, term, wording = proposed
    await tx.execute(
        insert_once(tx, declined_terms).values(
            language=language, term=term, wording=wording, by=by, at=now
        )
    )


async def declined_proposals(tx: AsyncConnection) -> set[Proposed]:
    """Everything that was declined."""
    columns = (declined_terms.c.language, declined_terms.c.term, declined_terms.c.wording)
    rows = await tx.execute(select(*columns))
    return {(Language(row.language), row.term, row.wording) for row in rows}
