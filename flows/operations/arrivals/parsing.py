"""HTML as a tree, with addresses as browsers read them."""

import re
from html.entities import html5
from typing import Final

from bs4 import BeautifulSoup

ATTRIBUTE: Final = re.compile(r"=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+)")
REFERENCE: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]*+)(?!;)(=?)")


def parse_html(text: str) -> BeautifulSoup:
    """The tree of a page or of a part of one.

    Python's parser takes the `&copy=3` of an address for ©=3. Within an attribute only a name with
    its semicolon stands for a sign, or one that no letter, digit or `=` follows (WHATWG HTML,
    13.2.5.73).
    """
    return BeautifulSoup(
        ATTRIBUTE.sub(lambda found: REFERENCE.sub(_kept, found[0]), text), "html.parser"
    )


def _kept(found: re.Match[str]) -> str:
    is_sign = found[1] in html5 and not found[2]
    return found[0] if is_sign else f"&amp;{found[0][1:]}"
