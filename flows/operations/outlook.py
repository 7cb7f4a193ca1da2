"""What an edit of the French would do to its translations, before it is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flows.content.catalogue import Catalogue
from flows.content.matching import match_key
from flows.content.segments import cut_segments
from flows.domain.article import Article
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey, SegmentState
from flows.operations.library import Library


class Standing(StrEnum):
    """How the translation of a passage would stand: not there, of another French, read or not."""

    NEW = "new"
    CHANGED = "changed"
    DRAFT = "draft"
    REVIEWED = "reviewed"
    APPROVED = "approved"


STANDINGS = {
    SegmentState.EMPTY: Standing.NEW,
    SegmentState.DRAFT: Standing.DRAFT,
    SegmentState.EDITED: Standing.REVIEWED,
    SegmentState.APPROVED: Standing.APPROVED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One passage of the French, and how each language stands to it; `is_new` since the file."""

    segment: Segment
    is_new: bool
    standings: Mapping[Language, Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """What a language pays for an edit: new passages to review again, and to translate.

    The rest of them comes approved, from a text that was there before.
    """

    language: Language
    to_review: int
    to_translate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What saving would do: passages by their order, how many are new and how many would go.

    `broken` are languages whose catalogue cannot be read.
    """

    lines: Sequence[Line]
    new: int
    gone: int
    tolls: Sequence[Toll]
    broken: Sequence[Language]


def look_ahead(library: Library, saved: Article | None, draft: Article) -> Outlook:
    """What would become of the translations if `draft` were saved in place of `saved`."""
    segments = cut_segments(draft)
    before = {match_key(one.key) for one in cut_segments(saved)} if saved else set()
    new = {match_key(one.key) for one in segments} - before
    catalogues, broken = _catalogues(library, draft)
    standings = {language: _standings(one) for language, one in catalogues.items()}
    return Outlook(
        lines=[
            Line(
                segment=one,
                is_new=match_key(one.key) in new,
                standings={
                    language: known[match_key(one.key)] for language, known in standings.items()
                },
            )
            for one in segments
        ],
        new=len(new),
        gone=len(before - {match_key(one.key) for one in segments}),
        tolls=[_toll(language, known, new) for language, known in standings.items()],
        broken=broken,
    )


def _catalogues(
    library: Library, draft: Article
) -> tuple[dict[Language, Catalogue], list[Language]]:
    found: dict[Language, Catalogue] = {}
    broken = []
    for language in library.target_languages:
        try:
            found[language] = library.synchronised(draft, language)
        except InputError:
            broken.append(language)
    return found, broken


def _standings(catalogue: Catalogue) -> dict[SegmentKey, Standing]:
    return {
        match_key(entry.key): Standing.CHANGED
        if state is SegmentState.DRAFT and entry.previous_source
        else STANDINGS[state]
        for entry, state in catalogue.states()
    }


def _toll(language: Language, known: Mapping[SegmentKey, Standing], new: set[SegmentKey]) -> Toll:
    standings = [known[key] for key in new]
    to_translate = standings.count(Standing.NEW)
    to_review = len(standings) - to_translate - standings.count(Standing.APPROVED)
    return Toll(language=language, to_review=to_review, to_translate=to_translate)
