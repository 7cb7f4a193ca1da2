"""Dismissing: a person lets a finding stand, by name, for exactly the texts that they saw."""

from collections.abc import Sequence
from datetime import date

from flows.content.dismissals import Dismissals
from flows.content.facts import Dismissal, one_line
from flows.content.matching import normal_text
from flows.content.segments import cut_segments
from flows.domain.article import Article
from flows.domain.errors import InputError, NotDoneError
from flows.domain.finding import Finding
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.operations.checking import check_language
from flows.operations.library import Library
from flows.operations.mending import find_segments


def dismiss_findings(
    library: Library,
    slug: str,
    language: Language,
    check: str,
    *,
    segments: Sequence[str] = (),
    by: str,
    on: date,
    reviewer: str = "en",
) -> list[Finding]:
    """Let a check's findings stand: in the segments named by a part of their text, or in all.

    Each is noted in the catalogue beside its segment, or beside the article where no catalogue has
    it, and dies when what was judged changes. Raises `NotDoneError` if there is nothing to dismiss,
    or if an error is among it.
    """
    if not by.strip():
        raise InputError("is empty", field="--by", remedy="Say who decides: --by NAME")
    article = library.article(slug)
    # Loaded before it is judged: an edit in between makes `save` refuse.
    catalogue = (
        None if language == library.source_language else library.synchronised(article, language)
    )
    standing = [
        one
        for one in check_language(library, slug, language, reviewer=reviewer)
        if one.check == check and not one.dismissed
    ]
    found = _named(standing, segments, article) if segments else standing
    _require_dismissible(found, slug=slug, language=language, check=check)
    if catalogue is not None:
        for key in dict.fromkeys(one.key for one in found if one.key):
            catalogue.dismiss(key, check, by=by, on=on)
        catalogue.save()
    dismissals = Dismissals.load(article.folder)
    for seen in dict.fromkeys(one.seen for one in found if one.seen):
        word = Dismissal(check=check, by=one_line(by), on=on, digest=seen)
        dismissals.add(language, word)
    return found


def _named(findings: Sequence[Finding], parts: Sequence[str], article: Article) -> list[Finding]:
    """The findings whose segment, or piece of text, has one of these parts in it.

    Raises `NotFoundError` for a part that neither a finding nor any segment has.
    """
    loose = {
        part: [one for one in findings if one.key is None and _has(one, part)] for part in parts
    }
    others = [part for part, some in loose.items() if not some]
    keys = {one.key for one in find_segments(cut_segments(article), others)}
    return [
        one for one in findings if one.key in keys or any(one in some for some in loose.values())
    ]


def _has(finding: Finding, part: str) -> bool:
    wanted = normal_text(part).casefold()
    return bool(wanted) and wanted in normal_text(finding.segment).casefold()


def _require_dismissible(
    found: Sequence[Finding], *, slug: str, language: Language, check: str
) -> None:
    see = f"newsletter check {slug} --lang {language}"
    if not found:
        raise NotDoneError(
            Phrase("{check} finds nothing there to dismiss", check=check), waiting_for=(see,)
        )
    fast = [one for one in found if not one.may_be_dismissed]
    if fast:
        raise NotDoneError(
            Phrase(
                "this must be mended, it cannot be dismissed: {message}", message=fast[0].message
            ),
            waiting_for=(f"{fast[0].segment[:80]}", see),
        )
