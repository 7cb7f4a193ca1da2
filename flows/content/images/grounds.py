"""The ground of a picture that can be seen through: what would vanish in the dark gets one."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

DARK: Final = 34
"""Light of 255, linear: what is darker has less than 3:1 (WCAG 2.2, 1.4.11) on a dark sheet.

A sheet of #1a212a, as the packaged themes have in the dark, is at 4 of 255.
"""
FEW: Final = 0.02
"""The share of what is seen that may be darker."""
LINEAR: Final = tuple(
    round(255 * (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4))
    for value in (step / 255 for step in range(256))
)
"""Light by the values that sRGB has for it (IEC 61966-2-1)."""
WEIGHTS: Final = (0.2126, 0.7152, 0.0722, 0.0)
SEEN: Final = tuple(255 * (value > 127) for value in range(256))


def stand_on_white(image: "Image") -> "Image":
    """The picture, on white if dark parts of it would be lost on a dark ground.

    Mail programs darken the ground of a letter, some without asking; dark strokes on nothing are
    then seen no more. On a light ground it looks as it did.
    """
    from PIL import Image

    if image.mode != "RGBA" or not _is_lost_in_the_dark(image):
        return image
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def _is_lost_in_the_dark(image: "Image") -> bool:
    from PIL import ImageChops

    alpha = image.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return False
    seen = alpha.point(SEEN)
    light = image.convert("RGB").point(LINEAR * 3).convert("L", WEIGHTS)
    dark = ImageChops.multiply(seen, light.point([255 * (value < DARK) for value in range(256)]))
    return dark.histogram()[255] > FEW * seen.histogram()[255]
