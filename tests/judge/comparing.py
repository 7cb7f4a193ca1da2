"""Whether two traces of a letter show the same, as far as a person sees.

Versions of a browser draw the edges of letters differently and may set a line a pixel lower. The
mean colour of a few square centimetres hardly changes by that; a colour, a size, a picture or a
paragraph does change it.
"""

from typing import Final

from PIL import Image, ImageChops, ImageFilter

HEIGHT_PERCENT: Final = 1.0
LEVELS: Final = 14
"""How far a cell's red, green or blue may be off, of 255."""
CELLS_PERCENT: Final = 0.5
"""How many cells may be off further."""


def difference(before: Image.Image, after: Image.Image, *, levels: int = LEVELS) -> str:
    """What a person would see; empty if nothing. Both are traces: a pixel for each cell."""
    if before.width != after.width:
        return f"{after.width} cells wide instead of {before.width}"
    taller = 100 * abs(after.height - before.height) / before.height
    if taller > HEIGHT_PERCENT and abs(after.height - before.height) > 1:
        return f"{after.height} cells high instead of {before.height}"
    box = (0, 0, before.width, min(before.height, after.height))
    off = _cells_off(_blurred(before.crop(box)), _blurred(after.crop(box)), levels=levels)
    percent = 100 * off / (box[2] * box[3])
    return f"{percent:.2f} % of it looks different" if percent > CELLS_PERCENT else ""


def _blurred(trace: Image.Image) -> Image.Image:
    return trace.convert("RGB").filter(ImageFilter.BoxBlur(1))


def _cells_off(before: Image.Image, after: Image.Image, *, levels: int) -> int:
    red, green, blue = ImageChops.difference(before, after).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return sum(most.histogram()[levels + 1 :])
