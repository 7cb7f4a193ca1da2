"""What the record of processing counts."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.consent import GRANTS
from flows.store.people import consent_texts, consents
from flows.store.tables import contacts, memberships, suppressions

UNKNOWN = "not recorded"
"""Of contacts that were on a list before bases were kept."""


class BasisCount(NamedTuple):
    """How many contacts are on a list for a legal basis."""

    list: str
    basis: str
    contacts: int


class TextVersion(NamedTuple):
    """The words of a consent, under their digest."""

    digest: str
    language: str
    text: str
    first_at: datetime


async def count_bases(tx: AsyncConnection, *, cities: Collection[str] | None) -> list[BasisCount]:
    """The contacts of every list by the basis that was last given for it."""
    last = (
        select(consents.c.address_hash, consents.c.list, func.max(consents.c.id).label("id"))
        .where(consents.c.act.in_(GRANTS))
        .group_by(consents.c.address_hash, consents.c.list)
        .subquery()
    )
    basis = func.coalesce(consents.c.basis, UNKNOWN)
    rows = await tx.execute(
        select(memberships.c.list, basis, func.count())
        .join(contacts, contacts.c.id == memberships.c.contact)
        .outerjoin(
            last,
            (last.c.address_hash == contacts.c.address_hash) & (last.c.list == memberships.c.list),
        )
        .outerjoin(consents, consents.c.id == last.c.id)
        .where(contacts.c.city.in_(cities) if cities is not None else true())
        .group_by(memberships.c.list, basis)
        .order_by(memberships.c.list, basis)
    )
    return [BasisCount(*row) for row in rows]


async def text_versions(tx: AsyncConnection) -> list[TextVersion]:
    """Every text that somebody consented to, oldest first."""
    rows = await tx.execute(
        select(
            consent_texts.c.digest,
            consent_texts.c.language,
            consent_texts.c.text,
            consent_texts.c.first_at,
        ).order_by(consent_texts.c.first_at, consent_texts.c.digest)
    )
    return [TextVersion(*row) for row in rows]


async def count_opt_outs(tx: AsyncConnection) -> dict[str, int]:
    """The opt-outs by reason."""
    rows = await tx.execute(
        select(suppressions.c.reason, func.count())
        .group_by(suppressions.c.reason)
        .order_by(suppressions.c.reason)
    )
    return {row[0]: row[1] for row in rows}
