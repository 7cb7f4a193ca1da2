"""Pictures in letters: their sizes, their addresses, and the parts that carry them."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from flows.content.illustrating import Places
from flows.domain.image import SOURCE, TYPES, ImageName, Picture
from flows.mail.themes import Theme

TAG: Final = re.compile(r"<img\b[^>]*>")
WIDTH: Final = re.compile(r'\swidth="(\d+)"')
HEIGHT: Final = re.compile(r'(\sheight=")auto(?=")')


def places_of(theme: Theme) -> Places:
    """The places for pictures that letters of a theme have."""
    letter, edge = int(theme.tokens["widths"]["letter"]), int(theme.tokens["space"]["edge"])
    card = int(theme.tokens["widths"]["picture"])
    return Places(lead=letter, body=letter - 2 * edge, card=card)


def with_heights(html: str, pictures: Iterable[Picture]) -> str:
    """The letter with numbers where MJML writes `height="auto"`.

    The place of a picture is known before it is there then. Styles still let it shrink.
    """
    shapes = {one.source: (one.width, one.height) for one in pictures}

    def set_height(tag: re.Match[str]) -> str:
        source, width = SOURCE.match(tag[0]), WIDTH.search(tag[0])
        shape = shapes.get(source[0].rpartition('"')[2]) if source else None
        if not (shape and shape[0] and shape[1] and width):
            return tag[0]
        height = max(1, round(int(width[1]) * shape[1] / shape[0]))
        return HEIGHT.sub(rf"\g<1>{height}", tag[0])

    return TAG.sub(set_height, html)


def public_address(name: ImageName, base_url: str) -> str:
    """Where our pages serve a picture; `base_url` ends without a slash."""
    return f"{base_url}/images/{name}"


def content_id(name: ImageName) -> str:
    """The name of a picture within a letter (RFC 2392), without angle brackets."""
    return f"{name}@newsletter"


def image_parts(images: Mapping[ImageName, bytes], *, boundary: str) -> Iterator[bytes]:
    """The body parts of pictures that a letter carries (RFC 2387), each with its delimiter."""
    for name, raw in images.items():
        kind = name.rpartition(".")[2]
        head = (
            f"--{boundary}",
            f"Content-Type: {TYPES[kind]}",
            "Content-Transfer-Encoding: base64",
            f"Content-ID: <{content_id(name)}>",
            f'Content-Disposition: inline; filename="{name[:12]}.{kind}"',
            "",
            "",
        )
        lines = base64.encodebytes(raw).replace(b"\n", b"\r\n")
        yield "\r\n".join(head).encode("ascii") + lines
