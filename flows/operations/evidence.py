"""The evidence of an edition: taken when a person signs it off, kept with their decision."""

import hashlib
import json
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from flows.content.catalogue import Catalogue
from flows.content.entries import CatalogueEntry
from flows.content.segments import cut_segments
from flows.content.stamps import MEMORY
from flows.domain.article import Article
from flows.domain.edition import Edition
from flows.domain.evidence import (
    SCHEMA,
    Author,
    DraftEvidence,
    Evidence,
    Leave,
    PassageEvidence,
    SignOff,
    Word,
)
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentState
from flows.translation.postediting import change_share, count_words, word_steps

MENDED = "mended:"
Record = dict[str, Any]
"""Evidence as JSON has it."""


def take_evidence(
    article: Article,
    edition: Edition,
    catalogue: Catalogue | None,
    *,
    source_language: Language,
    sign_off: SignOff | None,
) -> Evidence:
    """The evidence of an edition from the catalogue that it is made of; the source has none."""
    segments = cut_segments(article)
    return Evidence(
        article=article.slug,
        language=edition.language,
        source_language=source_language,
        digest=edition.digest,
        subject=edition.subject,
        passages=tuple(
            _original(segment) if catalogue is None else _translated(segment, catalogue)
            for segment in segments
        ),
        sign_off=sign_off,
    )


def _original(segment: Segment) -> PassageEvidence:
    return PassageEvidence(
        kind=segment.kind, source=segment.source, text=segment.source, author=Author.SOURCE
    )


def _translated(segment: Segment, catalogue: Catalogue) -> PassageEvidence:
    entry = catalogue.entry(segment.key)
    draft, mended = _draft_of(entry), _mended(entry)
    edited = draft is not None and _is_edited(entry, draft, mended=bool(mended))
    approval = entry.provenance.approval
    is_approved = catalogue.state(segment.key) is SegmentState.APPROVED
    is_known = draft is not None and draft.text is not None
    return PassageEvidence(
        kind=segment.kind,
        source=segment.source,
        text=entry.translation,
        author=_author(draft, edited=edited),
        draft=draft,
        mended=mended,
        change=_change(draft, entry.translation) if is_known else None,
        steps=_steps(draft, entry.translation) if is_known else (),
        approved=Word(by=approval.by, on=approval.on) if approval and is_approved else None,
        dismissed=tuple(
            Leave(check=one.check, by=one.by, on=one.on)
            for one in entry.provenance.standing(key=entry.key, translation=entry.translation)
        ),
    )


def _draft_of(entry: CatalogueEntry) -> DraftEvidence | None:
    """The draft on record; of a catalogue that kept none, what its origin still tells."""
    kept, origin = entry.provenance.draft, entry.provenance.origin
    if kept:
        return DraftEvidence(by=kept.origin, at=kept.at, text=kept.text)
    if origin and not entry.provenance.is_by_person:
        return DraftEvidence(by=" ".join(origin.split()[:2]), at=None, text=None)
    return None


def _mended(entry: CatalogueEntry) -> tuple[str, ...]:
    marks = [word for word in entry.provenance.origin.split() if word.startswith(MENDED)]
    checks = (check for mark in marks for check in mark.removeprefix(MENDED).split(","))
    return tuple(dict.fromkeys(checks))


def _is_edited(entry: CatalogueEntry, draft: DraftEvidence, *, mended: bool) -> bool:
    """Whether a person changed the draft, be it with a tool that leaves the origin as it was."""
    if draft.text is None:
        return entry.provenance.is_by_person
    changed = draft.text != entry.translation
    return changed and (entry.provenance.is_by_person or not mended)


def _author(draft: DraftEvidence | None, *, edited: bool) -> Author:
    if draft is None:
        return Author.PERSON
    if draft.by.split()[:1] == [MEMORY]:
        return Author.MEMORY_EDITED if edited else Author.MEMORY
    return Author.MACHINE_EDITED if edited else Author.MACHINE


def _change(draft: DraftEvidence | None, text: str) -> float | None:
    return round(change_share(draft.text, text), 4) if draft and draft.text is not None else None


def _steps(draft: DraftEvidence | None, text: str) -> tuple[tuple[str, str], ...]:
    if draft is None or draft.text is None or draft.text == text:
        return ()
    return tuple((step.what, step.text) for step in word_steps(draft.text, text))


def as_record(evidence: Evidence) -> Record:
    """The evidence as JSON has it, with a summary."""
    facts = json.loads(json.dumps(asdict(evidence), default=_spell))
    return {
        "schema": SCHEMA,
        "article": facts["article"],
        "language": facts["language"],
        "source_language": facts["source_language"],
        "edition": {"sha256": facts["digest"], "subject": facts["subject"]},
        "approval": facts["sign_off"],
        "sending": None,
        "taken_from": "approval",
        "summary": _summary(evidence),
        "passages": facts["passages"],
    }


def _summary(evidence: Evidence) -> Record:
    """How many passages and words each author answers for, and how much people changed."""
    authors = Counter(one.author for one in evidence.passages)
    words: Counter[Author] = Counter()
    for one in evidence.passages:
        words[one.author] += count_words(one.text)
    changes = [one.change for one in evidence.passages if one.change is not None]
    return {
        "passages": len(evidence.passages),
        "passages_by_author": {author: authors[author] for author in Author},
        "words_by_author": {author: words[author] for author in Author},
        "mean_change": round(sum(changes) / len(changes), 4) if changes else None,
    }


def _spell(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a record")


def seal(record: Record) -> Record:
    """The record with its own SHA-256: of its canonical JSON (RFC 8785 in spirit) without it."""
    bare = {key: value for key, value in record.items() if key != "sha256"}
    canonical = json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return bare | {"sha256": hashlib.sha256(canonical.encode()).hexdigest()}
