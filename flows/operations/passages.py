"""The passages of a language as a reviewer reads them: each with all that is known of it."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NewType

from flows.content.dismissals import Dismissals
from flows.content.entries import CatalogueEntry
from flows.content.facts import digest_of
from flows.content.matching import match_key
from flows.domain.article import Article
from flows.domain.errors import NotFoundError
from flows.domain.finding import Finding
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey, SegmentState
from flows.operations.checking import STATES, as_translated, letter_findings, with_dismissal
from flows.operations.library import Library
from flows.operations.workbench import Bench, Workbench
from flows.translation.checks.catalogue import check_translations

REMEMBERED: Final = 20_000
"""Segments whose names are kept in memory."""

PassageId = NewType("PassageId", str)
"""Twelve hexadecimal digits that name a segment in addresses, as long as its source stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A glossary term of the source, and how it is to be translated."""

    term: str
    wordings: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One segment. `digest` is of source and translation together: it tells what was shown.

    `findings` leave out what merely tells how far the segment is.
    """

    id: PassageId
    number: int
    segment: Segment
    entry: CatalogueEntry
    state: SegmentState
    digest: str
    findings: tuple[Finding, ...]

    @property
    def translation(self) -> str:
        """The translation as the catalogue has it."""
        return self.entry.translation

    @property
    def standing(self) -> tuple[Finding, ...]:
        """The findings that nobody dismissed."""
        return tuple(one for one in self.findings if not one.dismissed)

    @property
    def blocks(self) -> bool:
        """Whether it keeps the language from being approved."""
        return self.state is SegmentState.EMPTY or any(one.blocks for one in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A language of an article, passage by passage in reading order."""

    article: Article
    language: Language
    passages: tuple[Passage, ...]
    last_editor: str

    def count(self, state: SegmentState) -> int:
        """How many passages are in a state."""
        return sum(one.state is state for one in self.passages)

    def find(self, name: str) -> Passage:
        """A passage by its id. Raises `GoneError`."""
        for one in self.passages:
            if one.id == name:
                return one
        raise GoneError

    def next_open(self, passage: Passage) -> Passage | None:
        """The next passage that nobody has approved, beginning anew at the end."""
        rest = (*self.passages[passage.number :], *self.passages[: passage.number - 1])
        return next((one for one in rest if one.state is not SegmentState.APPROVED), None)


class GoneError(NotFoundError):
    """The passage is not in the article any more."""

    def __init__(self) -> None:
        super().__init__("this passage is not in the article any more: its source was changed")


@lru_cache(maxsize=REMEMBERED)
def passage_id(key: SegmentKey) -> PassageId:
    """The name of a segment in addresses."""
    canonical = json.dumps(match_key(key), ensure_ascii=False)
    return PassageId(hashlib.sha256(canonical.encode()).hexdigest()[:12])


def read_sheet(workbench: Workbench, slug: str, language: Language, *, reviewer: str) -> Sheet:
    """A target language as it is on disk now; findings in the reviewer's language."""
    library = workbench.library
    return workbench.look(
        slug, library.target(language), lambda bench: sheet_of(bench, library, reviewer=reviewer)
    )


def sheet_of(bench: Bench, library: Library, *, reviewer: str) -> Sheet:
    """The sheet of an open catalogue."""
    catalogue = bench.catalogue
    findings = _by_key(_findings(bench, library, reviewer))
    states = {entry.key: (entry, state) for entry, state in catalogue.states()}
    return Sheet(
        article=bench.article,
        language=catalogue.language,
        last_editor=catalogue.last_editor,
        passages=tuple(
            _passage(number, segment, states[segment.key], findings(segment.key))
            for number, segment in enumerate(bench.segments, start=1)
        ),
    )


def _passage(
    number: int,
    segment: Segment,
    known: tuple[CatalogueEntry, SegmentState],
    findings: tuple[Finding, ...],
) -> Passage:
    entry, state = known
    return Passage(
        id=passage_id(segment.key),
        number=number,
        segment=segment,
        entry=entry,
        state=state,
        digest=digest_of(segment.key, entry.translation),
        findings=findings,
    )


def _findings(bench: Bench, library: Library, reviewer: str) -> list[Finding]:
    if reviewer not in bench.findings:
        catalogue = bench.catalogue
        found = check_translations(
            [as_translated(catalogue, segment) for segment in bench.segments],
            language=catalogue.language,
            source_language=library.source_language,
            elsewhere=bench.elsewhere,
            reviewer=reviewer,
            judge=bench.rules.judge,
        )
        dismissals = Dismissals.load(bench.article.folder)
        bench.findings[reviewer] = [
            with_dismissal(one, catalogue, dismissals) for one in found if one.check not in STATES
        ]
    return bench.findings[reviewer]


def _by_key(findings: Sequence[Finding]) -> Callable[[SegmentKey], tuple[Finding, ...]]:
    found: dict[SegmentKey, tuple[Finding, ...]] = {}
    for one in findings:
        if one.key:
            found[one.key] = (*found.get(one.key, ()), one)
    return lambda key: found.get(key, ())


def hints_for(workbench: Workbench, sheet: Sheet, passage: Passage) -> list[Hint]:
    """What the glossary says of a passage's terms."""

    def look(bench: Bench) -> list[Hint]:
        terms = bench.rules.terms(passage.segment.source)
        entries = {term.entry.source: term.entry for term in terms}
        return [
            Hint(term=term, wordings=entry.wordings_in(sheet.language), note=entry.note)
            for term, entry in entries.items()
        ]

    return workbench.look(sheet.article.slug, sheet.language, look)


def judge_letter(
    workbench: Workbench, slug: str, language: Language, *, reviewer: str
) -> list[Finding]:
    """What is wrong with the letter as a whole, as it is on disk now."""
    translations = workbench.look(
        slug,
        language,
        lambda bench: [as_translated(bench.catalogue, one) for one in bench.segments],
    )
    library = workbench.library
    dismissals = Dismissals.load(library.folder(slug))
    found = letter_findings(library, slug, translations, language, reviewer=reviewer)
    return [with_dismissal(one, None, dismissals) for one in found]


def segment_at(bench: Bench, name: str) -> Segment:
    """The segment of an open catalogue by its passage's id. Raises `GoneError`."""
    for segment in bench.segments:
        if passage_id(segment.key) == name:
            return segment
    raise GoneError
