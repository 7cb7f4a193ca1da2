"""All rows of the files of one import, one after the other."""

import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.domain.access import Scope
from flows.domain.contact import City
from flows.domain.errors import InputError, NotFoundError
from flows.domain.history import Outcome
from flows.domain.phrases import Phrase
from flows.operations.intake.cities import CityBook, city_book
from flows.operations.intake.people import FIELDS, Reception
from flows.operations.intake.places import How, ListFile, Sources
from flows.operations.intake.tables import SourceTable, open_table
from flows.store.merging import Whole
from flows.store.staging import Arrival


@dataclass(slots=True, kw_only=True)
class Reading:
    """The files that are read; `notes` and `spoilt` files are known when all rows are out.

    Rows that name no city are in `city`, which is within the scope and has its own name here.
    """

    sources: Sources
    how: How
    scope: Scope
    city: str = ""
    rows: int = 0
    notes: list[str] = field(default_factory=list)
    allowed: Collection[str] | None = None
    spoilt: set[Path] = field(default_factory=set)

    def arrivals(
        self, known: Sequence[City], address_hash: Callable[[str], str]
    ) -> Iterator[Arrival]:
        """Every row, read or refused. Raises `InputError` for a file that cannot be read.

        Raises `NotFoundError` if rows should be in a city that is none, or is out of reach.
        """
        sources = self.sources
        book = city_book(sources.cities if sources.whole else known)
        self.city = self._own_city(book)
        for file in sources.files:
            reception = Reception(
                cities=book,
                address_hash=address_hash,
                scope=self.scope,
                where="cities.csv" if sources.whole else Phrase("the network"),
                city=self.city,
                lists=file.lists,
                allowed=self.allowed,
            )
            for row in self._open(file).rows:
                self.rows += 1
                arrival = reception.receive(row, number=self.rows)
                if arrival.outcome is Outcome.REFUSED:
                    self.spoilt.add(file.path)
                yield arrival

    def _own_city(self, book: CityBook) -> str:
        """The city's own name; a correspondent of one city need not say it."""
        own, asked = self.scope.cities or (), unicodedata.normalize("NFC", self.how.city.strip())
        if not asked:
            return next(iter(own)) if len(own) == 1 else ""
        if not book.cities:
            raise NotFoundError(
                Phrase("there is no city {asked!r}, and none at all yet", asked=asked),
                field="city",
                remedy="Import the cities first: newsletter subscribers import subscribers/",
            )
        city = book.find(asked)
        if city is None or not self.scope.covers(city):
            raise NotFoundError(
                Phrase("there is no city {asked!r} for {by}", asked=asked, by=self.scope.by),
                field="city",
                remedy="Correct its name, or leave it out and name a city in each row.",
            )
        return city

    def _open(self, file: ListFile) -> SourceTable:
        table = open_table(
            file.path,
            wanted=FIELDS,
            required=("email",) if self.city else ("email", "city"),
            named=self.how.columns,
            sheet=self.how.sheet,
        )
        if not file.lists and "lists" not in table.columns.places:
            raise InputError(
                "does not say which lists its people go on",
                path=file.path,
                remedy="--list NAME, or a column lists with | between several.",
            )
        left_out = [repr(heading) for heading in table.columns.ignored]
        if left_out:
            self.notes.append(
                Phrase(
                    "{file}: columns not read: {columns}",
                    file=file.path.name,
                    columns=", ".join(left_out),
                )
            )
        self.notes += [
            Phrase("{file}: {note}", file=file.path.name, note=note) for note in table.notes
        ]
        return table

    @property
    def whole(self) -> list[Whole]:
        """The lists that the files give whole; a spoilt row may be the very one that is missing."""
        if self.sources.whole:
            sound = [one for one in self.sources.files if one.path not in self.spoilt]
            return [Whole(name) for one in sound for name in one.lists]
        if not self.how.complete or self.spoilt:
            return []
        cities = [self.city] if self.city else [*(self.scope.cities or ())]
        return [Whole(name, city) for name in self.how.lists for city in cities or [None]]
