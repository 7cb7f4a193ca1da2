"""Consistency: one text is translated in one way, here and in the articles before."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from flows.content.matching import match_key
from flows.domain.finding import Severity
from flows.domain.segment import Segment, SegmentKey
from flows.translation.checks.remark import Remark

LETTERS = re.compile(r"[^\W_]+")
SHORTEST_TWIN = 25
"""Letters below which two sources may well share one translation."""


class Elsewhere(NamedTuple):
    """An approved translation in another article."""

    article: str
    translation: str


def find_contradictions(
    pairs: Sequence[tuple[Segment, str]], *, elsewhere: Mapping[SegmentKey, Elsewhere]
) -> dict[int, list[Remark]]:
    """By position: one source translated in two ways, or two sources in one.

    `elsewhere` has the keys of `flows.content.matching`.
    """
    found: dict[int, list[Remark]] = defaultdict(list)
    by_source: dict[str, str] = {}
    by_target: dict[str, str] = {}
    for index, segment, target in _running(pairs):
        source, other = segment.source, elsewhere.get(match_key(segment.key))
        same_source, same_target = by_source.get(_core(source)), by_target.get(_core(target))
        if same_source and _core(same_source) != _core(target):
            found[index].append(_warn("source", other=same_source))
        elif other and _core(other.translation) != _core(target):
            told = _warn("article", other=other.translation, article=other.article)
            found[index].append(told)
        if same_target and _differ(same_target, source):
            found[index].append(_warn("target", other=same_target))
        by_source.setdefault(_core(source), target)
        by_target.setdefault(_core(target), source)
    return found


def _running(pairs: Sequence[tuple[Segment, str]]) -> Iterator[tuple[int, Segment, str]]:
    """The translated texts; a technical context (`abbr`, `@url`) is none."""
    for index, (segment, target) in enumerate(pairs):
        if target.strip() and (segment.context is None or segment.context.startswith("meta:")):
            yield index, segment, target


def _core(text: str) -> str:
    return " ".join(LETTERS.findall(text.casefold()))


def _differ(one: str, other: str) -> bool:
    return _core(one) != _core(other) and min(len(_core(one)), len(_core(other))) >= SHORTEST_TWIN


def _warn(reason: str, **facts: str) -> Remark:
    return Remark(check="consistency", severity=Severity.WARNING, reason=reason, facts=facts)
