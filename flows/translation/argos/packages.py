"""Argos packages on disk: which there are, and the way from one language to another."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIDDLE: Final = "en"
"""The language that nearly every package goes from or to."""
METADATA: Final = "metadata.json"
VOCABULARY: Final = "sentencepiece.model"
MODEL: Final = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgosPackage:
    """A model for one pair of languages, in a folder of its own.

    `prefix` is the token that a model for several targets wants first.
    """

    folder: Path
    source: str
    target: str
    version: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"{self.source}-{self.target} {self.version}"


def list_packages(folder: Path) -> list[ArgosPackage]:
    """The usable packages of a folder by name; of one pair the one whose name comes last."""
    found = {(one.source, one.target): one for one in _find(folder)}
    return [found[pair] for pair in sorted(found)]


def _find(folder: Path) -> Iterator[ArgosPackage]:
    for path in sorted(folder.glob(f"*/{METADATA}")):
        with suppress(OSError, ValueError):
            if package := read_package(path.parent):
                yield package


def read_package(folder: Path) -> ArgosPackage | None:
    """The package in a folder, if it is a translation model of the kind that runs here.

    Raises `ValueError` for metadata that is none.
    """
    facts = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    if not isinstance(facts, dict):
        return None
    source, target = facts.get("from_code"), facts.get("to_code")
    runs = (folder / VOCABULARY).is_file() and (folder / MODEL / "model.bin").is_file()
    if not (runs and isinstance(source, str) and isinstance(target, str)):
        return None
    return ArgosPackage(
        folder=folder,
        source=source,
        target=target,
        version=str(facts.get("package_version", "")),
        prefix=str(facts.get("target_prefix") or ""),
    )


def find_route(packages: Sequence[ArgosPackage], source: str, target: str) -> list[ArgosPackage]:
    """The packages to go through in turn, one or two of them; [] if there is no way."""
    pairs = {(one.source, one.target): one for one in packages}
    if direct := pairs.get((source, target)):
        return [direct]
    legs = [pairs.get((source, MIDDLE)), pairs.get((MIDDLE, target))]
    return [leg for leg in legs if leg] if all(legs) else []


def missing_pairs(packages: Sequence[ArgosPackage], source: str, target: str) -> list[str]:
    """The pairs that would have to be installed for a way, as `newsletter models install` reads."""
    wanted = [(source, MIDDLE), (MIDDLE, target)]
    if MIDDLE in {source, target}:
        wanted = [(source, target)]
    known = {(one.source, one.target) for one in packages}
    return [f"{one}-{other}" for one, other in wanted if (one, other) not in known]
