"""Signing up: the form, and the link that confirms it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from flows.desk.readers.site import HEADERS, POLICY, Site, first, native_name, read_form
from flows.desk.readers.texts import page_texts
from flows.domain.contact import City, MailingList, called
from flows.domain.language import Language
from flows.operations.wishes import (
    Form,
    Offer,
    confirm_wish,
    read_offer,
    renew_consent,
    take_form,
    whose_wish,
)
from flows.operations.work import make_challenge

SCRIPT: Final = Path(__file__).with_name("work.js")
SCRIPTED: Final = {**HEADERS, "Content-Security-Policy": f"{POLICY}; script-src 'self'"}
WRONG: Final = ("email", "city", "lists", "stale", "busy")
STATUSES: Final = {"busy": 429}


class SigningUp:
    """`/subscribe`, and what the letters that answer it link to."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def ask(self, request: Request) -> Response:
        """The form."""
        language = self._site.language_of(request)
        return await self._form(request, language, {"language": [language]}, wrong=[])

    async def take(self, request: Request) -> Response:
        """A filled form. What is answered depends on what is written, never on who is known."""
        site, runtime = self._site, self._site.runtime
        language = site.language_of(request)
        offer = await self._offer()
        if offer is None:
            return await self._form(request, language, {}, wrong=[])
        fields = await read_form(request)
        chosen = first(fields, "language")
        form = Form(
            address=first(fields, "email"),
            city=first(fields, "city"),
            language=Language(chosen) if chosen in site.languages else language,
            lists=[name.replace("\0", "") for name in fields.get("lists", ())],
            challenge=first(fields, "challenge"),
            nonce=first(fields, "nonce"),
            network=site.network_of(request),
            statement=statement_of(site, language),
            honey=first(fields, "website"),
        )
        wrong = await take_form(
            runtime.store,
            form,
            offer=offer,
            keys=runtime.link_keys,
            address_hash=runtime.address_hash,
            rules=site.rules,
            now=runtime.clock(),
        )
        if wrong:
            return await self._form(request, language, fields, wrong=wrong)
        return site.page(request, "said", page="subscribe", language=language, key="subscribe_done")

    async def _offer(self) -> Offer | None:
        offer = await read_offer(self._site.runtime.store)
        opened = self._site.runtime.settings.subscription.open
        return offer if opened and offer.lists and offer.cities else None

    async def _form(
        self,
        request: Request,
        language: Language,
        fields: Mapping[str, Sequence[str]],
        *,
        wrong: Sequence[str],
    ) -> Response:
        site, runtime = self._site, self._site.runtime
        offer = await self._offer()
        say = page_texts(runtime.library.template_folders, language, page="subscribe")
        bits = site.rules.work_bits
        return site.page(
            request,
            "subscribe",
            page="subscribe",
            language=language,
            status=STATUSES.get(wrong[0], 422) if wrong else 200,
            headers=SCRIPTED,
            offer=offer and shown(site, offer.cities, offer.lists, language),
            action=f"/subscribe?lang={language}",
            form={
                "email": first(fields, "email"),
                "city": first(fields, "city"),
                "language": first(fields, "language"),
                "lists": fields.get("lists", ()),
            },
            failed=bool(wrong),
            wrong={key: say[f"subscribe_wrong_{key}"] if key in wrong else "" for key in WRONG},
            challenge=make_challenge(runtime.link_keys[0], now=runtime.clock(), bits=bits),
            bits=bits,
            statement=statement_of(site, language),
        )

    async def ask_to_confirm(self, request: Request) -> Response:
        """The page of a link to confirm; a link that is none has the same one."""
        return self._ask(request, "confirm")

    async def confirm(self, request: Request) -> Response:
        """A click on the page's button, twice is once; then perhaps on to the preferences."""
        site, runtime = self._site, self._site.runtime
        number = site.read_token(request, purpose="confirm")
        if first(await read_form(request), "act") == "preferences":
            return await self._lead_on(request, number)
        if number is not None:
            await confirm_wish(runtime.store, int(number), rules=site.rules, now=runtime.clock())
        return self._said(request, "confirm", leads_on=True)

    async def _lead_on(self, request: Request, number: str | None) -> Response:
        """To the preferences of whoever confirmed; for any other link there is nothing here."""
        site, runtime, contact = self._site, self._site.runtime, None
        if number is not None:
            contact = await whose_wish(
                runtime.store, int(number), rules=site.rules, now=runtime.clock()
            )
        if contact is None:
            return site.gone(request)
        url = f"/p/{site.link('preferences', str(contact))}"
        return RedirectResponse(url, status_code=303, headers=HEADERS)

    async def ask_to_renew(self, request: Request) -> Response:
        """The page of a link to go on."""
        return self._ask(request, "renew")

    async def renew(self, request: Request) -> Response:
        """A click on the page's button."""
        runtime = self._site.runtime
        number = self._site.read_token(request, purpose="renew")
        if number is not None:
            await renew_consent(runtime.store, int(number), now=runtime.clock())
        return self._said(request, "renew")

    def _ask(self, request: Request, page: str) -> Response:
        language = self._site.language_of(request)
        return self._site.page(request, "ask", page=page, language=language)

    def _said(self, request: Request, page: str, *, leads_on: bool = False) -> Response:
        language, key = self._site.language_of(request), f"{page}_done"
        return self._site.page(
            request, "said", page=page, language=language, key=key, leads_on=leads_on
        )


def statement_of(site: Site, language: Language) -> str:
    """The words of the consent, exactly as the page shows them."""
    say = page_texts(site.runtime.library.template_folders, language, page="subscribe")
    return say["subscribe_statement"].replace("{controller}", site.controller(language))


def shown(
    site: Site, cities: Sequence[City], lists: Sequence[MailingList], language: Language
) -> dict[str, Any]:
    """Cities, lists and languages as a page names them, in the order of these names."""
    return {
        "cities": sorted(
            (
                {"value": one.name, "name": called(one.names, language, otherwise=one.name)}
                for one in cities
            ),
            key=lambda one: one["name"].casefold(),
        ),
        "lists": [
            {"value": one.name, "name": called(one.titles, language, otherwise=one.name)}
            for one in lists
        ],
        "languages": [{"tag": tag, "name": native_name(tag)} for tag in site.languages],
    }


async def serve_script(_request: Request) -> Response:
    """The script that proves work; the form does without it, too."""
    return FileResponse(
        SCRIPT,
        media_type="text/javascript; charset=utf-8",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=3600"},
    )
