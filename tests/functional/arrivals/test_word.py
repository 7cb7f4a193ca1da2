"""Word documents, with the pictures and notes in them."""

import io
import zipfile

import pytest

from flows.domain.errors import InputError
from flows.operations.checking import check_language
from flows.operations.library import Library
from tests.functional.arrivals.conftest import (
    FR,
    Bring,
    a_document,
    article_of,
    paragraph,
)
from tests.unit.content.pictures import a_drawing

CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
    'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>Modèle</dc:title>'
    "<dc:creator>Camille Martin</dc:creator><cp:keywords>nuit; médiation</cp:keywords>"
    "<dcterms:modified>2026-10-06T09:00:00Z</dcterms:modified></cp:coreProperties>"
)
PICTURE = (
    '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Image 1" descr="La place, vide"/><a:graphic>'
    "<a:graphicData><pic:pic><pic:blipFill>"
    '<a:blip r:embed="rI"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
    "</w:drawing></w:r>"
)
BODY = (
    paragraph("La médiation de nuit", style="Titre")
    + paragraph(
        "<w:r><w:t xml:space='preserve'>Les </w:t></w:r><w:r><w:rPr><w:b/></w:rPr>"
        "<w:t>médiateurs</w:t></w:r>"
        "<w:r><w:t xml:space='preserve'> écoutent\u00a0; puis </w:t></w:r>"
        '<w:hyperlink r:id="rL"><w:r><w:t>orientent</w:t></w:r></w:hyperlink>'
        '<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>.</w:t></w:r>'
    )
    + paragraph("À quoi sert la médiation\u202f?", style="Titre1")
    + paragraph("écouter", level=0)
    + paragraph("les jeunes", level=1)
    + paragraph("orienter", level=0)
    + paragraph("On nous parle enfin.", style="Citation")
    + paragraph(PICTURE)
)


def test_a_document_becomes_an_article(library: Library, bring: Bring) -> None:
    """Title, headings, lists, quotations, links, notes and pictures, and no error in it."""
    raw = a_document(BODY, picture=a_drawing(), footnote="Une note.", core=CORE)
    placed = bring(raw, "nuit.docx")
    article = article_of(library, placed)
    front = article.front
    assert (front.title, front.author, front.date, front.tags) == (
        "La médiation de nuit",
        "Camille Martin",
        "2026-10-06",
        ("nuit", "médiation"),
    )
    assert article.body.strip() == (
        "Les **médiateurs** écoutent\u00a0; puis [orientent](https://efus.eu/nuit)[^2].\n\n"
        "## À quoi sert la médiation\u202f?\n\n"
        "- écouter\n    - les jeunes\n- orienter\n\n"
        "> On nous parle enfin.\n\n"
        "![La place, vide](image-1.png)\n\n"
        "[^2]: Une note."
    )
    assert [one for one in check_language(library, article.slug, FR) if one.blocks] == []
    edition = library.edition(article.slug, FR)
    assert "(1) Une note." in edition.text
    assert edition.html.count("<img") == 1


def test_levels_of_lists_by_styles_and_tables_without_a_head_come_along(
    library: Library, bring: Bring
) -> None:
    """As LibreOffice and programs write them; a table's first row is its head."""
    rows = "".join(
        f"<w:tr>{''.join(f'<w:tc>{paragraph(one)}</w:tc>' for one in row)}</w:tr>"
        for row in (("Rue", "Avant"), ("Neuve", "12"))
    )
    body = (
        paragraph("un", level=0)
        + paragraph("un et demi", style="Puces2", level=0)
        + paragraph("deux", level=0)
        + f"<w:tbl>{rows}</w:tbl>"
    )
    article = article_of(library, bring(a_document(body), "rues.docx"))
    assert article.body.strip() == (
        "- un\n    - un et demi\n- deux\n\n| Rue | Avant |\n| --- | --- |\n| Neuve | 12 |"
    )


def _encrypted() -> bytes:
    raw = bytearray(a_document(BODY))
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        raw[at + 8] |= 1
        at = raw.find(b"PK\x01\x02", at + 4)
    return bytes(raw)


def _bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"word/{number}.xml", b"\0" * 80_000_000)
    return target.getvalue()


def _of_xml(content: str, *, name: str = "word/document.xml") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def _with_entities() -> bytes:
    raw = a_document(BODY)
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/styles.xml":
                content = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + content
            new.writestr(name, content)
    return target.getvalue()


def _of_another_kind() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    return target.getvalue()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Word document, or one with a"),
        (_encrypted(), "protected by a password"),
        (_bomb(), "larger than 200 MB when it is unpacked"),
        (_of_xml("<d>" + "<a/>" * 500_000 + "</d>"), "more than 500,000 elements"),
        (_of_xml("<d " + " ".join(f"a{n}=''" for n in range(500_000)) + "/>"), "more than 500,000"),
        (_of_xml("<d>" + "<a/>" * 500_000 + "</d>", name="word/media/1.png"), "more than 500,000"),
        (_of_xml(f"<d>{' ' * 20_000_000}</d>"), "more than 20 MB of XML"),
        (_with_entities(), "could do harm"),
        (_of_another_kind(), "is no Word document"),
        (a_document(BODY)[:900], "cannot be read as a Word document"),
        (a_document(BODY, extra="<"), "cannot be read as a Word document"),
        (a_document(""), "holds no text"),
    ],
    ids=[
        *("ole", "password", "bomb", "elements", "attributes", "misnamed", "size"),
        *("entities", "odt", "cut", "xml", "nothing"),
    ],
)
def test_what_cannot_be_opened_is_refused_in_words(
    library: Library, bring: Bring, raw: bytes, said: str
) -> None:
    """And nothing is written."""
    before = sorted(library.content.iterdir())
    with pytest.raises(InputError, match=said):
        bring(raw, "nuit.docx")
    assert sorted(library.content.iterdir()) == before
