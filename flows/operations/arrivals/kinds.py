"""What kind of file arrived, by its bytes, and what is in it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.domain.errors import InputError
from flows.operations.arrivals.arrival import Arrival, Losses
from flows.operations.arrivals.decoding import read_bytes
from flows.operations.arrivals.wordpress import Post

HTML: Final = re.compile(
    rb"\s*(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype html|html|head|body|article|div|h1|p)\b",
    re.IGNORECASE | re.DOTALL,
)
XML: Final = re.compile(rb"^\s*<\?xml|^\s*<rss\b", re.IGNORECASE)
JSON: Final = re.compile(rb"^\s*[\[{]")
ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0"
PDF: Final = b"%PDF-"
BOM: Final = b"\xef\xbb\xbf"
TEXTS: Final = frozenset({".txt", ".md", ""})
XHTML: Final = re.compile(rb"<html\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A file that arrived: a text, or posts to choose from, or one article."""

    path: Path
    raw: bytes
    kind: str

    @property
    def is_plain(self) -> bool:
        """Whether it is a text as the seed's are: title, then paragraphs."""
        return self.kind == "text"

    def posts(self) -> list[Post]:
        """What an export of WordPress holds. Raises `InputError` for another kind of file."""
        from flows.operations.arrivals.wordpress import read_answer, read_export

        readers = {"export": read_export, "answer": read_answer}
        if self.kind not in readers:
            raise InputError(
                "holds one article; only exports of WordPress are listed", path=self.path
            )
        return readers[self.kind](self.path, self.raw)

    def article(self, post: str | None, *, losses: Losses) -> Arrival:
        """The one article, or the post with a number. Raises `InputError` if it cannot be read."""
        from flows.operations.arrivals.pages import read_page
        from flows.operations.arrivals.word import read_document
        from flows.operations.arrivals.wordpress import choose

        if self.kind == "document":
            return read_document(self.path, self.raw, note=losses)
        if self.kind == "page":
            return read_page(self.path, self.raw, note=losses)
        return choose(self.posts(), post, path=self.path).as_arrival(note=losses)


def recognise(path: Path) -> Incoming:
    """A file by its bytes, and its name only for a text. Raises `InputError` for other kinds."""
    raw = read_bytes(path)
    head = raw[:4_096].removeprefix(BOM)
    if raw.startswith((ZIP, OLE)):
        kind = "document"
    elif XML.match(head):
        kind = "page" if XHTML.search(head) else "export"
    elif HTML.match(head) or path.suffix.lower() in {".html", ".htm", ".xhtml"}:
        kind = "page"
    elif path.suffix.lower() == ".json" or (path.suffix.lower() not in TEXTS and JSON.match(head)):
        kind = "answer"
    elif path.suffix.lower() in TEXTS and not raw.startswith(PDF):
        kind = "text"
    else:
        raise InputError(
            "is of a kind that cannot be imported",
            path=path,
            remedy="Texts, saved pages (HTML), Word documents (.docx), WordPress's exports (XML) "
            "and REST answers (JSON) can be.",
        )
    return Incoming(path=path, raw=raw, kind=kind)
