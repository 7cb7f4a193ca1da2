"""What the checks have to say of an article."""

from flows.content.segments import cut_segments
from flows.domain.article import Article
from flows.domain.finding import Finding, Severity
from flows.domain.language import Language
from flows.operations.library import Library
from flows.translation.checks.catalogue import check_translations
from flows.translation.checks.source import OWN_IMAGES, lint_source


def check_article(library: Library, slug: str) -> list[Finding]:
    """Every finding of the source and of each language, in reading order."""
    findings = [check_language(library, slug, language) for language in library.languages]
    return [finding for found in findings for finding in found]


def _check_source(article: Article, *, language: Language) -> list[Finding]:
    image = article.front.image
    findings = [] if image.startswith("https://") or not image else [_own_image(language)]
    return findings + [
        Finding(
            language=language,
            segment=article.body[slice(*remark.span)] if remark.span else article.front.title,
            check=remark.check,
            severity=remark.severity,
            message=remark.message,
        )
        for remark in lint_source(article.body)
    ]


def _own_image(language: Language) -> Finding:
    return Finding(
        language=language,
        segment="image",
        check="image",
        severity=Severity.ERROR,
        message=OWN_IMAGES,
    )


def check_language(library: Library, slug: str, language: Language) -> list[Finding]:
    """Every finding of one language; of the source language, what its author should mend."""
    article = library.article(slug)
    if language == library.source_language:
        return _check_source(article, language=language)
    catalogue = library.synchronised(article, language)
    translations = catalogue.translations(drafts=True)
    return check_translations(
        [
            (segment, translations.get(segment.key, ""), catalogue.state(segment.key))
            for segment in cut_segments(article)
        ],
        language=language,
        source_language=library.source_language,
        glossary=library.glossary(),
    )


def blocking(findings: list[Finding]) -> list[Finding]:
    """The findings that forbid approval."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
