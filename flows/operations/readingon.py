"""What the links of a digest lead to: its articles, each on a page of its own, and its agenda."""

import asyncio
import hmac
from dataclasses import dataclass

from flows.content.cards import Appointment, article_address
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks for an article: the pass they bring, if any, and whether all may read archives."""

    given: str = ""
    archive: bool = True

    def has_pass(self, library: Library, slug: str) -> bool:
        """Whether a letter led them here."""
        return hmac.compare_digest(self.given.encode(), library.pass_for(slug).encode())


async def read_on(
    library: Library, store: Store, slug: str, language: Language, *, visitor: Visitor
) -> Edition | None:
    """An article as it was approved last, if a digest that went out leads to it.

    `None` if nobody was led to it yet, and for who has no pass if only closed lists were.
    """
    if not SLUG.fullmatch(slug):
        return None
    link = article_address(library.pages, language, slug)
    async with store.reading() as tx:
        public = {one.name for one in await mailing_lists(tx) if one.public}
        # With a pass or, in letters of earlier versions, without.
        issues = await editions_with(tx, f"{link}?", f'{link}"', language=language)
        if not issues:
            return None
        to_all = any(not lists or public & set(lists) for lists in issues)
        if not ((to_all and visitor.archive) or visitor.has_pass(library, slug)):
            return None
        return await last_approved(tx, Slug(slug), language)


async def languages_to_read_on(
    library: Library, store: Store, slug: str, *, visitor: Visitor
) -> list[Language]:
    """The languages in which the same article can be read."""
    return [
        one
        for one in library.languages
        if await read_on(library, store, slug, one, visitor=visitor)
    ]


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
