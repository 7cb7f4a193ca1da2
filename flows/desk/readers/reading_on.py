"""What a digest leads to: the page of an article, and the calendar file of an agenda's entry."""

from starlette.requests import Request
from starlette.responses import Response

from flows.content.cards import article_address
from flows.desk.readers.letters import Letters
from flows.desk.readers.site import HEADERS, OPEN_HEADERS, Site
from flows.domain.language import Language
from flows.mail.calendar import write_calendar
from flows.operations.archive import for_nobody
from flows.operations.readingon import Visitor, find_appointment, languages_to_read_on, read_on


class ReadingOn:
    """`/articles/LANGUAGE/SLUG` and `/agenda/LANGUAGE/SLUG/NAME.ics`."""

    def __init__(self, site: Site, letters: Letters) -> None:
        self._site = site
        self._letters = letters

    async def article(self, request: Request) -> Response:
        """An article that a digest leads to, as it was approved last."""
        site, runtime = self._site, self._site.runtime
        slug, language = request.path_params["slug"], Language(request.path_params["language"])
        library, store = runtime.library, runtime.store
        visitor = Visitor(
            given=request.query_params.get("pass", ""), archive=runtime.settings.web.archive
        )
        edition = None
        if language in site.languages:
            edition = await read_on(library, store, slug, language, visitor=visitor)
        if edition is None:
            return site.gone(request)
        here = runtime.letterhead(language).base_url
        given = visitor.given if visitor.has_pass(library, slug) else ""
        known = await languages_to_read_on(library, store, slug, visitor=visitor)
        html = for_nobody(
            edition,
            unsubscribe_url=f"{here}/subscribe?lang={language}",
            preferences_url=f"{here}/subscribe?lang={language}",
            web_url=article_address(here, language, slug, given=given),
        )
        return self._letters.letter(
            request,
            html,
            language=language,
            subject=edition.subject,
            urls={one: article_address("", one, slug, given=given) for one in known},
            # What is open to all has one address: with a pass it is nobody's to find.
            headers=HEADERS if given else OPEN_HEADERS,
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
