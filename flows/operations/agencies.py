"""Work for translation agencies: an article as XLIFF, and what comes back, passage by passage."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from flows.content.catalogue import Catalogue
from flows.content.pofiles import write_whole
from flows.content.segments import cut_segments
from flows.domain.article import Slug
from flows.domain.errors import InputError, NotFoundError
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentState
from flows.operations.library import Library
from flows.translation.decoding import assemble
from flows.translation.engines.answers import accept_answer
from flows.translation.engines.errors import EngineError
from flows.translation.inventory import compare_inventories
from flows.translation.tokens import Token, tokenise
from flows.translation.xliff.reading import Returned, ReturnedFile, read_content, read_xliff
from flows.translation.xliff.units import Document, Offer, list_parts, part_id, unit_id
from flows.translation.xliff.writing import format_xliff


class Fate(StrEnum):
    """What became of a unit."""

    TAKEN = "taken"
    UNCHANGED = "unchanged"
    UNTOUCHED = "untouched"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One unit's fate, and why it was refused."""

    fate: Fate
    source: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyImport:
    """What became of the units of one article: the catalogue holds those that were taken."""

    slug: Slug
    language: Language
    verdicts: tuple[Verdict, ...]

    @property
    def counts(self) -> dict[Fate, int]:
        """How many units met each fate."""
        counted = Counter(verdict.fate for verdict in self.verdicts)
        return {fate: counted[fate] for fate in Fate}

    @property
    def refused(self) -> list[Verdict]:
        """The units that were refused."""
        return [verdict for verdict in self.verdicts if verdict.fate is Fate.REFUSED]


def export_xliff(library: Library, slug: str, language: Language, file: Path) -> int:
    """Write the article's segments with what they have so far; how many there are."""
    article = library.article(slug)
    catalogue = library.synchronised(article, language)
    glossary = library.glossary()
    offers = []
    for segment in cut_segments(article):
        terms = glossary.terms_in(segment.source, language=language) if glossary else []
        wordings = {term.text: tuple(term.entry.wordings.get(language, ())) for term in terms}
        offers.append(
            Offer(
                segment=segment,
                target=catalogue.entry(segment.key).translation,
                state=catalogue.state(segment.key),
                terms=tuple((term, found) for term, found in wordings.items() if found),
            )
        )
    document = Document(
        slug=slug,
        source_language=library.source_language,
        language=language,
        offers=tuple(offers),
    )
    write_whole(file, format_xliff(document))
    return len(offers)


def import_xliff(
    library: Library, file: Path, *, by: str, replace: bool = False
) -> list[AgencyImport]:
    """Take a translator's work into the catalogues, each unit whose markup is the source's.

    Approved text is never replaced, and what somebody edited only with `replace`. A unit whose
    French is no longer the same is refused, the others count.
    """
    if not by.strip():
        raise InputError("is empty", field="--by", remedy="Say who translated: --by NAME")
    returned = read_xliff(file)
    for one in returned:
        _require_ours(library, one, path=file)
    return [_import_file(library, one, by=by, replace=replace) for one in returned]


def _require_ours(library: Library, returned: ReturnedFile, *, path: Path) -> None:
    try:
        library.target(returned.language)
        library.article(returned.slug)
    except NotFoundError as error:
        raise InputError(error.problem, path=path, remedy=error.remedy) from error
    if returned.source_language != library.source_language:
        raise InputError(
            f"the file translates from {returned.source_language!r}, not from "
            f"{library.source_language!r}",
            path=path,
        )


def _import_file(
    library: Library, returned: ReturnedFile, *, by: str, replace: bool
) -> AgencyImport:
    language = library.target(returned.language)
    article = library.article(returned.slug)
    catalogue = library.synchronised(article, language)
    segments = {unit_id(segment.key): segment for segment in cut_segments(article)}
    desk = _Reception(catalogue=catalogue, returned=returned, by=by, replace=replace)
    verdicts = [
        desk.receive(unit, segments.get(unit.id))
        for unit in returned.units.values()
        if not desk.is_part(unit.id)
    ]
    catalogue.save()
    return AgencyImport(slug=article.slug, language=language, verdicts=tuple(verdicts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reception:
    """Receives the units of one file into a catalogue."""

    catalogue: Catalogue
    returned: ReturnedFile
    by: str
    replace: bool

    def is_part(self, name: str) -> bool:
        """Whether the unit is a title or alternative text, which its segment's unit takes in."""
        return name.rpartition("-")[0] in self.returned.units

    def receive(self, unit: Returned, segment: Segment | None) -> Verdict:
        """Takes one unit, or says why not."""
        if segment is None:
            source = "".join(text for one in unit.sources for text in one.itertext())
            reason = "the French has changed since the export, or is gone"
            return Verdict(fate=Fate.REFUSED, source=source, reason=reason)
        entry = self.catalogue.entry(segment.key)
        before, draft = entry.translation, entry.provenance.draft
        text, problems = self._read(unit, segment)
        # What went out and came back as it was is nobody's word, whatever was done here since.
        ours = {before, draft.text} if draft else {before}
        if not problems and (not text or (text in ours and not unit.begun)):
            return Verdict(fate=Fate.UNTOUCHED, source=segment.source)
        state = self.catalogue.state(segment.key)
        problems = problems or [*self._judge(segment, text, state=state, before=before)]
        if problems:
            reason = "; ".join(problems)
            return Verdict(fate=Fate.REFUSED, source=segment.source, reason=reason)
        if text == before and state in {SegmentState.EDITED, SegmentState.APPROVED}:
            return Verdict(fate=Fate.UNCHANGED, source=segment.source)
        self.catalogue.edit(segment.key, text, by=self.by)
        return Verdict(fate=Fate.TAKEN, source=segment.source)

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

    def _judge(
        self, segment: Segment, text: str, *, state: SegmentState, before: str
    ) -> Iterator[str]:
        """Why the translation may not take the place of what is there."""
        if text != before and state is SegmentState.APPROVED:
            yield "another translation is approved"
        if text != before and state is SegmentState.EDITED and not self.replace:
            yield "somebody has edited it here (--replace takes the file's)"
        yield from compare_inventories(segment.source, text)
        try:
            accept_answer(segment.source, text, engine="xliff")
        except EngineError as error:
            yield error.reason
