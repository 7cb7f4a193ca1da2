"""Whom an issue would reach if it were sent now: each once, each in one language, and why."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flows.domain.article import Slug
from flows.domain.issue import IssueId
from flows.domain.language import Because, Language, resolve_language
from flows.store.contacts import Reader, audience, count_newcomers
from flows.store.database import Store
from flows.store.issues import find_issues, get_issue
from flows.store.pruning import archived_of


class Reached(NamedTuple):
    """One reader with the edition that they would get."""

    mailbox: str
    name: str
    city: str
    wanted: str
    language: Language
    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The audience in figures. `opted_out` are on the lists and get nothing."""

    readers: int
    opted_out: int
    by_language: dict[str, int]
    by_reason: dict[str, dict[str, int]]
    by_city: dict[str, int]
    who: Sequence[Reached] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The shape of `newsletter audience --json`."""
        return {
            "readers": self.readers,
            "opted_out": self.opted_out,
            "by_language": self.by_language,
            "by_reason": self.by_reason,
            "by_city": self.by_city,
            **({"who": [one._asdict() for one in self.who]} if self.who else {}),
        }


async def reach_of(
    store: Store,
    slug: Slug,
    *,
    lists: Sequence[str],
    editions: Sequence[Language],
    issue: IssueId | None = None,
    named: bool = False,
) -> Reach:
    """Count whom these lists (all, if none is named) would reach, as freezing an issue would.

    `editions` begins with the network's own language. With `named`, everybody is named, too.
    Whoever another issue of the article reached is left out.
    """
    languages: Counter[str] = Counter()
    cities: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {one: Counter() for one in Because}
    opted_out, who = 0, list[Reached]()
    async for reader in _readers(store, slug, lists, issue):
        if reader.suppressed:
            opted_out += 1
            continue
        language, because = resolve_language(
            reader.language, reader.city_language, editions=editions, network=editions[0]
        )
        languages[language] += 1
        cities[reader.city] += 1
        reasons[because][language] += 1
        if named:
            wanted = reader.language or reader.city_language
            who.append(Reached(reader.mailbox, reader.name, reader.city, wanted, language, because))
    return Reach(
        readers=languages.total(),
        opted_out=opted_out,
        by_language={one: languages[one] for one in editions if languages[one]},
        by_reason={why: dict(count) for why, count in reasons.items() if count},
        by_city=dict(sorted(cities.items())),
        who=who,
    )


async def reach_of_issue(store: Store, issue: IssueId, *, editions: Sequence[Language]) -> Reach:
    """Count whom an issue would reach if it were frozen now."""
    async with store.reading() as tx:
        found = await get_issue(tx, issue)
    return await reach_of(store, found.slug, lists=found.lists, editions=editions, issue=found.id)


async def newcomers_to(store: Store, issue: IssueId) -> int:
    """How many came to a sent issue's lists since, of whom its article reached nobody.

    None are known of an article in the archive.
    """
    async with store.reading() as tx:
        found = await get_issue(tx, issue)
        if await archived_of(tx, found.slug):
            return 0
        every = [one.id for one in await find_issues(tx, slug=found.slug)]
        return await count_newcomers(tx, found.lists, since=every)


async def _readers(
    store: Store, slug: Slug, lists: Sequence[str], issue: IssueId | None
) -> AsyncIterator[Reader]:
    async with store.reading() as tx:
        others = [one.id for one in await find_issues(tx, slug=slug) if one.id != issue]
        async for some in audience(tx, lists, except_of=others):
            for reader in some:
                yield reader
