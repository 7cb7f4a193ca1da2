"""A pair: a segment's source and translation, read once for all checks."""

from dataclasses import dataclass, replace

from flows.domain.language import Language
from flows.domain.style import PLAIN_STYLE, HouseStyle
from flows.translation.checks.inline import Inline, read_inline, read_labels
from flows.translation.glossary import Glossary


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both sides of a segment and what the checks need to know of them."""

    source: Inline
    target: Inline
    kind: str
    context: str | None
    language: Language
    source_language: Language
    glossary: Glossary | None
    style: HouseStyle = PLAIN_STYLE


def read_pair(
    source: str,
    target: str,
    *,
    kind: str,
    context: str | None,
    language: Language,
    source_language: Language,
    glossary: Glossary | None,
    style: HouseStyle = PLAIN_STYLE,
) -> Pair:
    """Reads both sides; only the source's reference labels count as defined."""
    labels = read_labels(source)
    return Pair(
        source=read_inline(source, labels=labels),
        target=read_inline(target, labels=labels),
        kind=kind,
        context=context,
        language=language,
        source_language=source_language,
        glossary=glossary,
        style=style,
    )


def with_target(pair: Pair, target: str) -> Pair:
    """The same source beside another translation."""
    labels = read_labels(pair.source.raw)
    return replace(pair, target=read_inline(target, labels=labels))
