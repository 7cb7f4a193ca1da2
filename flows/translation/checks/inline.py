"""One side of a pair: its inline Markdown read twice.

Once by Python-Markdown, for what a reader will get; once by a tokeniser that hides markup
character by character, so that checks of the text know where in the source they are.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NamedTuple
from xml.etree.ElementTree import Element as Node

from markdown import Markdown

from flows.content.addresses import ENDS, SIGN

MARK = "\ue001"
"""Stands for each character of markup that a reader does not see: `**`, `[`, `](…)`."""

OPAQUE = "\ue000"
"""Stands for each character of what is not prose: code, addresses, tags, footnote marks."""

ESCAPE = r"\\(?:_|[^\w\s])"
"""An escaped sign of an address."""

TOKEN = re.compile(
    r"""
      (?P<escape>\\[\\`*_{}\[\]()>\#+\-.!|"':~&<^=$])
    | (?P<stash>⟦html\d+⟧)
    | (?P<code>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))
    | (?P<jinja>\{\{.*?\}\}|\{%.*?%\})
    | (?P<attributes>\{:[^}\n]*\}|(?<=[)\]*_`>])\{[ ]?[.\#][^}\n]*\})
    | (?P<autolink><(?:https?://|mailto:|[\w.+-]+@)[^<>\s]+>)
    | (?P<comment><!--.*?-->)
    | (?P<footnote>\[\^[^\]\s]+\])
    | (?P<tag></?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>)
    | (?P<entity>&(?:\w+|\#\d+|\#x[\da-fA-F]+);)
    | (?P<destination>\](?:\([^()\s]*(?:[ ]+[^()\s"'][^()\s]*)*(?:\([^()]*\)[^()\s]*)*
                         (?:\s+(?:"[^"]*"|'[^']*'))?\s*\)
                         |\[[^\[\]^]*\]))
    """
    # As the letter makes links of them (flows.content.addresses), with the escapes as written.
    rf"""
    | (?P<url>(?<![^\W_])(?<![@./:+-])(?i:https?://(?=\w)|www\.(?=[\w-]+\.\w))
              (?:{SIGN}|\({SIGN}*\)|{ESCAPE})+(?:(?<![{ENDS}])|(?<={ESCAPE})))
    | (?P<mail>(?<![^\W_])(?<![@./:+-])(?<!\\_)(?P<scheme>mailto:)?
               [^\W_](?:[\w.+-]|\\[_.+-]){{0,63}}@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{{2,}}
               (?!_*[^\W_]|@)(?(scheme)(?:\?{SIGN}*(?<![{ENDS}]))?))
    """
    r"""
    | (?P<image>!\[)
    | (?P<open>\[)
    | (?P<close>\])
    | (?P<emphasis>\*+|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w))
    """,
    re.VERBOSE | re.DOTALL,
)
HIDDEN = frozenset({"escape", "destination", "image", "bracket", "emphasis", "attributes"})
CARRIED = frozenset({"stash", "jinja", "footnote"})
BARE = frozenset({"url", "mail"})
MARKUP = re.compile(r"[\\`*_\[\]<>&{\n]")
LABEL = re.compile(r"\]\[([^\[\]^]+)\]")
# Python-Markdown keeps its own placeholders between these two.
RESERVED = re.compile("[\x02\x03]")


class Token(NamedTuple):
    """A piece of markup: what it is, as written, and where."""

    kind: str
    raw: str
    start: int
    end: int


class Element(NamedTuple):
    """An element of the rendered segment, its attributes by name."""

    tag: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """A segment's inline Markdown, read.

    `text` is as long as `raw`, with MARK and OPAQUE in place of markup. `elements` and `shown`
    (the text outside code) come from the rendered HTML.
    """

    raw: str
    text: str
    tokens: tuple[Token, ...]
    elements: tuple[Element, ...]
    shown: str

    @property
    def prose(self) -> str:
        """What a reader reads, without markup; not aligned with `raw`."""
        return self.text.replace(MARK, "").replace(OPAQUE, "")

    @property
    def addresses(self) -> list[str]:
        """The addresses that stand bare in it, as the letter links them."""
        bare = (token.raw for token in self.tokens if token.kind in BARE)
        return [re.sub(ESCAPE, lambda escape: escape[0][1:], raw) for raw in bare]

    @property
    def alternatives(self) -> list[str]:
        """What its images say to who cannot see them."""
        return [element.attributes.get("alt", "") for element in self.elements]


def read_inline(raw: str, *, labels: frozenset[str]) -> Inline:
    """Reads one side; `labels` are the reference labels that the document defines."""
    tokens = tuple(sorted(_tokens(raw), key=lambda token: token.start))
    rendered = _Rendered(raw if not MARKUP.search(raw) else _render(raw, tokens, labels))
    return Inline(
        raw=raw,
        text=_hide(raw, tokens),
        tokens=tokens,
        elements=tuple(rendered.elements),
        shown="".join(rendered.texts),
    )


def read_labels(raw: str) -> frozenset[str]:
    """The labels that this text's reference links name, as Python-Markdown keys them."""
    return frozenset(" ".join(label.split()).lower() for label in LABEL.findall(raw))


def _tokens(raw: str) -> Iterator[Token]:
    opened: list[int] = []
    for found in TOKEN.finditer(raw):
        kind, start, end = str(found.lastgroup), found.start(), found.end()
        if kind == "open":
            opened.append(start)
        elif kind == "close":
            opened = opened[:-1]
        elif kind == "escape":
            yield Token(kind, "\\", start, start + 1)
        else:
            yield Token(kind, found.group(), start, end)
            if kind == "image":
                opened.append(-1)
            elif kind == "destination" and opened and (bracket := opened.pop()) >= 0:
                yield Token("bracket", "[", bracket, bracket + 1)


def _hide(raw: str, tokens: Iterable[Token]) -> str:
    characters = list(raw)
    for token in tokens:
        filler = MARK if token.kind in HIDDEN else OPAQUE
        characters[token.start : token.end] = filler * (token.end - token.start)
    return "".join(characters)


def _render(raw: str, tokens: Iterable[Token], labels: Iterable[str]) -> str:
    """HTML of the segment inside `<div><p>`: inline patterns only, so no text becomes a list."""
    renderer = Markdown(extensions=["attr_list"])
    renderer.references = {label: (f"ref:{label}", "") for label in labels}
    paragraph = Node("p")
    paragraph.text = RESERVED.sub("", _carry(raw, tokens)).replace("\n", "  \n")
    root = Node("div")
    root.append(paragraph)
    for treeprocessor in renderer.treeprocessors:
        treeprocessor.run(root)
    html = renderer.serializer(root)
    for postprocessor in renderer.postprocessors:
        html = postprocessor.run(html)
    return html


def _carry(raw: str, tokens: Iterable[Token]) -> str:
    """The text with what Python-Markdown's inline patterns do not know put out of its way."""
    parts, position = [], 0
    for token in tokens:
        if token.kind in CARRIED:
            parts += [raw[position : token.start], OPAQUE]
            position = token.end
    return "".join([*parts, raw[position:]])


class _Rendered(HTMLParser):
    """Collects the elements and texts of rendered HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.texts: list[str] = []
        self._codes = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"div", "p"} or attrs:
            self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))
        self._codes += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._codes -= tag == "code"

    def handle_data(self, data: str) -> None:
        if not self._codes:
            self.texts.append(data)
