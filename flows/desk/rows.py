"""Passages as the page shows them: marked where something is wrong, in the words of the page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from urllib.parse import urlencode

from flows.content.stamps import AGENCY, MEMORY, PERSON, SETTINGS
from flows.desk.notices import mark
from flows.desk.visit import Visit
from flows.domain.finding import Finding
from flows.domain.segment import SegmentState
from flows.operations.passages import Passage, Sheet
from flows.operations.past import NOTHING_BEFORE, Past
from flows.translation.postediting import Step, word_steps

STATES: Final = {
    SegmentState.EMPTY: mark("not translated"),
    SegmentState.DRAFT: mark("draft"),
    SegmentState.EDITED: mark("to be approved"),
    SegmentState.APPROVED: mark("approved"),
}

KINDS: Final = {
    "title": mark("Title"),
    "subject": mark("Subject"),
    "author": mark("Author"),
    "place": mark("Place"),
    "summary": mark("Summary"),
    "preheader": mark("Preheader"),
    "image_alt": mark("Image description"),
    "alt": mark("Image description"),
    "li": mark("List item"),
    "th": mark("Table heading"),
    "td": mark("Table cell"),
    "url": mark("Address of a link"),
    "abbr": mark("Abbreviation"),
    "html": mark("HTML"),
    **{f"h{level}": mark("Heading") for level in range(1, 7)},
}
"""What a passage is, where it is no paragraph."""

FILTERS: Final = ("all", "open", "found", "changed")
SPACES: Final = re.compile(r"\s+")

Piece = tuple[str, str]
"""A part of a text, and the class under which it is shown; empty for an ordinary one."""


MADE_BY: Final = {
    PERSON: mark("written by a person"),
    MEMORY: mark("from the memory"),
    SETTINGS: mark("from the settings"),
}
"""Where a text comes from that no engine drafted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which passages are wanted: those of a kind, with some words in either language."""

    show: str = "all"
    words: str = ""

    @property
    def query(self) -> str:
        """What a link says to see the same again."""
        said = {"show": self.show if self.show != FILTERS[0] else "", "q": self.words}
        chosen = urlencode({name: value for name, value in said.items() if value})
        return f"?{chosen}" if chosen else ""

    def wants(self, passage: Passage, past: Past) -> bool:
        """Whether a passage is among them."""
        fits = {
            "all": True,
            "open": passage.state is not SegmentState.APPROVED,
            "found": bool(passage.standing),
            "changed": past.is_changed(passage),
        }[self.show]
        words = _plain(self.words)
        return fits and (
            not words
            or words in _plain(passage.segment.source)
            or words in _plain(passage.translation)
        )


def choice_of(show: str, words: str) -> Choice:
    """What was asked for; what is said wrongly counts as not said."""
    return Choice(show=show if show in FILTERS else FILTERS[0], words=words[:200])


def _plain(text: str) -> str:
    return SPACES.sub(" ", text.replace("’", "'").casefold()).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A passage on the page."""

    passage: Passage
    kind: str
    state: str
    origin: str
    pieces: list[Piece]
    changed: str


def row_of(visit: Visit, passage: Passage, past: Past) -> Row:
    """One passage in the words of the page."""
    kind = KINDS.get(passage.segment.kind, "")
    return Row(
        passage=passage,
        kind=visit.say(kind) if kind else "",
        state=visit.say(STATES[passage.state]),
        origin=_origin(visit, passage),
        pieces=mark_findings(passage.translation, passage.standing),
        changed=_changed(visit, passage, past),
    )


def counts_of(sheet: Sheet, past: Past | None = None) -> dict[str, int]:
    """How many passages each filter shows; without the past not what changed since."""
    filters = [show for show in FILTERS if past or show != "changed"]
    then = past or NOTHING_BEFORE
    return {
        show: sum(Choice(show=show).wants(one, then) for one in sheet.passages) for show in filters
    }


def _origin(visit: Visit, passage: Passage) -> str:
    """Who made it, in a few words: a machine, the memory, or who approved it."""
    provenance = passage.entry.provenance
    if passage.state is SegmentState.APPROVED and provenance.approval:
        return f"{provenance.approval.by}, {provenance.approval.on.isoformat()}"
    made_by, *more = provenance.origin.split() or [""]
    if not made_by or passage.state is SegmentState.EMPTY:
        return ""
    if made_by == PERSON and more[:1] == [AGENCY]:
        return visit.say("by the agency %(name)s", name=" ".join(more[1:]))
    if known := MADE_BY.get(made_by):
        return visit.say(known)
    return visit.say("by %(engine)s", engine=made_by)


def _changed(visit: Visit, passage: Passage, past: Past) -> str:
    if past.since_look(passage) is not None:
        return visit.say("changed since you looked")
    if past.since_approval(passage) is not None:
        return visit.say("changed since the approval")
    return ""


def mark_findings(text: str, findings: Sequence[Finding]) -> list[Piece]:
    """A text in pieces, those that a finding is about marked; errors win over warnings."""
    spans = [
        (max(0, one.start), min(len(text), one.end), one.severity.value)
        for one in findings
        if (one.start, one.end) != (0, len(text)) and one.start < one.end
    ]
    edges = sorted({0, len(text), *(edge for start, end, _ in spans for edge in (start, end))})
    return list(_joined(text, edges, spans))


def _joined(
    text: str, edges: Sequence[int], spans: Sequence[tuple[int, int, str]]
) -> Iterator[Piece]:
    for start, end in pairwise(edges):
        kinds = {kind for first, last, kind in spans if first <= start and end <= last}
        if start < end:
            yield text[start:end], min(kinds, default="")


def difference(before: str | None, now: str) -> list[Step]:
    """From a text to another, word by word; nothing where there is no other."""
    return word_steps(before, now) if before is not None and before != now else []
