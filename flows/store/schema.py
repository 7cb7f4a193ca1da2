"""Bringing a database to the schema that this version of the product expects."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from flows.domain.errors import InputError, NotDoneError
from flows.domain.phrases import Phrase
from flows.store import (
    api_tables,
    desk_tables,
    people,
    review_tables,
    scale_tables,
    schedule_tables,
    tables,
)
from flows.store.columns import metadata
from flows.store.database import Store

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0015"
"""The newest migration; a test compares it with `migrations/`."""

MODULES: Final = (
    tables,
    people,
    desk_tables,
    review_tables,
    api_tables,
    schedule_tables,
    scale_tables,
)
"""Whoever has imported these has every table."""
TABLES: Final = metadata
"""What `migrations/` builds."""


async def upgrade_schema(store: Store) -> tuple[str | None, str]:
    """Run the missing migrations. The revisions before and after."""
    async with store.writing() as tx:
        if tx.dialect.name == "postgresql":  # on SQLite a writer is alone already
            await tx.execute(text("SELECT pg_advisory_xact_lock(hashtext('newsletter schema'))"))
        before = await tx.run_sync(_revision)
        if before != HEAD:
            await tx.run_sync(build_schema)
        return before, HEAD


async def downgrade_schema(store: Store, revision: str) -> tuple[str, str]:
    """Take a database back to an earlier revision. The revisions before and after.

    What only the newer tables and columns hold is lost. Raises `InputError` for a revision that
    is unknown, and `NotDoneError` for one that is not earlier.
    """
    known = known_revisions()
    if revision not in known:
        raise InputError(
            Phrase("{revision!r} is not a revision", revision=revision),
            field="REVISION",
            remedy=f"One of {', '.join(known)}.",
        )
    async with store.writing() as tx:
        before = await tx.run_sync(_revision)
        if before is None or known.index(revision) > known.index(before):
            raise NotDoneError(
                Phrase(
                    "the database is at {before}, not after {revision}",
                    before=before or 0,
                    revision=revision,
                )
            )
        await tx.run_sync(_dismantle, revision)
        return before, revision


async def ensure_schema(store: Store) -> None:
    """Make the tables of a new database; refuse one of another version with `NotDoneError`."""
    async with store.reading() as tx:
        revision = await tx.run_sync(_revision)
    if revision is None:
        await upgrade_schema(store)
    else:
        _refuse_other(revision)


async def require_schema(store: Store) -> None:
    """Refuse a database that no newsroom has made, or one of another version: `NotDoneError`."""
    async with store.reading() as tx:
        revision = await tx.run_sync(_revision)
    if revision is None:
        raise NotDoneError(
            "the database is empty: no newsroom has ever used it",
            waiting_for=("look at database_url; or make its tables: newsletter db upgrade",),
        )
    _refuse_other(revision)


def _refuse_other(revision: str) -> None:
    if revision != HEAD:
        raise NotDoneError(
            Phrase(
                "the database is at revision {revision}, this program at {head}",
                revision=revision,
                head=HEAD,
            ),
            waiting_for=("newsletter db upgrade",),
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def build_schema(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to a revision."""
    from alembic import command

    command.upgrade(_alembic(connection), revision)


def _dismantle(connection: Connection, revision: str) -> None:
    from alembic import command

    command.downgrade(_alembic(connection), revision)


def _alembic(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def known_revisions() -> list[str]:
    """All revisions, oldest first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(__file__).parent / "migrations"))
    return [one.revision for one in scripts.walk_revisions()][::-1]
