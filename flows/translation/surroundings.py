"""What stands around a segment: engines that look at it choose better words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from flows.domain.segment import Segment, SegmentKey
from flows.translation.engines.protocol import Engine
from flows.translation.ladder import prepare

CONTEXT_CHARACTERS: Final = 4000
SECTION_CHARACTERS: Final = 2500
"""A section longer than this is looked at in parts."""
BEFORE_CHARACTERS: Final = 1000
HEADING = re.compile(r"h[1-6]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Segments that share their requests, and the text around them."""

    segments: tuple[Segment, ...]
    context: str = ""


def list_batches(
    segments: Sequence[Segment], engine: Engine, *, article: Sequence[Segment]
) -> list[Batch]:
    """The segments in order, in as few batches as the engine takes.

    For an engine that looks at the context each batch lies in one section of the `article`, so
    that a segment's context stays the same whatever else is to be translated.
    """
    contexts = read_contexts(article) if engine.uses_context else {}
    return [
        Batch(segments=tuple(some[start : start + engine.batch_size]), context=context)
        for context, some in _group(segments, contexts)
        for start in range(0, len(some), engine.batch_size)
    ]


def _group(
    segments: Sequence[Segment], contexts: dict[SegmentKey, str]
) -> Iterator[tuple[str, list[Segment]]]:
    for context, some in groupby(segments, key=lambda segment: contexts.get(segment.key, "")):
        yield context, list(some)


def read_contexts(article: Sequence[Segment]) -> dict[SegmentKey, str]:
    """The context of each segment: its section's heading and text, and what stands before it."""
    contexts: dict[SegmentKey, str] = {}
    before = ""
    for heading, section in _cut_sections(article):
        texts = [prepare(segment).text for segment in section]
        context = "\n".join(filter(None, (heading, before, *texts)))[:CONTEXT_CHARACTERS]
        contexts.update((segment.key, context) for segment in section)
        before = texts[-1][-BEFORE_CHARACTERS:]
    return contexts


def _cut_sections(article: Sequence[Segment]) -> Iterator[tuple[str, list[Segment]]]:
    """Sections with the heading of those that continue another."""
    heading, section, size = "", list[Segment](), 0
    title = ""
    for segment in article:
        opens = bool(HEADING.fullmatch(segment.kind))
        if section and (opens or size + len(segment.source) > SECTION_CHARACTERS):
            yield heading, section
            section, size, heading = [], 0, "" if opens else title
        if opens:
            title = prepare(segment).text
        section.append(segment)
        size += len(segment.source)
    if section:
        yield heading, section
