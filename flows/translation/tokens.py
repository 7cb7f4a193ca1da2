"""Inline Markdown cut into running text and the marks that a translation must keep."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Role(StrEnum):
    """What a token is to a translator: words, a mark without words, or one of a pair of marks."""

    TEXT = "text"
    OPAQUE = "opaque"
    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A piece of inline Markdown, `raw` as written.

    The marks of a pair share their `number` (≥ 1; 0 for text). `kind` says which construct it is:
    `em`, `strong`, `both`, `link`, `image`, `note`, `break`, `mark` or an HTML element's name.
    `parts` are the alternative text and the titles within `raw`, which are translated apart.
    """

    role: Role
    raw: str
    number: int = 0
    kind: str = ""
    parts: tuple[str, ...] = ()


ATTRIBUTES = r"\{:?[ ]*[^}\n ][^}\n]*\}"
TARGET = (
    r"(?:<[^<>\n]*>|[^()\s]*(?:[ ]+[^()\s\"'][^()\s]*)*+(?:\([^()]*\)[^()\s]*)*)"
    r"(?:\s+(?:\"(?P<%s>[^\"]*)\"|'[^']*'))?\s*"
)

# Nested quantifiers are possessive: an unclosed bracket before many links would else take for ever.
MARKS = re.compile(
    rf"""
    (?P<mark>
        ⟦html\d+⟧ | \[\[\s*/?\s*\d+\s*\]\](?!\()
      | \\[\\`*_{{}}\[\]()>\#+\-.!|"':~&<^=$]
      | (?:(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)
          | <(?:https?://|mailto:|[\w.+-]+@)[^<>\s]+> | <img\b[^>]*>)(?:{ATTRIBUTES})?
      | \{{\{{.*?\}}\}} | \{{%.*?%\}} | \{{\#.*?\#\}}
      | <!--.*?--> | &(?:\w+|\#\d+|\#x[\da-fA-F]+);
    )
  | (?P<break>\n | <br\s*/?>)
  | (?P<note>\[\^[^\]]+\])
  | (?P<image>!\[(?P<alt>(?:[^\[\]\\]|\\.)*+)\]
        (?:\({TARGET % "image_title"}\)|[ ]?\[[^\[\]]*\])(?:{ATTRIBUTES})?)
  | (?P<link_open>\[(?=(?:[^\[\]\\]|\\.|\[[^\[\]]*\](?:\([^)]*\))?+)*+\](?:\(|[ ]?\[[^\[\]^]+\])))
  | (?P<link_close>\](?:\({TARGET % "link_title"}\)|[ ]?\[[^\[\]^]+\])(?:{ATTRIBUTES})?)
  | (?P<literal>\[\[ | \]\] | [\[［【]\s*/?\s*\d+\s*[\]］】])
  | (?P<html></?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>)
  | (?P<address>(?:https?://|www\.)[^\s<>()\]«»“”"]*[^\s<>()\]«»“”".,;:!?…*_]
      | [\w.+-]+@[\w-]+(?:\.[\w-]+)+)
  | (?P<emphasis>\*{{1,3}}|_{{1,3}})
    """,
    re.VERBOSE | re.DOTALL,
)
NUMBERED = re.compile(r"\[\s*/?\s*\d+\s*\]")
EMPHASIS_KINDS = {1: "em", 2: "strong", 3: "both"}


def tokenise(source: str) -> list[Token]:
    """The tokens of one segment; joined, their `raw` is the source again."""
    scan = _Scan(source)
    for match in MARKS.finditer(source):
        scan.take(match)
    return scan.finish()


@dataclass(frozen=True, slots=True)
class _Opening:
    """A mark that may turn out to open a pair: what closes it, and its place among the tokens."""

    mark: str
    place: int


class _Scan:
    """One pass over a segment. An opening is opaque or text until its partner comes."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.openings: list[_Opening] = []
        self.position = 0
        self.numbers = 0

    def take(self, match: re.Match[str]) -> None:
        """Takes in the text before the mark, and the mark."""
        self._take_text(match.start())
        self.position = match.end()
        group = str(match.lastgroup)
        take = {
            "emphasis": self._take_emphasis,
            "link_open": self._open_link,
            "link_close": self._close_link,
            "html": self._take_html,
        }.get(group)
        if take:
            take(match)
            return
        parts = (match["alt"], match["image_title"]) if group == "image" else ()
        kind = group if group in {"image", "note", "break"} else "mark"
        self._add(Role.OPAQUE, match.group(), kind, parts=parts)

    def finish(self) -> list[Token]:
        """The tokens, attribute lists with their element, and each text in one piece."""
        self._take_text(len(self.source))
        return _merge_texts(_join_attributes(self.tokens))

    def _take_text(self, end: int) -> None:
        if end > self.position:
            self.tokens.append(Token(role=Role.TEXT, raw=self.source[self.position : end]))

    def _add(self, role: Role, raw: str, kind: str, *, parts: Iterable[str | None] = ()) -> None:
        self.numbers += 1
        wanted = tuple(part for part in parts if part and any(map(str.isalpha, part)))
        self.tokens.append(Token(role=role, raw=raw, number=self.numbers, kind=kind, parts=wanted))

    def _open(self, mark: str, role: Role, raw: str, kind: str) -> None:
        self.openings.append(_Opening(mark, len(self.tokens)))
        self._add(role, raw, kind)

    def _close(self, mark: str, raw: str, *, parts: Iterable[str | None] = ()) -> bool:
        """Whether something open was waiting for this; what was opened within it stays single."""
        for depth in range(len(self.openings) - 1, -1, -1):
            if self.openings[depth].mark == mark:
                break
        else:
            return False
        place = self.openings[depth].place
        del self.openings[depth:]
        opener = self.tokens[place] = replace(self.tokens[place], role=Role.OPEN)
        self._add(Role.CLOSE, raw, opener.kind, parts=parts)
        self.tokens[-1] = replace(self.tokens[-1], number=opener.number)
        return True

    def _take_emphasis(self, match: re.Match[str]) -> None:
        mark = match.group()
        before = self.source[: match.start()][-1:]
        after = self.source[match.end() :][:1]
        in_word = mark[0] == "_"
        may_close = before and not before.isspace() and not (in_word and after.isalnum())
        if self.openings and self.openings[-1].place == len(self.tokens) - 1:
            # What opened just before holds nothing: to the renderer the two are asterisks.
            may_close = may_close and self.openings[-1].mark != mark
        if may_close and (self._close(mark, mark) or self._close_both(mark)):
            return
        if after and not after.isspace() and not (in_word and before.isalnum()):
            self._open(mark, Role.TEXT, mark, EMPHASIS_KINDS[len(mark)])
        else:
            self.tokens.append(Token(role=Role.TEXT, raw=mark))

    def _close_both(self, mark: str) -> bool:
        """Closes an emphasis and the one around it, as `***` in `**a *b***`."""
        open_marks = [opening.mark for opening in self.openings[-2:]]
        if len(mark) != 3 or sorted(open_marks) != [mark[0], mark[:2]]:
            return False
        return self._close(open_marks[1], open_marks[1]) and self._close(
            open_marks[0], open_marks[0]
        )

    def _open_link(self, match: re.Match[str]) -> None:
        # `[2](` that no link closes must not be taken for the mark of another token.
        like_a_mark = NUMBERED.match(self.source, match.start())
        self._open("[", Role.OPAQUE if like_a_mark else Role.TEXT, match.group(), "link")

    def _close_link(self, match: re.Match[str]) -> None:
        raw = match.group()
        if not self._close("[", raw, parts=(match["link_title"],)):
            self._add(Role.OPAQUE, raw, "mark")

    def _take_html(self, match: re.Match[str]) -> None:
        raw = match.group()
        name = raw.strip("</>").split()[0].lower()
        if raw.startswith("</"):
            if not self._close(f"<{name}", raw):
                self._add(Role.OPAQUE, raw, name)
        elif raw.endswith("/>"):
            self._add(Role.OPAQUE, raw, name)
        else:
            self._open(f"<{name}", Role.OPAQUE, raw, name)


def _join_attributes(tokens: list[Token]) -> list[Token]:
    """The attribute list after an emphasis belongs to its closing mark."""
    joined: list[Token] = []
    for token in tokens:
        rest = token
        if token.role is Role.TEXT and joined and joined[-1].role is Role.CLOSE:
            attributes = re.match(ATTRIBUTES, token.raw)
            if attributes:
                joined[-1] = replace(joined[-1], raw=joined[-1].raw + attributes.group())
                rest = replace(token, raw=token.raw[attributes.end() :])
        if rest.raw:
            joined.append(rest)
    return joined


def _merge_texts(tokens: list[Token]) -> list[Token]:
    merged: list[Token] = []
    for token in tokens:
        if token.role is not Role.TEXT:
            merged.append(token)
        elif merged and merged[-1].role is Role.TEXT:
            merged[-1] = Token(role=Role.TEXT, raw=merged[-1].raw + token.raw)
        else:
            merged.append(Token(role=Role.TEXT, raw=token.raw))
    return merged
