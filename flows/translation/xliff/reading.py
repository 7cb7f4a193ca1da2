"""Reading XLIFF 2.0 as an agency sends it back, whatever its tools made of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse

from flows.domain.errors import InputError
from flows.domain.files import require_file
from flows.translation.spacing import Item
from flows.translation.tokens import Role, Token
from flows.translation.xliff.units import NAMESPACE

LARGEST_BYTES: Final = 32 * 1024 * 1024
DEEPEST: Final = 50
"""Codes within codes; a passage of a newsletter has three."""
INITIAL: Final = "initial"
PREFIX = f"{{{NAMESPACE}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One unit as it came back: the elements of its source and target, in reading order.

    `begun` tells that its state says more than that nobody has translated it; it has a `target`
    only if every part of it has one.
    """

    id: str
    sources: tuple[Element, ...]
    targets: tuple[Element, ...]
    begun: bool

    @property
    def has_target(self) -> bool:
        """Whether there is a translation."""
        return any("".join(target.itertext()).strip() or len(target) for target in self.targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedFile:
    """One article's units by their ids."""

    slug: str
    source_language: str
    language: str
    units: dict[str, Returned]


def read_xliff(path: Path) -> list[ReturnedFile]:
    """The articles in an XLIFF file. Raises `InputError` where there is none or it is broken."""
    root = _parse(path)
    if root.tag != f"{PREFIX}xliff":
        namespace, _, name = str(root.tag).rpartition("}")
        told = f"{name} of {namespace.lstrip('{') or 'no namespace'}"
        raise _unusable(path, f"is not XLIFF 2.0: its root is {told[:80]}")
    languages = root.get("srcLang", ""), root.get("trgLang", "")
    return [
        ReturnedFile(
            slug=file.get("original", ""),
            source_language=languages[0],
            language=languages[1],
            units={unit.id: unit for unit in map(_read_unit, file.iter(f"{PREFIX}unit"))},
        )
        for file in root.iter(f"{PREFIX}file")
    ]


def _parse(path: Path) -> Element:
    require_file(path)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _unusable(path, f"is larger than {LARGEST_BYTES:,} bytes")
        root = parse(path, forbid_dtd=True).getroot()
    except ParseError as error:
        problem = f"is not well-formed: {error.msg}"
        raise _unusable(path, problem, line=error.position[0]) from error
    except DefusedXmlException as error:
        raise _unusable(path, "declares a document type or entities") from error
    except (LookupError, UnicodeError, ValueError) as error:
        raise _unusable(path, "has an encoding that cannot be read") from error
    if root is None:
        raise _unusable(path, "is empty")
    return root


def _unusable(path: Path, problem: str, *, line: int | None = None) -> InputError:
    return InputError(
        f"the file {problem}",
        path=path,
        line=line,
        remedy="Ask for it as XLIFF 2.0, as it was sent: newsletter xliff export",
    )


def _read_unit(unit: Element) -> Returned:
    """The unit, even if a tool cut its segment into sentences."""
    wanted = {f"{PREFIX}segment", f"{PREFIX}ignorable"}
    pieces = [child for child in unit if child.tag in wanted]
    sources = [piece.find(f"{PREFIX}source") for piece in pieces]
    targets = [_read_target(piece) for piece in pieces]
    segments = [piece for piece in pieces if piece.tag == f"{PREFIX}segment"]
    return Returned(
        id=unit.get("id", ""),
        sources=tuple(source for source in sources if source is not None),
        targets=() if None in targets else tuple(one for one in targets if one is not None),
        begun=all(piece.get("state", INITIAL) != INITIAL for piece in segments),
    )


def _read_target(piece: Element) -> Element | None:
    """The piece's target; what stands between two segments is its own, if it has none."""
    target = piece.find(f"{PREFIX}target")
    if target is None and piece.tag == f"{PREFIX}ignorable":
        return piece.find(f"{PREFIX}source")
    return target


def read_content(
    elements: Sequence[Element], tokens: Sequence[Token]
) -> tuple[list[Item], list[str]]:
    """The texts and marks in elements that hold inline content, and what no mark stands for.

    Marks are found by their ids among the `tokens`; the data that the file gives for them is not
    looked at.
    """
    known = {
        (token.role is Role.CLOSE, str(token.number)): token
        for token in tokens
        if token.role is not Role.TEXT
    }
    items: list[Item] = []
    strangers: list[str] = []
    for element in elements:
        for found in _walk(element):
            if isinstance(found, str):
                items.append(found)
            elif token := known.get(found):
                items.append(token)
            else:
                strangers.append(f"code {found[1]} out of nowhere")
    return items, strangers


def _walk(element: Element, depth: int = 0) -> Iterator[str | tuple[bool, str]]:
    """Texts, and codes as (whether it closes, id), in reading order."""
    if depth > DEEPEST:
        yield False, "nested too deeply"
        return
    yield element.text or ""
    for child in element:
        name = str(child.tag).removeprefix(PREFIX)
        if name == "pc":
            yield False, child.get("id", "")
            yield from _walk(child, depth + 1)
            yield True, child.get("id", "")
        elif name == "sc":
            yield False, child.get("id", "")
        elif name == "ec":
            yield True, child.get("startRef", child.get("id", ""))
        elif name == "ph":
            yield False, child.get("id", "")
        elif name == "cp":
            yield _read_code_point(child.get("hex", ""))
        else:
            # mrk and what extensions add mark text without being part of it.
            yield from _walk(child, depth + 1)
        yield child.tail or ""


def _read_code_point(digits: str) -> str:
    try:
        return chr(int(digits, 16))
    except (ValueError, OverflowError):
        return ""
