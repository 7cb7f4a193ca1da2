"""A Word document (DOCX: Office Open XML, ECMA-376) with the pictures in it."""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bs4 import BeautifulSoup, Tag

from flows.domain.errors import InputError
from flows.operations.arrivals.arrival import Arrival, Note
from flows.operations.arrivals.cleaning import FOOTNOTE_NAME

OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Begins old Word documents, and new ones that ask for a password."""
LARGEST_MB: Final = 200
"""What a document may be when it is unpacked."""
LARGEST_XML_MB: Final = 20
"""What its parts in XML may be together; a book of 300 pages has about 5 MB."""
MOST_NODES: Final = 500_000
"""Elements and attributes of its XML together: each takes about a kilobyte while it is read."""
MOST_PARTS: Final = 5_000
XML_NAMES: Final = (".xml", ".rels")
XML_HEADS: Final = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""Begin XML whatever its name is: a document may call any part its text."""
STYLES: Final = """
p[style-name='Title'] => h1.title:fresh
p[style-name='Titre'] => h1.title:fresh
p[style-name='Subtitle'] => p.subtitle:fresh
p[style-name='Sous-titre'] => p.subtitle:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Citation'] => blockquote > p:fresh
p[style-name='Caption'] => p.caption:fresh
p[style-name='List Bullet 2'] => ul|ol > li > ul > li:fresh
p[style-name='List Bullet 3'] => ul|ol > li > ul|ol > li > ul > li:fresh
p[style-name='List Number 2'] => ul|ol > li > ol > li:fresh
p[style-name='List Number 3'] => ul|ol > li > ul|ol > li > ol > li:fresh
r[style-name='Strong'] => strong
r[style-name='Emphasis'] => em
u => span
strike => del
"""
UNKNOWN_STYLE: Final = "Unrecognised"
"""Begins what is said of styles that mean nothing to us; their words come along."""
CORE: Final = "docProps/core.xml"
SPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
}
PICTURE: Final = "picture:"


def read_document(path: Path, raw: bytes, *, note: Note) -> Arrival:
    """The article of a Word document. Raises `InputError` for one that cannot be opened."""
    import mammoth

    facts = _open(path, raw)
    pictures: dict[str, bytes] = {}

    def keep(image: Any) -> dict[str, str]:
        with image.open() as content:
            address = f"{PICTURE}{len(pictures) + 1}"
            pictures[address] = content.read()
        return {"src": address}

    try:
        made = mammoth.convert_to_html(
            io.BytesIO(raw), style_map=STYLES, convert_image=mammoth.images.img_element(keep)
        )
    except Exception as error:  # it raises whatever a broken document makes it meet
        raise _broken(path) from error
    for message in made.messages:
        if not str(message.message).startswith(UNKNOWN_STYLE):
            note(str(message.message))
    soup = BeautifulSoup(made.value, "html.parser")
    if not soup.get_text().strip():
        raise InputError("holds no text", path=path)
    _settle_footnotes(soup)
    title = _take_title(soup, facts)
    return Arrival(
        title=title or path.stem,
        author=facts.get("creator", ""),
        date=(facts.get("modified") or facts.get("created") or "")[:10],
        summary=_take(soup, "p.subtitle") or facts.get("description", ""),
        tags=tuple(
            one.strip() for one in re.split("[,;]", facts.get("keywords", "")) if one.strip()
        ),
        body=soup,
        load=pictures.get,
    )


def _open(path: Path, raw: bytes) -> Mapping[str, str]:
    """What the document says of itself, after all that could be wrong with it was asked."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError

    if raw.startswith(OLE):
        raise InputError(
            "is an old Word document, or one with a password",
            path=path,
            remedy="Open it in Word or LibreOffice and save it as .docx without a password.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _require_small(archive, path)
            _require_few(archive, path)
            if "word/document.xml" not in archive.namelist():
                raise InputError("is no Word document", path=path)
            core = archive.read(CORE) if CORE in archive.namelist() else b""
    except (
        zipfile.BadZipFile,
        EOFError,
        ParseError,
        NotImplementedError,
        OSError,
        ValueError,
    ) as error:
        if isinstance(error, DefusedXmlException):
            raise InputError("holds XML that could do harm (a DTD)", path=path) from None
        raise _broken(path) from None
    return _facts(core)


def _require_small(archive: zipfile.ZipFile, path: Path) -> None:
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise InputError("is protected by a password", path=path)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_MB * 1_000_000:
        raise InputError(f"is larger than {LARGEST_MB} MB when it is unpacked", path=path)


@dataclass(slots=True)
class _Nodes:
    """Counts what XML is made of while it is read, and keeps nothing of it."""

    path: Path
    left: int = MOST_NODES

    def start(self, _tag: str, attributes: Mapping[str, str]) -> None:
        """Take an element with its attributes. Raises `InputError` for one too many."""
        self.left -= 1 + len(attributes)
        if self.left < 0:
            raise InputError(f"holds more than {MOST_NODES:,} elements of XML", path=self.path)

    def end(self, tag: str) -> None:
        """Nothing was kept."""

    def data(self, text: str) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is made."""


def _require_few(archive: zipfile.ZipFile, path: Path) -> None:
    """Judge each part in XML before anything makes a tree of it."""
    from defusedxml.ElementTree import XMLParser

    nodes, unread = _Nodes(path), LARGEST_XML_MB * 1_000_000
    for part in archive.infolist():
        named = part.filename.endswith(XML_NAMES)
        with archive.open(part) as opened:
            if not named and not opened.read(64).lstrip().startswith(XML_HEADS):
                continue
        unread -= part.file_size
        if unread < 0:
            raise InputError(f"holds more than {LARGEST_XML_MB} MB of XML", path=path)
        # A drawing (SVG) may name its DTD; it declares no entities either way.
        parser = XMLParser(target=nodes, forbid_dtd=named)
        parser.feed(archive.read(part))
        parser.close()


def _broken(path: Path) -> InputError:
    return InputError(
        "cannot be read as a Word document",
        path=path,
        remedy="Open it in Word or LibreOffice and save it again as .docx.",
    )


def _facts(core: bytes) -> dict[str, str]:
    from defusedxml.ElementTree import fromstring

    if not core:
        return {}
    tree = fromstring(core, forbid_dtd=True)
    names = {
        "title": "dc:title",
        "creator": "dc:creator",
        "description": "dc:description",
        "keywords": "cp:keywords",
        "created": "dcterms:created",
        "modified": "dcterms:modified",
    }
    return {key: (tree.findtext(name, "", SPACES) or "").strip() for key, name in names.items()}


def _take_title(soup: BeautifulSoup, facts: Mapping[str, str]) -> str:
    """The title as it is written, else the only heading of the first level, else what is said."""
    if written := _take(soup, "h1.title"):
        return written
    headings = soup.find_all("h1")
    first = next((one for one in soup.find_all(True) if one.get_text().strip()), None)
    if len(headings) == 1 and first is headings[0]:
        return _take(soup, "h1")
    return facts.get("title", "")


def _take(soup: BeautifulSoup, selector: str) -> str:
    found = soup.select_one(selector)
    if found is None:
        return ""
    words = re.sub(r"[ \t\r\n]+", " ", found.get_text()).strip()
    found.decompose()
    return words


def _settle_footnotes(soup: BeautifulSoup) -> None:
    """Footnotes in the form of the product: a mark in the text, the note at the end."""
    for mark in soup.select('sup > a[id^="footnote-ref-"], sup > a[id^="endnote-ref-"]'):
        target = soup.find(id=str(mark.get("href", ""))[1:])
        if not isinstance(target, Tag) or mark.parent is None:
            continue
        name = str(target["id"]).replace("footnote-", "").replace("endnote-", "e")
        for back in target.select('a[href^="#footnote-ref-"], a[href^="#endnote-ref-"]'):
            back.decompose()
        words = " ".join(target.get_text().split(" ")).strip()
        note = soup.new_tag("p")
        note[FOOTNOTE_NAME] = name
        note.string = re.sub(r"[ \t\r\n]+", " ", words)
        soup.append(note)
        call = soup.new_tag("sup")
        call[FOOTNOTE_NAME] = name
        call.string = name
        mark.parent.replace_with(call)
        parent = target.parent
        target.decompose()
        if isinstance(parent, Tag) and not parent.find("li"):
            parent.decompose()
