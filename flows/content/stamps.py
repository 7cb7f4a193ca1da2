"""Who wrote and who approved a translation, kept in the PO file's translator comments.

One fact a line, `key: value`, among whatever people noted there themselves:

    # origin: person | memory | the engine's name and what it had to try
    # approved: Laurence 2026-11-22 3f2a9c01
    # before: approved Laurence 2026-10-02

Comments, because GNU gettext drops flags that it doesn't know and Poedit clears `fuzzy` at the
first keystroke. The approval carries a hash of what was approved: any edit outside voids it.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date

from flows.content.matching import match_key
from flows.domain.segment import SegmentKey

KEYS = ("origin", "approved", "before")
FACT = re.compile(rf"(?P<key>{'|'.join(KEYS)}):[ ]*(?P<value>.*)")
APPROVAL = re.compile(
    r"(?P<by>\S.*?)\s+(?P<on>\d{4}-\d{2}-\d{2})\s+(?P<digest>[0-9a-f]{8})\s*", re.DOTALL
)
PERSON = "person"
MEMORY = "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's word for one translation; `digest` is of exactly what they approved."""

    by: str
    on: date
    digest: str

    def __str__(self) -> str:
        return f"{self.by} {self.on.isoformat()} {self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The facts in an entry's comments; `notes` are the lines that people wrote, in their order."""

    origin: str = ""
    approval: Approval | None = None
    before: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def from_comment(cls, comment: str) -> "Provenance":
        """The facts and notes of a translator comment, even if another tool wrapped its lines."""
        facts: dict[str, str] = {}
        notes: list[str] = []
        wrapped = ""
        for line in comment.splitlines():
            match = FACT.fullmatch(line.strip())
            if match:
                wrapped = match["key"]
                facts[wrapped] = match["value"]
            elif wrapped == "approved" and not APPROVAL.fullmatch(facts[wrapped]):
                facts[wrapped] += f" {line.strip()}"
            else:
                notes.append(line)
        return cls(
            origin=facts.get("origin", ""),
            approval=_parse_approval(facts.get("approved", "")),
            before=facts.get("before", ""),
            notes=tuple(notes),
        )

    def as_comment(self) -> str:
        """The translator comment that says all this, people's notes first."""
        facts = (("origin", self.origin), ("approved", self.approval), ("before", self.before))
        return "\n".join([*self.notes, *(f"{key}: {value}" for key, value in facts if value)])


def digest_of(key: SegmentKey, translation: str) -> str:
    """Eight hexadecimal digits of the SHA-256 of a segment and its translation.

    The source is taken in its normal form (`flows.content.matching`), so that a no-break space
    typed into the French keeps the approval; the translation exactly as it is.
    """
    canonical = json.dumps([*match_key(key), translation], ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def approval_of(key: SegmentKey, translation: str, *, by: str, on: date) -> Approval:
    """The stamp that `by` puts on this translation."""
    return Approval(by=one_line(by), on=on, digest=digest_of(key, translation))


def one_line(text: str) -> str:
    """`text` as it can stand in a comment or header."""
    return " ".join(text.split())


def _parse_approval(text: str) -> Approval | None:
    match = APPROVAL.fullmatch(text)
    if not match:
        return None
    try:
        on = date.fromisoformat(match["on"])
    except ValueError:
        return None
    return Approval(by=one_line(match["by"]), on=on, digest=match["digest"])
