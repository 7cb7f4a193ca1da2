"""Letters in the browser: a reader's own, and the archive with its feeds."""

import asyncio
from datetime import datetime
from itertools import groupby
from typing import Final
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, SubElement, tostring

from babel.dates import format_date
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.desk.readers.leaving import find_reading
from flows.desk.readers.site import HEADERS, OPEN_HEADERS, LanguageLink, Site, native_name
from flows.domain.article import Slug
from flows.domain.errors import NewsletterError
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.mail.dates import babel_locale
from flows.mail.holes import fill_html
from flows.mail.webpage import web_letter
from flows.operations.archive import ArchivedIssue, for_nobody, list_archive, read_archived
from flows.operations.previewing import trial_of
from flows.operations.reading import read_in_browser

ATOM: Final = "http://www.w3.org/2005/Atom"
MOST_ENTRIES: Final = 30
NEVER: Final = "1970-01-01T00:00:00+00:00"


class Letters:
    """`/v/TOKEN` and `/archive`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def view(self, request: Request) -> Response:
        """The letter that this reader got, or another language of it if they ask for one."""
        site, runtime = self._site, self._site.runtime
        reading = await find_reading(site, request, "view")
        if reading is None:
            return await self._trial(request)
        wanted = request.query_params.get("lang", "")
        language = Language(wanted) if wanted in site.languages else reading.language
        links = runtime.reader(reading.issue, reading.contact, language, name=reading.name)
        shown = reading._replace(language=language)
        html = await read_in_browser(runtime.store, shown, links)
        if html is None:
            return site.gone(request)
        return self.letter(
            request,
            html.html,
            language=language,
            subject=html.subject,
            urls={one: f"?lang={one}" for one in html.languages},
            headers=HEADERS,
        )

    async def _trial(self, request: Request) -> Response:
        """The letter as it is now, for whoever got a test of it."""
        site, runtime = self._site, self._site.runtime
        issue = (site.read_token(request, purpose="view") or "").partition("/")[0]
        if (found := trial_of(issue)) is None:
            return site.gone(request)
        slug, language = found
        try:
            edition = await asyncio.to_thread(runtime.library.edition, slug, language)
        except NewsletterError:  # it went, or its author is in the middle of something
            return site.gone(request)
        return self.letter(
            request,
            fill_html(edition, runtime.reader(IssueId(issue), 0, language)),
            language=language,
            subject=edition.subject,
            urls={language: request.url.path},
            headers=HEADERS,
        )

    async def archived(self, request: Request) -> Response:
        """One public issue in one language."""
        site = self._site
        issue = IssueId(request.path_params["issue"])
        language = Language(request.path_params["language"])
        is_name = "\0" not in issue + language  # PostgreSQL takes no such text
        may = self._is_open and is_name
        found = await read_archived(site.runtime.store, issue, language) if may else None
        if found is None:
            return site.gone(request)
        kept, edition = found
        here = site.runtime.letterhead(language).base_url
        html = for_nobody(
            edition,
            unsubscribe_url=f"{here}/subscribe?lang={language}",
            preferences_url=f"{here}/subscribe?lang={language}",
            web_url=f"{here}{request.url.path}",
        )
        return self.letter(
            request,
            html,
            language=language,
            subject=edition.subject,
            urls={one: f"/archive/{one}/{issue}" for one in kept.editions},
            headers=OPEN_HEADERS,
        )

    def letter(
        self,
        request: Request,
        html: str,
        *,
        language: Language,
        subject: str,
        urls: dict[Language, str],
        headers: dict[str, str],
    ) -> HTMLResponse:
        """A letter as a page, with its other languages at these addresses."""
        base = self._site.runtime.letterhead(language).base_url
        return self._site.page(
            request,
            "letter",
            page="view",
            language=language,
            headers=headers,
            letter=web_letter(html),
            subject=subject,
            edition=language,
            languages=[
                LanguageLink(tag=one, name=native_name(one), url=url, current=one == language)
                for one, url in urls.items()
            ],
            alternates={
                one: urljoin(f"{base}{request.url.path}", url) for one, url in urls.items()
            },
        )

    @property
    def _is_open(self) -> bool:
        return self._site.runtime.settings.web.archive

    async def entrance(self, request: Request) -> Response:
        """The archive in the language of whoever comes."""
        if not self._is_open:
            return self._site.gone(request)
        language = self._site.language_of(request)
        return RedirectResponse(f"/archive/{language}", status_code=302, headers=HEADERS)

    async def index(self, request: Request) -> Response:
        """All public letters in one language, by year."""
        site, language = self._site, Language(request.path_params["language"])
        if not self._is_open or language not in site.languages:
            return site.gone(request)
        letters = await self._letters(language)
        years = groupby(letters, key=lambda one: one.sent_at.year)
        base = site.runtime.letterhead(language).base_url
        return site.page(
            request,
            "archive",
            page="archive",
            language=language,
            headers=OPEN_HEADERS,
            feed=f"/archive/{language}/feed.atom",
            years=[(year, [_line(one, language) for one in some]) for year, some in years],
            languages=[
                LanguageLink(
                    tag=one,
                    name=native_name(one),
                    url=f"/archive/{one}",
                    current=one == language,
                )
                for one in site.languages
            ],
            alternates={one: f"{base}/archive/{one}" for one in site.languages},
        )

    async def _letters(self, language: Language) -> list[ArchivedIssue]:
        """The newest letter of each article; an earlier one stays where its address leads."""
        newest: dict[Slug, ArchivedIssue] = {}
        for one in await list_archive(self._site.runtime.store):
            if language in one.editions:
                newest.setdefault(one.editions[language].slug, one)
        return list(newest.values())

    async def feed(self, request: Request) -> Response:
        """The newest letters in one language (RFC 4287)."""
        site, language = self._site, Language(request.path_params["language"])
        if not self._is_open or language not in site.languages:
            return site.gone(request)
        letters = (await self._letters(language))[:MOST_ENTRIES]
        head = site.runtime.letterhead(language)
        body = write_feed(
            letters,
            language,
            base_url=head.base_url,
            author=head.sender.name,
            domain=head.mail_domain,
        )
        return Response(
            body,
            media_type="application/atom+xml; charset=utf-8",
            headers={**OPEN_HEADERS, "Content-Language": language},
        )


def _line(one: ArchivedIssue, language: Language) -> dict[str, str]:
    return {
        "url": f"/archive/{language}/{one.issue}",
        "subject": one.editions[language].subject,
        "language": language,
        "date": format_date(one.sent_at, format="long", locale=babel_locale(language)),
    }


def write_feed(
    letters: list[ArchivedIssue],
    language: Language,
    *,
    base_url: str,
    author: str,
    domain: str,
) -> bytes:
    """An Atom feed whose identifiers stay the same wherever the pages move."""
    here = f"{base_url}/archive/{language}"
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": language})
    _add(feed, "title", author)
    _add(feed, "id", f"tag:{domain},2026:archive/{language}")
    _add(feed, "updated", _moment(letters[0].sent_at) if letters else NEVER)
    SubElement(feed, "link", {"rel": "self", "href": f"{here}/feed.atom"})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": here})
    _add(SubElement(feed, "author"), "name", author)
    for one in letters:
        edition = one.editions[language]
        entry = SubElement(feed, "entry")
        _add(entry, "title", edition.subject)
        _add(entry, "id", f"tag:{domain},2026:{one.issue}/{language}")
        _add(entry, "updated", _moment(one.sent_at))
        _add(entry, "published", _moment(one.sent_at))
        _add(entry, "summary", edition.preheader)
        for tag in sorted(one.editions):
            link = {
                "rel": "alternate",
                "type": "text/html",
                "hreflang": tag,
                "href": f"{base_url}/archive/{tag}/{one.issue}",
            }
            SubElement(entry, "link", link)
    written: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _moment(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat()
