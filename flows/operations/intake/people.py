"""A row of a list read as a person, or refused with its reason."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from flows.domain.access import Scope
from flows.domain.consent import Basis
from flows.domain.errors import InputError
from flows.domain.history import Outcome
from flows.domain.phrases import Phrase, pack
from flows.mail.addresses import mailbox_of
from flows.operations.intake.cities import (
    CityBook,
    language_in,
    name_in,
    parts,
)
from flows.operations.intake.tables import Row
from flows.store.staging import Arrival

FIELDS: Final = (
    *("email", "name", "first_name", "last_name", "city", "language", "roles", "lists", "basis"),
)
BLANKS: Final = re.compile("[ \t\r\n\v\f\x1c-\x1f\x85\u2028\u2029]+")
"""What separates words or lines; French no-break spaces belong to the words."""
CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
LONGEST_PERSON: Final = 1000
SEPARATOR: Final = "\n"
"""Between the roles of a contact, as they are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What an import knows besides the rows themselves.

    `where` names the place that a city should be in, for a person. A row without a city is in
    `city`, one without lists on `lists`. Only lists that are `allowed` are used, if that is given.
    """

    cities: CityBook
    address_hash: Callable[[str], str]
    scope: Scope
    where: str
    city: str = ""
    lists: Collection[str] = ()
    allowed: Collection[str] | None = None

    def receive(self, row: Row, *, number: int) -> Arrival:
        """The row as it is staged: read, or refused."""
        try:
            return self._person(row, number=number)
        except InputError as error:
            return Arrival(
                row=number,
                file=str(row.path),
                line=row.line,
                outcome=Outcome.REFUSED,
                address=row.fields.get("email", "").replace("\0", "\ufffd")[:320],
                column=error.field or "",
                problem=pack(error.problem),
                remedy=pack(error.remedy or ""),
            )

    def _person(self, row: Row, *, number: int) -> Arrival:
        row.require_sound()
        fields = row.fields
        written = fields["email"]
        try:
            mailbox = mailbox_of(written)
        except ValueError as error:
            raise row.error(
                Phrase(
                    "{written!r} is not an e-mail address: {why}",
                    written=written,
                    why=error.args[0],
                ),
                column="email",
                remedy="Correct the address or remove the row.",
            ) from None
        named = parts(fields.get("lists", "")) or frozenset(self.lists)
        return Arrival(
            row=number,
            file=str(row.path),
            line=row.line,
            outcome=Outcome.READ,
            address_hash=self.address_hash(mailbox),
            address=written,
            mailbox=mailbox,
            name=_name(row),
            city=self._city(row),
            language=(language_in(row) or "") if "language" in fields else None,
            roles=SEPARATOR.join(sorted(parts(fields["roles"]))) if "roles" in fields else None,
            basis=_basis(row),
            lists=frozenset(self._list(row, one) for one in named),
        )

    def _list(self, row: Row, written: str) -> str:
        name = name_in(row, written, column="lists")
        if self.allowed is not None and name not in self.allowed:
            raise row.error(
                Phrase("{name!r} is no list that you may use", name=name),
                column="lists",
                remedy=Phrase("One of {known}.", known=", ".join(sorted(self.allowed)))
                if self.allowed
                else Phrase("Ask whoever looks after the whole network."),
            )
        return name

    def _city(self, row: Row) -> str:
        written = row.fields.get("city", "") or self.city
        city = self.cities.find(unicodedata.normalize("NFC", written))
        if city is None or not self.scope.covers(city):
            raise row.error(
                Phrase("{written!r} is not in {where}", written=written, where=self.where),
                column="city",
                remedy="Add the city there, or correct its name.",
            )
        return city


def _name(row: Row) -> str | None:
    fields = row.fields
    if not fields.keys() & {"name", "first_name", "last_name"}:
        return None
    written = fields.get("name", "") or _whole_name(fields)
    name = CONTROLS.sub("", BLANKS.sub(" ", written)).strip(" ")
    if len(name) > LONGEST_PERSON:
        raise row.error(
            Phrase("is longer than {most} characters", most=LONGEST_PERSON),
            column="name",
            remedy="Shorten it.",
        )
    return name


def _whole_name(fields: Mapping[str, str]) -> str:
    return f"{fields.get('first_name', '')} {fields.get('last_name', '')}"


def _basis(row: Row) -> Basis | None:
    written = row.fields.get("basis", "")
    try:
        return Basis(written.casefold().replace(" ", "_")) if written else None
    except ValueError:
        raise row.error(
            Phrase("{written!r} is no legal basis", written=written),
            column="basis",
            remedy=Phrase("One of {known}, or leave it empty.", known=", ".join(Basis)),
        ) from None
