"""The source: what an author wrote that a letter cannot carry or a translation would lose."""

import html
import re
from collections.abc import Iterator

from flows.content.markdown import new_markdown
from flows.content.rawhtml import INNERMOST, NOT_PROSE
from flows.content.segments import convert_plainly
from flows.domain.finding import Severity
from flows.domain.language import Language
from flows.translation.checks.remark import Fact, Remark, Span

FENCE = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)[`~]*\s*?$", re.DOTALL | re.MULTILINE)
LETTER = re.compile(r"[^\W\d_]")
ODD = (
    ("admonition", "untitled", re.compile(r"^!!![ ]*[\w-]+[ ]*$", re.MULTILINE)),
    ("braces", "broken", re.compile(r"\{:[^}\n]*\n[^}]{0,200}\}")),
    (
        "link-title",
        "quotes",
        re.compile(r'^\[[^\]\n]+\]:[^"\n]*"[^"\n]*"[^"\n]*".*$', re.MULTILINE),
    ),
)
"""Each with its check and reason: what is never meant."""

ANCHOR = re.compile(r"\]\((#[^)\s]+)\)|^[ ]{0,3}\[[^\]\n]+\]:[ ]*<?(#[^\s>]+)", re.MULTILINE)
BLANK_REFERENCE = re.compile(
    r"""^[ ]{0,3}\[(?P<label>[^\]\[\n^]+)\]:[ ]+
        (?P<address>(?!<?\w+:)[^\s"'(]+(?:[ ]+[^\s"'(][^\s]*)+?)(?:[ ]+["'(].*)?[ ]*$""",
    re.MULTILINE | re.VERBOSE,
)
HREF = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"')
WHOLE = re.compile(r"[a-z][a-z0-9+.-]*:|#|\{", re.IGNORECASE)
"""Begins an address that leads somewhere from a letter, or a value that takes its place."""
ITEM = re.compile(r"(?:[-*+]|\d{1,2}\.)[ ]+\S")
NO_PROSE = re.compile(r"[ \t#>|<!:]|\[\^")
"""Begins a line that a list may follow directly, or that is none of a paragraph."""
OWN_ID = re.compile(r"""\bid=["']?([\w:.-]+)|\{:?[^}\n]*\#([\w:.-]+)""")
HEADING = re.compile(r"<h([1-6])\b")
FRENCH = Language("fr")


def lint_source(body: str) -> list[Remark]:
    """What is wrong with an article's Markdown body, with its places in it."""
    body = FENCE.sub(lambda found: re.sub(r"\S", " ", found.group()), body)
    converted = convert_plainly(body)
    return sorted(
        [
            *_odd_patterns(body),
            *_loose_html(body),
            *_open_quotations(body),
            *_lost_anchors(body, known=set(converted.anchors)),
            *_relative_links(body, converted.html),
            *_blank_references(body),
            *_glued_lists(body),
            *_skipped_headings(body, converted.html),
        ],
        key=lambda remark: remark.span or (0, 0),
    )


def _odd_patterns(body: str) -> Iterator[Remark]:
    for check, reason, pattern in ODD:
        for found in pattern.finditer(body):
            yield _warn(check, reason, span=found.span())


def _loose_html(body: str) -> Iterator[Remark]:
    """Raw HTML with text outside any paragraph-like element: that text stays as it is."""
    if "<" not in body:
        return
    renderer = new_markdown(FRENCH)
    renderer.convert(body)
    for block in renderer.htmlStash.rawHtmlBlocks:
        if not isinstance(block, str) or NOT_PROSE.match(block):
            continue
        text = " ".join(re.sub(r"<[^>]*>|&\w+;", " ", INNERMOST.sub("", block)).split())
        if LETTER.search(text) and (at := body.find(text.split()[0], body.find(block))) >= 0:
            span = at, at + len(text.split()[0])
            yield _warn("raw-html", "loose", span=span, text=text)


def _open_quotations(body: str) -> Iterator[Remark]:
    for paragraph in re.finditer(r"(?:[^\n]+\n?)+", body):
        opened, closed = paragraph.group().count("«"), paragraph.group().count("»")
        if opened != closed:
            mark = "«" if opened > closed else "»"
            yield _warn("quotations", "open", span=paragraph.span(), mark=mark)


def _lost_anchors(body: str, *, known: set[str]) -> Iterator[Remark]:
    """Links within the article to a heading that it has not."""
    wanted = list(ANCHOR.finditer(body))
    own = {name for pair in OWN_ID.findall(body) for name in pair if name}
    for found in wanted:
        anchor = found.group(1) or found.group(2)
        if anchor[1:] not in known | own:
            span = found.span(1) if found.group(1) else found.span(2)
            yield Remark(
                check="anchors",
                severity=Severity.ERROR,
                reason="nowhere",
                facts={"anchor": anchor},
                span=span,
            )


def _relative_links(body: str, written: str) -> Iterator[Remark]:
    """Links that would lead nowhere from a letter, which loses them."""
    for told in dict.fromkeys(HREF.findall(written)):
        address = html.unescape(told)
        if address and not WHOLE.match(address):
            at = max(body.find(address), 0)
            yield Remark(
                check="address",
                severity=Severity.ERROR,
                reason="relative",
                facts={"address": address},
                span=(at, at + len(address)),
            )


def _blank_references(body: str) -> Iterator[Remark]:
    """Addresses of references that Markdown does not take for any, because of a blank."""
    for found in BLANK_REFERENCE.finditer(body):
        label, address = found["label"], found["address"]
        if re.search(rf"\[{re.escape(label)}\](?!:)", body, re.IGNORECASE):
            yield Remark(
                check="address",
                severity=Severity.ERROR,
                reason="blank",
                facts={"address": address, "label": label},
                span=found.span("address"),
            )


def _glued_lists(body: str) -> Iterator[Remark]:
    """Lists right below a sentence: Markdown takes them for more of it."""
    for paragraph in re.finditer(r"(?:[^\n]*\S[^\n]*\n?)+", body):
        lines = paragraph.group().splitlines(keepends=True)
        items = [number for number, line in enumerate(lines) if ITEM.match(line)]
        above = lines[: items[0]] if len(items) > 1 else []
        if above and not any(NO_PROSE.match(line) for line in above):
            start = paragraph.start() + sum(map(len, above))
            yield _warn("lists", "glued", span=(start, start + len(lines[items[0]].rstrip())))


def _skipped_headings(body: str, written: str) -> Iterator[Remark]:
    """Headings that leave out a level: whoever listens to them loses the thread (WCAG 1.3.1)."""
    levels = [int(level) for level in HEADING.findall(written)]
    # The letter's own title is the first level.
    for above, level in zip([1, *levels], levels, strict=False):
        if level > above + 1:
            found = re.search(rf"^#{{{level}}}(?!#).*$", body, re.MULTILINE)
            span = found.span() if found else (0, 0)
            yield _warn("headings", "skipped", span=span, above=above, level=level)


def _warn(check: str, reason: str, *, span: Span, **facts: Fact) -> Remark:
    return Remark(check=check, severity=Severity.WARNING, reason=reason, facts=facts, span=span)
