"""Looking at contacts and cities: search, city pages, whom nobody wrote to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from flows.domain.access import Scope
from flows.domain.contact import City
from flows.domain.errors import NotFoundError
from flows.domain.phrases import Phrase
from flows.mail.addresses import normalise_address
from flows.operations.accounts import account_key
from flows.operations.intake.cities import city_book
from flows.operations.lookalikes import suggest
from flows.store.cities import all_cities
from flows.store.contacts import list_sizes, lists_within
from flows.store.database import Store
from flows.store.records import find_record
from flows.store.searching import (
    NO_CITY,
    CityCount,
    Listed,
    Wanted,
    count_cities,
    count_listed,
    find_listed,
    last_letters,
)


async def scope_of(store: Store, person: str, *, address: str = "") -> Scope:
    """The cities that somebody looks after as their correspondent; none for anybody else.

    The file of cities has their name or their address; case and spaces make no difference.
    """
    async with store.reading() as tx:
        cities = await all_cities(tx)
    own = {account_key(one) for one in (person, address) if one}
    looked_after = (one for one in cities if own & set(map(account_key, one.correspondents)))
    return Scope(by=person, cities=frozenset(one.name for one in looked_after))


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The first contacts that fit, and how many do."""

    total: int
    contacts: list[Listed]


async def search_contacts(
    store: Store,
    wanted: Wanted,
    *,
    scope: Scope,
    limit: int,
    after: int = 0,
    address_hash: Callable[[str], str] | None = None,
) -> Findings:
    """The contacts within reach that fit; a whole address finds its contact however it is spelt.

    They come in the order of their numbers, from the one `after` a number on.
    """
    reached = wanted._replace(cities=scope.cities)
    if address_hash and "@" in wanted.text:
        reached = reached._replace(text=normalise_address(wanted.text))
    async with store.reading() as tx:
        total = await count_listed(tx, reached)
        some = find_listed(tx, reached, limit=limit, after=after)
        found = [one async for batch in some for one in batch]
    return Findings(total=total, contacts=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class CityStanding:
    """A city, its contacts in figures, and when it last got a letter."""

    city: City
    count: CityCount
    last_letter: datetime | None

    def as_json(self) -> dict[str, Any]:
        """The shape of `newsletter cities list --json`."""
        city = self.city
        return {
            "city": city.name,
            "country": city.country,
            "language": city.language,
            "timezone": city.timezone,
            "membership": city.membership,
            "correspondents": sorted(city.correspondents),
            **self.count._asdict(),
            "last_letter": self.last_letter.isoformat() if self.last_letter else None,
        }


class Names(NamedTuple):
    """What contacts can be looked for by, within reach."""

    cities: list[str]
    lists: list[str]


async def list_names(store: Store, *, scope: Scope) -> Names:
    """The cities and the lists within reach: every one, or those that `lists_within` names."""
    async with store.reading() as tx:
        cities = [city.name for city in await all_cities(tx) if scope.covers(city.name)]
        every = await list_sizes(tx)
        lists = every if scope.cities is None else await lists_within(tx, scope.cities)
        return Names(cities, sorted(lists))


async def number_of(store: Store, address_hash: str) -> int:
    """The number of the contact with an address. Raises `NotFoundError`."""
    async with store.reading() as tx:
        record = await find_record(tx, address_hash)
    if record is None:
        raise NotFoundError("no contact has this address")
    return record.id


async def list_cities(store: Store, *, scope: Scope, since: datetime) -> list[CityStanding]:
    """Every city within reach; `silent` counts contacts without a letter since then."""
    async with store.reading() as tx:
        counts = await count_cities(tx, since=since, cities=scope.cities)
        letters = await last_letters(tx, cities=scope.cities)
        return [
            CityStanding(
                city=city,
                count=counts.get(city.name, NO_CITY),
                last_letter=letters.get(city.name),
            )
            for city in await all_cities(tx)
            if scope.covers(city.name)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPage:
    """One city with its contacts; `silent` are those without a letter since some time."""

    standing: CityStanding
    contacts: list[Listed]
    silent: list[Listed]

    def as_json(self) -> dict[str, Any]:
        """The shape of `newsletter cities show --json`."""
        return {
            **self.standing.as_json(),
            "people": [contact_as_json(one) for one in self.contacts],
            "nothing_since": [one.address for one in self.silent],
        }


async def read_city(store: Store, name: str, *, scope: Scope, since: datetime) -> CityPage:
    """A city by any of its names. Raises `NotFoundError` naming those there are."""
    async with store.reading() as tx:
        within = [one for one in await all_cities(tx) if scope.covers(one.name)]
    own = city_book(within).find(name)
    if own is None:
        names = [one.name for one in within]
        raise NotFoundError(
            Phrase("there is no city {name!r}", name=name),
            remedy=f"{suggest(name, names)}Cities: {', '.join(names)}",
        )
    alone = replace(scope, cities=frozenset({own}))
    [standing] = await list_cities(store, scope=alone, since=since)
    async with store.reading() as tx:
        people = Wanted(city=own)
        silent = people._replace(silent_since=since, opted_out=False, off_lists=False)
        return CityPage(
            standing=standing,
            contacts=[one async for some in find_listed(tx, people) for one in some],
            silent=[one async for some in find_listed(tx, silent) for one in some],
        )


def contact_as_json(one: Listed) -> dict[str, Any]:
    """A contact as commands print it."""
    return {
        "number": one.contact,
        "address": one.address,
        "name": one.name,
        "city": one.city,
        "language": one.language or None,
        "roles": [role for role in one.roles.split("\n") if role],
        "lists": list(one.lists),
        "opted_out": one.opted_out or None,
    }


def quarter_start(now: datetime) -> datetime:
    """The first moment of the quarter, in the zone of `now`."""
    first = 3 * ((now.month - 1) // 3) + 1
    return now.replace(month=first, day=1, hour=0, minute=0, second=0, microsecond=0)
