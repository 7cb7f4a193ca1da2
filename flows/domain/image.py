"""Pictures of letters, known by the hash of what they were made from."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase

ImageName = NewType("ImageName", str)
"""A SHA-256 in hexadecimal, and an ending: where a picture is kept and served.

The hash is of the file that it was made from, and of how (`flows.content.images.shelf`).
"""

TYPES: Final = {"jpg": "image/jpeg", "png": "image/png"}
"""The media types of what letters carry, by the endings of names."""
NAME: Final = re.compile(rf"[0-9a-f]{{64}}\.(?:{'|'.join(TYPES)})")
DECORATIVE: Final = "-"
"""The alternative text of a picture that says nothing: screen readers pass over it."""

SCHEME: Final = "image:"
"""Begins a picture's address in an edition, until it is known how letters carry it."""
SOURCE: Final = re.compile(rf'(<img\b[^>]*?\ssrc="){SCHEME}({NAME.pattern})(?=")')


class Carriage(StrEnum):
    """How a letter's pictures come to its reader: fetched from our pages, or in the letter."""

    HOSTED = "hosted"
    EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as a letter shows it: its address and, if it is ours, its size in CSS pixels.

    The bytes have up to twice as many pixels in each direction, for dense screens.
    """

    source: str
    width: int | None = None
    height: int | None = None


def mark_of(name: ImageName) -> str:
    """What stands for a picture of ours in an edition."""
    return f"{SCHEME}{name}"


def images_in(html: str) -> Iterator[ImageName]:
    """The pictures of ours that a letter shows, each once, in their order."""
    yield from dict.fromkeys(ImageName(found[2]) for found in SOURCE.finditer(html))


def with_addresses(html: str, address: Callable[[ImageName], str]) -> str:
    """The letter with addresses in the places of its pictures' marks."""
    return SOURCE.sub(lambda found: found[1] + address(ImageName(found[2])), html)


class Fault(StrEnum):
    """Why a picture cannot be used."""

    MISSING = "missing"
    OUTSIDE = "outside"
    ADDRESS = "address"
    VECTOR = "vector"
    KIND = "kind"
    MOVING = "moving"
    BYTES = "bytes"
    PIXELS = "pixels"
    LENGTH = "length"
    DAMAGED = "damaged"
    WEIGHT = "weight"


REMEDIES: Final = {
    Fault.MISSING: "Put the file beside the text, or mend its name; capitals count.",
    Fault.OUTSIDE: "Put the file into the article's folder and name it without a path: photo.jpg.",
    Fault.ADDRESS: "Save the picture into the article's folder and name the file: photo.jpg.",
    Fault.VECTOR: "Export it as PNG, 1280 pixels wide.",
    Fault.KIND: "Save it as JPEG or PNG.",
    Fault.MOVING: "Save one of its pictures as PNG or JPEG, and link to the moving one.",
    Fault.BYTES: "Save a smaller version.",
    Fault.PIXELS: "Save a smaller version: letters show 1280 pixels at most.",
    Fault.LENGTH: "Cut it into several pictures, or save a smaller version.",
    Fault.DAMAGED: "Save it again from the program it was made with.",
    Fault.WEIGHT: "Save it as JPEG, or with fewer colours.",
}


PROBLEMS: Final[Mapping[Fault, Callable[[Mapping[str, int]], Phrase]]] = {
    Fault.MISSING: lambda _: Phrase("there is no such file"),
    Fault.OUTSIDE: lambda _: Phrase("the picture lies outside of the article's folder"),
    Fault.ADDRESS: lambda _: Phrase(
        "letters show files of the article's folder and https:// addresses only"
    ),
    Fault.VECTOR: lambda _: Phrase(
        "SVG pictures can hold programs, and mail programs do not show them"
    ),
    Fault.KIND: lambda _: Phrase(
        "this is no JPEG, PNG, GIF or WebP picture, whatever its name says"
    ),
    Fault.MOVING: lambda _: Phrase("the picture moves, which many mail programs do not show"),
    Fault.BYTES: lambda facts: Phrase("the file is larger than {most} MB", most=facts["most"]),
    Fault.PIXELS: lambda facts: Phrase(
        "the picture has {pixels} million pixels, more than {most}",
        pixels=facts["pixels"],
        most=facts["most"],
    ),
    Fault.LENGTH: lambda facts: Phrase(
        "the picture is {size} pixels long on one side, more than {most}",
        size=facts["size"],
        most=facts["most"],
    ),
    Fault.DAMAGED: lambda _: Phrase("the picture is damaged"),
    Fault.WEIGHT: lambda facts: Phrase(
        "the picture still weighs {size} kB when it is made small", size=facts["size"]
    ),
}


class ImageError(InputError):
    """A picture that a letter cannot show; `fault` says why, `facts` the figures."""

    def __init__(self, reference: str, fault: Fault, **facts: int) -> None:
        self.fault = fault
        self.facts = facts
        super().__init__(PROBLEMS[fault](facts), field=reference, remedy=REMEDIES[fault])
