"""The glossary at work: whether it is sound, who does not follow it, what it could learn."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from flows.content.segments import cut_segments
from flows.domain.article import Slug
from flows.domain.errors import InputError
from flows.domain.finding import Finding, Severity
from flows.domain.language import Language
from flows.domain.segment import SegmentState
from flows.operations.checking import check_language
from flows.operations.library import Library
from flows.translation.amending import add_wording
from flows.translation.audit import Fault, audit, coverage
from flows.translation.checks.inline import read_inline, read_labels
from flows.translation.glossary import Glossary
from flows.translation.learning import Proposal, Reviewed, propose_terms

SETTLED = frozenset({SegmentState.EDITED, SegmentState.APPROVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A translation that does not follow the glossary."""

    slug: Slug
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The state of the glossary: its terms, how many each language has, and what is wrong."""

    terms: int
    covered: dict[Language, int]
    faults: list[Fault]
    strays: list[Stray]

    @property
    def sound(self) -> bool:
        """Whether nothing in it contradicts itself."""
        return not any(fault.severity is Severity.ERROR for fault in self.faults)


def audit_glossary(library: Library, *, reviewer: str = "en") -> Audit:
    """Judge the glossary, and every article's translations by it. `InputError` for a bad file."""
    glossary = require_glossary(library)
    return Audit(
        terms=len(glossary.entries),
        covered=coverage(glossary, languages=library.target_languages),
        faults=audit(glossary, languages=library.target_languages),
        strays=list(_strays(library, reviewer=reviewer)),
    )


def require_glossary(library: Library) -> Glossary:
    """The glossary; `InputError` where there is none."""
    return Glossary.load(library.glossary_path)


def _strays(library: Library, *, reviewer: str) -> Iterator[Stray]:
    for slug in library.slugs():
        for language in library.target_languages:
            for finding in check_language(library, slug, language, reviewer=reviewer):
                if finding.check == "glossary" and not finding.dismissed:
                    yield Stray(slug=slug, finding=finding)


def propose_from_corrections(library: Library, language: Language, *, least: int) -> list[Proposal]:
    """What the corrections of every article's drafts into a language say about its terms."""
    return propose_terms(
        list(_reviewed(library, language)),
        language=language,
        source_language=library.source_language,
        glossary=library.glossary(),
        least=least,
    )


def _reviewed(library: Library, language: Language) -> Iterator[Reviewed]:
    """Every segment that a machine drafted and a person has settled otherwise or not."""
    for slug in library.slugs():
        with suppress(InputError):
            yield from library.remember_of(
                slug, language, "reviewed", partial(_reviewed_in, library, slug, language)
            )


def _reviewed_in(library: Library, slug: Slug, language: Language) -> list[Reviewed]:
    """Those of one article. Raises `InputError`."""
    known = {one.key for one in cut_segments(library.article(slug)) if one.context is None}
    return [
        Reviewed(
            source=_prose(entry.key.source),
            draft=_prose(entry.provenance.draft.text),
            final=_prose(entry.translation),
        )
        for entry, state in library.catalogue(slug, language).states()
        if entry.provenance.draft and state in SETTLED and entry.key in known
    ]


def _prose(text: str) -> str:
    return read_inline(text, labels=read_labels(text)).prose


def accept_wording(library: Library, term: str, language: Language, wording: str) -> bool:
    """Write a wording into the glossary's file; false if it was there already."""
    return add_wording(library.glossary_path, term, language, wording)
