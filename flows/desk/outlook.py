"""What stands beside a text that somebody writes: all that is known of it before it is saved."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from flows.content.facts import digest_of
from flows.content.segments import cut_segments
from flows.desk.letters import preview_of
from flows.desk.rows import Piece, mark_findings
from flows.desk.visit import Visit
from flows.domain.article import Article
from flows.domain.errors import InputError, NewsletterError
from flows.domain.finding import Finding
from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.operations.checking import check_source
from flows.operations.library import Library
from flows.operations.measuring import Length, measure_length
from flows.operations.outlook import Outlook, Standing, look_ahead
from flows.operations.retouching import finding_name
from flows.operations.reviewing import LanguageReview, review_article
from flows.operations.writing import TEXTS, inbox_texts
from flows.translation.checks.lengths import LEAST, SOFT_LIMITS

PHONE_SHOWS: Final = 40
"""Signs of a subject that phones held upright show; programs on a desk show half as many more."""
AROUND: Final = 40
"""Signs shown before and behind what a finding is about."""
SUMMARY_READS: Final = 200
"""Signs from which on a summary in a digest or a search's results is cut off or skipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A text of the inbox: what is shown of it on a phone, how long it is and may be."""

    name: str
    text: str
    most: int
    least: int = 0

    @property
    def length(self) -> int:
        """In signs."""
        return len(self.text)

    @property
    def on_a_phone(self) -> str:
        """As much as a phone shows."""
        cut = self.length > PHONE_SHOWS
        return self.text[: PHONE_SHOWS - 1] + "…" if cut else self.text

    @property
    def fits(self) -> bool:
        """Whether it is neither too long nor too short."""
        return self.least <= self.length <= self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding with its place: a field, or a line of the body; `pieces` are the words there."""

    finding: Finding
    name: str
    field: str
    line: int | None
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """An approval that saving would void."""

    language: Language
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All of it. `letter` is the letter's HTML; `problem` says why there is none.

    `digest` is that of the French edition; `body_line` is the line of the file on which the text
    in the form begins.
    """

    body_line: int
    outlook: Outlook
    length: Length
    texts: Sequence[Measured]
    found: Sequence[Found]
    letter: str
    digest: str = ""
    problem: NewsletterError | None = None
    voids: Sequence[Void] = ()


async def view_of(visit: Visit, saved: Article | None, draft: Article, *, body_line: int) -> View:
    """What is known of a draft beside the article on disk. Made in threads: others are served."""
    view = await asyncio.to_thread(_view, visit, saved, draft, body_line)
    if saved is None or (saved.front, saved.body) == (draft.front, draft.body):
        return view
    return replace(view, voids=await _voids(visit, saved, draft, view))


def _view(visit: Visit, saved: Article | None, draft: Article, body_line: int) -> View:
    library = visit.desk.library
    letter, digest, problem, findings = "", "", None, list[Finding]()
    try:
        edition = library.edition_of(draft, library.source_language)
        letter, digest = preview_of(visit, edition).html, edition.digest
        findings = check_source(library, draft, reviewer=visit.locale, edition=edition)
    except NewsletterError as error:  # of a template, say: the text is none the worse for it
        problem = error
    shown = [one for one in findings if not one.dismissed]
    return View(
        body_line=body_line,
        outlook=look_ahead(library, saved, draft),
        length=measure_length(cut_segments(draft), library.source_language),
        texts=_texts(draft),
        found=_found(draft, shown, body_line=body_line),
        letter=letter,
        digest=digest,
        problem=problem,
    )


def _found(article: Article, findings: Sequence[Finding], *, body_line: int) -> list[Found]:
    segments = {digest_of(one.key, one.source): one for one in cut_segments(article)}
    return [_placed(one, segments.get(one.seen), body_line=body_line) for one in findings]


def _placed(finding: Finding, segment: Segment | None, *, body_line: int) -> Found:
    text = segment.source if segment else finding.segment
    first = max(0, finding.start - AROUND) if segment else 0
    last = finding.end + AROUND if segment else AROUND * 2
    is_whole = not segment or (finding.start, finding.end) in {(0, 0), (0, len(text))}
    pieces = mark_findings(text, [] if is_whole else [finding])
    line = finding.line or 0
    return Found(
        finding=finding,
        name=finding_name(finding),
        field=segment.kind if segment and segment.kind in TEXTS else "",
        line=line - body_line + 1 if line >= body_line else None,
        pieces=list(_cut(pieces, first, last)),
    )


def _cut(pieces: Sequence[Piece], first: int, last: int) -> Iterator[Piece]:
    """The pieces of a text between two places in it."""
    at = 0
    for text, kind in pieces:
        shown = text[max(0, first - at) : max(0, last - at)]
        at += len(text)
        if shown:
            yield shown, kind


def _texts(article: Article) -> list[Measured]:
    subject, preheader = inbox_texts(article.front)
    summary = article.front.summary
    return [
        Measured(name="subject", text=subject, most=SOFT_LIMITS["subject"]),
        Measured(
            name="preheader",
            text=preheader,
            most=SOFT_LIMITS["preheader"],
            least=LEAST["preheader"],
        ),
        *([Measured(name="summary", text=summary, most=SUMMARY_READS)] if summary else []),
    ]


async def _voids(visit: Visit, saved: Article, draft: Article, view: View) -> list[Void]:
    """The approvals that hold now and would not hold for the draft."""
    library = visit.desk.library
    try:
        reviews = await review_article(library, visit.runtime.store, saved.slug)
    except InputError:  # a catalogue that cannot be read approves nothing
        return []
    return [
        Void(language=one.language, by=one.approved_by)
        for one in reviews
        if one.approved_itself and await asyncio.to_thread(_changes, library, draft, one, view)
    ]


def _changes(library: Library, draft: Article, review: LanguageReview, view: View) -> bool:
    """Whether the edition that was approved would be another, or hold what nobody approved.

    Passages tell that most of the time; only where all are approved it is rendered.
    """
    language = review.language
    if language == library.source_language:
        return view.digest != review.digest
    standings = (line.standings.get(language) for line in view.outlook.lines)
    if any(standing is not Standing.APPROVED for standing in standings):
        return True
    return library.edition_of(draft, language).digest != review.digest
