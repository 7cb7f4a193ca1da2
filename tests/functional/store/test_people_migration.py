"""A database of an earlier version keeps its people through the migration, there and back."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

import flows.store.migrations
from flows.store.contacts import audience
from flows.store.database import Store

BEFORE = "0005"
MOMENT = "'2026-12-01 08:00:00+00:00'"
OLD_ROWS = (
    "INSERT INTO cities VALUES ('Liège', 'BE', 'fr', 'Europe/Brussels')",
    *(
        "INSERT INTO contacts (id, address, mailbox, address_hash, name, city, language,"
        f" created_at, updated_at) VALUES ({n}, 'a{n}@x.test', 'a{n}@x.test', 'hash{n}', 'Nom',"
        f" 'Liège', NULL, {MOMENT}, {MOMENT})"
        for n in (1, 2, 3)
    ),
    *(f"INSERT INTO memberships VALUES ('members', {n})" for n in (1, 2, 3)),
    f"INSERT INTO suppressions VALUES ('hash2', 'unsubscribed', 'link', {MOMENT})",
)


def migrate(connection: Connection, revision: str) -> None:
    """To a revision, up or down."""
    config = Config()
    config.set_main_option("script_location", str(Path(flows.store.migrations.__path__[0])))
    config.attributes["connection"] = connection
    now = connection.scalar(text("SELECT version_num FROM alembic_version"))
    move = command.downgrade if revision < str(now) else command.upgrade
    move(config, revision)


async def test_people_survive_the_new_tables(store: Store) -> None:
    """Contacts with their numbers, lists, opt-outs; no number is ever given twice."""
    async with store.writing() as tx:
        await tx.run_sync(migrate, BEFORE)
        for statement in OLD_ROWS:
            await tx.execute(text(statement))
        await tx.run_sync(migrate, "head")

    async with store.writing() as tx:
        readers = {one.contact: one async for some in audience(tx, ["members"]) for one in some}
        assert {one.mailbox for one in readers.values()} == {f"a{n}@x.test" for n in (1, 2, 3)}
        assert [number for number, one in sorted(readers.items()) if one.suppressed] == [2]
        origins = await tx.scalars(text("SELECT DISTINCT origin FROM memberships"))
        assert list(origins) == ["file"]
        if tx.dialect.name == "sqlite":
            await tx.execute(text("DELETE FROM memberships WHERE contact = 3"))
            await tx.execute(text("DELETE FROM contacts WHERE id = 3"))
            added = await tx.execute(
                text(
                    "INSERT INTO contacts (address, mailbox, address_hash, name, city, roles,"
                    " chosen, created_at, updated_at) VALUES ('b', 'b', 'hash4', '', 'Liège',"
                    f" '', 0, {MOMENT}, {MOMENT}) RETURNING id"
                )
            )
            assert added.scalar() == 4


async def test_the_way_back_keeps_who_is_on_which_list(store: Store) -> None:
    """What the earlier version cannot know is lost, and nothing else."""
    async with store.writing() as tx:
        await tx.run_sync(migrate, BEFORE)
        for statement in OLD_ROWS:
            await tx.execute(text(statement))
        before = (await tx.execute(text("SELECT * FROM memberships ORDER BY contact"))).all()
        people = (await tx.execute(text("SELECT * FROM contacts ORDER BY id"))).all()
        await tx.run_sync(migrate, "head")
        await tx.run_sync(migrate, BEFORE)
        after = (await tx.execute(text("SELECT * FROM memberships ORDER BY contact"))).all()
        assert after == before
        assert (await tx.execute(text("SELECT * FROM contacts ORDER BY id"))).all() == people
        await tx.run_sync(migrate, "head")
