"""A reader in a process of its own, to be killed."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.mail.kept import KeptMail
from flows.mail.maildir import MaildirBox
from flows.mail.returned import ReturnReader
from flows.operations.hygiene import judge_returns
from flows.operations.returning import read_returns
from flows.store.database import open_store
from tests.functional.builders import KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a reader needs to know."""

    database_url: str
    maildir: Path
    kept: Path


def read(job: Job) -> None:
    """Read all that came back, and judge."""
    asyncio.run(_read(job))


def _clock() -> datetime:
    return datetime.now(UTC)


async def _read(job: Job) -> None:
    store = open_store(job.database_url, default=Path("unused"))
    await read_returns(
        store,
        [MaildirBox(folder=job.maildir, name="maildir")],
        reader=ReturnReader(keys=[KEY]),
        kept=KeptMail(job.kept),
        clock=_clock,
    )
    await judge_returns(store, brake_percent=100, now=_clock())
    await store.close()
