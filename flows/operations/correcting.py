"""Changing one passage at the desk: each act is bound to what was shown, and can be taken back."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from flows.content.entries import Copy
from flows.content.facts import digest_of
from flows.domain.article import Slug
from flows.domain.errors import InputError, NotDoneError
from flows.domain.finding import Finding
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.segment import Segment
from flows.operations.passages import Passage, segment_at, sheet_of
from flows.operations.workbench import Bench, Workbench
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.passage_changes import Change, keep_change, last_change, mark_undone

LONGEST_TEXT = 20_000
LONGEST_COMMENT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act of one person on one passage; `shown` is the digest of what they were shown.

    `reviewer` is the language in which they are told what is wrong.
    """

    slug: Slug
    language: Language
    passage: str
    shown: str
    by: str
    now: datetime
    reviewer: str = "en"


class ConflictError(NotDoneError):
    """Somebody else changed the passage since it was shown; `theirs` is the text now."""

    def __init__(self, *, theirs: str, shown: str) -> None:
        self.theirs = theirs
        self.shown = shown
        super().__init__("somebody changed this passage since it was shown to you")


class BlockedError(NotDoneError):
    """A check finds an error in the passage that must be mended or dismissed first."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(Phrase("it cannot be approved yet: {message}", message=finding.message))


class NothingToUndoError(NotDoneError):
    """A person has changed nothing here, or has taken it all back."""

    def __init__(self) -> None:
        super().__init__("there is nothing of yours to take back")


class ChangedAgainError(NotDoneError):
    """Somebody changed the passage after the change that is to be taken back."""

    def __init__(self) -> None:
        super().__init__("the passage was changed again since")


Work = Callable[[Bench, Segment], None]


async def correct(
    workbench: Workbench, store: Store, step: Step, text: str, *, approve: bool = False
) -> None:
    """Put a person's text into the catalogue, and perhaps approve it in the same breath.

    Raises `ConflictError`; and `BlockedError` if the text has an error, which then is not saved
    as approved but saved all the same. What others write after the text was saved is not approved.
    """
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise InputError(
            Phrase("is longer than {most} characters", most=LONGEST_TEXT), field="text"
        )

    def write(bench: Bench, segment: Segment) -> None:
        # Whoever leaves a text as it is has not written it, and may approve the language.
        if text != bench.catalogue.entry(segment.key).translation:
            bench.catalogue.edit(segment.key, text, by=step.by)

    written = await _act(workbench, store, step, "edited", write)
    if approve and text:
        await approve_passage(workbench, store, replace(step, shown=written))


async def approve_passage(workbench: Workbench, store: Store, step: Step) -> None:
    """Stamp a translation as it was shown. Raises `ConflictError`, `BlockedError`."""

    def stamp(bench: Bench, segment: Segment) -> None:
        error = next((one for one in _passage(workbench, bench, step).findings if one.blocks), None)
        if error:
            raise BlockedError(error)
        bench.catalogue.approve(segment.key, by=step.by, on=step.now.date())

    await _act(workbench, store, step, "approved", stamp)


async def apply_fix(workbench: Workbench, store: Store, step: Step, number: int) -> None:
    """Take over what a finding of the passage, by its number, offers; it is a person's edit then.

    Raises `ConflictError`, `NotDoneError` if there is no such fix.
    """

    def mend(bench: Bench, segment: Segment) -> None:
        finding = _finding(_passage(workbench, bench, step), number)
        if finding.fix is None:
            raise NotDoneError("this finding offers no fix")
        bench.catalogue.edit(segment.key, finding.fix, by=step.by)

    await _act(workbench, store, step, "mended", mend)


async def dismiss_finding(workbench: Workbench, store: Store, step: Step, number: int) -> None:
    """Let what a check finds stand, until either text changes.

    Raises `ConflictError`, and `NotDoneError` for what must be mended.
    """

    def dismiss(bench: Bench, segment: Segment) -> None:
        finding = _finding(_passage(workbench, bench, step), number)
        if not finding.may_be_dismissed:
            raise NotDoneError("this must be mended, it cannot be dismissed")
        bench.catalogue.dismiss(segment.key, finding.check, by=step.by, on=step.now.date())

    await _act(workbench, store, step, "dismissed", dismiss)


async def add_comment(workbench: Workbench, store: Store, step: Step, text: str) -> None:
    """Write a comment beside the passage, into the catalogue, where other tools show it, too."""
    if not text.strip() or len(text) > LONGEST_COMMENT:
        raise InputError(
            Phrase("has 1 to {most} characters", most=LONGEST_COMMENT),
            field="comment",
        )

    def note(bench: Bench, segment: Segment) -> None:
        bench.catalogue.note(segment.key, text, by=step.by, on=step.now.date())

    await _act(workbench, store, step, "noted", note, bound=False)


async def put_draft(
    workbench: Workbench, store: Store, step: Step, text: str, *, origin: str
) -> None:
    """Put a machine's draft in place of another one, or of nothing."""

    def draft(bench: Bench, segment: Segment) -> None:
        if not bench.catalogue.draft(segment.key, text, origin=origin, at=step.now):
            raise NotDoneError("a person wrote or approved this; no machine changes it")

    await _act(workbench, store, step, "drafted", draft)


async def undo_last(
    workbench: Workbench, store: Store, slug: Slug, language: Language, *, by: str, now: datetime
) -> str:
    """Take the last change of a person back; the passage's id.

    Raises `NothingToUndoError`, or `ChangedAgainError` if it is not as they left it.
    """
    async with store.reading() as tx:
        last = await last_change(tx, slug, language, by=by)
    if last is None:
        raise NothingToUndoError

    def restore(bench: Bench) -> None:
        key = segment_at(bench, last.passage).key
        if bench.catalogue.copy(key).entry != _copy(last.after).entry:
            raise ChangedAgainError
        bench.catalogue.put_back(key, _copy(last.before), after=_copy(last.after))

    await asyncio.to_thread(workbench.change, slug, language, restore)
    async with store.writing() as tx:
        await mark_undone(tx, last.id, now=now)
        await record_event(
            tx,
            "passage.undone",
            f"{slug}/{language}",
            actor=by,
            now=now,
            passage=last.passage,
            act=last.act,
        )
    return last.passage


async def _act(
    workbench: Workbench, store: Store, step: Step, act: str, work: Work, *, bound: bool = True
) -> str:
    """Do it, and keep how it was; the digest of the text as it is left."""

    def change(bench: Bench) -> tuple[Copy, Copy, str]:
        segment = segment_at(bench, step.passage)
        before = bench.catalogue.copy(segment.key)
        digest = digest_of(segment.key, before.text)
        if bound and digest != step.shown:
            raise ConflictError(theirs=before.text, shown=digest)
        work(bench, segment)
        after = bench.catalogue.copy(segment.key)
        return before, after, digest_of(segment.key, after.text)

    before, after, digest = await asyncio.to_thread(
        workbench.change, step.slug, step.language, change
    )
    if before.entry == after.entry:
        return digest
    done = Change(
        slug=step.slug,
        language=step.language,
        passage=step.passage,
        act=act,
        by=step.by,
        at=step.now,
        before=asdict(before),
        after=asdict(after),
    )
    async with store.writing() as tx:
        await keep_change(tx, done)
        await record_event(
            tx,
            f"passage.{act}",
            f"{step.slug}/{step.language}",
            actor=step.by,
            now=step.now,
            passage=step.passage,
        )
    return digest


def _passage(workbench: Workbench, bench: Bench, step: Step) -> Passage:
    return sheet_of(bench, workbench.library, reviewer=step.reviewer).find(step.passage)


def _finding(passage: Passage, number: int) -> Finding:
    if not 0 <= number < len(passage.findings):
        raise NotDoneError("the checks do not find this any more")
    return passage.findings[number]


def _copy(facts: dict[str, Any]) -> Copy:
    context, source = facts["previous"]
    return Copy(
        text=facts["text"],
        comment=facts["comment"],
        flags=tuple(facts["flags"]),
        previous=(context, source),
        last_editor=facts["last_editor"],
        texts=facts.get("texts", ""),
    )
