"""Leaving by the link of a letter, and coming back within a day."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from flows.desk.readers.site import Site, first, read_form
from flows.domain.issue import IssueId
from flows.operations.reading import Reading, come_back, leave, reading_of

REASONS: Final = ("many", "other", "moved", "never")


class Leaving:
    """`/u/TOKEN`. A forged link is answered like a real one: it tells nobody who is on a list."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def ask(self, request: Request) -> Response:
        """Looking at the page changes nothing: mail scanners follow every link."""
        return self._page(request, await find_reading(self._site, request, "unsubscribe"), "ask")

    async def act(self, request: Request) -> Response:
        """One click of a mail program (RFC 8058) or of the page's own buttons.

        Whatever is posted leaves, except for what the page's own undo says.
        """
        site = self._site
        fields = await read_form(request)
        reading = await find_reading(site, request, "unsubscribe")
        runtime, now = site.runtime, site.runtime.clock()
        if first(fields, "act") == "undo":
            if reading is not None:
                await come_back(runtime.store, reading, now=now)
            return self._page(request, reading, "undone")
        why = first(fields, "why")
        if reading is not None:
            await leave(
                runtime.store,
                reading,
                source="link in a letter",
                now=now,
                why=why if why in REASONS else "",
            )
        return self._page(request, reading, "done")

    def _page(self, request: Request, reading: Reading | None, state: str) -> Response:
        language = self._site.language_of(request, reading.language if reading else None)
        return self._site.page(
            request, "leave", page="leave", language=language, state=state, reasons=REASONS
        )


async def find_reading(site: Site, request: Request, purpose: str) -> Reading | None:
    """The letter that a link of it speaks of."""
    payload = site.read_token(request, purpose=purpose)
    if payload is None:
        return None
    issue, _, contact = payload.partition("/")
    return await reading_of(site.runtime.store, IssueId(issue), int(contact))
