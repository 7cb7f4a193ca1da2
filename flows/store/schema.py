"""Bringing a database to the schema that this version of the product expects."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from flows.domain.errors import NotDoneError
from flows.domain.phrases import Phrase
from flows.store import api_tables, desk_tables, people, review_tables, tables
from flows.store.columns import metadata
from flows.store.database import Store

HEAD: Final = "0008"
"""The newest migration; a test compares it with `migrations/`."""

MODULES: Final = (tables, people, desk_tables, review_tables, api_tables)
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
            await tx.run_sync(_upgrade)
        return before, HEAD


async def ensure_schema(store: Store) -> None:
    """Make the tables of a new database; refuse one of another version with `NotDoneError`."""
    async with store.reading() as tx:
        revision = await tx.run_sync(_revision)
    if revision is None:
        await upgrade_schema(store)
    elif revision != HEAD:
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


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
