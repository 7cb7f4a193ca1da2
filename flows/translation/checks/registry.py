"""The registry: every check of one segment, one line each, in order of weight."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from flows.domain.language import Language
from flows.domain.style import PLAIN_STYLE, HouseStyle
from flows.translation.checks.casing import find_wrong_capitals
from flows.translation.checks.idiom import find_wrong_language
from flows.translation.checks.lengths import (
    find_excess_length,
    find_long_image_texts,
    find_lost_sentences,
    find_odd_ratio,
)
from flows.translation.checks.links import find_changed_links, find_links_to_the_source
from flows.translation.checks.machine import (
    find_debris,
    find_engine_message,
    find_loop,
    find_unchanged,
)
from flows.translation.checks.markup import (
    find_lost_emphasis,
    find_moved_marks,
    find_silent_images,
    find_structure,
    find_unsafe_html,
)
from flows.translation.checks.pair import Pair, read_pair, with_target
from flows.translation.checks.punctuation import (
    find_changed_end,
    find_odd_spaces,
    find_open_brackets,
    find_repeated_words,
)
from flows.translation.checks.quantities import find_changed_dates, find_changed_numbers
from flows.translation.checks.quotations import find_changed_quotations
from flows.translation.checks.remark import Remark
from flows.translation.checks.terms import find_term_problems
from flows.translation.checks.typography import find_foreign_typography
from flows.translation.glossary import Glossary

Check = Callable[[Pair], Iterator[Remark]]

CHECKS: tuple[Check, ...] = (
    find_structure,
    find_silent_images,
    find_changed_links,
    find_debris,
    find_unsafe_html,
    find_unchanged,
    find_wrong_language,
    find_changed_numbers,
    find_changed_dates,
    find_term_problems,
    find_excess_length,
    find_long_image_texts,
    find_odd_ratio,
    find_lost_sentences,
    find_loop,
    find_foreign_typography,
    find_changed_quotations,
    find_changed_end,
    find_open_brackets,
    find_repeated_words,
    find_odd_spaces,
    find_lost_emphasis,
    find_wrong_capitals,
    find_moved_marks,
    find_links_to_the_source,
)
ADDRESS_CHECKS: tuple[Check, ...] = (
    find_changed_links,
    find_unsafe_html,
    find_links_to_the_source,
)
"""What applies to a segment that is an address and no text (context `@url`)."""


def check_segment(
    source: str,
    target: str,
    *,
    kind: str,
    context: str | None,
    language: Language,
    source_language: Language,
    glossary: Glossary | None,
    style: HouseStyle = PLAIN_STYLE,
) -> list[Remark]:
    """Everything that can be said of one translation, errors first; nothing of an empty one.

    `kind` and `context` are the segment's. A remark's fix is offered only if it mends.
    """
    pair = read_pair(
        source,
        target,
        kind=kind,
        context=context,
        language=language,
        source_language=source_language,
        glossary=glossary,
        style=style,
    )
    return check_pair(pair)


def check_pair(pair: Pair) -> list[Remark]:
    """Everything that can be said of a pair that was read already, errors first."""
    if not pair.target.raw.strip():
        return []
    if message := list(find_engine_message(pair)):
        return [_place(remark, pair) for remark in message]
    checks = ADDRESS_CHECKS if pair.context == "@url" else CHECKS
    remarks = [_prove(remark, check, pair=pair) for check in checks for remark in check(pair)]
    return sorted(remarks, key=lambda remark: remark.severity)


def _prove(remark: Remark, check: Check, *, pair: Pair) -> Remark:
    return proven(_place(remark, pair), check, pair=pair)


def proven(remark: Remark, check: Check, *, pair: Pair) -> Remark:
    """The remark without its fix if the fix would leave it standing."""
    if remark.fix is None:
        return remark
    mended = with_target(pair, remark.fix)
    stands = any(other.says == remark.says for other in check(mended))
    return replace(remark, fix=None) if stands or not remark.fix.strip() else remark


def _place(remark: Remark, pair: Pair) -> Remark:
    """The remark with its span; the whole translation where none is narrower."""
    return replace(remark, span=remark.span or (0, len(pair.target.raw)))
