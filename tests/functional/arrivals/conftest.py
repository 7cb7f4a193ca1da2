"""A newsroom for what arrives, and documents made by hand."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from zlib import crc32

import pytest

from flows.domain.article import Article
from flows.domain.language import Language
from flows.operations.arrivals.arrival import Placed
from flows.operations.arrivals.kinds import recognise
from flows.operations.arrivals.placing import Fetch, bring_in
from flows.operations.library import Library
from flows.operations.workspaces import make_workspace
from flows.runtime.runtime import build_library
from flows.settings.reading import read_settings

ROOT = Path(__file__).parents[3]
FR = Language("fr")

Bring = Callable[..., Placed]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The articles of a new workspace."""
    folder = tmp_path_factory.mktemp("arrivals") / "newsroom"
    make_workspace(folder, starter=ROOT)
    return build_library(read_settings(folder))


@pytest.fixture
def bring(library: Library, tmp_path: Path, request: pytest.FixtureRequest) -> Bring:
    """Imports a file with this content and name; each test's article has a name of its own."""
    number = iter(range(100))

    def bring_file(
        content: bytes | str,
        name: str = "page.html",
        *,
        post: str | None = None,
        fetch: Fetch | None = None,
        beside: Mapping[str, bytes] | None = None,
    ) -> Placed:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        for other, raw in (beside or {}).items():
            (tmp_path / other).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / other).write_bytes(raw)
        slug = f"essai-{crc32(request.node.nodeid.encode())}-{next(number)}"
        incoming = recognise(path)
        return bring_in(library, incoming, post=post, slug=slug, today="2026-11-27", fetch=fetch)

    return bring_file


def article_of(library: Library, placed: Placed) -> Article:
    """What was made, as the product reads it."""
    return library.article(placed.path.parent.name)


def a_page(body: str, *, head: str = "", title: str = "La médiation de nuit") -> str:
    """A saved page with a navigation and a footer around an article."""
    return (
        f'<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>{title} | Ville</title>'
        f'{head}</head><body><nav><ul><li><a href="/">Accueil</a></li></ul></nav>'
        f"<article><h1>{title}</h1>{body}</article>"
        "<footer><p>Mentions légales de la ville.</p></footer></body></html>"
    )


DOCUMENT_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><w:document '
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>'
)
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LINK = "https://efus.eu/nuit"
OUTSIDE = 'TargetMode="External"'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def a_document(
    body: str, *, picture: bytes = b"", footnote: str = "", core: str = "", extra: str = ""
) -> bytes:
    """A Word document with these parts."""
    relations = [
        f'<Relationship Id="rI" Type="{RELATIONS}/image" Target="media/image1.png"/>',
        f'<Relationship Id="rL" Type="{RELATIONS}/hyperlink" Target="{LINK}" {OUTSIDE}/>',
        f'<Relationship Id="rF" Type="{RELATIONS}/footnotes" Target="footnotes.xml"/>',
        f'<Relationship Id="rN" Type="{RELATIONS}/numbering" Target="numbering.xml"/>',
        f'<Relationship Id="rS" Type="{RELATIONS}/styles" Target="styles.xml"/>',
    ]
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f"{''.join(relations)}</Relationships>",
        "word/document.xml": f"{DOCUMENT_HEAD}{body}</w:body></w:document>{extra}",
        "word/footnotes.xml": f'<w:footnotes {space}><w:footnote w:id="2"><w:p><w:r><w:t>'
        f"{footnote}</w:t></w:r></w:p></w:footnote></w:footnotes>",
        "word/numbering.xml": f'<w:numbering {space}><w:abstractNum w:abstractNumId="0">'
        '<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>',
        "word/styles.xml": f"<w:styles {space}>"
        + "".join(
            f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
            for key, name in (
                ("Titre", "Title"),
                ("Titre1", "heading 1"),
                ("Citation", "Quote"),
                ("Puces2", "List Bullet 2"),
            )
        )
        + "</w:styles>",
    }
    if core:
        parts["docProps/core.xml"] = core
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        if picture:
            archive.writestr("word/media/image1.png", picture)
    return target.getvalue()


def paragraph(text: str, *, style: str = "", level: int | None = None) -> str:
    """A paragraph of a Word document; with a level it is a list's item."""
    head = f'<w:pStyle w:val="{style}"/>' if style else ""
    if level is not None:
        head += f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>'
    content = (
        text if text.startswith("<w:") else f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'
    )
    return f"<w:p><w:pPr>{head}</w:pPr>{content}</w:p>"
