"""What was said ahead of a sending: each thing once."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.issue import Issue
from flows.domain.language import Language
from flows.store.database import insert_once
from flows.store.schedule_tables import warnings


async def claim_warning(
    tx: AsyncConnection, issue: Issue, language: Language, *, hours: float, now: datetime
) -> bool:
    """Note that somebody warns of a language so long before an issue's time; false if one has.

    An issue that gets another time is warned of anew.
    """
    claimed = await tx.execute(
        insert_once(tx, warnings).values(
            issue=issue.id, language=language, hours=hours, leaves_at=issue.scheduled_at, at=now
        )
    )
    return claimed.rowcount == 1


async def forget_warning(
    tx: AsyncConnection, issue: Issue, language: Language, *, hours: float
) -> None:
    """The warning could not be sent: it is to be tried again."""
    await tx.execute(
        delete(warnings).where(
            warnings.c.issue == issue.id,
            warnings.c.language == language,
            warnings.c.hours == hours,
            warnings.c.leaves_at == issue.scheduled_at,
        )
    )
