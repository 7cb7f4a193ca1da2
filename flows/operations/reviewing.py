"""Who must look at what in which language, and what is to be done next."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flows.domain.article import Article, Slug
from flows.domain.language import Language
from flows.domain.segment import SegmentState
from flows.operations.library import Library
from flows.operations.memo import Measure
from flows.store.database import Store
from flows.store.reviews import Decision, last_decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageReview:
    """How far one language has come; `digest` is of the edition as it is on disk now.

    `signed_off` tells that this very edition is approved, and every translation in it for the
    French as it is now; `changed_since` who approved an earlier one, and when, if it is not. A
    digest may be approved by itself, as `approved_by` says, while `articles_waiting` in it are not.
    """

    language: Language
    segments: int
    empty: int
    draft: int
    edited: int
    approved: int
    signed_off: bool
    digest: str
    approved_by: str = ""
    changed_since: str = ""
    rejected_because: str = ""
    next: str = ""
    articles_waiting: tuple[Slug, ...] = ()

    @property
    def approved_itself(self) -> bool:
        """Whether this very edition is approved, whatever the articles in it wait for."""
        return bool(self.approved_by)

    @property
    def what_changed(self) -> str:
        """What became of an approval that no longer holds, in words."""
        by, _, on = self.changed_since.rpartition(" ")
        return f"changed since {by} approved it ({on})" if by else ""


async def review_article(library: Library, store: Store, slug: str) -> list[LanguageReview]:
    """The state of every language of an article, and what is to be done next.

    A digest's language is signed off only while that of each article in it is.
    """
    article = library.article(slug)
    alone = await _review_alone(library, store, article.slug)
    parts = await review_parts(library, store, article)
    return [_with_parts(one, parts) for one in alone]


async def review_parts(
    library: Library, store: Store, article: Article
) -> dict[Slug, list[LanguageReview]]:
    """The state of every language of each article that a digest lists, in reading order."""
    return {
        part: await _review_alone(library, store, part)
        for part in dict.fromkeys(article.front.listed)
    }


def _with_parts(
    review: LanguageReview, parts: Mapping[Slug, Sequence[LanguageReview]]
) -> LanguageReview:
    """The review of a digest's language, which waits for the articles that are not approved."""
    waiting = {
        slug: one
        for slug, reviews in parts.items()
        for one in reviews
        if one.language == review.language and not one.signed_off
    }
    if not waiting:
        return review
    first = next(iter(waiting.values()))
    return replace(
        review,
        signed_off=False,
        articles_waiting=tuple(waiting),
        next=review.next or first.next,
    )


async def _review_alone(library: Library, store: Store, slug: str) -> list[LanguageReview]:
    async with store.reading() as tx:
        decisions = await last_decisions(tx, Slug(slug))
    # Cutting and rendering takes a tenth of a second: others are served meanwhile.
    measures = [
        await asyncio.to_thread(library.measure, slug, language) for language in library.languages
    ]
    return [
        _review(slug, language, measure, decisions.get(language))
        for language, measure in zip(library.languages, measures, strict=True)
    ]


def _review(
    slug: str, language: Language, measure: Measure, decision: Decision | None
) -> LanguageReview:
    counts = measure.counts
    signed_off = (
        decision is not None
        and decision.verdict == "approved"
        and decision.digest == measure.digest
        and counts[SegmentState.APPROVED] == measure.segments
    )
    is_void = decision is not None and decision.verdict == "approved" and not signed_off
    rejected = decision.because if decision and decision.verdict == "rejected" else ""
    return LanguageReview(
        language=language,
        segments=measure.segments,
        empty=counts[SegmentState.EMPTY],
        draft=counts[SegmentState.DRAFT],
        edited=counts[SegmentState.EDITED],
        approved=counts[SegmentState.APPROVED],
        signed_off=signed_off,
        digest=measure.digest,
        approved_by=decision.by if decision and signed_off else "",
        changed_since=f"{decision.by} {decision.at:%Y-%m-%d}" if decision and is_void else "",
        rejected_because=rejected,
        next="" if signed_off else _next(slug, language, counts, decision),
    )


def _next(
    slug: str,
    language: Language,
    counts: Mapping[SegmentState, int],
    decision: Decision | None,
) -> str:
    if counts[SegmentState.EMPTY]:
        return f"newsletter translate {slug} --to {language}"
    if decision is not None and decision.verdict == "rejected":
        return f"correct content/{slug}/{language}.po ({decision.by}: {decision.because})"
    return f"newsletter approve {slug} {language} --by NAME"


def count_drafts(library: Library, slug: str, language: Language) -> int:
    """How many passages of a language are drafts that no person has edited or approved."""
    if language == library.source_language:
        return 0
    counts = library.synchronised(library.article(slug), language).counts()
    return counts[SegmentState.DRAFT]


def count_empty(library: Library, slug: str, language: Language) -> int:
    """How many passages of a language nobody and nothing has translated."""
    catalogue = library.synchronised(library.article(slug), language)
    return catalogue.counts()[SegmentState.EMPTY]
