"""Evidence: who wrote and who approved each word of an edition, machine or person."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from flows.domain.article import Slug
from flows.domain.language import Language

SCHEMA = "efus-newsletter/evidence/1"
"""The name of the exported record's form; `docs/evidence.schema.json` describes it."""


class Author(StrEnum):
    """Where a passage's words come from."""

    SOURCE = "source"
    """The author of the article: it is the source language."""
    PERSON = "person"
    """A person; no machine's draft is on record."""
    MACHINE = "machine"
    """A machine, and nobody changed a word."""
    MACHINE_EDITED = "machine-edited"
    """A machine, and a person changed it."""
    MEMORY = "memory"
    """A translation that was approved before, taken over as it was."""
    MEMORY_EDITED = "memory-edited"
    """A translation that was approved before, and a person changed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEvidence:
    """What a machine or the memory wrote; `text` is missing where an old catalogue kept none."""

    by: str
    at: datetime | None
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One person's approval of a passage."""

    by: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """One person's word that what a check finds in a passage may stand."""

    check: str
    by: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageEvidence:
    """One segment. `change` is the part of the draft's words that a person changed, 0 to 1.

    `steps` lead from the draft to the text: `=`, `-` or `+`, each with its piece. `mended` names
    the checks whose rules changed the draft before a person saw it.
    """

    kind: str
    source: str
    text: str
    author: Author
    draft: DraftEvidence | None = None
    mended: tuple[str, ...] = ()
    change: float | None = None
    steps: tuple[tuple[str, str], ...] = ()
    approved: Word | None = None
    dismissed: tuple[Leave, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """The approval of a whole language: `warnings` are those that stood undismissed then.

    `two_people` tells whether the last editor could not have given it; unknown of old approvals.
    """

    by: str
    at: datetime
    two_people: bool | None
    warnings: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The record of one edition; `digest` is the SHA-256 of exactly what its readers get."""

    article: Slug
    language: Language
    source_language: Language
    digest: str
    subject: str
    passages: tuple[PassageEvidence, ...]
    sign_off: SignOff | None = None
