"""Markup: both sides must hold the same elements, marks and variables, and be safe HTML."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import nh3

from flows.domain.finding import Severity
from flows.translation.checks.inline import Inline, Token
from flows.translation.checks.pair import Pair
from flows.translation.checks.remark import Remark, Span, place_of

EMPHASIS = frozenset({"strong", "em"})
LINKED = frozenset({"a"})
ADDRESSED = ("href", "src")
COMPARED = frozenset({"stash", "code", "jinja", "footnote", "comment"})
ORDERED = ("footnote", "code", "jinja", "stash")
VOID = frozenset({"br", "img", "hr", "wbr", "col", "input", "source", "area"})
UNSAFE_SCHEMES = ("javascript:", "vbscript:", "data:", "file:")


def find_structure(pair: Pair) -> Iterator[Remark]:
    """Elements, code, images, line breaks, footnotes or variables lost or added."""
    wanted, given = _inventory(pair.source), _inventory(pair.target)
    missing, added = wanted - given, given - wanted
    reasons = {"lost": missing, "added": added, "changed": missing and added}
    reason = next((name for name in ("changed", "lost", "added") if reasons[name]), None)
    if reason:
        yield Remark(
            check="structure",
            severity=Severity.ERROR,
            reason=reason,
            facts={
                "missing": tuple(sorted(missing.elements())),
                "added": tuple(sorted(added.elements())),
            },
            span=_first_place(pair.target.raw, sorted(added)),
        )


def find_silent_images(pair: Pair) -> Iterator[Remark]:
    """Images whose alternative text was left out of the translation (WCAG 2.2, 1.1.1)."""
    wanted, given = (
        sum(bool(text.strip(" -")) for text in side.alternatives)
        for side in (pair.source, pair.target)
    )
    if given < wanted:
        yield Remark(check="alternative", severity=Severity.ERROR, reason="untold")


def _first_place(raw: str, parts: Sequence[str]) -> Span | None:
    """Where the first of these parts stands, be it an element by its tag."""
    for part in parts:
        tag = re.match(r"<\w+", part)
        for seen in (part, part.split()[-1], tag.group() if tag else ""):
            if place := place_of(raw, seen):
                return place
    return None


def _inventory(side: Inline) -> Counter[str]:
    elements = (
        f"<{' '.join([element.tag, *sorted(element.attributes)])}>"
        + (f" {element.attributes['src']}" if "src" in element.attributes else "")
        for element in side.elements
        if element.tag not in EMPHASIS | LINKED
    )
    tokens = ("".join(token.raw.split()) for token in side.tokens if token.kind in COMPARED)
    return Counter(elements) + Counter(tokens)


def find_unsafe_html(pair: Pair) -> Iterator[Remark]:
    """Tags left open, and what the sanitiser would take out: scripts, handlers, addresses."""
    open_tag = _open_tag(pair.target)
    if open_tag and not _open_tag(pair.source):
        yield _unsafe("open", open_tag, pair=pair)
    for reason, seen in sorted(_dangers(pair.target) - _dangers(pair.source)):
        yield _unsafe(reason, seen, pair=pair)


def _unsafe(reason: str, seen: str, *, pair: Pair) -> Remark:
    return Remark(
        check="html",
        severity=Severity.ERROR,
        reason=reason,
        facts={"seen": seen},
        span=place_of(pair.target.raw, seen if reason != "tag" else f"<{seen}"),
    )


def _open_tag(side: Inline) -> str | None:
    """The first tag without its partner."""
    opened: list[Token] = []
    for token in (token for token in side.tokens if token.kind == "tag"):
        name = _tag_name(token.raw)
        if token.raw.startswith("</"):
            if not opened or _tag_name(opened.pop().raw) != name:
                return token.raw
        elif name not in VOID and not token.raw.endswith("/>"):
            opened.append(token)
    return opened[0].raw if opened else None


def _tag_name(tag: str) -> str:
    return tag.strip("</>").split()[0].rstrip("/").lower()


def _dangers(side: Inline) -> set[tuple[str, str]]:
    """What the sanitiser would take out: reasons with what they are about."""
    found = set()
    for tag, attributes in side.elements:
        if tag not in nh3.ALLOWED_TAGS:
            found.add(("tag", tag))
        for name, value in attributes.items():
            address = "".join(value.split()).lower()
            if name.startswith("on"):
                found.add(("handler", name))
            elif name in ADDRESSED and address.startswith(UNSAFE_SCHEMES):
                found.add(("scheme", f"{address.partition(':')[0]}:"))
    return found


def find_lost_emphasis(pair: Pair) -> Iterator[Remark]:
    """More or fewer words in bold or italics than in the source."""
    for tag in ("strong", "em"):
        wanted, given = (
            sum(element.tag == tag for element in side.elements)
            for side in (pair.source, pair.target)
        )
        if wanted != given:
            yield Remark(
                check="emphasis",
                severity=Severity.WARNING,
                reason=tag,
                facts={"given": given, "wanted": wanted},
            )


def find_moved_marks(pair: Pair) -> Iterator[Remark]:
    """Footnote marks, code or variables in another order, or suddenly at the very start."""
    source, target = _marks(pair.source), _marks(pair.target)
    if Counter(raw for raw, _ in source) != Counter(raw for raw, _ in target) or not source:
        return
    if [raw for raw, _ in source] != [raw for raw, _ in target]:
        yield _moved("order", target[0])
    elif target[0][1] == 0 and source[0][1] > 0:
        yield _moved("start", target[0])


def _marks(side: Inline) -> list[tuple[str, int]]:
    return [(token.raw, token.start) for token in side.tokens if token.kind in ORDERED]


def _moved(reason: str, mark: tuple[str, int]) -> Remark:
    raw, start = mark
    return Remark(
        check="order",
        severity=Severity.WARNING,
        reason=reason,
        facts={"mark": raw},
        span=(start, start + len(raw)),
    )
