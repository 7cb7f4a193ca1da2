"""The catalogue of one article in one language: what is translated, by whom, and how far it is."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Self

import polib

from flows.content.differences import diff_words
from flows.content.entries import (
    CatalogueEntry,
    Copy,
    clean,
    draft_of,
    engine_of,
    is_touched,
    read_entry,
    state_of,
    write_entry,
)
from flows.content.facts import MachineDraft, one_line
from flows.content.matching import match_key
from flows.content.pofiles import alone_in, format_po_file, new_po_file, read_po_file, write_whole
from flows.content.stamps import AGENCY, PERSON, Provenance, approval_of, dismissal_of
from flows.content.syncing import Recalled, SyncReport, key_of, sync_po_file
from flows.domain.errors import NotDoneError, NotFoundError, TransientError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.segment import Segment, SegmentKey, SegmentState


class Catalogue:
    """The gettext PO file `content/<slug>/<language>.po`, in memory until `save`.

    Keys are matched by their normal form: the same text in another typing is the same segment.
    """

    def __init__(
        self,
        po: polib.POFile,
        *,
        path: Path,
        on_disk: bytes | None,
        language: Language,
        source_language: Language,
    ) -> None:
        self.path = path
        self.language = language
        self.source_language = source_language
        self._po = po
        self._on_disk = on_disk
        self._loaded = format_po_file(po) if self._on_disk is not None else None
        self._index = _index(po)

    @classmethod
    def load(cls, path: Path, *, language: Language, source_language: Language) -> Self:
        """The catalogue in `path`, or an empty one. Raises `InputError` where it is broken."""
        # Taken before the file is parsed: what is written meanwhile makes `save` refuse.
        on_disk = _read_bytes(path)
        if on_disk is None:
            po = new_po_file(language=language, source_language=source_language)
        else:
            po = read_po_file(path)
        return cls(
            po, path=path, on_disk=on_disk, language=language, source_language=source_language
        )

    def save(self) -> bool:
        """Writes the file in one step if something changed, and says whether it did.

        Raises `TransientError` if somebody else wrote it meanwhile: load it again and redo.
        """
        text = format_po_file(self._po)
        if text == self._loaded:
            return False
        with alone_in(self.path.parent):
            self._require_on_disk()
            write_whole(self.path, text)
            self._loaded, self._on_disk = text, text.encode()
            # Other programs, such as Poedit, keep out of nobody's way and may have replaced it.
            self._require_on_disk()
        return True

    def _require_on_disk(self) -> None:
        if not self.is_on_disk():
            raise TransientError(
                Phrase("{file} was changed by somebody else meanwhile", file=self.path.name)
            )

    def is_on_disk(self) -> bool:
        """Whether the file holds what was loaded or saved last."""
        return _read_bytes(self.path) == self._on_disk

    def sync(
        self, segments: Sequence[Segment], *, memory: Mapping[SegmentKey, Recalled] | None = None
    ) -> SyncReport:
        """Takes over the article's segments; see `flows.content.syncing` for what is kept."""
        name = f"{self.source_language}.md"
        report = sync_po_file(self._po, segments, source_name=name, memory=memory or {})
        self._index = _index(self._po)
        return report

    @property
    def last_editor(self) -> str:
        """The last person who edited a translation here; empty if only machines did."""
        return self._po.metadata.get("Last-Translator", "")

    def entries(self) -> Iterator[CatalogueEntry]:
        """Every segment in reading order."""
        return (read_entry(entry) for entry in self._index.values())

    def states(self) -> list[tuple[CatalogueEntry, SegmentState]]:
        """Every segment in reading order, and how far it is."""
        return [(read_entry(entry), state_of(entry)) for entry in self._index.values()]

    def entry(self, key: SegmentKey) -> CatalogueEntry:
        """What the catalogue has for `key`. Raises `NotFoundError`."""
        return read_entry(self._find(key))

    def state(self, key: SegmentKey) -> SegmentState:
        """How far the translation of `key` is. Raises `NotFoundError`."""
        return state_of(self._find(key))

    def counts(self) -> dict[SegmentState, int]:
        """The number of segments in each state, every state named."""
        states = [state_of(entry) for entry in self._index.values()]
        return {state: states.count(state) for state in SegmentState}

    def waiting(self) -> list[SegmentKey]:
        """The segments without a translation, in reading order."""
        entries = self._index.values()
        return [key_of(entry) for entry in entries if state_of(entry) is SegmentState.EMPTY]

    def translations(self, *, drafts: bool) -> dict[SegmentKey, str]:
        """The translations there are; with `drafts` also those that nobody has looked at."""
        unwanted = {SegmentState.EMPTY} if drafts else {SegmentState.EMPTY, SegmentState.DRAFT}
        entries = self._index.values()
        return {key_of(entry): entry.msgstr for entry in entries if state_of(entry) not in unwanted}

    def draft(
        self,
        key: SegmentKey,
        text: str,
        *,
        origin: str,
        at: datetime | None = None,
        similar_source: str = "",
    ) -> bool:
        """Puts a machine's draft where there is none but another draft, and says whether it did.

        The draft stays on record when a person changes the text; `at` is when it was made.
        `similar_source` is the French that it was made for, where that is not the same.
        """
        entry = self._find(key)
        if state_of(entry) not in {SegmentState.EMPTY, SegmentState.DRAFT} or not text.strip():
            return False
        provenance = Provenance(
            origin=one_line(origin),
            differs=diff_words(similar_source, key.source) if similar_source else "",
            draft=MachineDraft(origin=engine_of(origin), text=clean(text), at=at),
            notes=Provenance.from_comment(entry.tcomment).notes,
        )
        write_entry(entry, text, provenance, fuzzy=True)
        entry.previous_msgid = similar_source or None
        return True

    def mend(self, key: SegmentKey, text: str, *, checks: Sequence[str]) -> bool:
        """Puts a draft with safe fixes of `checks` applied, still a draft; says whether it did."""
        entry = self._find(key)
        if state_of(entry) is not SegmentState.DRAFT or not text.strip():
            return False
        then = Provenance.from_comment(entry.tcomment)
        if is_touched(entry, then):
            return False
        draft = draft_of(entry, then)
        origin = f"{then.origin} mended:{','.join(checks)}".strip()
        previous = entry.previous_msgid, entry.previous_msgctxt
        write_entry(entry, text, replace(then, origin=origin, draft=draft), fuzzy=True)
        entry.previous_msgid, entry.previous_msgctxt = previous
        return True

    def dismiss(self, key: SegmentKey, check: str, *, by: str, on: date) -> None:
        """Notes that what a check finds may stand, as long as neither text changes."""
        entry = self._find(key)
        then = Provenance.from_comment(entry.tcomment)
        word = dismissal_of(key_of(entry), entry.msgstr, check=check, by=by, on=on)
        others = (one for one in then.dismissals if one.digest == word.digest)
        kept = tuple(one for one in others if one.check != check)
        entry.tcomment = replace(then, dismissals=(*kept, word)).as_comment()

    def edit(self, key: SegmentKey, text: str, *, by: str, at_agency: bool = False) -> None:
        """Puts a person's text, which then waits for approval; unchanged approved text stays so.

        What was written `at_agency` bears its name.
        """
        entry = self._find(key)
        if text == entry.msgstr and state_of(entry) in {SegmentState.APPROVED, SegmentState.EMPTY}:
            return
        then = Provenance.from_comment(entry.tcomment)
        person = f"{PERSON} {AGENCY} {one_line(by)}" if at_agency else PERSON
        origin = person if text.strip() else ""
        draft = draft_of(entry, then)
        provenance = Provenance(origin=origin, draft=draft, notes=then.notes)
        write_entry(entry, text if origin else "", provenance, fuzzy=False)
        self._po.metadata["Last-Translator"] = one_line(by)

    def note(self, key: SegmentKey, text: str, *, by: str, on: date) -> None:
        """Adds a person's note, which every tool shows beside the segment."""
        entry = self._find(key)
        then = Provenance.from_comment(entry.tcomment)
        # Without a colon in the name no note can be taken for one of our facts.
        line = f"{one_line(by).replace(':', ' ')} {on.isoformat()}: {one_line(clean(text))}"
        entry.tcomment = replace(then, notes=(*then.notes, line)).as_comment()

    def copy(self, key: SegmentKey) -> Copy:
        """The entry as it is now."""
        entry = self._find(key)
        return Copy(
            text=entry.msgstr,
            comment=entry.tcomment,
            flags=tuple(entry.flags),
            previous=(entry.previous_msgid, entry.previous_msgctxt),
            last_editor=self.last_editor,
            texts=self._texts(),
        )

    def _texts(self) -> str:
        texts = [entry.msgstr for entry in self._index.values()]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()

    def put_back(self, key: SegmentKey, copy: Copy, *, after: Copy) -> None:
        """The entry as it was; so is the last editor, if nobody wrote anything since `after`."""
        entry = self._find(key)
        untouched = (self.last_editor, self._texts()) == (after.last_editor, after.texts)
        entry.msgstr, entry.tcomment, entry.flags = copy.text, copy.comment, list(copy.flags)
        entry.previous_msgid, entry.previous_msgctxt = copy.previous
        if untouched:
            self._po.metadata["Last-Translator"] = copy.last_editor
            if not copy.last_editor:
                del self._po.metadata["Last-Translator"]

    def approve(self, key: SegmentKey, *, by: str, on: date) -> None:
        """Stamps the translation as it stands. Raises `NotDoneError` if there is none."""
        entry = self._find(key)
        state = state_of(entry)
        if state is SegmentState.EMPTY:
            raise NotDoneError("an empty translation cannot be approved", waiting_for=(key.source,))
        if state is not SegmentState.APPROVED:
            approval = approval_of(key, entry.msgstr, by=by, on=on)
            provenance = replace(
                Provenance.from_comment(entry.tcomment), approval=approval, before="", differs=""
            )
            write_entry(entry, entry.msgstr, provenance, fuzzy=False)

    def approve_all(self, *, by: str, on: date) -> int:
        """Stamps every translation that is not yet approved, and says how many those were."""
        pending = {SegmentState.DRAFT, SegmentState.EDITED}
        keys = [key_of(entry) for entry in self._index.values() if state_of(entry) in pending]
        for key in keys:
            self.approve(key, by=by, on=on)
        return len(keys)

    def _find(self, key: SegmentKey) -> polib.POEntry:
        entry = self._index.get(match_key(key))
        if entry is None:
            raise NotFoundError(
                Phrase("the catalogue has no such segment: {source}", source=key.source[:80]),
                path=self.path,
                field=key.context,
            )
        return entry


def _index(po: polib.POFile) -> dict[SegmentKey, polib.POEntry]:
    index: dict[SegmentKey, polib.POEntry] = {}
    for entry in po:
        if not entry.obsolete:
            index.setdefault(match_key(key_of(entry)), entry)
    return index


def _read_bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
