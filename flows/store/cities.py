"""Cities, their correspondents, and the lists that the network keeps."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.contact import City, MailingList, Membership
from flows.domain.language import Language
from flows.store.people import correspondents, lists
from flows.store.tables import cities


async def keep_cities(tx: AsyncConnection, rows: Collection[City], *, now: datetime) -> None:
    """Add the cities, or bring them up to date."""
    known = {row.name: row.membership for row in await tx.execute(select(cities))}
    for city in rows:
        values: dict[str, Any] = {
            "country": city.country,
            "language": city.language,
            "timezone": city.timezone,
            "membership": city.membership,
            "names": dict(city.names),
        }
        if known.get(city.name) != city.membership:
            values["since"] = now
        if city.name in known:
            await tx.execute(update(cities).where(cities.c.name == city.name).values(**values))
        else:
            await tx.execute(insert(cities).values(name=city.name, **values))
        await keep_correspondents(tx, city.name, city.correspondents)


async def keep_correspondents(tx: AsyncConnection, city: str, people: Collection[str]) -> None:
    """Have exactly these people look after a city."""
    await tx.execute(delete(correspondents).where(correspondents.c.city == city))
    if people:
        rows = [{"city": city, "person": person} for person in sorted(people)]
        await tx.execute(insert(correspondents), rows)


async def all_cities(tx: AsyncConnection) -> list[City]:
    """Every city, by name."""
    people: defaultdict[str, set[str]] = defaultdict(set)
    for row in await tx.execute(select(correspondents)):
        people[row.city].add(row.person)
    return [
        City(
            name=row.name,
            country=row.country,
            language=Language(row.language),
            timezone=row.timezone,
            membership=Membership(row.membership),
            names=row.names,
            correspondents=frozenset(people[row.name]),
        )
        for row in await tx.execute(select(cities).order_by(cities.c.name))
    ]


async def keep_mailing_lists(tx: AsyncConnection, rows: Collection[MailingList]) -> None:
    """Have exactly these lists described; who is on them is another matter."""
    await tx.execute(delete(lists))
    if rows:
        await tx.execute(
            insert(lists),
            [{"name": one.name, "public": one.public, "titles": dict(one.titles)} for one in rows],
        )


async def mailing_lists(tx: AsyncConnection) -> list[MailingList]:
    """The lists that are described, by name."""
    return [
        MailingList(name=row.name, public=row.public, titles=row.titles)
        for row in await tx.execute(select(lists).order_by(lists.c.name))
    ]
