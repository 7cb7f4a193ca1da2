"""What a reader's program would find in a segment besides words: the test of a translation."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser

import markdown

HARD_BREAK = "  \n"
VARIABLE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
NOTE = re.compile(r"\[\^[^\]]+\]")
LABEL = re.compile(r"\]\s?\[([^\[\]^]+)\]")
ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>()«»“”\"]*[^\s<>()«»“”\".,;:!?…]|[\w.+-]+@[\w-]+\.\w+"
)
STASHED = re.compile(r"⟦html\d+⟧")
DEBRIS = re.compile(r"\*\*|\]\(|\[\[|\]\]|⟦|⟧|&lt;|</?[A-Za-z][^<>]*>|\x02|\x03")
TARGETS = ("href", "src")

LONG_ENOUGH_CHARACTERS = 40
SHORTEST_RATIO = 0.15
"""Below this share of its source a translation has lost text; Chinese comes near 0.25."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What stands in one rendered segment.

    `shown` are the words that a reader sees, code apart; `letters` is how many letters they have.
    """

    elements: Counter[str]
    code: Counter[str]
    notes: Counter[str]
    variables: Counter[str]
    addresses: Counter[str]
    stashed: Counter[str]
    debris: Counter[str]
    shown: str
    letters: int


def compare_inventories(source: str, target: str) -> list[str]:
    """What the translation lost or added besides words, in a few words each; [] if nothing.

    Both are inline Markdown as segments have it, rendered as the newsletter renders it.
    """
    labels = frozenset(label.lower() for label in LABEL.findall(source))
    before, after = take_inventory(source, labels=labels), take_inventory(target, labels=labels)
    problems = [
        problem
        for name in ("elements", "code", "notes", "variables", "addresses", "stashed")
        for problem in _compare(name, getattr(before, name), getattr(after, name))
    ]
    # Signs that the source shows are its own: fewer of them are a mark that took one in.
    if debris := (after.debris - before.debris) or (before.debris - after.debris):
        problems.append(f"remains of markup: {' '.join(sorted(debris))}")
    if before.letters >= LONG_ENOUGH_CHARACTERS and (
        after.letters < SHORTEST_RATIO * before.letters
    ):
        problems.append("most of the text is missing")
    return problems


def take_inventory(text: str, *, labels: frozenset[str] = frozenset()) -> Inventory:
    """The inventory of inline Markdown; `labels` are the references that are defined."""
    reader = _Reader()
    reader.feed(_render(text, labels))
    reader.close()
    words = "".join(reader.words)
    return Inventory(
        elements=reader.elements,
        code=Counter(reader.code),
        notes=Counter(NOTE.findall(words)),
        variables=Counter("".join(found.split()) for found in VARIABLE.findall(text)),
        addresses=Counter(ADDRESS.findall(words)),
        stashed=Counter(STASHED.findall(words)),
        debris=Counter(DEBRIS.findall(STASHED.sub("", words))),
        shown=" ".join(words.split()),
        letters=sum(map(str.isalpha, words)),
    )


def _compare(name: str, before: Counter[str], after: Counter[str]) -> list[str]:
    changes = (("lost", before - after), ("added", after - before))
    return [f"{name} {verb}: {', '.join(sorted(what))}" for verb, what in changes if what]


def _render(text: str, labels: frozenset[str]) -> str:
    """The HTML of one paragraph's inline Markdown; no block syntax is looked for in it."""
    converter = markdown.Markdown(extensions=["extra", "sane_lists"])
    references: dict[str, tuple[str, str]] = vars(converter)["references"]
    references.update({label: (f"#reference-{label}", "") for label in labels})
    root = ET.Element("div")
    ET.SubElement(root, "p").text = text.replace("\n", HARD_BREAK)
    for processor in converter.treeprocessors:
        changed = processor.run(root)
        root = root if changed is None else changed
    html = converter.serializer(root)
    for postprocessor in converter.postprocessors:
        html = postprocessor.run(html)
    return html


class _Reader(HTMLParser):
    """Collects elements, code and words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[str] = Counter()
        self.words: list[str] = []
        self.code: list[str] = []
        self._in_code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Counts the element with its target, its classes and which attributes it has."""
        values = dict(attrs)
        target = next((values[name] for name in TARGETS if name in values), "")
        names = " ".join(sorted(values))
        self.elements[" ".join(filter(None, (tag, target, names, values.get("class"))))] += 1
        if tag == "code":
            self._in_code += 1
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        """Counts the end, so that an unclosed element shows."""
        self.elements[f"/{tag}"] += 1
        if tag == "code" and self._in_code:
            self._in_code -= 1

    def handle_comment(self, data: str) -> None:
        """Counts what no reader sees but every recipient gets."""
        self.elements[f"comment {data.strip()}".strip()] += 1

    def handle_data(self, data: str) -> None:
        """Keeps words and code apart."""
        if self._in_code:
            self.code[-1] += data
        else:
            self.words.append(data)
