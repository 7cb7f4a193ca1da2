"""Taking over what a check offers for the French, in the text as somebody is writing it."""

from dataclasses import replace
from typing import Final

from flows.content.facts import digest_of
from flows.content.fields import set_field
from flows.content.manuscript import Manuscript
from flows.content.placing import put_into_body
from flows.content.segments import cut_segments
from flows.domain.errors import NotDoneError
from flows.domain.finding import Finding
from flows.domain.segment import Segment
from flows.operations.checking import check_source
from flows.operations.library import Library

FIELD: Final = "meta:"


def finding_name(finding: Finding) -> str:
    """What a finding is called in a form, as long as its passage stays as it is."""
    return f"{finding.check}.{finding.seen}.{finding.start}"


def mend_source(
    library: Library, slug: str, manuscript: Manuscript, name: str, *, reviewer: str
) -> Manuscript:
    """The text with the fix of one finding, which `finding_name` tells, taken over.

    Raises `NotDoneError` if the checks do not find this any more, or if it must be mended by hand.
    """
    article = library.draft(slug, manuscript.text)
    findings = check_source(library, article, reviewer=reviewer)
    finding = next((one for one in findings if finding_name(one) == name), None)
    if finding is None or finding.fix is None:
        raise NotDoneError("the checks do not find this any more")
    segments = cut_segments(article)
    segment = next(one for one in segments if digest_of(one.key, one.source) == finding.seen)
    mended = _put(manuscript, segment, finding.fix)
    if mended is not None:
        texts = {one.source for one in cut_segments(library.draft(slug, mended.text))}
        if finding.fix in texts:
            return mended
    raise NotDoneError("this cannot be mended at a press; it must be done by hand")


def _put(manuscript: Manuscript, segment: Segment, text: str) -> Manuscript | None:
    context = segment.context or ""
    if context.startswith(FIELD):
        name = context.removeprefix(FIELD)
        fields = set_field(manuscript.fields, name, text, line_end=manuscript.line_end)
        return replace(manuscript, fields=fields)
    lines = manuscript.body.split("\n")[: max(0, (segment.line or 0) - manuscript.body_line)]
    near = sum(len(line) + 1 for line in lines)
    body = put_into_body(manuscript.body, segment.source, text, near=near)
    return replace(manuscript, body=body) if body is not None else None
