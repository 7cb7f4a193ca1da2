"""Before an issue leaves: one list of what was looked at, and what was found."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from flows.domain.errors import InputError
from flows.domain.finding import Finding, Severity
from flows.domain.issue import Issue, IssueId, IssueState
from flows.domain.language import Language
from flows.domain.waiting import Wait
from flows.operations.checking import check_article
from flows.operations.library import Library
from flows.operations.reaching import reach_of_issue
from flows.operations.standing import waits_of
from flows.store.counts import count_letters
from flows.store.database import Store
from flows.store.issues import get_issue, last_issues
from flows.translation.checks.departure import Identity, Published, check_audience, check_sender
from flows.translation.checks.explaining import explain
from flows.translation.checks.remark import Remark

LOOK_BACK: Final = 5
"""How many of the last issues to the same lists an audience is compared with."""
AMONG: Final = 50

Lookup = Callable[[Sequence[str]], Awaitable[Published]]


class Topic(StrEnum):
    """What is looked at, in the order in which it is told."""

    APPROVALS = "approvals"
    TRANSLATION = "translation"
    LEFTOVERS = "leftovers"
    TEXT = "text"
    LINKS = "links"
    PICTURES = "pictures"
    LANGUAGE = "language"
    CONTRAST = "contrast"
    INBOX = "inbox"
    SIZE = "size"
    OPT_OUT = "opt-out"
    AUDIENCE = "audience"
    SENDER = "sender"


TOPICS: Final = {
    "empty": Topic.TRANSLATION,
    "draft": Topic.TRANSLATION,
    "stale": Topic.TRANSLATION,
    "memory": Topic.TRANSLATION,
    "unchanged": Topic.LEFTOVERS,
    "language": Topic.LEFTOVERS,
    "address": Topic.LINKS,
    "links": Topic.LINKS,
    "anchors": Topic.LINKS,
    "link-text": Topic.LINKS,
    "locale": Topic.LINKS,
    "alternative": Topic.PICTURES,
    "image": Topic.PICTURES,
    "weight": Topic.PICTURES,
    "letter": Topic.LANGUAGE,
    "contrast": Topic.CONTRAST,
    "length": Topic.INBOX,
    "size": Topic.SIZE,
    "opt-out": Topic.OPT_OUT,
    "audience": Topic.AUDIENCE,
    "sender": Topic.SENDER,
}
"""Where a check's findings belong; those of any other are about the `TEXT`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that was found, of one language or of the whole issue."""

    message: str
    severity: Severity
    language: Language | None = None
    passage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that was looked at. `known` is false where it could not be found out."""

    topic: Topic
    notes: tuple[Note, ...] = ()
    known: bool = True

    @property
    def verdict(self) -> str:
        """`error`, `warning`, `unknown` or `good`."""
        if any(note.severity is Severity.ERROR for note in self.notes):
            return "error"
        if not self.known:
            return "unknown"
        return "warning" if self.notes else "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """Everything that was looked at. `awaited` are the languages that people still work on."""

    items: tuple[Item, ...]
    awaited: frozenset[Language] = frozenset()

    @property
    def blocks(self) -> bool:
        """Whether the issue must not leave now."""
        return any(item.verdict == "error" for item in self.items)

    @property
    def blocks_planning(self) -> bool:
        """Whether it must not get a time either: what nobody works on would be so then, too."""
        return any(
            note.severity is Severity.ERROR and note.language not in self.awaited
            for item in self.items
            for note in item.notes
        )

    def as_json(self) -> list[dict[str, Any]]:
        """The shape of `newsletter preflight ISSUE --json`."""
        return [
            {
                "topic": item.topic,
                "verdict": item.verdict,
                "notes": [
                    {
                        "severity": note.severity,
                        "language": note.language,
                        "message": note.message,
                        "passage": note.passage,
                    }
                    for note in item.notes
                ],
            }
            for item in self.items
        ]


async def preflight(
    library: Library,
    store: Store,
    issue_id: IssueId,
    *,
    identity: Identity | None,
    lookup: Lookup,
    now: datetime,
    late_hours: float,
    reviewer: str,
) -> Preflight:
    """Look at everything an issue needs to leave, in the `reviewer`'s language.

    Without an `identity` nobody is mailed, and the sender is not looked at.
    """
    async with store.reading() as tx:
        issue = await get_issue(tx, issue_id)
    waits = await waits_of(library, store, issue, now=now, late_hours=late_hours)
    findings = await asyncio.to_thread(_findings, library, issue, reviewer)
    foreseen = await reach_of_issue(store, issue_id, editions=library.languages)
    before = await _audiences_before(store, issue)
    remarks = list(check_audience(foreseen.readers, before=before))
    if identity is not None:
        remarks += check_sender(identity, await lookup(identity.names))
    said = [(TOPICS.get(one.check, Topic.TEXT), _note(one)) for one in findings]
    said += [(TOPICS[one.check], _of_issue(one, reviewer)) for one in remarks]
    said += [(Topic.APPROVALS, _of_wait(wait)) for wait in waits if wait.language]
    unknown = {TOPICS[one.check] for one in remarks if one.reason == "unknown"}
    return Preflight(
        items=tuple(_item(topic, said, known=topic not in unknown) for topic in Topic),
        awaited=frozenset(wait.language for wait in waits if wait.language),
    )


def _item(topic: Topic, said: Sequence[tuple[Topic, Note]], *, known: bool) -> Item:
    return Item(topic=topic, notes=tuple(note for of, note in said if of is topic), known=known)


def _findings(library: Library, issue: Issue, reviewer: str) -> list[Finding]:
    """What the checks say that nobody dismissed."""
    try:
        found = library.remember(
            ("findings", issue.slug, reviewer),
            lambda: check_article(library, issue.slug, reviewer=reviewer),
        )
    except InputError as error:
        return [
            Finding(
                language=library.source_language,
                segment="",
                check="article",
                severity=Severity.ERROR,
                message=error.sentence,
            )
        ]
    return [one for one in found if not one.dismissed]


def _note(finding: Finding) -> Note:
    return Note(
        message=finding.message,
        severity=finding.severity,
        language=finding.language,
        passage=finding.segment,
    )


def _of_wait(wait: Wait) -> Note:
    return Note(message=wait.what, severity=Severity.ERROR, language=wait.language)


def _of_issue(remark: Remark, reviewer: str) -> Note:
    return Note(message=explain(remark, reviewer=reviewer), severity=remark.severity)


async def _audiences_before(store: Store, issue: Issue) -> list[int]:
    """How many the last issues to the same lists went to."""
    async with store.reading() as tx:
        sent = await last_issues(tx, {IssueState.SENT}, limit=AMONG)
        same = [one.id for one in sent if set(one.lists) == set(issue.lists)]
        return [await count_letters(tx, one) for one in same[:LOOK_BACK]]
