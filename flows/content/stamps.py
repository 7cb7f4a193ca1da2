"""Who wrote and who approved a translation, kept in the PO file's translator comments.

One fact a line, `key: value`, among whatever people noted there themselves:

    # origin: person | person agency NAME | memory 96% and whose | the engine and what it tried
    # differs: le [-mardi 3-] {+mercredi 4+} mars
    # draft: google full/brackets 2026-11-22T09:30Z "What the machine wrote."
    # approved: Laurence 2026-11-22 3f2a9c01
    # dismissed: emphasis Anneke 2026-11-22 3f2a9c01
    # before: approved Laurence 2026-10-02

Comments, because GNU gettext drops flags that it doesn't know and Poedit clears `fuzzy` at the
first keystroke. Approvals and dismissals carry a hash of what they are about: any edit voids them.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from flows.content.facts import (
    Approval,
    Dismissal,
    MachineDraft,
    digest_of,
    is_whole_approval,
    is_whole_dismissal,
    is_whole_draft,
    one_line,
)
from flows.domain.segment import SegmentKey

KEYS = ("origin", "differs", "draft", "approved", "dismissed", "before")
FACT = re.compile(rf"(?P<key>{'|'.join(KEYS)}):[ ]*(?P<value>.*)")
WHOLE: Mapping[str, Callable[[str], bool]] = {
    "draft": is_whole_draft,
    "approved": is_whole_approval,
    "dismissed": is_whole_dismissal,
}
"""Tells whether a fact is complete, or its comment goes on in the next line."""
WRAPS = (76, 80)
"""The columns, least and most, in which tools wrap comments, if they do."""
PERSON = "person"
AGENCY = "agency"
MEMORY = "memory"
SETTINGS = "settings"
REMEMBERED: Final = 10_000
"""Comments whose meaning is kept in memory: what reads a catalogue reads each of them often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The facts in an entry's comments; `notes` are the lines that people wrote, in their order.

    `differs` shows what the source has otherwise than the one that a draft was made for.
    """

    origin: str = ""
    differs: str = ""
    draft: MachineDraft | None = None
    approval: Approval | None = None
    dismissals: tuple[Dismissal, ...] = ()
    before: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def from_comment(cls, comment: str) -> "Provenance":
        """The facts and notes of a translator comment, even if another tool wrapped its lines."""
        return _parse(comment)

    @classmethod
    def parse(cls, comment: str) -> "Provenance":
        """What `from_comment` gives, read anew."""
        facts, notes = _collect(comment, wrapped=WHOLE)
        if any(key == "draft" and not is_whole_draft(value) for key, value in facts):
            # Somebody broke the draft's line: it must not swallow the facts behind it.
            facts, notes = _collect(comment, wrapped={"approved", "dismissed"})
        last = dict(facts)
        dismissals = [Dismissal.parse(value) for key, value in facts if key == "dismissed"]
        return cls(
            origin=last.get("origin", ""),
            differs=last.get("differs", ""),
            draft=MachineDraft.parse(last.get("draft", "")),
            approval=Approval.parse(last.get("approved", "")),
            dismissals=tuple(one for one in dismissals if one),
            before=last.get("before", ""),
            notes=tuple(notes),
        )

    @property
    def is_by_person(self) -> bool:
        """Whether a person wrote the translation, here or at an agency."""
        return self.origin.split()[:1] == [PERSON]

    def as_comment(self) -> str:
        """The translator comment that says all this, people's notes first."""
        facts = (
            ("origin", self.origin),
            ("differs", self.differs),
            ("draft", self.draft),
            ("approved", self.approval),
            *(("dismissed", one) for one in self.dismissals),
            ("before", self.before),
        )
        return "\n".join([*self.notes, *(f"{key}: {value}" for key, value in facts if value)])

    def dismissed(self, check: str, *, key: SegmentKey, translation: str) -> Dismissal | None:
        """Who let a check's findings stand, if the texts are still those that they saw."""
        standing = self.standing(key=key, translation=translation)
        return next((one for one in standing if one.check == check), None)

    def standing(self, *, key: SegmentKey, translation: str) -> tuple[Dismissal, ...]:
        """The dismissals of these very texts."""
        digest = digest_of(key, translation)
        return tuple(one for one in self.dismissals if one.digest == digest)


@lru_cache(maxsize=REMEMBERED)
def _parse(comment: str) -> Provenance:
    return Provenance.parse(comment)


def _collect(comment: str, *, wrapped: Collection[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The facts and the notes, where the facts of the `wrapped` keys may take several lines."""
    facts: list[tuple[str, str]] = []
    notes: list[str] = []
    above = ""
    for line in comment.splitlines():
        match = FACT.fullmatch(line.strip())
        key, value = facts[-1] if facts else ("", "")
        unfinished = key in wrapped and not WHOLE[key](value)
        broken = bool(above) and key not in WHOLE and _is_broken(above, line)
        if (unfinished or broken) and (not match or key == "draft"):
            facts[-1] = (key, f"{value} {line.strip()}".strip())
        elif match:
            facts.append((match["key"], match["value"]))
        else:
            notes.append(line)
            above = ""
            continue
        above = line
    return facts, notes


def _is_broken(line: str, following: str) -> bool:
    """Whether a tool broke the first line to make the second, as it had no room for its word."""
    word = following.split()[:1]
    full = len(line) + 1 + len(word[0]) > WRAPS[0] - len("# ") if word else False
    return full and len(line) <= WRAPS[1]


def approval_of(key: SegmentKey, translation: str, *, by: str, on: date) -> Approval:
    """The stamp that `by` puts on this translation."""
    return Approval(by=one_line(by), on=on, digest=digest_of(key, translation))


def dismissal_of(key: SegmentKey, translation: str, *, check: str, by: str, on: date) -> Dismissal:
    """The word of `by` that a check's findings of this translation may stand."""
    digest = digest_of(key, translation)
    return Dismissal(check=check, by=one_line(by), on=on, digest=digest)
