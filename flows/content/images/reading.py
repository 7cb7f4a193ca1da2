"""A picture's bytes made into pixels, after everything that could be wrong with them was asked."""

import io
import re
from typing import TYPE_CHECKING, Final

from flows.domain.image import Fault, ImageError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")
MOVING_FORMATS: Final = frozenset({"PNG", "GIF", "WEBP"})
"""Of these a second picture is a movement; a JPEG's is another view (MPO), or a depth map."""
MOST_MEGAPIXELS: Final = 64
"""More than a telephone's camera makes as a rule; 64 million pixels take 192 MB when decoded."""
SVG: Final = re.compile(
    rb"\s*(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg\b", re.DOTALL
)
BOM: Final = b"\xef\xbb\xbf"


def open_image(raw: bytes, reference: str) -> "Image":
    """The picture, its pixels not decoded yet. Raises `ImageError` for what is not to be decoded.

    Known by its bytes alone; its name says nothing.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(raw), formats=FORMATS)
        size, moves = image.size, image.format in MOVING_FORMATS and _frames(image) > 1
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many(reference, MOST_MEGAPIXELS * 2) from None
    except UnidentifiedImageError:
        is_vector = SVG.match(raw[:4096].removeprefix(BOM))
        raise ImageError(reference, Fault.VECTOR if is_vector else Fault.KIND) from None
    except Exception:  # noqa: BLE001 - a decoder raises whatever a broken file makes it trip over
        raise ImageError(reference, Fault.DAMAGED) from None
    if size[0] * size[1] > MOST_MEGAPIXELS * 1_000_000:
        raise _too_many(reference, -(-size[0] * size[1] // 1_000_000))
    if moves:
        raise ImageError(reference, Fault.MOVING)
    return image


def _frames(image: "Image") -> int:
    return int(getattr(image, "n_frames", 1))


def _too_many(reference: str, pixels: int) -> ImageError:
    return ImageError(reference, Fault.PIXELS, pixels=pixels, most=MOST_MEGAPIXELS)
