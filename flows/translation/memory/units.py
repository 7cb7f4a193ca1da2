"""One translation that somebody answers for, and where it comes from."""

from typing import NamedTuple

from flows.content.matching import match_key
from flows.domain.segment import SegmentKey


class Unit(NamedTuple):
    """A source text and its translation, in inline Markdown.

    `normal` is the source as `flows.content.matching` compares it. `place` is the article's slug,
    or the name of the file that was imported; `by` and `on` (ISO 8601) say who approved it when.
    """

    context: str | None
    source: str
    target: str
    normal: str
    place: str
    by: str = ""
    on: str = ""
    imported: bool = False

    @property
    def key(self) -> SegmentKey:
        """The segment that it translates."""
        return SegmentKey(self.context, self.source)

    @property
    def origin(self) -> str:
        """Where it comes from, in words for a reviewer."""
        if self.imported:
            return f"imported from {self.place}"
        return f"{self.place}, approved {self.by} {self.on}".rstrip()


def make_unit(
    key: SegmentKey, target: str, *, place: str, by: str = "", on: str = "", imported: bool = False
) -> Unit:
    """The unit of a segment's translation."""
    return Unit(
        context=key.context,
        source=key.source,
        target=target,
        normal=match_key(key).source,
        place=place,
        by=by,
        on=on,
        imported=imported,
    )
