"""What was understood of a file that somebody sent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bs4 import BeautifulSoup

Load = Callable[[str], bytes | None]
"""Gives the bytes of a picture by its address in the document; `None` if they are not at hand."""


class Note(Protocol):
    """Takes what could not be carried over, and where it may be looked at."""

    def __call__(self, what: str, detail: str = "") -> None:
        """Note one thing; the same several times is counted."""


@dataclass(slots=True)
class Losses:
    """What could not be carried over, in the order in which it was met."""

    _counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def __call__(self, what: str, detail: str = "") -> None:
        """Note one thing; the same several times is counted."""
        detail = " ".join(detail.split())[:160]
        self._counts[what, detail] = self._counts.get((what, detail), 0) + 1

    def told(self) -> list[str]:
        """One line for each."""
        return [
            what + (f" ({count} times)" if count > 1 else "") + (f": {detail}" if detail else "")
            for (what, detail), count in self._counts.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An article as it came: its fields, its text as HTML, and where its pictures are.

    `date` is ISO 8601, of a day. `image` is an address as those within the `body`.
    """

    title: str
    body: BeautifulSoup
    author: str = ""
    date: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    image: str = ""
    image_alt: str = ""
    base_url: str = ""
    load: Load = lambda _address: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An article that was made: its file, its pictures' names, and what was lost on the way."""

    path: Path
    pictures: tuple[str, ...]
    losses: tuple[str, ...]
