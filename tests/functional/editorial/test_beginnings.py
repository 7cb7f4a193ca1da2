"""How a workspace and an article begin: empty, or from a text that somebody sent."""

import shutil
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.content.naming import parse_slug, slugify
from flows.domain.errors import InputError, NotFoundError
from flows.operations.articles import import_text, new_article
from flows.operations.checking import blocking, check_language
from flows.operations.library import Library
from flows.operations.workspaces import make_workspace
from flows.runtime.runtime import build_library, open_runtime, starter
from flows.settings.reading import read_settings

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 22)
TEXT = """La nuit, la ville : bilan d’une « expérience » – par Ada Martin, médiatrice, Liège –

Liège, novembre 2026 – Trois équipes,
sur deux lignes.


> Des débuts prudents

Le 3 novembre, à 20 h.
> Une suite
Sans ligne vide.
>
"""


@pytest.fixture
def library(workspace: Path) -> Library:
    """The articles of the sample workspace."""
    return build_library(read_settings(workspace))


def import_written(library: Library, text: str | bytes, *, slug: str | None = None) -> Path:
    """Imports a file with this text."""
    source = library.content.parent / "reçu.txt"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    return import_text(library, source, slug=slug, today=TODAY)


async def test_a_new_workspace_works_at_once(tmp_path: Path) -> None:
    """Settings, an article with its translations, templates and lists; what the program writes
    itself is out of the history.
    """
    folder = tmp_path / "à nous"
    make_workspace(folder, starter=starter())

    async with open_runtime(read_settings(folder)) as desk:
        assert "city-pair" in desk.library.slugs()
        for language in desk.library.languages:
            assert desk.library.edition("city-pair", language).subject
    assert (folder / ".gitignore").read_text("utf-8").split() == ["var/", ".env"]
    assert (folder / "subscribers" / "cities.csv").is_file()


def test_an_empty_folder_may_become_a_workspace(tmp_path: Path) -> None:
    """As one that a person has just made."""
    make_workspace(tmp_path, starter=starter())

    assert (tmp_path / "newsletter.toml").is_file()


def test_a_checkout_that_somebody_works_in_begins_others_as_its_wheel_does(tmp_path: Path) -> None:
    """With the examples alone: no article, list or draft of the people who write in it."""
    checkout, unpacked = tmp_path / "checkout", tmp_path / "unpacked"
    for part in ("content", "flows", "subscribers", "templates"):
        shutil.copytree(ROOT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("LICENSE", "README.md", "newsletter.toml", "pyproject.toml"):
        shutil.copy2(ROOT / part, checkout)
    new_article(build_library(read_settings(checkout)), "notre-rue", today=TODAY)
    (checkout / "content" / "city-pair" / "de.po").touch()
    (checkout / "subscribers" / "lists" / "nos-amis.csv").write_text("email\nada@example.org\n")

    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=checkout, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(unpacked)
    make_workspace(tmp_path / "ours", starter=checkout)
    make_workspace(tmp_path / "theirs", starter=unpacked / "flows" / "starter")

    ours, theirs = _files(tmp_path / "ours"), _files(tmp_path / "theirs")
    assert ours == theirs
    assert "content/city-pair/fr.md" in ours
    assert "subscribers/lists/members.csv" in ours
    assert not [one for one in ours if "notre-rue" in one or "nos-amis" in one or "de.po" in one]


def _files(folder: Path) -> dict[str, bytes]:
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file()
    }


@pytest.mark.parametrize("there", ["newsletter.toml", ".env", "notes.txt"])
def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, there: str) -> None:
    """Nothing of somebody's is overwritten."""
    (tmp_path / there).write_text("à moi", encoding="utf-8")

    with pytest.raises(InputError, match="is there already and not empty") as caught:
        make_workspace(tmp_path, starter=starter())

    assert caught.value.path == tmp_path
    assert [one.name for one in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text("utf-8") == "à moi"


@pytest.mark.parametrize("name", ["fichier", "fichier/dedans"])
def test_a_file_is_no_place_for_a_workspace(tmp_path: Path, name: str) -> None:
    """Neither is a folder inside one."""
    (tmp_path / "fichier").touch()

    with pytest.raises(InputError) as caught:
        make_workspace(tmp_path / name, starter=starter())

    assert caught.value.remedy


def test_a_new_article_can_be_read_and_names_every_field(library: Library) -> None:
    """The author fills in what is there."""
    path = new_article(library, "la-suite", today=TODAY)

    article = library.article("la-suite")
    assert path == library.content / "la-suite" / "fr.md"
    assert article.front.date == "2026-11-22"
    assert "Premier intertitre" in article.body


def test_a_new_article_blocks_until_it_is_written(library: Library) -> None:
    """Each piece of the template is named; what came without an author waits for one."""
    path = new_article(library, "la-suite", today=TODAY)
    blocked = blocking(check_language(library, "la-suite", library.source_language))
    assert [(one.check, one.segment) for one in blocked] == [
        ("template", "title"),
        ("template", "author"),
        ("template", "Premier paragraphe."),
        ("template", "Premier intertitre"),
        ("template", "Suite du texte."),
    ]
    text = path.read_text("utf-8")
    for old, new in (
        ("Titre de l’article", "La nuit à Liège"),
        ("Prénom Nom, fonction, ville", "La rédaction"),
        ("Premier paragraphe.", "La ville veille."),
        ("Premier intertitre", "Des médiateurs"),
        ("Suite du texte.", "Ils écoutent."),
    ):
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    assert blocking(check_language(library, "la-suite", library.source_language)) == []

    import_written(library, "Un titre seul\n\nUn texte.\n", slug="sans-auteur")
    (finding,) = blocking(check_language(library, "sans-auteur", library.source_language))
    assert (finding.check, finding.segment) == ("template", "author")


def test_an_article_that_is_there_is_never_overwritten(library: Library) -> None:
    """Neither by a new one nor by an import."""
    before = (library.content / "mediation" / "fr.md").read_text("utf-8")

    with pytest.raises(InputError, match="is there already"):
        new_article(library, "mediation", today=TODAY)
    with pytest.raises(InputError, match="is there already"):
        import_written(library, TEXT, slug="mediation")

    assert (library.content / "mediation" / "fr.md").read_text("utf-8") == before


@pytest.mark.parametrize("slug", ["../dehors", "Été", "a b", "", "-", "a/b"])
def test_a_name_that_is_none_is_refused(library: Library, slug: str) -> None:
    """Paths above all."""
    with pytest.raises(InputError, match="cannot be the name of an article"):
        new_article(library, slug, today=TODAY)


def test_an_unknown_article_is_refused_with_those_there_are(library: Library) -> None:
    """And with how to begin it."""
    with pytest.raises(NotFoundError, match="Articles: mediation") as caught:
        library.article("autre")

    assert "newsletter new autre" in str(caught.value)


def test_a_text_becomes_an_article(library: Library) -> None:
    """Title and author from its first line, headings from `> …`, paragraphs joined."""
    path = import_written(library, TEXT)

    assert path.parent.name == "la-nuit-la-ville-bilan-d-une-experience"
    article = library.article(path.parent.name)
    assert article.front.title == "La nuit, la ville : bilan d’une « expérience »"
    assert article.front.author == "Ada Martin, médiatrice, Liège"
    assert article.front.date == "2026-11-22"
    assert article.body.strip() == (
        "Liège, novembre 2026 – Trois équipes, sur deux lignes.\n\n"
        "## Des débuts prudents\n\n"
        "Le 3 novembre, à 20 h.\n\n"
        "## Une suite\n\n"
        "Sans ligne vide."
    )


def test_french_spaces_survive_an_import(library: Library) -> None:
    """In the title, the author and the text; Windows line ends do not."""
    title = "Quoi\u202f? «\u00a0Rien\u00a0»\u00a0– par\u00a0A.\u00a0Martin"
    text = f"{title}\r\n\r\nÀ 20\u00a0h\u202f!\r\n"

    article = library.article(import_written(library, text, slug="essai").parent.name)

    assert article.front.title == "Quoi\u202f? «\u00a0Rien\u00a0»"
    assert article.front.author == "A.\u00a0Martin"
    assert article.body.strip() == "À 20\u00a0h\u202f!"


def test_lists_of_a_text_stay_lists(library: Library) -> None:
    """With bullets, hyphens or numbers, right below a sentence or apart from it."""
    text = (
        "Titre – par A. Martin\n\nIl faut :\n- un\n- deux,\n  encore deux\n\n"
        "• trois\n• quatre\n\n1) D’abord\n2) Ensuite\n\nLe prix baisse de\n- 3 euros.\n"
    )

    article = library.article(import_written(library, text, slug="essai").parent.name)

    assert article.body.strip() == (
        "Il faut :\n\n- un\n- deux, encore deux\n\n- trois\n- quatre\n\n"
        "1. D’abord\n2. Ensuite\n\nLe prix baisse de - 3 euros."
    )


def test_a_text_without_a_title_loses_nothing(library: Library) -> None:
    """Its first paragraph stays, and the title is its beginning."""
    paragraph = "Une phrase qui continue " + "encore et " * 20 + "s’arrête."

    article = library.article(import_written(library, paragraph, slug="essai").parent.name)

    assert article.body.strip() == paragraph
    assert article.front.title.endswith("…")
    assert paragraph.startswith(article.front.title.removesuffix("…"))
    assert len(article.front.title) <= 120


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n \n", "is empty"),
        ("Été".encode("cp1252"), "cannot be read as text"),
        (b"\xff\xfe\x00", "cannot be read as text"),
    ],
)
def test_what_is_no_text_is_refused(library: Library, text: bytes, problem: str) -> None:
    """With the file and what to do, and no article is begun."""
    before = library.slugs()

    with pytest.raises(InputError, match=problem) as caught:
        import_written(library, text)

    assert caught.value.path
    assert caught.value.remedy
    assert library.slugs() == before


TITLES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("œŒéÀ’« »–:'\"#*[]{}>|%@`&!?"),
    min_size=1,
    max_size=150,
)


@settings(max_examples=60, deadline=None)
@given(title=TITLES, author=TITLES, line=TITLES)
def test_any_text_becomes_an_article_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, title: str, author: str, line: str
) -> None:
    """YAML's and Markdown's marks among its signs, or a script without an ASCII letter."""
    folder = tmp_path_factory.mktemp("articles")
    (folder / "newsletter.toml").touch()
    library = build_library(read_settings(folder))
    text = f"x{title} – par {author}\n\n{line}\n"

    article = library.article(import_written(library, text, slug="essai").parent.name)

    assert article.front.title
    assert article.front.author


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Liège, l’été", "liege-l-ete"),
        ("Liège, l'été", "liege-l-ete"),
        ("Cœur de ville, œuvre commune", "coeur-de-ville-oeuvre-commune"),
        ("Straße nach Łódź", "strasse-nach-lodz"),
        ("« 100 % » – 2026 !", "100-2026"),
        ("E\u0301te\u0301", "ete"),
        ("北京", "article"),
        ("…", "article"),
        ("", "article"),
        (f"{'a' * 59} b", "a" * 59),
    ],
)
def test_a_title_names_its_folder_in_plain_letters(title: str, slug: str) -> None:
    """Accents go, words stay apart."""
    assert slugify(title) == slug


@settings(max_examples=300, deadline=None)
@given(title=st.text(max_size=200))
def test_every_title_has_a_folder_name(title: str) -> None:
    """One that `newsletter` takes, the same whenever it is asked again."""
    slug = slugify(title)

    assert parse_slug(slug) == slug
    assert len(slug) <= 60
    assert slugify(slug) == slug
