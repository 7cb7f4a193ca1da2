"""Our own files: the stylesheet, htmx, pictures. They are public, and kept for ever by browsers."""

from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from flows.desk.pages import STATIC, static_path

TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


async def serve_file(request: Request) -> Response:
    """One of the files there are, by its name; nothing else on this machine has an address."""
    name = request.path_params["name"]
    kind = TYPES.get(name.rpartition(".")[2])
    if kind is None or name not in {file.name for file in STATIC.iterdir()}:
        return PlainTextResponse("Not found\n", status_code=404)
    current = static_path(name).split("/")[-2] == request.path_params["version"]
    return FileResponse(
        STATIC / name,
        media_type=kind,
        headers={
            "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )
