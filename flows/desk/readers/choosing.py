"""What a reader chooses by the links of their letters: lists, language, city; and their data."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from flows.desk.readers.signing_up import shown, statement_of
from flows.desk.readers.site import HEADERS, Site, first, read_form
from flows.domain.language import Language, choose_edition
from flows.operations.histories import history_text
from flows.operations.preferences import (
    Choice,
    Preferences,
    ask_for_data,
    erase_contact,
    read_data,
    read_preferences,
    save_preferences,
)

FILE_HEADERS: Final = {
    **HEADERS,
    "Content-Disposition": 'attachment; filename="data.json"',
}


class Choosing:
    """`/p/TOKEN`: a link of each letter, which may be forwarded, so it shows no address."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def ask(self, request: Request) -> Response:
        """The page as it is; a link that is none, or whose reader is gone, leads nowhere."""
        return self._page(request, await self._find(request))

    async def act(self, request: Request) -> Response:
        """Save what was chosen, or have a link to all data mailed."""
        site, runtime = self._site, self._site.runtime
        fields = await read_form(request)
        found = await self._find(request)
        if found is None:
            return site.gone(request)
        if first(fields, "act") == "data":
            await ask_for_data(
                runtime.store,
                found.contact,
                network=site.network_of(request),
                now=runtime.clock(),
            )
            return self._page(request, found, notice="asked")
        language = first(fields, "language")
        shown_in = self._language(request, found)
        choice = Choice(
            language=Language(language) if language in site.languages else shown_in,
            city=first(fields, "city"),
            lists=fields.get("lists", ()),
            statement=statement_of(site, shown_in),
        )
        saved = await save_preferences(runtime.store, found.contact, choice, now=runtime.clock())
        return self._page(request, saved, notice="saved")

    async def _find(self, request: Request) -> Preferences | None:
        contact = self._site.read_token(request, purpose="preferences")
        if contact is None:
            return None
        return await read_preferences(self._site.runtime.store, int(contact))

    def _language(self, request: Request, found: Preferences) -> Language:
        wanted = (found.language or "", found.city.language)
        own = choose_edition(wanted, editions=self._site.languages)
        return self._site.language_of(request, own)

    def _page(self, request: Request, found: Preferences | None, *, notice: str = "") -> Response:
        if found is None:
            return self._site.gone(request)
        language = self._language(request, found)
        choices = shown(self._site, found.cities, found.offered, language)
        wanted = (found.language or "", found.city.language)
        return self._site.page(
            request,
            "preferences",
            page="prefs",
            language=language,
            preferences=found,
            lists=choices["lists"],
            cities=choices["cities"],
            choices=choices["languages"],
            language_chosen=choose_edition(wanted, editions=self._site.languages)
            or self._site.languages[0],
            statement=statement_of(self._site, language),
            notice=notice,
        )


class OwnData:
    """`/d/TOKEN`: a link that was mailed for this alone, and lasts a day."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def ask(self, request: Request) -> Response:
        """What one can have and what one can have erased."""
        return await self._page(request)

    async def copy(self, request: Request) -> Response:
        """Everything that is kept, as a file (GDPR, articles 15 and 20)."""
        contact = self._contact(request)
        history = (
            await read_data(self._site.runtime.store, contact) if contact is not None else None
        )
        if history is None:
            return self._site.gone(request)
        text = history_text(history)
        return Response(text, media_type="application/json", headers=FILE_HEADERS)

    async def act(self, request: Request) -> Response:
        """Erase everything, once the box is ticked."""
        runtime = self._site.runtime
        fields = await read_form(request)
        if first(fields, "sure") != "yes":
            return await self._page(request, missing=True)
        contact = self._contact(request)
        if contact is not None:
            await erase_contact(runtime.store, contact, now=runtime.clock())
        language = self._site.language_of(request)
        return self._site.page(request, "said", page="data", language=language, key="data_erased")

    def _contact(self, request: Request) -> int | None:
        payload = self._site.read_token(request, purpose="data")
        if payload is None:
            return None
        contact, _, until = payload.partition("/")
        expired = self._site.runtime.clock().timestamp() > int(until)
        return None if expired else int(contact)

    async def _page(self, request: Request, *, missing: bool = False) -> Response:
        contact = self._contact(request)
        store = self._site.runtime.store
        found = await read_preferences(store, contact) if contact is not None else None
        if found is None:
            return self._site.gone(request)
        language = self._site.language_of(request, found.language)
        return self._site.page(
            request,
            "data",
            page="data",
            language=language,
            status=422 if missing else 200,
            copy=f"{request.url.path}/copy",
            missing=missing,
        )
