"""What changed since somebody looked last, and since a language was approved."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from flows.operations.passages import Passage, Sheet
from flows.store.database import Store
from flows.store.evidence import last_evidence
from flows.store.looks import Look, find_look, keep_look
from flows.store.passage_changes import texts_written_by

SITTING: Final = timedelta(minutes=30)
"""Whoever comes back after this begins a new sitting: what they saw before is the past."""
REMEMBER_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The texts that passages had, by their ids: when somebody `looked`, when it was `approved`.

    `looked_at` is missing where somebody looks for the first time.
    """

    looked: Mapping[str, str]
    approved: Mapping[str, str]
    looked_at: datetime | None

    def since_look(self, passage: Passage) -> str | None:
        """The text that somebody saw, if it was another one; empty for a passage that is new."""
        if self.looked_at is not None and passage.id not in self.looked:
            return ""
        return _differing(self.looked, passage)

    def since_approval(self, passage: Passage) -> str | None:
        """The text that was approved with the language, if it was another one."""
        return _differing(self.approved, passage)

    def is_changed(self, passage: Passage) -> bool:
        """Whether the passage is otherwise than in the past."""
        return self.since_look(passage) is not None or self.since_approval(passage) is not None


NOTHING_BEFORE: Final = Past(looked={}, approved={}, looked_at=None)


def _differing(texts: Mapping[str, str], passage: Passage) -> str | None:
    then = texts.get(passage.id)
    return None if then is None or then == passage.translation else then


async def look_back(store: Store, sheet: Sheet, *, person: str, now: datetime) -> Past:
    """What is to be compared with, remembering what is seen now.

    What the person wrote themselves is no change to them.
    """
    texts: dict[str, str] = {one.id: one.translation for one in sheet.passages}
    slug, language = sheet.article.slug, sheet.language
    async with store.reading() as tx:
        before = await find_look(tx, person, slug, language)
        record = await last_evidence(tx, slug, language)
        own = (
            await texts_written_by(tx, slug, language, by=person, since=before.since)
            if before
            else {}
        )
    look = _next_look(before, texts, now=now) or Look(
        person=person, slug=slug, language=language, since=now, at=now, known=texts, latest=texts
    )
    if before is None or look.latest != before.latest or now - before.at >= REMEMBER_EVERY:
        async with store.writing() as tx:
            await keep_look(tx, look)
    mine = {one: text for one, text in own.items() if texts.get(one) == text}
    return Past(
        looked={**look.known, **mine},
        approved=_approved_texts(record, sheet),
        looked_at=look.since if before else None,
    )


def _next_look(before: Look | None, texts: Mapping[str, str], *, now: datetime) -> Look | None:
    if before is None:
        return None
    if now - before.at < SITTING:
        return replace(before, at=now, latest=texts)
    return replace(before, since=before.at, at=now, known=before.latest, latest=texts)


def _approved_texts(record: dict[str, Any] | None, sheet: Sheet) -> dict[str, str]:
    if record is None:
        return {}
    known = {(one["kind"], one["source"]): one["text"] for one in record["passages"]}
    found = {one.id: known.get((one.segment.kind, one.segment.source)) for one in sheet.passages}
    return {passage: text for passage, text in found.items() if text is not None}
