"""Languages as BCP 47 tags, and which edition a reader of several possibilities gets."""

import re
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import NamedTuple, NewType

from flows.domain.phrases import Phrase

Language = NewType("Language", str)
"""A BCP 47 tag in its usual case: `fr`, `nl-BE`, `zh-Hant`."""

WELL_FORMED = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|\d{3}))?")


def parse_language(text: str) -> Language:
    """The tag in its usual case (RFC 5646, section 2.1.1). Raises `ValueError` if it is none."""
    if not WELL_FORMED.fullmatch(text):
        raise ValueError(
            Phrase("{text!r} is not a language tag such as fr, en or nl-BE", text=text)
        )
    first, *rest = re.split("[-_]", text)
    return Language("-".join([first.lower(), *map(_usual_case, rest)]))


def _usual_case(subtag: str) -> str:
    return subtag.title() if len(subtag) == 4 else subtag.upper()


def choose_edition(wanted: Iterable[str], *, editions: Iterable[str]) -> Language | None:
    """The first edition that serves one of the `wanted` languages, best first.

    Each wanted tag falls back by its parents (`nl-BE` → `nl`, RFC 4647, section 3.4) before
    the next one is looked at.
    """
    available = set(editions)
    for tag in wanted:
        subtags = tag.split("-")
        for length in range(len(subtags), 0, -1):
            if (shorter := "-".join(subtags[:length])) in available:
                return Language(shorter)
    return None


class Because(StrEnum):
    """Why somebody gets an edition: the step of the fallback that found it."""

    OWN = "own"
    """The reader's own language, exactly."""
    PARENT = "parent"
    """A parent of it: `nl` for `nl-BE`."""
    CITY = "city"
    """The language of their city, or a parent of it."""
    NETWORK = "network"
    """The network's own, since no other step found one."""


class Resolved(NamedTuple):
    """The edition that somebody gets, and why."""

    language: Language
    because: Because


def resolve_language(
    own: Language | None, city: Language, *, editions: Collection[Language], network: Language
) -> Resolved:
    """The one rule for who reads what: nl-BE → nl → the city's → the network's."""
    found = choose_edition([own or ""], editions=editions)
    if found is not None:
        return Resolved(found, Because.OWN if found == own else Because.PARENT)
    found = choose_edition([city], editions=editions)
    return Resolved(found, Because.CITY) if found else Resolved(network, Because.NETWORK)
