"""Reading TMX, the exchange format of translation memories (TMX 1.4b), as other tools write it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from flows.content.inline import CONTROLS
from flows.domain.errors import InputError
from flows.domain.language import Language, parse_language
from flows.domain.phrases import Phrase
from flows.domain.segment import SegmentKey

XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
CONTEXT: Final = "x-context"
"""The property that holds a segment's context; others' files have none."""
ORIGIN: Final = "x-origin"
"""The property that holds where a unit comes from; others' files have none."""
LONGEST: Final = 20_000
"""Characters; a text beyond that is no segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TmxRow:
    """One translation unit: the source's key and its translations."""

    key: SegmentKey
    translations: Mapping[Language, str]


class TmxFile:
    """A TMX file of any level and version, read as a stream.

    Native codes within a segment count as its text, as they stand. `left_out` counts the units
    without use by the reason, once they are read.
    """

    def __init__(self, path: Path, *, source: Language, targets: Sequence[Language]) -> None:
        self.path = path
        self.source = source
        self.targets = targets
        self.left_out: Counter[str] = Counter()

    def rows(self) -> Iterator[TmxRow]:
        """The units that have the source and a target. Raises `InputError` for a broken file."""
        try:
            for unit in self._units():
                texts = _read_texts(unit)
                if row := self._read_row(unit, texts):
                    yield row
        except ParseError as error:
            raise self._broken(
                Phrase("is not well-formed: {reason}", reason=error.msg), error.position[0]
            ) from error
        except DefusedXmlException as error:
            raise self._broken("declares entities, which no memory needs") from error
        except OSError as error:
            raise self._broken(Phrase("cannot be read: {reason}", reason=error.strerror)) from error
        except (LookupError, UnicodeError, ValueError) as error:
            raise self._broken("has an encoding that cannot be read") from error

    def _units(self) -> Iterator[Element]:
        """The file's `tu` elements, each forgotten when the next is asked for."""
        parents: list[Element] = []
        for event, element in iterparse(self.path, events=("start", "end"), forbid_dtd=False):
            if event == "start":
                if not parents and element.tag != "tmx":
                    raise self._broken(
                        Phrase("is no TMX but has the root {tag}", tag=str(element.tag)[:40])
                    )
                parents.append(element)
                continue
            parents.pop()
            if element.tag == "tu":
                yield element
            if element.tag in {"tu", "header"}:
                parents[-1].remove(element)

    def _read_row(self, unit: Element, texts: Mapping[str, str]) -> TmxRow | None:
        source = choose_text(texts, self.source)
        if not source:
            self.left_out[f"without a text in {self.source}"] += 1
            return None
        found = {target: choose_text(texts, target) for target in self.targets}
        translations = {target: text for target, text in found.items() if text}
        if not translations:
            self.left_out[f"without a text in {' or '.join(self.targets)}"] += 1
            return None
        if max(map(len, (source, *translations.values()))) > LONGEST:
            self.left_out[f"longer than {LONGEST:,} characters"] += 1
            return None
        context = next(_read_props(unit, CONTEXT), None)
        return TmxRow(key=SegmentKey(context, source), translations=translations)

    def _broken(self, problem: str, line: int | None = None) -> InputError:
        return InputError(
            Phrase("the memory {problem}", problem=problem),
            path=self.path,
            line=line,
            remedy="Export it again as TMX 1.4 from the tool that it comes from.",
        )


def read_origin(path: Path) -> str:
    """The name under which a memory of ours was imported: its own, where it does not say."""
    with suppress(ParseError, DefusedXmlException, OSError, LookupError, ValueError):
        for _, unit in iterparse(path, forbid_dtd=False):
            if unit.tag == "tu":
                return next(filter(None, _read_props(unit, ORIGIN)), path.name)
    return path.name


def _read_props(unit: Element, name: str) -> Iterator[str | None]:
    return (prop.text for prop in unit.findall("prop") if prop.get("type") == name)


def _read_texts(unit: Element) -> dict[str, str]:
    """The unit's segments by language tag as written; the first of a language counts."""
    texts: dict[str, str] = {}
    for variant in unit.findall("tuv"):
        # Before version 1.4 the attribute was `lang`.
        tag = variant.get(XML_LANG) or variant.get("lang") or ""
        segment = variant.find("seg")
        if segment is not None:
            text = CONTROLS.sub("", "".join(segment.itertext())).strip()
            texts.setdefault(tag.replace("_", "-"), text)
    return texts


def choose_text(texts: Mapping[str, str], language: Language) -> str:
    """The text of a language: under its own tag, else under a regional or its parent's one."""
    wanted = language.lower()
    tags = {tag.lower(): text for tag, text in texts.items() if _is_tag(tag)}
    if wanted in tags:
        return tags[wanted]
    regional = [text for tag, text in tags.items() if tag.startswith(f"{wanted}-")]
    return regional[0] if regional else tags.get(wanted.partition("-")[0], "")


@lru_cache(maxsize=256)
def _is_tag(tag: str) -> bool:
    try:
        parse_language(tag)
    except ValueError:
        return False
    return True
