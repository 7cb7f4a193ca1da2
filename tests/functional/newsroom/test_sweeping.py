from datetime import timedelta

from sqlalchemy import func, insert, select

from flows.operations.sweeping import KEPT_AFTER, sweep_leftovers
from flows.store.api_tables import api_answers, api_tokens
from flows.store.database import Store
from flows.store.desk_tables import review_links, sessions, users
from tests.functional.builders import NOW

OLD, YOUNG = NOW - KEPT_AFTER - timedelta(days=1), NOW + timedelta(days=1)


async def keep(store: Store, *, seen: str, ends: str) -> None:
    """One visit, one link and one answer; `seen` and `ends` are `old` or `young`."""
    end = {"old": OLD, "young": YOUNG}[ends]
    async with store.writing() as tx:
        await tx.execute(
            insert(sessions).values(
                key=f"{seen}-{ends}",
                csrf="c",
                guest={},
                created_at=OLD,
                seen_at={"old": NOW - timedelta(hours=3), "young": NOW}[seen],
                expires_at=end,
            )
        )
        await tx.execute(
            insert(review_links).values(
                key=f"{seen}-{ends}",
                slug="city-pair",
                language="nl",
                name="Anneke",
                made_by="Camille",
                made_at=OLD,
                expires_at=end,
            )
        )
        await tx.execute(
            insert(api_answers).values(
                token=1,
                key=f"{seen}-{ends}",
                request="r",
                begun_at=OLD,
                expires_at=end,
                headers={},
            )
        )


async def a_token(store: Store) -> None:
    """A program that answers are kept for."""
    async with store.writing() as tx:
        await tx.execute(
            insert(users).values(
                id=1, name="Camille", name_key="camille", roles=[], languages=[], created_at=OLD
            )
        )
        await tx.execute(
            insert(api_tokens).values(
                id=1,
                key="k",
                label="l",
                user=1,
                scopes=[],
                made_by="Camille",
                made_at=OLD,
                expires_at=YOUNG,
            )
        )


async def test_what_is_over_is_forgotten_and_the_rest_kept(store: Store) -> None:
    """Visits that rested too long, links a month after their end, answers at it; once."""
    await a_token(store)
    for seen, ends in (("old", "young"), ("young", "old"), ("young", "young")):
        await keep(store, seen=seen, ends=ends)
    swept = await sweep_leftovers(store, idle_minutes=120, now=NOW)
    assert swept == {"visits": 2, "review links": 1, "answers to programs": 1}
    assert set((await sweep_leftovers(store, idle_minutes=120, now=NOW)).values()) == {0}
    async with store.reading() as tx:
        left = [
            await tx.scalar(select(func.count()).select_from(table))
            for table in (sessions, review_links, api_answers)
        ]
    assert left == [1, 2, 2]
