"""Bringing a catalogue in line with its article, without losing a word that a person wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polib
from rapidfuzz import fuzz

from flows.content.differences import diff_words
from flows.content.facts import MachineDraft
from flows.content.matching import SIMILAR_PERCENT, match_key
from flows.content.stamps import MEMORY, Provenance
from flows.domain.segment import Segment, SegmentKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A translation of the same text that the memory holds, and where it comes from in words."""

    text: str
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """How many segments kept their entry, got a changed one's draft, or are new; how many went.

    `returned` counts those whose French came back, `recalled` the new ones that the memory knew.
    """

    kept: int = 0
    carried: int = 0
    new: int = 0
    removed: int = 0
    returned: int = 0
    recalled: int = 0


def key_of(entry: polib.POEntry) -> SegmentKey:
    """The key of an entry's segment."""
    return SegmentKey(entry.msgctxt, entry.msgid)


def sync_po_file(
    po: polib.POFile,
    segments: Sequence[Segment],
    *,
    source_name: str,
    memory: Mapping[SegmentKey, Recalled],
) -> SyncReport:
    """Gives `po` one entry for each segment, in their order, and retires the others.

    An entry whose French is the same but for its typing stays as it is. One whose French comes
    back returns with its approval. A new one gets a draft from `memory` where that knows the same
    text; else, as a changed one, from the most similar entry that goes. Neither counts as reviewed.
    """
    living = {match_key(key_of(entry)): entry for entry in po if not entry.obsolete}
    retired = {match_key(key_of(entry)): entry for entry in po if entry.obsolete}
    wanted = {match_key(segment.key): segment for segment in segments}
    going = {key: entry for key, entry in living.items() if key not in wanted}
    unknown = [key for key in wanted if key not in living and key not in retired]
    remembered = {match_key(key): one for key, one in memory.items() if one.text.strip()}
    similar = _most_similar([key for key in unknown if key not in remembered], going)
    made = {
        key: _carry(similar[key], wanted[key]) if key in similar else _remember(remembered.get(key))
        for key in unknown
    }
    leaving = {**{key: entry for key, entry in retired.items() if key not in wanted}, **going}
    po[:] = [
        *(
            _place(living.get(key) or retired.get(key) or made[key], segment, source_name)
            for key, segment in wanted.items()
        ),
        *(_retire(entry) for entry in leaving.values() if entry.msgstr),
    ]
    kept = sum(key in living for key in wanted)
    return SyncReport(
        kept=kept,
        carried=len(similar),
        new=len(unknown) - len(similar),
        removed=len(going),
        returned=len(wanted) - kept - len(unknown),
        recalled=sum(bool(made[key].msgstr) for key in unknown if key not in similar),
    )


def _most_similar(
    unknown: Sequence[SegmentKey], going: Mapping[SegmentKey, polib.POEntry]
) -> dict[SegmentKey, polib.POEntry]:
    pairs = []
    for new in unknown:
        for old, entry in going.items():
            if entry.msgstr and old.context == new.context:
                score = fuzz.ratio(old.source, new.source, score_cutoff=SIMILAR_PERCENT)
                pairs += [(score, new, old)] if score else []
    chosen: dict[SegmentKey, polib.POEntry] = {}
    used: set[SegmentKey] = set()
    for _, new, old in sorted(pairs, key=lambda pair: -pair[0]):
        if new not in chosen and old not in used:
            chosen[new] = going[old]
            used.add(old)
    return chosen


def _carry(old: polib.POEntry, segment: Segment) -> polib.POEntry:
    then = Provenance.from_comment(old.tcomment)
    before = ""
    if then.approval and not old.fuzzy:
        before = f"approved {then.approval.by} {then.approval.on.isoformat()}"
    draft = then.draft or MachineDraft(origin=MEMORY, text=old.msgstr)
    differs = diff_words(old.msgid, segment.source)
    now = Provenance(origin=MEMORY, differs=differs, draft=draft, before=before, notes=then.notes)
    return polib.POEntry(
        msgstr=old.msgstr, flags=["fuzzy"], previous_msgid=old.msgid, tcomment=now.as_comment()
    )


def _remember(recalled: Recalled | None) -> polib.POEntry:
    if recalled is None:
        return polib.POEntry(flags=[])
    draft = MachineDraft(origin=MEMORY, text=recalled.text)
    origin = f"{MEMORY} {recalled.origin}".strip()
    comment = Provenance(origin=origin, draft=draft).as_comment()
    return polib.POEntry(msgstr=recalled.text, flags=["fuzzy"], tcomment=comment)


def _place(entry: polib.POEntry, segment: Segment, source_name: str) -> polib.POEntry:
    entry.obsolete = False
    entry.msgid = segment.source
    entry.msgctxt = segment.context  # type: ignore[assignment]  # the stub forgets None
    entry.occurrences = [(source_name, str(segment.line or ""))]
    return entry


def _retire(entry: polib.POEntry) -> polib.POEntry:
    entry.obsolete = True
    entry.previous_msgid = None
    return entry
