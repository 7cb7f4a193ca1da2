"""Capitals: a text begins as its source does, and headings are in sentence case."""

import re
from collections.abc import Iterator

from flows.domain.finding import Severity
from flows.translation.checks.inline import MARK
from flows.translation.checks.pair import Pair
from flows.translation.checks.prose import words
from flows.translation.checks.remark import Remark, replace_spans
from flows.translation.words import primary

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "title", "subject"})
NOUNS_IN_CAPITALS = frozenset({"de"})
"""Languages that give every noun a capital."""
OPENING = re.compile(rf"[{MARK}\s«“„‘\"'’(\[¿¡]*(?P<first>[^\W_])")
APOSTROPHE_WORD = re.compile(rf"[{MARK}«“„‘\s]*[’'](?:s|t|n|k)[ \u00a0]", re.IGNORECASE)
"""Dutch `’s Avonds`: the capital belongs to the next word."""
SHORTEST = 4
"""Letters from which on a word counts for the case of a heading."""
TITLE_SHARE, SENTENCE_SHARE = 0.8, 0.5
LEAST_WORDS = 3


def find_wrong_capitals(pair: Pair) -> Iterator[Remark]:
    """A lower-case beginning where the source has a capital; a heading in Title Case."""
    if pair.context and not pair.context.startswith("meta:"):
        return
    source, target = OPENING.match(pair.source.text), _opening(pair)
    if source and target and source["first"].isupper() and target["first"].islower():
        start, end = target.span("first")
        if primary(pair.language) == "nl" and pair.target.text[start:].startswith("ij"):
            end += 1
        capital = pair.target.text[start:end].upper()
        yield Remark(
            check="capital",
            severity=Severity.WARNING,
            reason="lower",
            span=(start, end),
            fix=replace_spans(pair.target.raw, [(start, end, capital)]),
        )
    if pair.kind in HEADINGS and _is_title_case(pair):
        yield Remark(check="capital", severity=Severity.WARNING, reason="title")


def _opening(pair: Pair) -> re.Match[str] | None:
    text = pair.target.text
    skipped = APOSTROPHE_WORD.match(text) if primary(pair.language) == "nl" else None
    return OPENING.match(text, skipped.end() if skipped else 0)


def _is_title_case(pair: Pair) -> bool:
    if primary(pair.language) in NOUNS_IN_CAPITALS:
        return False
    target, source = _share(pair.target.prose), _share(pair.source.prose)
    return target is not None and target >= TITLE_SHARE and (source or 0) < SENTENCE_SHARE


def _share(text: str) -> float | None:
    """How many of the longer words behind the first have a capital; `None` for too few words."""
    longer = [word for word in words(text)[1:] if len(word) >= SHORTEST]
    if len(longer) < LEAST_WORDS:
        return None
    return sum(word[0].isupper() for word in longer) / len(longer)
