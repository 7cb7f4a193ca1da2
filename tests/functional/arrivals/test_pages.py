"""Saved pages: their article alone, with its pictures, whatever stands around it."""

import base64
from pathlib import Path

import pytest

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.operations.arrivals.kinds import recognise
from flows.operations.checking import check_language
from flows.operations.library import Library
from tests.functional.arrivals.conftest import FR, Bring, a_page, article_of
from tests.unit.content.pictures import a_drawing, a_photo

TEXT = (
    "<p>Les <strong>médiateurs</strong> écoutent les habitants, puis orientent vers "
    '<a href="/service">le service</a> de la ville, chaque nuit de l’année.</p>'
    "<h2>À quoi sert la médiation\u00a0?</h2>"
    "<p>Elle aide à «\u00a0vivre ensemble\u00a0» dans l’espace public\u202f; c’est un travail de "
    "longue haleine, qui demande du temps et de la confiance.</p>"
    "<ul><li>écouter les gens</li><li>orienter vers les services</li></ul>"
)
HEAD = (
    '<link rel="canonical" href="https://ville.example.org/actes/nuit/">'
    '<meta name="author" content="Camille Martin">'
    '<meta name="description" content="Des médiateurs dans la ville, la nuit.">'
    '<meta property="article:published_time" content="2026-10-06T08:00:00+02:00">'
    '<meta name="keywords" content="nuit, médiation">'
)


def test_an_article_is_imported_with_its_fields_and_is_ready_for_review(
    library: Library, bring: Bring
) -> None:
    """Nothing of the page around it comes along, and the checks find no error."""
    placed = bring(
        a_page(
            f'{TEXT}<figure><img src="page_files/place%20vide.jpg" alt="La place, vide"></figure>',
            head=HEAD,
        ),
        beside={"page_files/place vide.jpg": a_photo()},
    )
    article = article_of(library, placed)
    front = article.front
    assert (front.title, front.author, front.date) == (
        "La médiation de nuit",
        "Camille Martin",
        "2026-10-06",
    )
    assert front.summary == "Des médiateurs dans la ville, la nuit."
    assert front.tags == ("nuit", "médiation")
    for said in (
        "Les **médiateurs** écoutent",
        "[le service](https://ville.example.org/service)",
        "## À quoi sert la médiation\u00a0?",
        "«\u00a0vivre ensemble\u00a0» dans l’espace public\u202f;",
        "- écouter les gens\n- orienter vers les services",
        "![La place, vide](place-vide.jpg)",
    ):
        assert said in article.body
    for around in ("Accueil", "Mentions légales"):
        assert around not in article.body
    assert placed.pictures == ("place-vide.jpg",)
    slug = article.slug
    assert [one for one in check_language(library, slug, FR) if one.blocks] == []
    assert 'width="568"' in library.edition(slug, FR).html


def test_what_is_not_carried_over_is_told(bring: Bring) -> None:
    """With what may be looked at, each once."""
    placed = bring(
        a_page(
            TEXT
            + '<iframe src="https://video.test/embed/1"></iframe><script>x()</script>'
            + "<style>p{}</style><form><input name=q><button>Oui</button></form>"
            + '<video src="film.mp4"></video><img src="absente.jpg" alt="Absente">'
            + "<table><tr><td rowspan=2>a</td><td>b</td></tr><tr><td>c</td></tr></table>"
        )
    )
    told = "\n".join(placed.losses)
    for said in (
        "an embedded page was left out: https://video.test/embed/1",
        "a script was left out",
        "a style was left out",
        "a form was left out",
        "a video was left out: film.mp4",
        "a picture is not there: absente.jpg",
        "a table with merged cells",
        "no author was found",
    ):
        assert said in told


def test_a_file_of_comments_is_refused_in_no_time(bring: Bring) -> None:
    """The ways to share comments out among each other are more than anybody can count."""
    with pytest.raises(InputError, match="cannot be imported"):
        bring("<!---->" * 500, "page.bin")


def test_an_address_that_is_none_costs_nothing_but_itself(library: Library, bring: Bring) -> None:
    """In a link, in a picture, in the picture for sharing, as the page's own."""
    broken = "https://[::1"
    head = f'<head><base href="{broken}"><meta property="og:image" content="{broken}">'
    page = a_page(
        f'<p><a href="{broken}">Un lien</a> et <a href="https://a.test/x">un autre</a>.</p>'
        f'<p><img src="{broken}/a.png" alt="A"> <img src="//[b.png" alt="B"></p>{TEXT}'
    ).replace("<head>", head)
    placed = bring(page)
    told = "\n".join(placed.losses)
    assert f"a link leads nowhere from a letter: {broken}" in told
    assert f"a picture is not there: {broken}/a.png" in told
    assert "Un lien et [un autre](https://a.test/x)." in article_of(library, placed).body


def test_a_picture_on_a_server_is_left_there_unless_it_is_asked_for(
    library: Library, bring: Bring
) -> None:
    """Nothing is fetched by itself."""
    page = a_page(f'{TEXT}<p><img src="/a.jpg" alt="Vue"></p>', head=HEAD)
    left = bring(page)
    asked: list[str] = []

    def fetch(address: str) -> bytes:
        asked.append(address)
        return a_photo()

    fetched = bring(page, fetch=fetch)
    address = "https://ville.example.org/a.jpg"
    assert f"![Vue]({address})" in article_of(library, left).body
    assert any(address in one for one in left.losses)
    assert asked == [address]
    old = a_page(f'{TEXT}<p><img src="http://ville.example.org/a.jpg" alt="Vue"></p>')
    assert f"![Vue]({address})" in article_of(library, bring(old)).body
    assert "![Vue](a.jpg)" in article_of(library, fetched).body


def test_a_picture_within_the_page_becomes_a_file(library: Library, bring: Bring) -> None:
    """And one that is none goes."""
    inline = base64.b64encode(a_drawing()).decode()
    placed = bring(
        a_page(
            f'{TEXT}<p><img alt="Dessin" src="data:image/jpeg;base64,{inline}"></p>'
            '<p><img alt="Faux" src="data:image/svg+xml;base64,PHN2Zy8+"></p>'
        )
    )
    assert placed.pictures == ("image-1.png",)
    assert "![Dessin](image-1.png)" in article_of(library, placed).body
    assert any("a picture was left out (SVG" in one for one in placed.losses)


@pytest.mark.parametrize("source", ["../secret.png", "/etc/hostname", "file:///etc/hostname"])
def test_no_file_of_elsewhere_is_taken(bring: Bring, tmp_path: Path, source: str) -> None:
    """A page names what it likes; what is beside it alone is read."""
    (tmp_path.parent / "secret.png").write_bytes(a_drawing())
    placed = bring(a_page(f'{TEXT}<p><img src="{source}" alt="Vue"></p>'))
    assert placed.pictures == ()


def test_a_page_may_say_its_encoding(library: Library, bring: Bring) -> None:
    """A page of a Windows machine of 2005 reads as it was meant."""
    page = a_page(f"{TEXT}<p>L’été à 12 € – voilà œ.</p>").replace("utf-8", "iso-8859-1")
    placed = bring(page.replace("\u202f", " ").encode("cp1252"))
    assert "L’été à 12 € – voilà œ." in article_of(library, placed).body


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "page.html", "is empty"),
        (b" \n ", "page.html", "is empty"),
        (a_page(TEXT).replace("\u202f", " ").encode("cp1252"), "page.html", "is not utf-8"),
        (a_page(TEXT).replace("utf-8", "klingon").encode(), "page.html", "klingon"),
        (b"<html><body><script>x()</script></body></html>", "page.html", "holds no text"),
        (b"%PDF-1.7 ...", "texte.pdf", "of a kind that cannot be imported"),
        (b"\x00\x01\x02", "texte.bin", "of a kind that cannot be imported"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    library: Library, bring: Bring, content: bytes, name: str, said: str
) -> None:
    """And nothing is written."""
    before = sorted(library.content.iterdir())
    with pytest.raises(InputError, match=said):
        bring(content, name)
    assert sorted(library.content.iterdir()) == before


def test_an_article_that_is_there_stays_as_it_is(library: Library, bring: Bring) -> None:
    """No import writes over anybody's work."""
    from flows.operations.arrivals.arrival import Losses
    from flows.operations.arrivals.placing import place

    placed = bring(a_page(TEXT))
    before = placed.path.read_bytes()
    path = placed.path.parent.parent / "page.html"
    path.write_text(a_page(f"{TEXT}<p>Autre chose, bien après.</p>"), encoding="utf-8")
    arrival = recognise(path).article(None, losses=Losses())
    path.unlink()
    with pytest.raises(InputError, match="is there already"):
        place(
            library,
            arrival,
            slug=placed.path.parent.name,
            today="2026-11-27",
            losses=Losses(),
        )
    assert placed.path.read_bytes() == before
    assert not [one for one in library.content.iterdir() if one.name.startswith(".")]


def test_every_language_can_be_drafted_from_it(library: Library, bring: Bring) -> None:
    """What was imported is cut into passages like any other article."""
    placed = bring(a_page(TEXT, head=HEAD))
    catalogue = library.synchronised(article_of(library, placed), Language("nl"))
    sources = [key.source for key in catalogue.waiting()]
    assert "écouter les gens" in sources
    assert "À quoi sert la médiation\u00a0?" in sources


def test_a_page_nested_too_deeply_is_refused_in_words(library: Library, bring: Bring) -> None:
    """And nothing is written."""
    before = sorted(library.content.iterdir())
    with pytest.raises(InputError, match="is nested too deeply"):
        bring(a_page(f"{'<blockquote>' * 1_200}{TEXT}"))
    assert sorted(library.content.iterdir()) == before
