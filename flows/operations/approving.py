"""The sign-off of a language, and sending it back."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from flows.domain.edition import Edition
from flows.domain.errors import InputError, NotDoneError
from flows.domain.evidence import SignOff
from flows.domain.hook import HookKind
from flows.domain.image import ImageName
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.operations.authorship import approver_of, require_two_people
from flows.operations.checking import blocking, check_language, standing_warnings
from flows.operations.evidence import Record, as_record, take_evidence
from flows.operations.library import Library
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.evidence import keep_evidence
from flows.store.images import keep_images
from flows.store.outbox import announce
from flows.store.reviews import Decision, keep_edition, record_decision


async def approve_language(
    library: Library,
    store: Store,
    slug: str,
    language: Language,
    *,
    by: str,
    two_people: bool,
    now: datetime,
    shown: str | None = None,
    refuse_warnings: bool = False,
    invited_by: str = "",
) -> Edition:
    """Sign a language off as it is on disk now, or as it was `shown` (a digest, or its beginning).

    Raises `NotDoneError` if a segment is empty, a check blocks, the approver was the last to
    edit or was `invited_by` that person, or the text changed since it was shown; with
    `refuse_warnings` also if a warning stands that nobody dismissed.
    """
    approver = _name(by)
    article = library.article(slug)
    if two_people:
        person = await approver_of(store, approver, invited_by=invited_by)
        await require_two_people(library, store, slug, language, person)
    # Loaded before it is judged and the edition is made: an edit in between makes `save` refuse.
    catalogue = (
        None if language == library.source_language else library.synchronised(article, language)
    )
    # Judging and rendering a long article takes its time: others are served meanwhile.
    warnings = await asyncio.to_thread(
        _require_finished, library, slug, language, refuse_warnings=refuse_warnings
    )
    edition = await asyncio.to_thread(library.edition, slug, language)
    _require_shown(edition, shown or edition.digest)
    pictures = library.pictures(edition)
    if catalogue is not None:
        catalogue.approve_all(by=approver, on=now.date())
        catalogue.save()
    sign_off = SignOff(by=approver, at=now, two_people=two_people, warnings=warnings)
    source = library.source_language
    taken = take_evidence(article, edition, catalogue, source_language=source, sign_off=sign_off)
    await _record_approval(store, edition, pictures, sign_off, evidence=as_record(taken))
    return edition


def _require_shown(edition: Edition, shown: str) -> None:
    """Refuse an edition with another digest than this, or this beginning of one."""
    slug, language = edition.slug, edition.language
    if not edition.digest.startswith(shown):
        raise NotDoneError(
            Phrase(
                "{slug} {language} changed since it was shown: it is {digest} now",
                slug=slug,
                language=language,
                digest=edition.digest[:12],
            ),
            waiting_for=(f"read it again: newsletter preview {slug} --lang {language} --out DIR",),
        )


async def _record_approval(
    store: Store,
    edition: Edition,
    pictures: Mapping[ImageName, bytes],
    sign_off: SignOff,
    *,
    evidence: Record,
) -> None:
    by, now = sign_off.by, sign_off.at
    decision = Decision(
        language=edition.language,
        verdict="approved",
        digest=edition.digest,
        by=by,
        because="",
        at=now,
    )
    async with store.writing() as tx:
        await keep_edition(tx, edition, now=now)
        await keep_images(tx, pictures, now=now)
        number = await record_decision(tx, edition.slug, decision)
        await keep_evidence(tx, number, evidence)
        await record_event(
            tx,
            "language.approved",
            f"{edition.slug}/{edition.language}",
            actor=by,
            now=now,
            digest=edition.digest,
            two_people=sign_off.two_people,
        )
        await announce(
            tx,
            HookKind.LANGUAGE_APPROVED,
            now=now,
            slug=edition.slug,
            language=edition.language,
            by=by,
            digest=edition.digest,
        )


def _require_finished(
    library: Library, slug: str, language: Language, *, refuse_warnings: bool
) -> int:
    """Refuse what still has an error; how many warnings stand that nobody dismissed."""
    findings = check_language(library, slug, language)
    warnings = standing_warnings(findings)
    errors = [*blocking(findings), *(warnings if refuse_warnings else [])]
    if errors:
        raise NotDoneError(
            Phrase(
                "{slug} {language} cannot be approved yet: {errors} findings block it",
                slug=slug,
                language=language,
                errors=len(errors),
            ),
            waiting_for=(
                *(f"{one.check}: {one.message} — {one.segment[:60]}" for one in errors[:10]),
                f"newsletter check {slug}",
            ),
        )
    return len(warnings)


async def reject_language(
    library: Library,
    store: Store,
    slug: str,
    language: Language,
    *,
    by: str,
    because: str,
    now: datetime,
) -> None:
    """Send a language back with a reason; an earlier approval no longer counts."""
    article = library.article(slug)
    decision = Decision(
        language=language,
        verdict="rejected",
        digest=None,
        by=_name(by),
        because=_reason(because),
        at=now,
    )
    async with store.writing() as tx:
        await record_decision(tx, article.slug, decision)
        await record_event(
            tx,
            "language.rejected",
            f"{slug}/{language}",
            actor=decision.by,
            now=now,
            because=decision.because,
        )
        await announce(
            tx,
            HookKind.LANGUAGE_REJECTED,
            now=now,
            slug=slug,
            language=language,
            by=decision.by,
            because=decision.because,
        )


def _name(by: str) -> str:
    name = " ".join(by.split())
    if not name:
        raise InputError("is empty", field="--by", remedy="Say who decides: --by NAME")
    return name


def _reason(because: str) -> str:
    reason = because.strip()
    if not reason:
        raise InputError("is empty", field="--because", remedy="Say what must be mended.")
    return reason
