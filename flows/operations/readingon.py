"""What the links of a digest lead to: its articles, each on a page of its own, and its agenda."""

import asyncio

from flows.content.cards import Appointment
from flows.content.naming import SLUG
from flows.domain.article import Slug
from flows.domain.edition import Edition
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.operations.library import Library
from flows.store.archive import editions_with
from flows.store.cities import mailing_lists
from flows.store.database import Store
from flows.store.reviews import last_approved


async def read_on(library: Library, store: Store, slug: str, language: Language) -> Edition | None:
    """An article as it was approved last, if a digest that went to the public leads to it.

    `None` for one that only closed lists were led to, or nobody yet.
    """
    if not SLUG.fullmatch(slug):
        return None
    link = f'{library.pages}/articles/{language}/{slug}"'
    async with store.reading() as tx:
        public = {one.name for one in await mailing_lists(tx) if one.public}
        issues = await editions_with(tx, link, language=language)
        if not any(not lists or public & set(lists) for lists in issues):
            return None
        return await last_approved(tx, Slug(slug), language)


async def languages_to_read_on(library: Library, store: Store, slug: str) -> list[Language]:
    """The languages in which the same article can be read."""
    return [one for one in library.languages if await read_on(library, store, slug, one)]


async def find_appointment(
    library: Library, store: Store, slug: str, language: Language, *, name: str
) -> Appointment | None:
    """An entry of a digest's agenda as it is now, if it went out.

    Whoever has the link has had the letter: lists need not be public.
    """
    if not (SLUG.fullmatch(slug) and SLUG.fullmatch(name)):
        return None
    link = f'{library.pages}/agenda/{language}/{slug}/{name}.ics"'
    async with store.reading() as tx:
        if not await editions_with(tx, link, language=language):
            return None
    try:
        agenda = await asyncio.to_thread(library.agenda, slug, language)
    except InputError:
        return None
    return next((one for one in agenda if one.name == name), None)
