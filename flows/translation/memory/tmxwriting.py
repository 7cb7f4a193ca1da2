"""Writing TMX 1.4b, unit by unit: markup stands in the segments as text, which is level 1."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.content.pofiles import replacing
from flows.domain.language import Language
from flows.domain.segment import SegmentKey
from flows.translation.memory.tmxreading import CONTEXT, ORIGIN
from flows.translation.xmltext import xml_attribute, xml_text

TOOL = "efus-newsletter"
HEAD_BYTES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TmxVariant:
    """A translation; `by` and `on` (ISO 8601) say who approved it when."""

    text: str
    by: str = ""
    on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TmxUnit:
    """A source text and its translations; `place` is where they come from."""

    key: SegmentKey
    variants: Mapping[Language, TmxVariant]
    place: str = ""


def is_ours(path: Path) -> bool:
    """Whether a file was written here, so that nothing in it is lost when it is written again."""
    with path.open("rb") as file:
        return f'creationtool="{TOOL}"'.encode() in file.read(HEAD_BYTES)


def write_tmx(
    path: Path, units: Iterable[TmxUnit], *, source: Language, now: datetime, version: str
) -> int:
    """Replaces `path` in one step; how many units it holds. `version` is the product's."""
    count = 0
    with replacing(path) as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n')
        file.write(
            f'<header creationtool="{TOOL}" creationtoolversion={xml_attribute(version)}'
            f' creationdate="{now.astimezone(UTC):%Y%m%dT%H%M%SZ}" segtype="block"'
            f' o-tmf="PO" adminlang="en" srclang={xml_attribute(source)} datatype="plaintext"/>\n'
            "<body>\n"
        )
        for unit in units:
            file.write(_format_unit(unit, source=source))
            count += 1
        file.write("</body>\n</tmx>\n")
    return count


def _format_unit(unit: TmxUnit, *, source: Language) -> str:
    props = [(CONTEXT, unit.key.context or ""), (ORIGIN, unit.place)]
    return "".join(
        [
            "<tu>",
            *(f'<prop type="{name}">{xml_text(value)}</prop>' for name, value in props if value),
            "\n",
            _format_variant(source, TmxVariant(text=unit.key.source)),
            *(_format_variant(language, one) for language, one in unit.variants.items()),
            "</tu>\n",
        ]
    )


def _format_variant(language: Language, variant: TmxVariant) -> str:
    attributes = f"xml:lang={xml_attribute(language)}"
    if variant.by:
        attributes += f" creationid={xml_attribute(variant.by)}"
    if variant.on:
        attributes += f' creationdate="{variant.on.replace("-", "")}T000000Z"'
    return f"  <tuv {attributes}><seg>{xml_text(variant.text)}</seg></tuv>\n"
