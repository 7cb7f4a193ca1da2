"""What a translation's history warns of: a draft made for another text, an edit after approval."""

from collections.abc import Iterator

from flows.content.catalogue import Catalogue, CatalogueEntry
from flows.content.differences import diff_words
from flows.content.stamps import MEMORY
from flows.domain.finding import Finding, Severity
from flows.domain.segment import SegmentState
from flows.translation.memory.figures import diff_figures


def find_origins(catalogue: Catalogue) -> Iterator[Finding]:
    """The findings of one catalogue in reading order.

    A draft that the memory had for a similar text is pointed out as long as nobody has touched
    it; where the texts differ in figures, it blocks. So is an edit of what a person had approved,
    made outside this program, which voids that approval.
    """
    for entry, state in catalogue.states():
        if state is SegmentState.DRAFT and entry.previous_source:
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
    old, new = entry.previous_source, entry.key.source
    figures = diff_figures(old, new, language=catalogue.source_language)
    if figures:
        message = (
            f"taken over from a text with other figures: {figures}; correct it, or clear its "
            "mark “fuzzy” once you have read it"
        )
    else:
        message = f"taken over from a similar text: {diff_words(old, new)}"
    return Finding(
        language=catalogue.language,
        segment=_title(entry),
        check=MEMORY,
        severity=Severity.ERROR if figures else Severity.WARNING,
        message=message,
    )


def _title(entry: CatalogueEntry) -> str:
    """What a finding calls the segment: the field's name, else its source text."""
    context = entry.key.context or ""
    return context.removeprefix("meta:") if context.startswith("meta:") else entry.key.source
