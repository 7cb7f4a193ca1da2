"""The pictures of an article: what lies in its folder, and a way to put one there."""

import asyncio

from starlette.responses import Response

from flows.content.images.files import LARGEST_MB
from flows.desk.faults import in_words, status_of
from flows.desk.visit import Visit
from flows.domain.errors import InputError, NewsletterError
from flows.operations.picturefiles import add_picture, picture_files


async def show(visit: Visit) -> Response:
    """The pictures, each with what is written to show it."""
    return await _page(visit)


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    library, slug = visit.desk.library, visit.named("slug")
    files = await asyncio.to_thread(picture_files, library, slug)
    return visit.page(
        "pictures.html",
        status=status,
        slug=slug,
        files=[(one, in_words(visit.words, one.problem) if one.problem else "") for one in files],
        new=visit.asked("new"),
        most=LARGEST_MB,
        problem=problem,
    )


async def take(visit: Visit) -> Response:
    """Put the file that was chosen into the folder."""
    file, slug = visit.form.file("file"), visit.named("slug")
    try:
        if file is None or not file.filename:
            raise InputError(visit.say("Choose a file."))
        raw = await file.read(LARGEST_MB * 1_000_000 + 1)
        name = await add_picture(
            visit.desk.library,
            visit.runtime.store,
            slug,
            file.filename,
            raw,
            by=visit.name,
            now=visit.now,
        )
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=status_of(error))
    return visit.go(f"/articles/{slug}/pictures?new={name}", done="pictured")
