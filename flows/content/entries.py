"""One entry of a catalogue: what its lines in the PO file say, and how they are written."""

from dataclasses import dataclass

import polib

from flows.content.facts import MachineDraft, digest_of
from flows.content.inline import CONTROLS
from flows.content.matching import normal_text
from flows.content.stamps import Provenance
from flows.content.syncing import key_of
from flows.domain.segment import SegmentKey, SegmentState


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One segment as the catalogue has it; `previous_source` is the French of a carried draft."""

    key: SegmentKey
    translation: str
    provenance: Provenance
    previous_source: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Everything that an entry holds, to be put back.

    `last_editor` is the catalogue's, `texts` a digest of all translations in it.
    """

    text: str
    comment: str
    flags: tuple[str, ...]
    previous: tuple[str | None, str | None]
    last_editor: str
    texts: str

    @property
    def entry(self) -> tuple[object, ...]:
        """What is the entry's own."""
        return self.text, self.comment, self.flags, self.previous


def read_entry(entry: polib.POEntry) -> CatalogueEntry:
    """What a catalogue's entry says."""
    line = next((number for _, number in entry.occurrences if str(number).isdecimal()), None)
    return CatalogueEntry(
        key=key_of(entry),
        translation=entry.msgstr,
        provenance=Provenance.from_comment(entry.tcomment),
        previous_source="" if _is_merged(entry) else entry.previous_msgid or "",
        line=int(line) if line else None,
    )


def state_of(entry: polib.POEntry) -> SegmentState:
    """How far a translation is."""
    if not entry.msgstr.strip():
        return SegmentState.EMPTY
    provenance = Provenance.from_comment(entry.tcomment)
    approval = provenance.approval
    approved = bool(approval and approval.digest == digest_of(key_of(entry), entry.msgstr))
    if entry.fuzzy and not (_is_merged(entry) and (approved or provenance.is_by_person)):
        return SegmentState.DRAFT
    return SegmentState.APPROVED if approved else SegmentState.EDITED


def _is_merged(entry: polib.POEntry) -> bool:
    """Whether the previous source is the same: a merging tool's mark, and no doubt of anybody."""
    previous = entry.previous_msgid or ""
    return bool(previous) and normal_text(previous) == normal_text(entry.msgid)


def draft_of(entry: polib.POEntry, then: Provenance) -> MachineDraft | None:
    """What a machine wrote, even if that was before drafts were kept apart."""
    if then.draft or state_of(entry) is not SegmentState.DRAFT:
        return then.draft
    return MachineDraft(origin=engine_of(then.origin), text=entry.msgstr)


def is_touched(entry: polib.POEntry, then: Provenance) -> bool:
    """Whether a person wrote in a draft and left it marked as one, as Poedit's `needs work` is."""
    if then.is_by_person:
        return True
    changed = then.draft is not None and normal_text(entry.msgstr) != normal_text(then.draft.text)
    return changed and "mended:" not in then.origin


def engine_of(origin: str) -> str:
    """The engine and the rung that held, without what failed before."""
    return " ".join(origin.split()[:2]) or "?"


def clean(text: str) -> str:
    """A text as catalogues hold it: without control characters, lines ended by a line feed."""
    return CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def write_entry(entry: polib.POEntry, text: str, provenance: Provenance, *, fuzzy: bool) -> None:
    """Put a text and where it is from; `fuzzy` marks a draft."""
    entry.msgstr = clean(text)
    entry.tcomment = provenance.as_comment()
    entry.previous_msgid = None
    entry.previous_msgctxt = None
    entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
    if fuzzy:
        entry.flags.insert(0, "fuzzy")
