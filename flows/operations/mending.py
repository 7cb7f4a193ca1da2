"""Mending catalogues: the checks' safe fixes, applied where no person's word is changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.content.catalogue import Catalogue
from flows.content.entries import CatalogueEntry
from flows.content.matching import normal_text
from flows.content.segments import cut_segments
from flows.domain.errors import InputError, NotFoundError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.segment import Segment, SegmentState
from flows.operations.library import Library
from flows.translation.checks.mending import Mending, mend
from flows.translation.checks.pair import read_pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """One translation that was mended: which checks' fixes were applied, and the texts."""

    language: Language
    segment: str
    checks: tuple[str, ...]
    before: str
    after: str


def mend_drafts(library: Library, slug: str, languages: Sequence[Language]) -> list[Mended]:
    """Apply every safe fix to the drafts that nobody has touched; the catalogues are saved."""
    mended: list[Mended] = []
    for language in languages:
        catalogue = library.synchronised(library.article(slug), language)
        some = [
            _told(language, segment, entry, mending)
            for segment, entry, mending in _mendings(library, slug, catalogue, only=None)
            if catalogue.mend(segment.key, mending.text, checks=mending.checks)
        ]
        if some:
            catalogue.save()
            mended += some
    return mended


def mend_segments(
    library: Library,
    slug: str,
    language: Language,
    *,
    segments: Sequence[str],
    only: Sequence[str],
    by: str,
) -> list[Mended]:
    """Mend the translations that somebody names, whoever wrote or approved them, as their edit.

    `segments` are parts of their source texts; `only` names checks whose every fix is applied,
    otherwise it is the safe ones. An approval that was given is void then.
    """
    if not by.strip():
        raise InputError("is empty", field="--by", remedy="Say who mends: --by NAME")
    catalogue = library.synchronised(library.article(slug), language)
    named = find_segments(cut_segments(library.article(slug)), segments)
    mended: list[Mended] = []
    for segment, entry, mending in _mendings(library, slug, catalogue, only=only or None):
        if segment in named:
            catalogue.edit(segment.key, mending.text, by=by)
            mended.append(_told(language, segment, entry, mending))
    if mended:
        catalogue.save()
    return mended


def find_segments(segments: Sequence[Segment], parts: Sequence[str]) -> list[Segment]:
    """The segments whose source, or field's name, has one of these parts in it.

    Raises `NotFoundError` for a part that none has.
    """
    found: list[Segment] = []
    for part in parts:
        wanted = normal_text(part).casefold()
        some = [
            segment
            for segment in segments
            if wanted in normal_text(segment.source).casefold() or wanted == segment.kind
        ]
        if not some or not wanted:
            raise NotFoundError(
                Phrase("no segment has {part!r} in it", part=part),
                field="--segment",
                remedy="Write some words of the French, or a field's name such as title.",
            )
        found += some
    return found


def _mendings(
    library: Library, slug: str, catalogue: Catalogue, *, only: Sequence[str] | None
) -> list[tuple[Segment, CatalogueEntry, Mending]]:
    """What could be mended in a catalogue, and how."""
    glossary = library.glossary()
    found = []
    for segment in cut_segments(library.article(slug)):
        entry = catalogue.entry(segment.key)
        if catalogue.state(segment.key) is SegmentState.EMPTY:
            continue
        pair = read_pair(
            segment.source,
            entry.translation,
            kind=segment.kind,
            context=segment.context,
            language=catalogue.language,
            source_language=library.source_language,
            glossary=glossary,
            style=library.style,
        )
        mending = mend(pair, only=only)
        if mending.checks:
            found.append((segment, entry, mending))
    return found


def _told(language: Language, segment: Segment, entry: CatalogueEntry, mending: Mending) -> Mended:
    return Mended(
        language=language,
        segment=segment.source,
        checks=mending.checks,
        before=entry.translation,
        after=mending.text,
    )
