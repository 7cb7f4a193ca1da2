"""The first page: what there is to read, how to get it, and where those who make it go in."""

from starlette.requests import Request
from starlette.responses import Response

from flows.desk.readers.site import Site


class Entrance:
    """`/`, which tells nothing that the other public pages do not tell."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, request: Request) -> Response:
        """The page in the reader's language."""
        site = self._site
        language = site.language_of(request)
        settings = site.runtime.settings
        return site.page(
            request,
            "welcome",
            page="welcome",
            language=language,
            archive_url=f"/archive/{language}" if settings.web.archive else "",
            subscribe_url=f"/subscribe?lang={language}" if settings.subscription.open else "",
            desk_url=site.desk_url,
        )
