"""Punctuation: end marks, brackets, repeated words and spaces."""

import re
import unicodedata
from collections.abc import Iterator

from flows.domain.finding import Severity
from flows.translation.checks.inline import MARK, OPAQUE
from flows.translation.checks.pair import Pair
from flows.translation.checks.remark import Remark, Span, replace_spans
from flows.translation.words import DOUBLED_WORDS, FUNCTION_WORDS, primary

CLOSERS = "»”’\"')]}\u00a0\u202f \n" + MARK + OPAQUE
END_MARKS = {mark: mark for mark in ".!?:…;"} | dict(zip("。！？：؟।؛", ".!?:?.;", strict=True))
DOTTED_END = re.compile(r"(?:\b\w\.){2,}$|\b(?:etc|enz|usw|ecc|itd)\.$")
BRACKETS = (("(", ")"), ("[", "]"))
REPEATED = re.compile(r"(?<![\w’'-])([^\W\d_]+)([ \u00a0\u202f\n]+)(\1)(?![\w’'-])", re.IGNORECASE)
SPACE = "[ \t\u00a0\u202f\u2009]"
DOUBLE_SPACE = re.compile(rf"(?<=\S)(?![ ]+\n){SPACE}{{2,}}(?=\S)")
SPACE_BEFORE = re.compile(rf"(?<=\S){SPACE}+(?=,(?!\d)|\.(?:\s|$))")
SPACE_AFTER = re.compile(r"(?<=[^\W\d_])[,;:!?](?=[^\W\d_])")
INNER_COLON = frozenset({"de", "sv", "fi"})
"""Languages that put a colon inside words: `Bürger:innen`."""
# Joiners and direction marks shape Persian, Arabic and emoji; the soft hyphen breaks long words.
SHAPING = frozenset("\u00ad\u200c\u200d\u200e\u200f\u2066\u2067\u2068\u2069\ufe0f")


def find_changed_end(pair: Pair) -> Iterator[Remark]:
    """Another end mark than the source's: lost, added to a heading, or changed."""
    wanted, _ = _end_mark(pair.source.text)
    given, (start, end) = _end_mark(pair.target.text)
    if END_MARKS.get(wanted) == END_MARKS.get(given) or _may_be_dotted(pair, {wanted, given}):
        return
    reason = "changed" if given and wanted else "lost" if wanted else "added"
    yield Remark(
        check="end",
        severity=Severity.WARNING,
        reason=reason,
        facts={"given": given, "wanted": wanted},
        span=(start, end),
        fix=replace_spans(pair.target.raw, [(start, end, wanted)]),
        is_safe=True,
    )


def _may_be_dotted(pair: Pair, marks: set[str]) -> bool:
    """Whether the full stop that one side lacks is that of an abbreviation on the other."""
    sides = (pair.source, pair.target)
    return marks == {"", "."} and any(
        DOTTED_END.search(side.text.rstrip(CLOSERS)) for side in sides
    )


def _end_mark(text: str) -> tuple[str, tuple[int, int]]:
    """The last mark of a text, behind closing quotes and markup, and where it is or would be."""
    text = text.rstrip(CLOSERS)
    if text.endswith("..."):
        return "…", (len(text) - 3, len(text))
    last = text[-1:]
    if last not in END_MARKS:
        return "", (len(text), len(text))
    start = len(text[:-1].rstrip(" \u00a0\u202f")) if last in ";:!?" else len(text) - 1
    return last, (start, len(text))


def find_open_brackets(pair: Pair) -> Iterator[Remark]:
    """Brackets that do not close, where the source's do."""
    for opener, closer in BRACKETS:
        opened, closed = pair.target.text.count(opener), pair.target.text.count(closer)
        if opened != closed and pair.source.text.count(opener) == pair.source.text.count(closer):
            yield Remark(
                check="brackets",
                severity=Severity.WARNING,
                reason="open",
                facts={"opener": opener, "closer": closer, "opened": opened, "closed": closed},
                span=_odd_bracket(pair.target.text, opener, closer),
            )


def _odd_bracket(text: str, opener: str, closer: str) -> Span | None:
    """The first bracket without its partner."""
    waiting: list[int] = []
    for at, character in enumerate(text):
        if character == opener:
            waiting.append(at)
        elif character == closer and not waiting:
            return at, at + 1
        elif character == closer:
            waiting.pop()
    return (waiting[0], waiting[0] + 1) if waiting else None


def find_repeated_words(pair: Pair) -> Iterator[Remark]:
    """The same word twice in a row."""
    found = [
        match
        for match in REPEATED.finditer(pair.target.text)
        if not _may_repeat(match.group(1), match.group(3), pair=pair)
    ]
    if found:
        yield Remark(
            check="repeated",
            severity=Severity.WARNING,
            reason="word",
            facts={"word": found[0].group(1)},
            span=found[0].span(),
            fix=replace_spans(
                pair.target.raw, [(match.start(2), match.end(3), "") for match in found]
            ),
        )


def _may_repeat(first: str, second: str, *, pair: Pair) -> bool:
    tongue = primary(pair.language)
    word = first.lower()
    if word in DOUBLED_WORDS.get(tongue, frozenset()):
        return True
    if first.istitle() and second.istitle() and word not in FUNCTION_WORDS.get(tongue, frozenset()):
        return True
    return any(match.group(1).lower() == word for match in REPEATED.finditer(pair.source.text))


def find_odd_spaces(pair: Pair) -> Iterator[Remark]:
    """Spaces doubled, missing, misplaced or invisible."""
    edits = [*_space_edits(pair), *_invisible_edits(pair)]
    if edits:
        yield Remark(
            check="spaces",
            severity=Severity.WARNING,
            reason="odd",
            span=min(edits)[:2],
            fix=replace_spans(pair.target.raw, edits).strip(),
            is_safe=True,
        )


def _space_edits(pair: Pair) -> Iterator[tuple[int, int, str]]:
    raw, text = pair.target.raw, pair.target.text
    body = raw.strip()
    first = raw.find(body)
    last = first + len(body)
    if first:
        yield 0, first, ""
    if last < len(raw):
        yield last, len(raw), ""
    for found in DOUBLE_SPACE.finditer(text, first, last):
        yield *found.span(), " "
    for found in SPACE_BEFORE.finditer(text, first, last):
        if len(found.group()) == 1:
            yield *found.span(), ""
    for found in SPACE_AFTER.finditer(text):
        token = re.search(r"\w*.\w*", raw[max(found.start() - 1, 0) :])
        colon = found.group() == ":" and primary(pair.language) in INNER_COLON
        if not colon and not (token and token.group() in pair.source.raw):
            yield found.end(), found.end(), " "


def _invisible_edits(pair: Pair) -> Iterator[tuple[int, int, str]]:
    for at, character in enumerate(pair.target.raw):
        if unicodedata.category(character) not in {"Cc", "Cf", "Zl", "Zp"}:
            continue
        if (
            character not in SHAPING
            and character not in "\n\t"
            and character not in pair.source.raw
        ):
            yield at, at + 1, ""
