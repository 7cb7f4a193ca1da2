"""A picture made for letters: upright, in sRGB, small, and with nothing but its pixels.

The same bytes and width give the same picture. Whoever changes what comes out changes `RECIPE`,
which is part of pictures' names: every letter with a picture must be approved again then.
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flows.content.images.grounds import stand_on_white
from flows.content.images.reading import PHOTOS, open_image
from flows.domain.image import Fault, ImageError

if TYPE_CHECKING:
    from PIL.Image import Image

RECIPE: Final = 2
DENSITIES: Final = (2, 1.5, 1)
"""Pixels of the picture for each pixel of its place in the letter, in both directions.

The first that is light enough is taken.
"""
QUALITIES: Final = (80, 70, 60, 50)
"""JPEG's, by turns, until a picture is light enough."""
HEAVIEST_KB: Final = 400
"""What one picture may weigh: with three a letter is about what a page on the web is."""
COLOURS: Final = 256
ORIENTATION: Final = 0x0112
ON_ITS_SIDE: Final = frozenset({5, 6, 7, 8})
"""What the camera notes (Exif 2.3, 4.6.4) of a picture whose width is the height to be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The bytes of a picture, their kind (`jpg` or `png`) and how large a letter shows it."""

    raw: bytes
    kind: str
    width: int
    height: int


def make_image(raw: bytes, *, width: int, reference: str) -> Made:
    """A picture for a place `width` CSS pixels wide; one that is smaller keeps its size.

    Raises `ImageError` for bytes that are no picture, too large a one, or a moving one.
    """
    opened = open_image(raw, reference)
    try:
        return _make(opened, width, reference)
    except ImageError:
        raise
    except Exception:  # noqa: BLE001 - a decoder raises whatever a broken file makes it trip over
        raise ImageError(reference, Fault.DAMAGED) from None


def _make(opened: "Image", width: int, reference: str) -> Made:
    is_photo = opened.format in PHOTOS
    image = stand_on_white(_pixels(opened, most=width * DENSITIES[0]))
    shown = min(width, image.width)
    height = max(1, round(image.height * shown / image.width))
    made = b""
    for density in DENSITIES:
        smaller = _shrink(image, most=round(width * density))
        kind, made = _encode(smaller, is_photo=is_photo)
        if len(made) <= HEAVIEST_KB * 1000:
            return Made(raw=made, kind=kind, width=shown, height=height)
    raise ImageError(reference, Fault.WEIGHT, size=len(made) // 1000)


def _pixels(opened: "Image", *, most: int) -> "Image":
    """The picture as it is to be seen, `most` pixels wide at most, in RGB or RGBA."""
    from PIL import ImageOps

    if opened.format in PHOTOS:
        # The decoder itself leaves out what is not needed: nothing below the width to be seen.
        on_its_side = opened.getexif().get(ORIENTATION) in ON_ITS_SIDE
        opened.draft(opened.mode, (1, most) if on_its_side else (most, 1))
    return _shrink(_in_srgb(ImageOps.exif_transpose(opened)), most=most)


def _shrink(image: "Image", *, most: int) -> "Image":
    from PIL import Image

    if image.width <= most:
        return image
    height = max(1, round(image.height * most / image.width))
    # Multiplied by how much is seen, the colours of what is not do not bleed into the rest.
    mixed = image.convert("RGBa") if image.mode == "RGBA" else image
    return mixed.resize((most, height), Image.Resampling.LANCZOS).convert(image.mode)


def _in_srgb(image: "Image") -> "Image":
    """The colours as every screen shows them, in RGB, or RGBA if something can be seen through."""
    clear = "transparency" in image.info or image.mode in {"RGBA", "LA", "PA"}
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value * (1 / 257)).convert("L")
    coloured = _by_profile(image, image.info.get("icc_profile"))
    if coloured is None:
        return image.convert("RGBA" if clear else "RGB")
    if clear:
        coloured.putalpha(image.convert("RGBA").getchannel("A"))
    return coloured


def _by_profile(image: "Image", profile: bytes | None) -> "Image | None":
    """The picture by its colour profile; `None` without one that can be used."""
    from PIL import ImageCms

    if not profile:
        return None
    plain = image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(
            plain, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return None


def _encode(image: "Image", *, is_photo: bool) -> tuple[str, bytes]:
    """The kind and the bytes: transparency needs PNG, and what PNG makes smaller stays sharp.

    They are as light as may be where nothing is light enough.
    """
    if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] == 255:
        image = image.convert("RGB")
    if image.mode == "RGBA":
        return "png", _light_png(image)
    made = _jpeg(image, QUALITIES[0])
    if not is_photo:
        sharp = _save(image, "PNG", optimize=True)
        if len(sharp) <= min(len(made), HEAVIEST_KB * 1000):
            return "png", sharp
    for quality in QUALITIES[1:]:
        if len(made) <= HEAVIEST_KB * 1000:
            break
        made = _jpeg(image, quality)
    return "jpg", made


def _light_png(image: "Image") -> bytes:
    from PIL import Image

    made = _save(image, "PNG", optimize=True)
    if len(made) <= HEAVIEST_KB * 1000:
        return made
    few = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
    return _save(few, "PNG", optimize=True)


def _jpeg(image: "Image", quality: int) -> bytes:
    return _save(image, "JPEG", quality=quality, optimize=True, progressive=True)


def _save(image: "Image", kind: str, **options: Any) -> bytes:
    """The bytes of the pixels alone: no EXIF, place, profile, comment or time goes along."""
    from PIL import Image

    bare = Image.frombytes(image.mode, image.size, image.tobytes())
    if palette := image.getpalette("RGBA" if image.mode == "P" else None):
        bare.putpalette(palette, "RGBA")
    target = io.BytesIO()
    bare.save(target, kind, **options)
    return target.getvalue()
