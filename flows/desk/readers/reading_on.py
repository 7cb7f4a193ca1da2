"""What a digest leads to: the page of an article, and the calendar file of an agenda's entry."""

from starlette.requests import Request
from starlette.responses import Response

from flows.desk.readers.letters import Letters
from flows.desk.readers.site import HEADERS, OPEN_HEADERS, Site
from flows.domain.language import Language
from flows.mail.calendar import write_calendar
from flows.operations.archive import for_nobody
from flows.operations.readingon import find_appointment, languages_to_read_on, read_on


class ReadingOn:
    """`/articles/LANGUAGE/SLUG` and `/agenda/LANGUAGE/SLUG/NAME.ics`."""

    def __init__(self, site: Site, letters: Letters) -> None:
        self._site = site
        self._letters = letters

    async def article(self, request: Request) -> Response:
        """An article that a public digest leads to, as it was approved last."""
        site, runtime = self._site, self._site.runtime
        slug, language = request.path_params["slug"], Language(request.path_params["language"])
        library, store = runtime.library, runtime.store
        may = runtime.settings.web.archive and language in site.languages
        edition = await read_on(library, store, slug, language) if may else None
        if edition is None:
            return site.gone(request)
        here = runtime.letterhead(language).base_url
        html = for_nobody(
            edition,
            unsubscribe_url=f"{here}/subscribe?lang={language}",
            preferences_url=f"{here}/subscribe?lang={language}",
            web_url=f"{here}{request.url.path}",
        )
        known = await languages_to_read_on(library, store, slug)
        return self._letters.letter(
            request,
            html,
            language=language,
            subject=edition.subject,
            urls={one: f"/articles/{one}/{slug}" for one in known},
            headers=OPEN_HEADERS,
        )

    async def appointment(self, request: Request) -> Response:
        """An entry of an agenda that went out, for a calendar (RFC 5545)."""
        site, runtime = self._site, self._site.runtime
        slug, name = request.path_params["slug"], request.path_params["name"]
        language = Language(request.path_params["language"])
        entry = None
        if language in site.languages:
            entry = await find_appointment(
                runtime.library, runtime.store, slug, language, name=name
            )
        if entry is None:
            return site.gone(request)
        domain = runtime.letterhead(language).mail_domain
        body = write_calendar(
            entry, uid=f"{name}.{slug}@{domain}", language=language, now=runtime.clock()
        )
        return Response(
            body,
            media_type="text/calendar; charset=utf-8",
            headers={
                **HEADERS,
                "Content-Disposition": f'attachment; filename="{name}.ics"',
                "Content-Language": language,
            },
        )
