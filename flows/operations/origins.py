"""What a translation's history warns of: a draft made for another text, an edit after approval."""

import re
from collections.abc import Iterator

from flows.content.catalogue import Catalogue, CatalogueEntry
from flows.content.differences import diff_words
from flows.content.stamps import MEMORY
from flows.domain.finding import Finding, Severity
from flows.domain.segment import SegmentState
from flows.translation.memory.figures import diff_figures

GONE = re.compile(r"\[-(.*?)-\]")
COME = re.compile(r"\{\+(.*?)\+\}")


def find_origins(catalogue: Catalogue) -> Iterator[Finding]:
    """The findings of one catalogue in reading order.

    A draft that the memory had for a similar text is pointed out as long as nobody has touched
    it; where the texts differ in figures, it blocks. So is an edit of what a person had approved,
    made outside this program, which voids that approval.
    """
    for entry, state in catalogue.states():
        if state is SegmentState.DRAFT and (entry.previous_source or entry.provenance.differs):
            yield _similar(entry, catalogue)
        elif state is SegmentState.EDITED and (approval := entry.provenance.approval):
            yield Finding(
                language=catalogue.language,
                segment=_title(entry),
                check="edited",
                severity=Severity.WARNING,
                message=f"changed after {approval.by} approved it on {approval.on.isoformat()}; "
                "it must be approved again",
            )


def _similar(entry: CatalogueEntry, catalogue: Catalogue) -> Finding:
    old, new = _sources(entry)
    figures = diff_figures(old, new, language=catalogue.source_language)
    if figures:
        message = (
            f"taken over from a text with other figures: {figures}; correct it, or clear its "
            "mark “fuzzy” once you have read it"
        )
    else:
        told = entry.provenance.differs or diff_words(old, new)
        message = f"taken over from a similar text: {told}"
    return Finding(
        language=catalogue.language,
        segment=_title(entry),
        check=MEMORY,
        severity=Severity.ERROR if figures else Severity.WARNING,
        message=message,
    )


def _sources(entry: CatalogueEntry) -> tuple[str, str]:
    """The source that the draft was made for, and its own; or what is known to differ in them."""
    if entry.previous_source:
        return entry.previous_source, entry.key.source
    differs = entry.provenance.differs
    return " ".join(GONE.findall(differs)), " ".join(COME.findall(differs))


def _title(entry: CatalogueEntry) -> str:
    """What a finding calls the segment: the field's name, else its source text."""
    context = entry.key.context or ""
    return context.removeprefix("meta:") if context.startswith("meta:") else entry.key.source
