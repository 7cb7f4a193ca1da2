"""Contacts as single persons: who has an address or a number, and in which language they read."""

from collections.abc import Sequence
from typing import NamedTuple

from flows.domain.errors import NotFoundError
from flows.domain.language import Language, choose_edition
from flows.store.contacts import Reader, contact_numbered, find_contact
from flows.store.database import Store


class KnownReader(NamedTuple):
    """A contact as a letter would address it. The number is nobody's secret; the address is."""

    number: int
    mailbox: str
    name: str
    language: Language


async def reader_addressed(
    store: Store, address_hash: str, *, editions: Sequence[Language]
) -> KnownReader:
    """The contact with this address. Raises `NotFoundError`."""
    async with store.reading() as tx:
        return _known(await find_contact(tx, address_hash), editions)


async def reader_numbered(
    store: Store, number: int, *, editions: Sequence[Language]
) -> KnownReader:
    """The contact with this number. Raises `NotFoundError`."""
    async with store.reading() as tx:
        return _known(await contact_numbered(tx, number), editions)


def _known(reader: Reader | None, editions: Sequence[Language]) -> KnownReader:
    if reader is None:
        raise NotFoundError("no contact on a list has this address", field="address")
    wanted = (reader.language or "", reader.city_language)
    language = choose_edition(wanted, editions=editions) or editions[0]
    return KnownReader(reader.contact, reader.mailbox, reader.name, language)
