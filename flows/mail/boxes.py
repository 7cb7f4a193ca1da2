"""Where mail comes back to: a box is opened, its messages are taken and put away by turns."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message in a box. `raw` is its beginning if it has more bytes than are read.

    `name` is what the box knows it by; `size_bytes` is of the whole.
    """

    name: str
    raw: bytes
    size_bytes: int

    @property
    def digest(self) -> str:
        """SHA-256 of what was read and, if that is not all, of the size: the same every time."""
        digest = hashlib.sha256(self.raw)
        if self.size_bytes != len(self.raw):
            digest.update(f"\0{self.size_bytes}".encode())
        return digest.hexdigest()


class OpenBox(Protocol):
    """A box at work. Its methods wait for disks and networks: call them in a thread."""

    def take(self, at_most: int) -> list[Arrival]:
        """The next messages that are not put away; none when there are no more."""

    def put_away(self, arrivals: Sequence[Arrival]) -> None:
        """Let these not be taken again. What another reader put away meanwhile is none's loss."""

    def close(self) -> None:
        """Let go of it."""


class Box(Protocol):
    """One place where mail comes back."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def open(self) -> OpenBox:
        """Open it. Raises `InputError` if it cannot be had, `TransientError` if not now."""
