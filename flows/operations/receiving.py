"""What may be taken of an agency's work, unit by unit and as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from flows.content.catalogue import Catalogue
from flows.domain.finding import Severity
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentState
from flows.translation.checks.explaining import explain
from flows.translation.checks.idiom import find_stray_language
from flows.translation.checks.inline import read_inline, read_labels
from flows.translation.decoding import assemble
from flows.translation.engines.answers import accept_answer
from flows.translation.engines.errors import EngineError
from flows.translation.gate import doubts
from flows.translation.glossary import Glossary
from flows.translation.inventory import compare_inventories
from flows.translation.tokens import Token, tokenise
from flows.translation.xliff.reading import Returned, ReturnedFile, read_content
from flows.translation.xliff.units import list_parts, part_id


class Fate(StrEnum):
    """What became of a unit."""

    TAKEN = "taken"
    UNCHANGED = "unchanged"
    UNTOUCHED = "untouched"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One unit's fate, why it was refused, and the `text` that came for it."""

    fate: Fate
    source: str
    reason: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Judges the units of one file by the catalogue that they are for."""

    catalogue: Catalogue
    returned: ReturnedFile
    glossary: Glossary | None
    replaces: bool

    @property
    def language(self) -> Language:
        """What the file translates into."""
        return self.catalogue.language

    def is_part(self, name: str) -> bool:
        """Whether the unit is a title or alternative text, which its segment's unit takes in."""
        return name.rpartition("-")[0] in self.returned.units

    def judge(self, unit: Returned, segment: Segment | None) -> Verdict:
        """Whether a unit may be taken, or why not."""
        if segment is None:
            source = "".join(text for one in unit.sources for text in one.itertext())
            reason = "the French has changed since the export, or is gone"
            return Verdict(fate=Fate.REFUSED, source=source, reason=reason)
        text, problems = self._read(unit, segment)
        fate = None if problems else self._without_judgement(unit, segment, text)
        if fate is not None:
            return Verdict(fate=fate, source=segment.source)
        problems = problems or [*self._problems(unit, segment, text)]
        return Verdict(
            fate=Fate.REFUSED if problems else Fate.TAKEN,
            source=segment.source,
            reason="; ".join(problems),
            text=text,
        )

    def _without_judgement(self, unit: Returned, segment: Segment, text: str) -> Fate | None:
        """The fate of a unit that brings nothing new."""
        entry = self.catalogue.entry(segment.key)
        before, draft = entry.translation, entry.provenance.draft
        # What went out and came back as it was is nobody's word, whatever was done here since.
        ours = {before, draft.text} if draft else {before}
        if not text or (text in ours and not unit.begun):
            return Fate.UNTOUCHED
        state = self.catalogue.state(segment.key)
        if text == before and state in {SegmentState.EDITED, SegmentState.APPROVED}:
            return Fate.UNCHANGED
        return None

    def _read(self, unit: Returned, segment: Segment) -> tuple[str, list[str]]:
        """The translation as Markdown, "" if there is none, and what keeps it from being read."""
        tokens = tokenise(segment.source)
        items, _ = read_content(unit.sources, tokens)
        source = "".join(item if isinstance(item, str) else item.raw for item in items)
        if source != segment.source:
            return "", ["its source was changed in the file"]
        if not unit.has_target:
            return "", []
        items, strangers = read_content(unit.targets, tokens)
        parts = self._read_parts(unit.id, tokens)
        decoded = assemble(items, tokens, parts=parts, strangers=strangers)
        return decoded.text.strip(), list(decoded.problems)

    def _read_parts(self, name: str, tokens: list[Token]) -> dict[str, str]:
        """The translated titles and alternative texts."""
        found = {
            part: self.returned.units.get(part_id(name, place))
            for place, part in enumerate(list_parts(tokens), start=1)
        }
        return {
            part: " ".join("".join(unit.targets[0].itertext()).split())
            for part, unit in found.items()
            if unit and unit.has_target
        }

    def _problems(self, unit: Returned, segment: Segment, text: str) -> Iterator[str]:
        """Why the translation may not take the place of what is there."""
        state = self.catalogue.state(segment.key)
        before = self.catalogue.entry(segment.key).translation
        if text != before and state is SegmentState.APPROVED:
            yield "another translation is approved"
        if text != before and state is SegmentState.EDITED and not self.replaces:
            yield "somebody has edited it here (--replace takes the file's)"
        yield from compare_inventories(segment.source, text) or self._doubts(unit, segment, text)
        try:
            accept_answer(segment.source, text, engine="xliff")
        except EngineError as error:
            yield error.reason

    def _doubts(self, unit: Returned, segment: Segment, text: str) -> list[str]:
        """Why it is no translation; words left in French may stand if the unit says it is done."""
        remarks = doubts(
            segment.source,
            text,
            source=self.catalogue.source_language,
            target=self.language,
            kind=segment.kind,
            context=segment.context,
            glossary=self.glossary,
        )
        return [
            explain(remark, reviewer="en")
            for remark in remarks
            if remark.severity is Severity.ERROR or (remark.check == "unchanged" and not unit.begun)
        ]


def judge_whole(verdicts: Sequence[Verdict], *, language: Language) -> list[Verdict]:
    """The verdicts, and none is taken of a file that is in another language as a whole.

    A heading of two words does not tell its language, but the text around it does. French that
    was left as it is says nothing of the rest.
    """
    came = [verdict.text for verdict in verdicts if verdict.text not in {"", verdict.source}]
    prose = (read_inline(text, labels=read_labels(text)).prose for text in came)
    stray = find_stray_language("\n".join(prose), language=language)
    if stray is None:
        return list(verdicts)
    reason = f"the file as a whole {explain(stray, reviewer='en')}"
    return [
        replace(one, fate=Fate.REFUSED, reason=reason) if one.fate is Fate.TAKEN else one
        for one in verdicts
    ]
