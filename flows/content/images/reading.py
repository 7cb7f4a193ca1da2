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
PHOTOS: Final = frozenset({"JPEG", "MPO"})
"""MPO is what some cameras write: a JPEG with further views behind it."""
ENDINGS: Final = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
"""How files are named, by the format that an opened picture has."""
MOST_MEGAPIXELS: Final = 64
"""More than a telephone's camera makes as a rule. Photos are decoded small (`Image.draft`)."""
MOST_MEGAPIXELS_DRAWN: Final = 24
"""The same of other formats, which are decoded whole: 4 bytes for each pixel, and as many again."""
LONGEST_SIDE: Final = 20_000
"""More pixels than a panorama has; the encoder of JPEG ends at 65,500."""
SVG: Final = re.compile(
    rb"\s*(?:<\?xml.*?\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*|<!DOCTYPE[^>]*>\s*)*<svg\b", re.DOTALL
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
        # Whatever it is: the decoder's own limit is above all of ours.
        raise _too_many(reference, MOST_MEGAPIXELS * 2, most=MOST_MEGAPIXELS) from None
    except UnidentifiedImageError:
        is_vector = SVG.match(raw[:4096].removeprefix(BOM))
        raise ImageError(reference, Fault.VECTOR if is_vector else Fault.KIND) from None
    except Exception:  # noqa: BLE001 - a decoder raises whatever a broken file makes it trip over
        raise ImageError(reference, Fault.DAMAGED) from None
    most = MOST_MEGAPIXELS if image.format in PHOTOS else MOST_MEGAPIXELS_DRAWN
    if size[0] * size[1] > most * 1_000_000:
        raise _too_many(reference, -(-size[0] * size[1] // 1_000_000), most=most)
    if max(size) > LONGEST_SIDE:
        raise ImageError(reference, Fault.LENGTH, size=max(size), most=LONGEST_SIDE)
    if moves:
        raise ImageError(reference, Fault.MOVING)
    return image


def _frames(image: "Image") -> int:
    return int(getattr(image, "n_frames", 1))


def _too_many(reference: str, pixels: int, *, most: int) -> ImageError:
    return ImageError(reference, Fault.PIXELS, pixels=pixels, most=most)
