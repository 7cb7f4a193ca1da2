"""Every word of the source is in the HTML part and in the text part, once, in reading order."""

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser
from itertools import count

import pytest
from hypothesis import given, settings

from flows.content.rendering import RenderedArticle, render_article
from flows.domain.language import Language
from tests.unit.content.conftest import build_article
from tests.unit.content.documents import documents

FR = Language("fr")
READ = re.compile(
    r"\b(?:ville|été|Œuvre|vite|bien|code|lien|titré|gras|dit|mot|(?<!!!!\s)note|Titre)\b"
    r"|(?<=!\[)plan\b"
)
"""Words of the random documents that are read, whatever stands around them."""
INLINE_NAMES = """
    a abbr b bdi bdo cite code del dfn em i ins kbd mark q s samp small span strong sub sup time u
    var wbr
"""
INLINE = frozenset(INLINE_NAMES.split())
NUMBERED = re.compile(r"\d+x")
WORD = re.compile(r"[^\W\d_]{2,}")
UNREAD = re.compile(
    r"""
    <!--.*?--> |                     # comments
    <(?:script|style)\b.*?</(?:script|style)> |
    </?[a-zA-Z][^>]*> |              # tags
    ^[ ]{0,3}\[[^\]^]+\]:[^\n]*(?:\n[ ]+["'(][^\n]*)? |   # references, with their titles
    ^\*\[[^\]]+\]:[^\n]* |           # abbreviations
    \[\^[^\]]+\]:? |                 # marks of footnotes
    \{:?[^}\n]*\} |                  # attributes
    (?<=\])\([^)]*\) | (?<=\])[ ]?\[[^\]]*\] |   # where links lead
    ^(?:```|~~~)[^\n]* |             # fences and their languages
    ^!!![^\n]* | ^\[TOC\]$ | ^///Footnotes[ ]Go[ ]Here///$ |
    zz0\w+0zz                        # what reads as a letter's own value
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
"""What a corpus document holds that nobody reads in a letter."""


class Reading(HTMLParser):
    """What a page says, the texts of its pictures too."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A picture's text stands where it is; a block's tag parts words."""
        if tag == "img":
            self.said.append(dict(attrs).get("alt") or "")
        elif tag not in INLINE:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """As at its start."""
        if tag not in INLINE:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        """Text."""
        self.said.append(data)


def spoken(html: str) -> str:
    """A page as it is read aloud."""
    return "".join(Reading(html).said)


def render(document: str) -> RenderedArticle:
    """The French article of this body."""
    return render_article(build_article(document), language=FR, source_language=FR, translations={})


def number(document: str) -> str:
    """The document with a number of its own on every word that is read."""
    numbers = count(1)
    return READ.sub(lambda word: f"{word.group()}{next(numbers)}x", document)


@given(document=documents.map(number))
@settings(max_examples=200, deadline=None)
def test_no_word_of_a_random_document_is_lost_doubled_or_moved(document: str) -> None:
    """Two hundred of them, each word told apart by a number."""
    written, letter = NUMBERED.findall(document), render(document)
    assert NUMBERED.findall(spoken(letter.html)) == written
    assert NUMBERED.findall(letter.text) == written


def test_the_parts_of_a_corpus_document_say_the_same(document: str) -> None:
    """Every word of the HTML part is in the text part, in its order."""
    letter = render(document)
    words = iter(WORD.findall(letter.text))
    missing = [word for word in WORD.findall(spoken(letter.html)) if word not in words]
    assert missing == []


def test_no_word_of_a_corpus_document_is_lost(document: str) -> None:
    """As often as it is written, outside of addresses, attributes and comments."""
    letter = render(document)
    bare = unescape(UNREAD.sub(" ", document)).replace("*", "")
    written = Counter(WORD.findall(bare))
    assert written - Counter(WORD.findall(spoken(letter.html))) == Counter()
    assert written - Counter(WORD.findall(letter.text)) == Counter()


@pytest.mark.parametrize("spoilt", ["<p>un</p>", "<p>deux un</p>", "<p>un deux deux</p>"])
def test_a_loss_would_be_seen(spoilt: str) -> None:
    """The way that words are compared notices one that is gone, moved or doubled."""
    document = number("ville été")
    words = NUMBERED.findall(document)
    page = spoilt.replace("un", words[0]).replace("deux", words[1])
    assert NUMBERED.findall(spoken(page)) != words
