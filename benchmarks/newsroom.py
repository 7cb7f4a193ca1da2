"""A newsroom with a frozen issue of as many letters as a benchmark wants, to be copied."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from flows.domain.contact import City
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.operations.approving import approve_language
from flows.operations.delivering import freeze_issue
from flows.operations.gating import pass_gate
from flows.operations.issues import open_issue
from flows.operations.workspaces import make_workspace
from flows.runtime.runtime import Runtime, open_runtime, starter
from flows.settings.reading import read_settings
from flows.store.cities import keep_cities
from flows.store.tables import contacts, memberships

SLUG = "city-pair"
ISSUE = IssueId("city-pair-1")
LANGUAGES = ("fr", "en", "nl")
AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """A workspace and the environment that its processes get."""

    folder: Path
    environment: dict[str, str]


def make_newsroom(folder: Path, *, letters: int, database_url: str = "") -> Newsroom:
    """A workspace whose issue `ISSUE` is frozen for so many readers of three languages."""
    newsroom = Newsroom(folder=folder, environment=_environment(folder, database_url))
    with environment(newsroom.environment):
        make_workspace(folder, starter=starter())
        asyncio.run(_fill(folder, letters))
    return newsroom


def copy_newsroom(original: Newsroom, folder: Path, *, database_url: str = "") -> Newsroom:
    """The same newsroom once more; a PostgreSQL database is copied by its server."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original.folder, folder)
    return Newsroom(folder=folder, environment=_environment(folder, database_url))


def _environment(folder: Path, database_url: str) -> dict[str, str]:
    database = {"NEWSLETTER_DATABASE_URL": database_url} if database_url else {}
    return {
        "NEWSLETTER_WORKSPACE": str(folder),
        "NEWSLETTER_WEB__BASE_URL": "https://lettre.example.org",
        **database,
    }


@contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Variables for as long as the block lasts."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


async def _fill(folder: Path, letters: int) -> None:
    async with open_runtime(read_settings(folder)) as desk:
        await approve_all(desk)
        await _add_readers(desk, letters)
        await freeze_for(desk, "all")


async def approve_all(desk: Runtime) -> None:
    """Sign the article off in every language."""
    for language in desk.library.languages:
        await approve_language(
            desk.library,
            desk.store,
            SLUG,
            language,
            by="bench",
            two_people=True,
            now=desk.clock(),
        )


async def freeze_for(desk: Runtime, list_name: str) -> None:
    """Freeze `ISSUE` for everybody on a list."""
    issue = await open_issue(desk.library, desk.store, SLUG, lists=[list_name], now=desk.clock())
    await pass_gate(desk.library, desk.store, issue.id, now=desk.clock(), late_hours=1)
    await freeze_issue(
        desk.store,
        issue.id,
        languages=desk.library.languages,
        letterheads=desk.letterheads(),
        message_id=desk.message_id,
        now=desk.clock(),
    )


async def _add_readers(desk: Runtime, letters: int) -> None:
    cities = [
        City(name=f"Ville {tag}", country="BE", language=Language(tag), timezone="Europe/Brussels")
        for tag in LANGUAGES
    ]
    async with desk.store.writing() as tx:
        await keep_cities(tx, cities, now=datetime.now(UTC))
        for start in range(0, letters, AT_ONCE):
            rows = _readers(desk, range(start, min(start + AT_ONCE, letters)))
            await tx.execute(insert(contacts), rows)
            await tx.execute(
                insert(memberships), [{"list": "all", "contact": row["id"]} for row in rows]
            )


def _readers(desk: Runtime, numbers: Sequence[int]) -> list[dict[str, object]]:
    now = desk.clock()
    return [
        {
            "id": number + 1,
            "address": f"reader{number}@example.org",
            "mailbox": f"reader{number}@example.org",
            "address_hash": hashlib.sha256(b"%d" % number).hexdigest(),
            "name": f"Prévention n° {number}",
            "city": f"Ville {LANGUAGES[number % len(LANGUAGES)]}",
            "created_at": now,
            "updated_at": now,
        }
        for number in numbers
    ]
