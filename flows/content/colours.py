"""Whether a letter's words stand out from what is behind them, in a light and a dark scheme."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

import css_inline

Colour = tuple[int, int, int]

ENOUGH: Final = 4.5
ENOUGH_IF_LARGE: Final = 3.0
"""What WCAG 2.2 asks for, 1.4.3; large is from 24 px on, or bold from 18.66 px on."""
LARGE_PX: Final = 24.0
LARGE_BOLD_PX: Final = 18.66

NAMES: Final = {"white": "#ffffff", "black": "#000000"}
LINK: Final[Colour] = (0, 0, 238)
"""What programs give a link that no rule colours."""
DARK: Final = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)\s*{")
VOID: Final = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
BOLD: Final = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
UNSEEN: Final = frozenset({"head", "title", "style", "script"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Faint:
    """Words that are hard to read: their colour, what is behind them, and the contrast."""

    words: str
    colour: str
    background: str
    contrast: float


def faint_words(html: str, *, dark: bool = False) -> list[Faint]:
    """The first words in each pair of colours whose contrast is too low.

    The styles must stand in the elements, as `lay_out` leaves them; those of the dark scheme are
    put there.
    """
    page = in_dark_scheme(html) if dark else html
    found = {(one.colour, one.background): one for one in reversed(_Reading(page).faint)}
    return list(reversed(found.values()))


def in_dark_scheme(html: str) -> str:
    """The page as its rules for the dark scheme have it, in whichever scheme it is read."""
    inliner = css_inline.CSSInliner(
        inline_style_tags=False, load_remote_stylesheets=False, extra_css=_dark_rules(html)
    )
    return inliner.inline(html)


def contrast_of(one: Colour, other: Colour) -> float:
    """The ratio of two colours' luminances, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def read_colour(written: str) -> Colour | None:
    """A colour in hexadecimal, as `rgb()` or by one of two names; `None` for anything else."""
    text = NAMES.get(written.strip().lower(), written.strip().lower())
    if found := re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", text):
        digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := re.fullmatch(r"rgb\((\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})\)", text):
        red, green, blue = (min(255, int(one)) for one in found.groups())
        return red, green, blue
    return None


def _luminance(colour: Colour) -> float:
    parts = [one / 255 for one in colour]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _dark_rules(html: str) -> str:
    """What style sheets say of the dark scheme, without the condition."""
    return "\n".join(
        html[start.end() : _closing(html, start.end())] for start in DARK.finditer(html)
    )


def _closing(text: str, start: int) -> int:
    """Where the brace closes that was opened before `start`."""
    depth = 1
    for found in re.finditer(r"[{}]", text[start:]):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return start + found.start()
    return len(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    """What holds within an element."""

    tag: str = ""
    colour: Colour = (0, 0, 0)
    background: Colour = (255, 255, 255)
    size_px: float = 16.0
    bold: bool = False
    seen: bool = True


class _Reading(HTMLParser):
    """Reads a page with the style that each of its words has."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faint: list[Faint] = []
        self._within = [_Style()]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            values = {name: value or "" for name, value in attrs}
            self._within.append(_style(tag, values, within=self._within[-1]))

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._within) - 1, 0, -1):
            if self._within[place].tag == tag:
                del self._within[place:]
                return

    def handle_data(self, data: str) -> None:
        style = self._within[-1]
        if not (style.seen and data.strip()):
            return
        contrast = contrast_of(style.colour, style.background)
        large = style.size_px >= (LARGE_BOLD_PX if style.bold else LARGE_PX)
        if contrast < (ENOUGH_IF_LARGE if large else ENOUGH):
            self.faint.append(
                Faint(
                    words=" ".join(data.split()),
                    colour=_written(style.colour),
                    background=_written(style.background),
                    contrast=contrast,
                )
            )


def _style(tag: str, values: dict[str, str], *, within: _Style) -> _Style:
    rules = dict(_declarations(values.get("style", "")))
    size = re.fullmatch(r"([\d.]+)px", rules.get("font-size", ""))
    weight = rules.get("font-weight", "bold" if tag in BOLD else "")
    inherited = LINK if tag == "a" and "href" in values else within.colour
    if rules.get("color") == "inherit":
        inherited = within.colour
    behind = rules.get("background-color") or rules.get("background") or values.get("bgcolor", "")
    return _Style(
        tag=tag,
        colour=read_colour(rules.get("color", "")) or inherited,
        background=read_colour(behind) or within.background,
        size_px=float(size[1]) if size else within.size_px,
        bold=weight in {"bold", "700", "800", "900"} if weight else within.bold,
        seen=within.seen and tag not in UNSEEN and rules.get("display") != "none",
    )


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for part in style.split(";"):
        name, _, value = part.partition(":")
        yield name.strip().lower(), value.replace("!important", "").strip().lower()


def _written(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
