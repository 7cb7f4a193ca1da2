"""The ledger of consents, kept by address hash: it proves, and survives an erasure."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.consent import Act, Basis, Consent
from flows.store.database import insert_once
from flows.store.people import consent_texts, consents


async def keep_text(tx: AsyncConnection, text: str, *, language: str, now: datetime) -> str:
    """Keep the exact words that somebody is shown; their digest (SHA-256 of language and text)."""
    digest = hashlib.sha256(f"{language}\n{text}".encode()).hexdigest()
    await tx.execute(
        insert_once(tx, consent_texts).values(
            digest=digest, language=language, text=text, first_at=now
        )
    )
    return digest


async def find_text(tx: AsyncConnection, digest: str) -> str | None:
    """The words under a digest."""
    found: str | None = await tx.scalar(
        select(consent_texts.c.text).where(consent_texts.c.digest == digest)
    )
    return found


async def record_acts(tx: AsyncConnection, address_hash: str, acts: Collection[Consent]) -> None:
    """Write lines into the ledger of one address."""
    if acts:
        await tx.execute(
            insert(consents),
            [
                {
                    "address_hash": address_hash,
                    "list": one.list,
                    "act": one.act,
                    "basis": one.basis,
                    "text": one.text,
                    "language": one.language,
                    "source": one.source,
                    "why": one.why,
                    "at": one.at,
                }
                for one in acts
            ],
        )


async def consents_of(tx: AsyncConnection, address_hash: str) -> list[Consent]:
    """All that was ever recorded for an address, oldest first."""
    rows = await tx.execute(
        select(consents).where(consents.c.address_hash == address_hash).order_by(consents.c.id)
    )
    return [
        Consent(
            list=row.list,
            act=Act(row.act),
            at=row.at,
            source=row.source,
            basis=Basis(row.basis) if row.basis else None,
            text=row.text,
            language=row.language,
            why=row.why,
        )
        for row in rows
    ]
