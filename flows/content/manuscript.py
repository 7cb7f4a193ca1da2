"""The source file of an article sign by sign, so that an edit leaves alone what it is not about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Self

from flows.content.source import plain

BREAK = r"(?:\r\n|\r|\n)"
HEAD = re.compile(
    rf"(?P<opening>\ufeff?---[ \t]*{BREAK})(?P<fields>.*?)"
    rf"(?P<closing>(?<![^\r\n])---[ \t]*(?:{BREAK}|\Z))",
    re.DOTALL,
)
BLANK_LINES = re.compile(rf"(?:[ \t]*{BREAK})*")
LINE = re.compile(rf"[^\r\n]*{BREAK}|[^\r\n]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """A source file in its parts; `text` is all of them in a row.

    `fields` is the YAML between the lines `opening` and `closing`. `gap` are the blank lines
    between them and the `body`.
    """

    opening: str = ""
    fields: str = ""
    closing: str = ""
    gap: str = ""
    body: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The parts of a file's text, byte order mark and all; without front matter all is body."""
        head = HEAD.match(text)
        rest = text[head.end() :] if head else text
        gap = BLANK_LINES.match(rest)
        start = gap.end() if gap and head else 0
        parts = head.groupdict() if head else {}
        return cls(**parts, gap=rest[:start], body=rest[start:])

    @property
    def text(self) -> str:
        """The whole file."""
        return f"{self.opening}{self.fields}{self.closing}{self.gap}{self.body}"

    @property
    def line_end(self) -> str:
        """How most of its lines end."""
        found = re.findall(BREAK, self.text)
        return max(("\n", "\r\n", "\r"), key=found.count)

    @property
    def body_line(self) -> int:
        """The line of the file (1-based) on which the body begins."""
        before = f"{self.opening}{self.fields}{self.closing}{self.gap}"
        return len(re.findall(BREAK, before)) + 1

    def with_body(self, typed: str) -> Self:
        """The same with another body, typed in a form, whose lines end with a line feed."""
        body = self._keep(self.body, typed)
        if body and not body.endswith(("\n", "\r")):
            body += self.line_end
        return replace(self, body=self.body if plain(self.body) == typed else body)

    def with_fields(self, typed: str) -> Self:
        """The same with another front matter, typed in a form."""
        if plain(self.fields) == typed:
            return self
        fields = self._keep(self.fields, typed)
        if fields and not fields.endswith(("\n", "\r")):
            fields += self.line_end
        if self.opening:
            return replace(self, fields=fields)
        end = self.line_end
        return replace(self, opening=f"---{end}", fields=fields, closing=f"---{end}", gap=end)

    def _keep(self, before: str, typed: str) -> str:
        """What was typed, with the lines that are as they were sign by sign as they were."""
        if plain(before) == before:
            return typed
        old, new = LINE.findall(before), LINE.findall(typed)
        kept = "".join(_matched(old, new, line_end=self.line_end))
        # A line that ended with a lone carriage return may have met a line feed.
        return kept if plain(kept) == typed else typed.replace("\n", self.line_end)


def _matched(old: list[str], new: list[str], *, line_end: str) -> Iterator[str]:
    """The new lines; those that an old one reads like are the old ones."""
    read = [plain(line) for line in old]
    for what, first, last, start, end in SequenceMatcher(a=read, b=new).get_opcodes():
        if what == "equal":
            yield from old[first:last]
        else:
            yield from (line.replace("\n", line_end) for line in new[start:end])
