"""Pictures for tests, made from nothing."""

import io
from typing import Any

from PIL import Image


def a_photo(width: int = 1600, height: int = 1200, *, seed: int = 40, **saved: Any) -> bytes:
    """A JPEG with soft shapes in it."""
    return written(_clouds(width, height, seed), "JPEG", quality=90, **saved)


def a_drawing(width: int = 600, height: int = 300, *, kind: str = "PNG", **saved: Any) -> bytes:
    """A flat picture with a sharp edge."""
    image = Image.new("RGB", (width, height), "#14487c")
    image.paste("#ffffff", (0, 0, width // 2, height))
    return written(image, kind, **saved)


def written(image: Image.Image, kind: str, **saved: Any) -> bytes:
    """A picture as a file of a kind."""
    target = io.BytesIO()
    image.save(target, kind, **saved)
    return target.getvalue()


def _clouds(width: int, height: int, seed: int) -> Image.Image:
    bands = [Image.linear_gradient("L").rotate(90 * turn) for turn in range(3)]
    soft = [band.point(lambda value: (value + seed) % 256) for band in bands]
    return Image.merge("RGB", soft).resize((width, height))


def seen(raw: bytes) -> Image.Image:
    """The pixels of a file."""
    image = Image.open(io.BytesIO(raw))
    image.load()
    return image
