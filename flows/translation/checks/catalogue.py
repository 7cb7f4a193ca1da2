"""A catalogue's findings: what is missing, what each check says, and what contradicts itself."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from flows.domain.finding import Finding, Severity
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentState
from flows.translation.checks.registry import check_segment
from flows.translation.glossary import Glossary

Translated = tuple[Segment, str, SegmentState]
LETTERS = re.compile(r"[^\W_]+")
SHORTEST_TWIN = 25
"""Letters below which two sources may well share one translation."""


def check_translations(
    translations: Sequence[Translated],
    *,
    language: Language,
    source_language: Language,
    glossary: Glossary | None = None,
) -> list[Finding]:
    """The findings of one language's catalogue in reading order; drafts are judged like the rest.

    An empty translation is an error. Contradictions between segments are warnings.
    """
    contradictions = _contradictions(translations)
    return [
        Finding(
            language=language,
            segment=_title(segment),
            check=check,
            severity=severity,
            message=message,
        )
        for index, (segment, target, state) in enumerate(translations)
        for check, severity, message in [
            *_judge(segment, target, state, (language, source_language), glossary),
            *contradictions[index],
        ]
    ]


Verdict = tuple[str, Severity, str]


def _judge(
    segment: Segment,
    target: str,
    state: SegmentState,
    languages: tuple[Language, Language],
    glossary: Glossary | None,
) -> list[Verdict]:
    if state is SegmentState.EMPTY or not target.strip():
        return [("empty", Severity.ERROR, "the translation is missing")]
    language, source_language = languages
    remarks = check_segment(
        segment.source,
        target,
        kind=segment.kind,
        context=segment.context,
        language=language,
        source_language=source_language,
        glossary=glossary,
    )
    return [(remark.check, remark.severity, remark.message) for remark in remarks]


def _title(segment: Segment) -> str:
    """What a finding calls the segment: the field's name, else its source text."""
    is_field = segment.context is not None and segment.context.startswith("meta:")
    return segment.kind if is_field else segment.source


def _contradictions(translations: Sequence[Translated]) -> dict[int, list[Verdict]]:
    """By position: one source translated in two ways, or two sources in one."""
    found: dict[int, list[Verdict]] = defaultdict(list)
    by_source: dict[str, tuple[str, str]] = {}
    by_target: dict[str, tuple[str, str]] = {}
    for index, source, target in _running(translations):
        same_source, same_target = by_source.get(_core(source)), by_target.get(_core(target))
        if same_source and _core(same_source[1]) != _core(target):
            found[index].append(_warn(f"translated elsewhere as “{same_source[1]}”"))
        if same_target and _differ(same_target[0], source):
            found[index].append(_warn(f"also the translation of “{same_target[0]}”"))
        by_source.setdefault(_core(source), (source, target))
        by_target.setdefault(_core(target), (source, target))
    return found


def _running(translations: Sequence[Translated]) -> Iterator[tuple[int, str, str]]:
    """The translated texts; a technical context (`abbr`, `@url`) is none."""
    for index, (segment, target, _) in enumerate(translations):
        if target.strip() and (segment.context is None or segment.context.startswith("meta:")):
            yield index, segment.source, target


def _core(text: str) -> str:
    return " ".join(LETTERS.findall(text.casefold()))


def _differ(one: str, other: str) -> bool:
    return _core(one) != _core(other) and min(len(_core(one)), len(_core(other))) >= SHORTEST_TWIN


def _warn(message: str) -> Verdict:
    return "consistency", Severity.WARNING, message
