"""A catalogue's findings: how far it is, what each check says, and what contradicts itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flows.content.differences import diff_words, read_difference
from flows.content.stamps import Provenance
from flows.domain.finding import Finding, Severity
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey, SegmentState
from flows.domain.style import PLAIN_STYLE, HouseStyle
from flows.translation.checks.consistency import Elsewhere, find_contradictions
from flows.translation.checks.explaining import explain
from flows.translation.checks.registry import check_segment
from flows.translation.checks.remark import Remark
from flows.translation.glossary import Glossary
from flows.translation.memory.figures import diff_figures

Judge = Callable[[Segment, str], Sequence[Remark]]
"""What the checks of a single segment say of it and a translation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """One segment with what its catalogue has for it.

    `previous_source` is the source that a draft was made for, where that is not the same.
    """

    segment: Segment
    target: str
    state: SegmentState
    provenance: Provenance = field(default_factory=Provenance)
    previous_source: str = ""


def check_translations(
    translations: Sequence[Translated],
    *,
    language: Language,
    source_language: Language,
    glossary: Glossary | None = None,
    style: HouseStyle = PLAIN_STYLE,
    elsewhere: Mapping[SegmentKey, Elsewhere] | None = None,
    reviewer: str = "en",
    judge: Judge | None = None,
) -> list[Finding]:
    """The findings of one language's catalogue in reading order, in the `reviewer`'s language.

    An empty translation is an error, and so is a draft for a text with other figures; a draft and a
    text that changed since it was approved are warnings, and judged like the rest. Contradictions
    between segments, and with approved translations `elsewhere`, are warnings. A `judge` that
    remembers may stand for the checks of single segments.
    """
    judge = judge or make_judge(
        language=language, source_language=source_language, glossary=glossary, style=style
    )
    pairs = [(one.segment, one.target) for one in translations]
    contradictions = find_contradictions(pairs, elsewhere=elsewhere or {})
    found: list[Finding] = []
    for index, one in enumerate(translations):
        remarks = [*_judge_state(one), *_judge_origin(one, source_language)]
        if one.target.strip():
            remarks += judge(one.segment, one.target)
        remarks += contradictions.get(index, [])
        found += [as_finding(remark, one, language, reviewer) for remark in remarks]
    return found


def make_judge(
    *,
    language: Language,
    source_language: Language,
    glossary: Glossary | None,
    style: HouseStyle,
) -> Judge:
    """The checks of single segments, for one language and its rules."""

    def judge(segment: Segment, target: str) -> Sequence[Remark]:
        return check_segment(
            segment.source,
            target,
            kind=segment.kind,
            context=segment.context,
            language=language,
            source_language=source_language,
            glossary=glossary,
            style=style,
        )

    return judge


def _judge_state(one: Translated) -> Iterator[Remark]:
    """Whether anybody has read the translation, and whether it is the one that was approved."""
    approval = one.provenance.approval
    if one.state is SegmentState.EMPTY or not one.target.strip():
        yield Remark(check="empty", severity=Severity.ERROR, reason="missing")
    elif one.state is SegmentState.DRAFT:
        facts = {"origin": one.provenance.origin or "?"}
        yield Remark(check="draft", severity=Severity.WARNING, reason="unread", facts=facts)
    elif one.state is SegmentState.EDITED and approval:
        facts = {"by": approval.by, "on": approval.on.isoformat()}
        yield Remark(check="stale", severity=Severity.WARNING, reason="changed", facts=facts)


def _judge_origin(one: Translated, language: Language) -> Iterator[Remark]:
    """Whether the translation is a draft that the memory had for a similar text.

    Where the two texts differ in figures nobody may approve it unread.
    """
    differs = one.provenance.differs
    if one.state is not SegmentState.DRAFT or not (differs or one.previous_source):
        return
    source = one.segment.source
    pair = (one.previous_source, source) if one.previous_source else read_difference(differs)
    if figures := diff_figures(*pair, language=language):
        yield Remark(
            check="memory",
            severity=Severity.ERROR,
            reason="figures",
            facts={"figures": figures},
            is_arguable=True,
        )
    else:
        facts = {"differs": differs or diff_words(*pair)}
        yield Remark(check="memory", severity=Severity.WARNING, reason="similar", facts=facts)


def as_finding(remark: Remark, one: Translated, language: Language, reviewer: str) -> Finding:
    """A remark as the findings of a catalogue tell it."""
    segment = one.segment
    start, end = remark.span or (0, len(one.target))
    return Finding(
        language=language,
        segment=title_of(segment),
        check=remark.check,
        severity=remark.severity,
        message=explain(remark, reviewer=reviewer),
        key=segment.key,
        start=start,
        end=end,
        line=segment.line,
        fix=remark.fix,
        is_safe=remark.is_safe,
        is_arguable=remark.is_arguable,
    )


def title_of(segment: Segment) -> str:
    """What a finding calls the segment: the field's name, else its source text."""
    is_field = segment.context is not None and segment.context.startswith("meta:")
    return segment.kind if is_field else segment.source
