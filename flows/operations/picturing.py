"""The pictures of letters, wherever they are kept."""

import asyncio

from flows.content.images.shelf import Shelf
from flows.domain.image import ImageName
from flows.store.database import Store
from flows.store.images import find_image


async def find_picture(store: Store, shelf: Shelf, name: ImageName) -> bytes | None:
    """The bytes of a picture that an approved letter shows, or one that was looked at here.

    Previews and test letters of what is not approved yet show it, too: only who has seen such a
    letter knows the name.
    """
    async with store.reading() as tx:
        kept = await find_image(tx, name)
    return kept if kept is not None else await asyncio.to_thread(shelf.find, name)
