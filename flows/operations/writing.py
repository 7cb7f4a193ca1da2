"""A text as somebody is writing it: fields and body apart, and the file that they make together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from flows.content.fields import block_of, set_blocks, set_field
from flows.content.frontmatter import CONTROLS, parse_front_matter
from flows.content.manuscript import Manuscript
from flows.content.source import plain
from flows.domain.article import FrontMatter
from flows.domain.errors import InputError

TEXTS: Final = (
    "title",
    "author",
    "date",
    "place",
    "summary",
    "subject",
    "preheader",
    "image",
    "image_alt",
)
"""The fields that hold one text."""
TAGS: Final = "tags"
BLOCKS: Final = ("articles", "agenda")
"""The fields that hold lists, as lines of YAML."""
NAMES: Final = (*TEXTS, TAGS, *BLOCKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a form holds. `shown` is the digest of the file that it began with.

    `front` is the front matter that the `values` are put into; with `as_text` it is written
    itself, and there are no values. All lines end with a line feed.
    """

    shown: str
    front: str
    body: str
    as_text: bool = False
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, manuscript: Manuscript, *, shown: str, path: Path, as_text: bool = False) -> Self:
        """A file's text for a form; a front matter that cannot be read is shown as text."""
        front, body = plain(manuscript.fields), plain(manuscript.body)
        try:
            values = {} if as_text else values_of(front, path=path)
        except InputError:
            values = {}
        return cls(shown=shown, front=front, body=body, as_text=not values, values=values)

    def manuscript(self, base: Manuscript, *, path: Path) -> Manuscript:
        """The file that it makes of the one that it began with, if that is known.

        Raises `InputError` where the values cannot be put into the front matter.
        """
        written = base.with_fields(self.front).with_body(self.body)
        if self.as_text:
            return written
        return replace(written, fields=self._fields(written, path=path))

    def _fields(self, manuscript: Manuscript, *, path: Path) -> str:
        fields, line_end = manuscript.fields, manuscript.line_end
        before = values_of(plain(fields), path=path)
        for name, value in self.values.items():
            if name not in BLOCKS and value != before[name]:
                wanted = _tags(value) if name == TAGS else value
                fields = set_field(fields, name, wanted, line_end=line_end)
        blocks = {name: self.values[name] for name in BLOCKS if name in self.values}
        return set_blocks(fields, blocks, line_end=line_end)


def values_of(front: str, *, path: Path) -> dict[str, str]:
    """What a front matter says, field by field. Raises `InputError` if it cannot be read."""
    parsed, _ = parse_front_matter(front, path=path)
    return {
        **{name: str(getattr(parsed, name)) for name in TEXTS},
        TAGS: ", ".join(parsed.tags),
        **{name: block for name in BLOCKS if (block := block_of(front, name))},
    }


def clean(typed: str) -> str:
    """A value as a form sends it, on one line."""
    return " ".join(CONTROLS.sub(" ", plain(typed)).split(" ")).strip(" ")


def _tags(value: str) -> tuple[str, ...]:
    return tuple(tag for one in value.split(",") if (tag := one.strip(" ")))


def inbox_texts(front: FrontMatter) -> tuple[str, str]:
    """Subject and preheader as the letter has them, whichever fields they come from."""
    return front.subject or front.title, front.preheader or front.summary
