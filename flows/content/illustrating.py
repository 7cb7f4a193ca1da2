"""The pictures of an article: which there are, and what a letter shows in their places."""

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NamedTuple
from xml.etree.ElementTree import Element

from flows.content.images.files import is_remote
from flows.content.images.shelf import Shelf
from flows.content.segments import convert_plainly
from flows.domain.article import Article
from flows.domain.image import DECORATIVE, ImageError, Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How wide the places for pictures are, in CSS pixels: at the head, in texts, on cards."""

    lead: int = 640
    body: int = 568
    card: int = 172


class Shown(NamedTuple):
    """A picture that an article shows: its address as written, its text, its line, its place.

    `width` is that of the place, in CSS pixels; `names_link` tells that a link has nothing else
    that says where it leads.
    """

    reference: str
    text: str | None
    line: int | None
    width: int
    names_link: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Illustrator:
    """Gives the pictures of one article their places in a letter; widths are in CSS pixels.

    Its own picture gets the `lead`, those in its text get the `body`.

    The text of a picture stands for one that cannot be used: the checks tell why, and nobody can
    approve the letter then.
    """

    shelf: Shelf
    article: Article
    lead: int
    body: int

    def lead_picture(self) -> Picture | None:
        """The article's own picture, at its head or on its card."""
        reference = self.article.front.image
        if not reference or is_remote(reference):
            return Picture(source=reference) if reference else None
        return self._picture(reference, self.lead)

    def illustrate(self, root: Element) -> None:
        """Set the addresses and sizes of the pictures in a text. A mere ornament has no words."""
        for element in root.iter("img"):
            if element.get("alt", "").strip() == DECORATIVE:
                element.set("alt", "")
            reference = element.get("src", "")
            if reference and not is_remote(reference):
                self._place(element, reference)

    def _place(self, element: Element, reference: str) -> None:
        picture = self._picture(reference, self._width(element.get("width", "")))
        if picture is None:
            del element.attrib["src"]
            return
        element.set("src", picture.source)
        element.set("width", str(picture.width))
        element.set("height", str(picture.height))

    def _width(self, wanted: str) -> int:
        """How wide a picture in the text is, where its `width` says `wanted`."""
        return min(int(wanted), self.body) if wanted.isdecimal() and int(wanted) else self.body

    def _picture(self, reference: str, width: int) -> Picture | None:
        try:
            return self.shelf.picture(self.article.folder, reference, width=width)
        except ImageError:
            return None

    def pictures(self) -> Iterator[Shown]:
        """Every picture of the article, in reading order, however Markdown or HTML names it."""
        article, front = self.article, self.article.front
        if front.image:
            line = article.field_lines.get("image")
            yield Shown(front.image, front.image_alt or None, line, self.lead)
        finder = _Finder()
        finder.feed(convert_plainly(article.body).html)
        finder.close()
        for reference, text, wanted, alone in finder.found:
            line = line_of(article, reference)
            yield Shown(reference, text, line, self._width(wanted), names_link=alone)

    def require(self, shown: Shown) -> None:
        """Raise `ImageError` if a picture cannot be shown in its place; nothing is fetched."""
        if not is_remote(shown.reference):
            self.shelf.picture(self.article.folder, shown.reference, width=shown.width)

    def faulty_pictures(self, *, name: str) -> Iterator[ImageError]:
        """What keeps each from being shown that cannot be, with its line in file `name`."""
        for shown in self.pictures():
            try:
                self.require(shown)
            except ImageError as error:
                error.path, error.line = self.article.folder / name, shown.line
                yield error


def line_of(article: Article, reference: str) -> int | None:
    """The first line of the file where a text names a picture."""
    at = article.body.find(reference)
    return article.body_line + article.body.count("\n", 0, at) if at >= 0 else None


class _Found(NamedTuple):
    reference: str
    text: str | None
    width: str
    names_link: bool = False


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[_Found] = []
        self._linked: list[int] | None = None
        """Inside a link that has no words yet: the places of its pictures in `found`."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self._linked = []
        if tag != "img":
            return
        text = values.get("alt", "").strip() or None
        self.found.append(_Found(values.get("src", ""), text, values.get("width", "")))
        if text not in {None, DECORATIVE}:
            self._linked = None
        elif self._linked is not None:
            self._linked.append(len(self.found) - 1)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._linked = None

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._linked is not None:
            for place in self._linked:
                self.found[place] = self.found[place]._replace(names_link=True)
            self._linked = None
