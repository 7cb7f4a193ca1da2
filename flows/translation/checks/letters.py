"""The finished letter of a language, against that of the source."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser

from flows.content.matching import normal_text
from flows.domain.finding import Severity
from flows.domain.language import Language
from flows.translation.checks.idiom import SHORTEST_SENTENCE, is_left
from flows.translation.checks.prose import language_scores, sentences
from flows.translation.checks.remark import Fact, Remark
from flows.translation.words import primary

SPACES = re.compile(r"\s+")
SILENT = frozenset({"script", "style", "title", "head"})
BLOCKS = frozenset({"p", "div", "td", "th", "li", "h1", "h2", "h3", "h4", "h5", "h6", "br", "dt"})


def check_letter(
    html: str,
    *,
    original: str,
    language: Language,
    source_language: Language,
    judged: Sequence[str],
) -> list[Remark]:
    """What is wrong with a letter's HTML as a whole beside the `original`, the source's letter.

    `judged` are the translations that were checked one by one: what they hold is not told again.
    """
    letter, source = _Letter(html), _Letter(original)
    return [
        *_left_sentences(letter, source_language, language=language, judged=judged),
        *_lost_anchors(letter),
        *_counts(letter, source),
    ]


def _left_sentences(
    letter: "_Letter", source: Language, *, language: Language, judged: Sequence[str]
) -> Iterator[Remark]:
    known = normal_text(" ".join(judged))
    for sentence in (one for block in letter.blocks for one in sentences(block)):
        if len(sentence) < SHORTEST_SENTENCE or normal_text(sentence) in known:
            continue
        scores = language_scores(sentence)
        if is_left(scores, source=primary(source), target=primary(language)):
            yield _remark("left", {"source": primary(source), "sentence": sentence})


def _lost_anchors(letter: "_Letter") -> Iterator[Remark]:
    for address in letter.links:
        if address.startswith("#") and len(address) > 1 and address[1:] not in letter.ids:
            yield _remark("anchor", {"anchor": address}, severity=Severity.ERROR)


def _counts(letter: "_Letter", source: "_Letter") -> Iterator[Remark]:
    if len(letter.links) != len(source.links):
        yield _remark("links", {"given": len(letter.links), "wanted": len(source.links)})
    if letter.images != source.images:
        yield _remark("images", {"given": letter.images, "wanted": source.images})


def _remark(
    reason: str, facts: Mapping[str, Fact], *, severity: Severity = Severity.WARNING
) -> Remark:
    return Remark(check="letter", severity=severity, reason=reason, facts=facts)


class _Letter(HTMLParser):
    """What the checks need of a page: its texts, links, ids and number of images."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = [""]
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.images = 0
        self._silent = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        self.images += tag == "img"
        self.ids |= {values["id"]} if values.get("id") else set()
        self._silent += tag in SILENT
        if tag in BLOCKS:
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in SILENT))
        if tag in BLOCKS:
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.blocks[-1] += SPACES.sub(" ", data)
