"""The pictures that editions show, each once, for ever."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.domain.image import ImageName
from flows.store.database import insert_once
from flows.store.review_tables import images


async def keep_images(
    tx: AsyncConnection, shown: Mapping[ImageName, bytes], *, now: datetime
) -> None:
    """Keep pictures under their names; one that is there changes nothing."""
    for name, content in shown.items():
        await tx.execute(insert_once(tx, images).values(name=name, content=content, created_at=now))


async def find_image(tx: AsyncConnection, name: ImageName) -> bytes | None:
    """The bytes of a picture."""
    content: bytes | None = await tx.scalar(select(images.c.content).where(images.c.name == name))
    return content


async def find_images(tx: AsyncConnection, names: Iterable[ImageName]) -> dict[ImageName, bytes]:
    """Those of these pictures that are there, in the same order."""
    found = [(name, await find_image(tx, name)) for name in names]
    return {name: content for name, content in found if content is not None}
