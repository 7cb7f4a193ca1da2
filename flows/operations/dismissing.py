"""Dismissing: a person lets a finding stand, by name, for exactly the texts that they saw."""

from collections.abc import Sequence
from datetime import date

from flows.content.segments import cut_segments
from flows.domain.errors import InputError, NotDoneError
from flows.domain.finding import Finding
from flows.domain.language import Language
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

    Each is noted in the catalogue beside its segment, and dies when either text changes. Raises
    `NotDoneError` if there is nothing to dismiss, or if an error is among it.
    """
    if not by.strip():
        raise InputError("is empty", field="--by", remedy="Say who decides: --by NAME")
    if language == library.source_language:
        raise InputError(
            f"{language} has no catalogue to note it in",
            field="LANG",
            remedy=f"Mend content/{slug}/{language}.md instead.",
        )
    article = library.article(slug)
    named = {one.key for one in find_segments(cut_segments(article), segments)}
    # Loaded before it is judged: an edit in between makes `save` refuse.
    catalogue = library.synchronised(article, language)
    found = [
        one
        for one in check_language(library, slug, language, reviewer=reviewer)
        if one.check == check and not one.dismissed and (one.key in named or not segments)
    ]
    _require_dismissible(found, slug=slug, language=language, check=check)
    for key in dict.fromkeys(one.key for one in found if one.key):
        catalogue.dismiss(key, check, by=by, on=on)
    catalogue.save()
    return found


def _require_dismissible(
    found: Sequence[Finding], *, slug: str, language: Language, check: str
) -> None:
    see = f"newsletter check {slug} --lang {language}"
    if not found:
        raise NotDoneError(f"{check} finds nothing there to dismiss", waiting_for=(see,))
    fast = [one for one in found if not one.may_be_dismissed]
    if fast:
        raise NotDoneError(
            f"this must be mended, it cannot be dismissed: {fast[0].message}",
            waiting_for=(f"{fast[0].segment[:80]}", see),
        )
