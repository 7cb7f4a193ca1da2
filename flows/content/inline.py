"""One block's raw text taken apart into what is translated and what stays around it."""

import re
from collections.abc import Container
from dataclasses import dataclass

from markdown.extensions.attr_list import AttrListTreeprocessor, get_attrs_and_remainder
from markdown.extensions.footnotes import NBSP_PLACEHOLDER
from markdown.util import ETX, HTML_PLACEHOLDER_RE, STX

from flows.content.references import spell_out_references

LETTER = re.compile(r"[^\W\d_]")
TASK = re.compile(r"\[[ xX]\][ ]+")
TOKEN = re.compile(r"⟦html\d+⟧")
ORNAMENT = re.compile(r"!\[\s*-\s*\]\([^()]*\)")
"""A picture that says nothing (`flows.domain.image.DECORATIVE`)."""
MARK = re.compile(f"{STX}[^{ETX}]*{ETX}")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
CODE_SPAN = r"(?<!\\)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
BACKSLASH_BREAK = re.compile(rf"{CODE_SPAN}|\\\\|(?P<break>\\\n)", re.DOTALL)
HARD_BREAK = re.compile(r"(?<! ) {2,}\n *")
SOFT_BREAK = re.compile(r" ?\n *")
LEADING = re.compile(r"\A(?:\s|\\\n)*")
TYPED_BREAK = re.compile(r"(?<![ \t])[ \t]*[\r\n][ \t\r\n]*")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
ONE_LINERS = (*HEADINGS, "dt", "td", "th")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockText:
    """`before` + translatable `source` + `after`.

    `stashed` maps the visible tokens in the source to the marks of raw HTML that stand there.
    """

    before: str
    source: str
    after: str
    stashed: dict[str, str]

    def put_together(self, text: str) -> str:
        """The block's raw text with `text` (the source or a translation) in the middle."""
        raw = TYPED_BREAK.sub("  \n", CONTROLS.sub("", text).strip())
        for token, mark in self.stashed.items():
            raw = raw.replace(token, mark)
        return f"{self.before}{raw}{self.after}"


def take_apart(raw: str, *, tag: str, labels: Container[str]) -> BlockText | None:
    """The parts of an element's raw Markdown, or `None` if nothing in it needs a translation.

    Attribute lists, task boxes and a footnote's way back stay outside the source. Soft line
    breaks become spaces, hard ones newlines, so that re-wrapping a paragraph changes no segment.
    """
    before, core, after = _trim(raw, tag=tag)
    core, stashed = _show_stashed(core)
    if (
        core == "[TOC]"
        or ORNAMENT.fullmatch(core)
        or not LETTER.search(MARK.sub("", TOKEN.sub("", core)))
    ):
        return None
    # First the references: what a line break keeps apart, the space in its place would join.
    source = _flow(spell_out_references(core, labels=labels))
    return BlockText(before=before, source=source, after=after, stashed=stashed)


def _trim(raw: str, *, tag: str) -> tuple[str, str, str]:
    body = LEADING.sub("", raw)
    box = TASK.match(body) if tag == "li" else None
    core = body[box.end() :] if box else body
    core = core.rstrip().removesuffix(NBSP_PLACEHOLDER).rstrip()
    core = core[: _attributes_start(core, tag=tag)]
    start = len(raw) - len(body) + (box.end() if box else 0)
    return raw[:start], core, raw[start + len(core) :]


def _attributes_start(text: str, *, tag: str) -> int:
    one_line = tag in ONE_LINERS
    pattern = AttrListTreeprocessor.HEADER_RE if one_line else AttrListTreeprocessor.BLOCK_RE
    match = pattern.search(text)
    if not match or get_attrs_and_remainder(match[1])[1]:
        return len(text)
    head = text[: match.start()]
    return len(head.rstrip("#").rstrip() if tag in HEADINGS else head.rstrip())


def _show_stashed(text: str) -> tuple[str, dict[str, str]]:
    stashed: dict[str, str] = {}

    def show(match: re.Match[str]) -> str:
        number = len(stashed) + 1
        while (token := f"⟦html{number}⟧") in text:
            number += 1
        stashed[token] = match[0]
        return token

    return HTML_PLACEHOLDER_RE.sub(show, text), stashed


def _flow(text: str) -> str:
    spaced = BACKSLASH_BREAK.sub(lambda match: "  \n" if match["break"] else match[0], text)
    return SOFT_BREAK.sub(" ", HARD_BREAK.sub("\x00", spaced)).replace("\x00", "\n")
