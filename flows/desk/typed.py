"""What somebody typed into the form of a text, and what stands against it."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from flows.content.manuscript import Manuscript
from flows.content.source import plain
from flows.desk.faults import in_words
from flows.desk.lists import blocks_of, lists_in
from flows.desk.visit import Visit
from flows.domain.errors import InputError
from flows.operations.manuscripts import Source
from flows.operations.writing import TAGS, TEXTS, Draft, clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What keeps a text from being read: where in the file, in which field, and that very line."""

    sentence: str
    field: str = ""
    line: int = 0
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What the file says by now; `steps` lead from there to one's own text, line by line."""

    theirs: str
    steps: list[tuple[str, str]]


def draft_in(visit: Visit) -> Draft:
    """What the form holds."""
    form, lists = visit.form, lists_in(visit.form)
    as_text, front = form.text("front_as") == "text", plain(form.exact("front"))
    values = {name: clean(form.exact(f"field.{name}")) for name in (*TEXTS, TAGS)}
    if lists is not None:
        path = visit.desk.library.source(visit.named("slug"))
        values |= blocks_of(lists, front=front, path=path)
    return Draft(
        shown=form.text("shown"),
        front=front,
        body=plain(form.exact("body")),
        as_text=as_text,
        values={} if as_text else values,
    )


def manuscript_of(draft: Draft, source: Source) -> Manuscript:
    """The file that a form makes; of another file than it began with only what the form holds."""
    known = source.digest == draft.shown
    base = Manuscript.parse(source.text) if known else _bare(draft)
    return draft.manuscript(base, path=source.path)


def _bare(draft: Draft) -> Manuscript:
    return Manuscript(opening="---\n", fields=draft.front, closing="---\n", gap="\n")


def conflict_of(theirs: Source, *, mine: str) -> Conflict:
    """Somebody else's file beside one's own text."""
    before, after = (plain(text).splitlines(keepends=True) for text in (theirs.text, mine))
    return Conflict(theirs=plain(theirs.text), steps=_line_steps(before, after))


def _line_steps(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    steps = []
    for what, first, last, start, end in SequenceMatcher(a=before, b=after).get_opcodes():
        if what == "equal":
            steps.append(("", "".join(before[first:last])))
            continue
        steps += [("-", "".join(before[first:last])), ("+", "".join(after[start:end]))]
    return [(kind, text) for kind, text in steps if text]


def fault_of(visit: Visit, draft: Draft, error: InputError) -> Fault:
    """What keeps a draft from being read, in the words of the page."""
    line = error.line or 0
    return Fault(
        sentence=in_words(visit.words, error),
        field=error.field or "",
        line=line,
        excerpt=_line(draft, line),
    )


def _line(draft: Draft, line: int) -> str:
    """A line of the front matter as it is written now."""
    if not line or not draft.as_text:
        return ""
    lines = draft.front.split("\n")
    return lines[line - 2] if 2 <= line < len(lines) + 2 else ""
