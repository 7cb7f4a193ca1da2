"""The allow-list for rendered articles: what a translator or an engine wrote is hostile input."""

import re

import nh3

from flows.content.components import BUTTON, SOURCE
from flows.domain.edition import HOLES, hole

TAG_NAMES = """
    a abbr b bdi bdo blockquote br caption cite code dd del details dfn div dl dt em figcaption
    figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub
    summary sup table tbody td tfoot th thead time tr u ul var wbr
"""
TAGS = frozenset(TAG_NAMES.split())
ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "li": {"id"},
    "ol": {"start"},
    "sup": {"id"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
}
ALIGNMENTS = {cell: {"align": {"left", "center", "right"}} for cell in ("td", "th")}
TITLE_CLASS = "admonition-title"
"""Survives for `flows.content.fragments.polish`, which says it in bold instead."""
LINK = re.compile(r"(?:https?://|mailto:)[^\s]+|#\S+", re.IGNORECASE)
IMAGE = re.compile(r"https://[^\s]+|(?![a-z][a-z0-9+.-]*:|//)[^\\:]+", re.IGNORECASE)
"""What lies on a server, or may be a file of the article: `content.illustrating` judges that."""
HOLE = re.compile("|".join(hole(name) for name in HOLES), re.IGNORECASE)
SWALLOWING = re.compile(
    r"<(/?)(?=(iframe|noembed|noframes|noscript|plaintext|script|style|textarea|title|xmp)\b)",
    re.IGNORECASE,
)
"""Begins an element that takes all up to its own end for its text (WHATWG HTML, 13.2.5)."""
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def sanitise(html: str) -> str:
    """`html` with nothing in it but the tags, attributes and addresses of the allow-list."""
    return nh3.clean(
        _show_unclosed(CONTROLS.sub("", html)),
        tags=TAGS,
        attributes=ATTRIBUTES,
        tag_attribute_values=ALIGNMENTS,
        allowed_classes={"p": {TITLE_CLASS, BUTTON, SOURCE}},
        attribute_filter=_filter_address,
        url_schemes={"https", "http", "mailto"},
        link_rel=None,
    )


def _show_unclosed(html: str) -> str:
    """The page, what swallows the rest of it shown as it was written: no text is lost to a slip."""
    last = {tag[2].lower(): tag.start() for tag in SWALLOWING.finditer(html) if tag[1]}

    def shown(tag: re.Match[str]) -> str:
        return tag[0] if tag[1] or tag.start() < last.get(tag[2].lower(), 0) else "&lt;"

    return SWALLOWING.sub(shown, html)


def strip_holes(text: str) -> str:
    """`text` in which nothing reads as the mark of a letter's own value (`domain.edition.hole`)."""
    return HOLE.sub("[…]", text)


def _filter_address(tag: str, attribute: str, value: str) -> str | None:
    if tag == "a" and attribute == "href":
        return value if LINK.fullmatch(value) else None
    if tag == "img" and attribute == "src":
        return value if IMAGE.fullmatch(value) else None
    return value
