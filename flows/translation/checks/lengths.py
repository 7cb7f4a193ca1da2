"""Lengths: what must fit a mailbox list, and what cannot be as long as its source says."""

from collections.abc import Iterator

from flows.domain.finding import Severity
from flows.translation.checks.pair import Pair
from flows.translation.checks.prose import sentences
from flows.translation.checks.remark import Remark, Span, place_of
from flows.translation.words import primary

HARD_LIMITS = {"subject": 78, "title": 78}
SOFT_LIMITS = {"subject": 60, "title": 60, "preheader": 100, "image_alt": 125}
LEAST = {"preheader": 40}
SLACK = 1.1
"""How much longer than its own too long source a translation may be without a warning."""
RATIOS = ((25, 0.35, 3.0), (80, 0.5, 1.9), (float("inf"), 0.65, 1.5))
"""Sources shorter than so many characters; shortest and longest translation for each."""
SHORTENED = 0.85
LENGTHENED = 1.15
"""Lengths, relative to the source's, from which on a lost or added sentence is likely."""
DENSE_SCRIPTS = frozenset({"zh", "ja", "ko"})


def find_excess_length(pair: Pair) -> Iterator[Remark]:
    """Fields too long for their place, or too short, where the source is not so itself."""
    length, source = len(pair.target.raw.strip()), len(pair.source.raw.strip())
    hard, soft = HARD_LIMITS.get(pair.kind), SOFT_LIMITS.get(pair.kind)
    least = LEAST.get(pair.kind, 0)
    if hard and length > max(hard, source):
        yield _length("over", length, limit=hard, severity=Severity.ERROR)
    elif soft and length > max(soft, source * SLACK):
        yield _length("long", length, limit=soft)
    elif length < min(least, source):
        yield _length("short", length, limit=least)


def find_long_image_texts(pair: Pair) -> Iterator[Remark]:
    """An image's alternative text that a screen reader reads out for too long."""
    allowed = max([SOFT_LIMITS["image_alt"], *map(len, pair.source.alternatives)])
    for text in pair.target.alternatives:
        if len(text) > allowed * SLACK:
            span = place_of(pair.target.raw, text)
            yield _length("long", len(text), limit=SOFT_LIMITS["image_alt"], span=span)


def _length(
    reason: str,
    length: int,
    *,
    limit: int,
    severity: Severity = Severity.WARNING,
    span: Span | None = None,
) -> Remark:
    if reason != "short" and span is None:
        span = (limit, length)
    facts = {"length": length, "limit": limit}
    return Remark(check="length", severity=severity, reason=reason, facts=facts, span=span)


def find_odd_ratio(pair: Pair) -> Iterator[Remark]:
    """A translation much shorter or longer than its source: something is lost or added."""
    source, target = len(pair.source.prose.strip()), len(pair.target.prose.strip())
    if not source or _is_dense(pair) or (pair.context or "").startswith("abbr"):
        return
    _, least, most = next(limits for limits in RATIOS if source < limits[0])
    if not least <= target / source <= most:
        yield Remark(
            check="ratio",
            severity=Severity.WARNING,
            reason="shorter" if target < source else "longer",
            facts={"target": target, "source": source},
        )


def _is_dense(pair: Pair) -> bool:
    return bool({primary(pair.language), primary(pair.source_language)} & DENSE_SCRIPTS)


def find_lost_sentences(pair: Pair) -> Iterator[Remark]:
    """A number of sentences, and a length, that say that some were dropped or added.

    Sentences may be joined or split as the language likes: that leaves the length alone.
    """
    source, target = (len(sentences(side.prose)) for side in (pair.source, pair.target))
    if source < 2 or abs(target - source) < source / 4 or _is_dense(pair):
        return
    ratio = len(pair.target.prose) / len(pair.source.prose)
    if (target < source and ratio < SHORTENED) or (target > source and ratio > LENGTHENED):
        yield Remark(
            check="sentences",
            severity=Severity.WARNING,
            reason="fewer" if target < source else "more",
            facts={"target": target, "source": source},
        )
