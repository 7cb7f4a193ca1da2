"""What the checks have to say of an article."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from flows.content.catalogue import Catalogue
from flows.content.dismissals import Dismissals
from flows.content.facts import digest_of
from flows.content.segments import cut_segments
from flows.domain.article import Article
from flows.domain.edition import Edition
from flows.domain.finding import Finding, Severity
from flows.domain.image import Fault
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey, SegmentState
from flows.operations.library import Library
from flows.operations.lookalikes import likest_file
from flows.translation.checks.catalogue import Translated, as_finding, check_translations
from flows.translation.checks.explaining import explain
from flows.translation.checks.finished import check_finished, check_weight
from flows.translation.checks.inline import read_inline
from flows.translation.checks.letters import check_letter
from flows.translation.checks.original import lint_segment
from flows.translation.checks.pictures import check_pictures
from flows.translation.checks.remark import Remark
from flows.translation.checks.source import lint_source

STATES = frozenset({"empty", "draft", "stale"})
"""What tells how far a translation is, rather than what is wrong with it."""

LETTER = "letter"
"""What a finding about a whole letter is said to be of."""


def check_article(
    library: Library,
    slug: str,
    *,
    languages: Sequence[Language] | None = None,
    reviewer: str = "en",
) -> list[Finding]:
    """Every finding of the source and of each language, in the `reviewer`'s language.

    Those that somebody dismissed are among them and say who did.
    """
    found = (
        check_language(library, slug, language, reviewer=reviewer)
        for language in languages or library.languages
    )
    return [finding for findings in found for finding in findings]


def check_language(
    library: Library, slug: str, language: Language, *, reviewer: str = "en"
) -> list[Finding]:
    """Every finding of one language; of the source language, what its author should mend."""
    article = library.article(slug)
    if language == library.source_language:
        return check_source(library, article, reviewer=reviewer)
    dismissals = Dismissals.load(article.folder)
    catalogue = library.synchronised(article, language)
    segments = cut_segments(article)
    translations = [as_translated(catalogue, segment) for segment in segments]
    findings = check_translations(
        translations,
        language=language,
        source_language=library.source_language,
        glossary=library.glossary(),
        style=library.style,
        elsewhere=library.elsewhere(article.slug, language),
        reviewer=reviewer,
    )
    findings += [
        finding
        for finding in _picture_findings(library, article, language, reviewer=reviewer)
        if finding.blocks
    ]
    findings += letter_findings(library, slug, translations, language, reviewer=reviewer)
    return [with_dismissal(finding, catalogue, dismissals) for finding in findings]


def check_source(
    library: Library, article: Article, *, reviewer: str, edition: Edition | None = None
) -> list[Finding]:
    """Every finding of an article's source, which need not be on disk as it is.

    Whoever has rendered its `edition` already gives it along.
    """
    dismissals = Dismissals.load(article.folder)
    edition = edition or library.edition_of(article, library.source_language)
    found = _check_source(library, article, edition, reviewer=reviewer)
    return [with_dismissal(finding, None, dismissals) for finding in found]


def blocking(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that forbid approval."""
    return [finding for finding in findings if finding.blocks]


def standing_warnings(findings: Sequence[Finding]) -> list[Finding]:
    """The warnings that somebody could dismiss and nobody did; what an approval answers is none."""
    return [
        one
        for one in findings
        if one.may_be_dismissed and not (one.blocks or one.dismissed or one.check in STATES)
    ]


def _check_source(
    library: Library, article: Article, edition: Edition, *, reviewer: str
) -> Iterator[Finding]:
    """What the author should mend: in single segments, then in the text as a whole."""
    language = library.source_language
    for segment in cut_segments(article):
        one = Translated(segment=segment, target=segment.source, state=SegmentState.APPROVED)
        for remark in lint_segment(segment, language=language, style=library.style):
            seen = digest_of(segment.key, segment.source)
            yield replace(as_finding(remark, one, language, reviewer), key=None, seen=seen)
    yield from _picture_findings(library, article, language, reviewer=reviewer)
    for remark in lint_source(article.body):
        start, end = remark.span or (0, 0)
        yield replace(
            _of_article(remark, article, article.body[start:end], language, reviewer),
            line=article.body_line + article.body.count("\n", 0, start),
        )
    for remark in _of_edition(library, edition):
        yield _of_letter(remark, edition, reviewer)


def _picture_findings(
    library: Library, article: Article, language: Language, *, reviewer: str
) -> Iterator[Finding]:
    """What is wrong with pictures; of a digest's articles, what keeps it from showing them."""
    for illustrator in library.illustrators(article):
        one = illustrator.article
        for said, shown in check_pictures(illustrator):
            remark = _with_likest(said, shown.reference, one)
            if one is article:
                found = _of_article(remark, one, shown.reference, language, reviewer)
                yield replace(found, line=shown.line)
            elif remark.severity is Severity.ERROR:
                place = f"{one.slug}/{shown.reference}"
                told = replace(remark, facts={**remark.facts, "image": place})
                yield _of_article(told, one, place, language, reviewer)


def _with_likest(remark: Remark, reference: str, article: Article) -> Remark:
    """The remark, with the file that a missing picture's name perhaps means."""
    like = likest_file(reference, article.folder) if remark.reason == Fault.MISSING else ""
    return replace(remark, reason="alike", facts={**remark.facts, "like": like}) if like else remark


def _of_edition(library: Library, edition: Edition) -> list[Remark]:
    """What is wrong with a letter whatever its text says, its pictures among it."""
    weight = sum(len(raw) for raw in library.pictures(edition).values())
    return [*check_finished(edition), *check_weight(weight)]


def _of_article(
    remark: Remark, article: Article, piece: str, language: Language, reviewer: str
) -> Finding:
    start, end = remark.span or (0, 0)
    return Finding(
        language=language,
        segment=piece or article.front.title,
        check=remark.check,
        severity=remark.severity,
        message=explain(remark, reviewer=reviewer),
        seen=digest_of(SegmentKey(remark.check, piece), repr(remark.says)),
        start=start,
        end=end,
    )


def with_dismissal(
    finding: Finding, catalogue: Catalogue | None, dismissals: Dismissals
) -> Finding:
    """The finding, with whoever let it stand for these very texts."""
    if not finding.may_be_dismissed:
        return finding
    if finding.key is None or catalogue is None:
        word = dismissals.find(finding.language, finding.check, finding.seen)
    else:
        entry = catalogue.entry(finding.key)
        facts, text = entry.provenance, entry.translation
        word = facts.dismissed(finding.check, key=entry.key, translation=text)
    return replace(finding, dismissed=f"{word.by} {word.on.isoformat()}") if word else finding


def as_translated(catalogue: Catalogue, segment: Segment) -> Translated:
    """A segment with what its catalogue has for it, as the checks take it."""
    entry = catalogue.entry(segment.key)
    return Translated(
        segment=segment,
        target=entry.translation,
        state=catalogue.state(segment.key),
        provenance=entry.provenance,
        previous_source=entry.previous_source,
    )


def letter_findings(
    library: Library,
    slug: str,
    translations: Sequence[Translated],
    language: Language,
    *,
    reviewer: str,
) -> list[Finding]:
    """What is wrong with the letter that the translations make; `seen` is this very letter.

    A letter with a passage missing is not judged.
    """
    if not all(one.target.strip() for one in translations):
        return []
    edition = library.edition(slug, language)
    parts = (library.article(part) for part in library.article(slug).front.listed)
    in_parts = [library.synchronised(part, language).translations(drafts=True) for part in parts]
    targets = [one.target for one in translations]
    targets += [text for texts in in_parts for text in texts.values()]
    remarks = check_letter(
        edition.html,
        original=library.edition(slug, library.source_language).html,
        language=language,
        source_language=library.source_language,
        judged=[read_inline(one, labels=frozenset()).prose for one in targets],
    )
    remarks += _of_edition(library, edition)
    return [_of_letter(remark, edition, reviewer) for remark in remarks]


def _of_letter(remark: Remark, edition: Edition, reviewer: str) -> Finding:
    return Finding(
        language=edition.language,
        segment=LETTER,
        check=remark.check,
        severity=remark.severity,
        message=explain(remark, reviewer=reviewer),
        seen=digest_of(SegmentKey(LETTER, edition.digest), repr(remark.says)),
    )
