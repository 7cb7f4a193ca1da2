"""The pictures of letters, by their names."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from flows.desk.readers.site import Site
from flows.domain.image import NAME, TYPES, ImageName
from flows.operations.picturing import find_picture

HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    # Mail programs in browsers show it within pages of their own.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Images:
    """`/images/NAME`: what an approved letter shows, or one that is written here."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, request: Request) -> Response:
        """A picture, for ever the same; who asks is not noted."""
        name = request.path_params["name"]
        runtime = self._site.runtime
        found = None
        if NAME.fullmatch(name):
            found = await find_picture(runtime.store, runtime.library.shelf, ImageName(name))
        if found is None:
            return self._site.gone(request)
        return Response(found, media_type=TYPES[name.rpartition(".")[2]], headers=HEADERS)
