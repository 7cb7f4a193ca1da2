import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

import css_inline
import pytest

from flows.domain.edition import Edition

VOID = {"br", "hr", "img", "meta", "link", "input", "col", "wbr"}
DARK = "@media (prefers-color-scheme: dark)"

EVERYTHING = """
<h2>a</h2><h3>b</h3><h4>c</h4><h5>d</h5><h6>e</h6>
<p>f <a href="https://example.org/">g</a> <code>h</code> <mark>i</mark>
<sup><a href="#n">1</a></sup>
<kbd>j</kbd> <del>k</del> <abbr title="l">m</abbr> <small>n</small></p>
<ul><li>o<ol><li><p>p</p></li></ol></li></ul><dl><dt>q</dt><dd>r</dd></dl>
<blockquote><p>s <a href="https://example.org/">t</a></p></blockquote><pre><code>u</code></pre><hr>
<table><caption>v</caption><thead><tr><th>w <a href="#x">x</a></th></tr></thead>
<tbody><tr><td>y <a href="#x">z</a> <code>1</code></td></tr></tbody></table>
<div><p>2</p><div><p>3 <a href="#x">4</a></p></div></div><details><summary>5</summary>6</details>
"""


@dataclass
class Look:
    """How an element's own text appears."""

    tag: str
    colour: str
    background: str
    size: float
    hidden: bool


class Page(HTMLParser):
    """Reads inline styles alone, as the strictest mail programs do."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = [Look("html", "#000000", "#ffffff", 16.0, hidden=False)]
        self.seen: list[tuple[Look, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Adds the element's look to those around it."""
        if tag in VOID:
            return
        parent, style = self.looks[-1], declarations(dict(attrs).get("style") or "")
        background = style.get("background-color", style.get("background", "inherit"))
        colour = style.get("color", "#0000ee" if tag == "a" else "inherit")
        size = style.get("font-size", "")
        self.looks.append(
            Look(
                tag,
                parent.colour if colour == "inherit" else colour,
                parent.background if background == "inherit" else background,
                float(size.removesuffix("px")) if size.endswith("px") else parent.size,
                parent.hidden or style.get("display") == "none" or tag in {"head", "style"},
            )
        )

    def handle_endtag(self, tag: str) -> None:
        """Returns to the look of the element around it."""
        if tag in VOID:
            return
        while self.looks.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Keeps each visible text with its look."""
        if data.strip() and not self.looks[-1].hidden:
            self.seen.append((self.looks[-1], data.strip()))


def declarations(style: str) -> dict[str, str]:
    """The winning declarations of a style attribute."""
    found: dict[str, str] = {}
    important: set[str] = set()
    for name, value in re.findall(r"([\w-]+)\s*:\s*([^;]+)", style):
        if "!important" in value:
            important.add(name)
        elif name in important:
            continue
        found[name] = value.replace("!important", "").strip()
    return found


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    assert re.fullmatch("#[0-9a-f]{6}", colour), f"{colour} is no colour that this test can read"
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(look: Look) -> float:
    """The ratio of WCAG 2.2, success criterion 1.4.3."""
    light, dark = sorted((luminance(look.colour), luminance(look.background)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def dark_rules(html: str) -> str:
    """The declarations of the dark scheme, out of their media query."""
    start = html.index("{", html.index(DARK)) + 1
    depth, end = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(html[end], 0)
        end += 1
    return html[start : end - 1]


def texts(html: str) -> Iterator[tuple[Look, str]]:
    """Every visible text of a page with its look."""
    page = Page()
    page.feed(html)
    assert len(page.seen) > 30
    yield from page.seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(
    scheme: str, an_edition: Callable[..., Edition]
) -> None:
    """Each colour pair of a letter with every element reaches 4.5:1, in light and in dark."""
    html = an_edition(html=EVERYTHING).html
    if scheme == "dark":
        html = css_inline.inline(
            html, extra_css=dark_rules(html), load_remote_stylesheets=False, keep_style_tags=True
        )
    pairs = {(look.colour, look.background): (look, text) for look, text in texts(html)}
    grounds = {luminance(background) < 0.2 for _, background in pairs}
    assert grounds == {scheme == "dark"}
    for look, text in pairs.values():
        assert contrast(look) >= 4.5, f"{text!r} in <{look.tag}> is too pale"


def test_no_text_is_small(an_edition: Callable[..., Edition]) -> None:
    """Running text has 16 px or more; only code has 15."""
    for look, text in texts(an_edition(html=EVERYTHING).html):
        assert look.size >= (15 if look.tag in {"code", "pre"} else 16), text
