from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.content.source import list_articles, parse_slug, read_article
from flows.domain.article import Slug
from flows.domain.errors import InputError, NotFoundError
from flows.domain.language import Language

FR = Language("fr")
HEAD = "title: Un titre\nauthor: La rédaction\ndate: 2026-10-06\n"


def write(folder: Path, text: str | bytes) -> Path:
    """The folder of an article with this file."""
    article = folder / "un-essai"
    article.mkdir(exist_ok=True)
    raw = text.encode() if isinstance(text, str) else text
    (article / "fr.md").write_bytes(raw)
    return article


def test_an_article_is_read_whole(tmp_path: Path) -> None:
    """Every field, the body, and where both stand in the file."""
    fields = (
        "title: 'Écouter\u202f: agir'\nauthor: A\ndate: 2019-11\nplace: Liège\nsummary: |\n  Un\n"
        "  résumé\ntags:\n  - ville\n  - nuit\narticles: [city-pair]\n"
    )
    article = read_article(write(tmp_path, f"---\n{fields}---\n\n## Corps\n"), language=FR)
    assert article.slug == "un-essai"
    assert article.front.title == "Écouter\u202f: agir"
    assert article.front.date == "2019-11"
    assert article.front.summary == "Un résumé"
    assert article.front.tags == ("ville", "nuit")
    assert article.front.listed == (Slug("city-pair"),)
    assert article.body == "\n## Corps\n"
    assert article.body_line == 14
    assert article.field_lines["place"] == 5


def test_windows_line_ends_and_byte_order_marks_are_no_matter(tmp_path: Path) -> None:
    """The article is the same whichever editor saved it."""
    text = f"---\n{HEAD}---\nCorps\nsuite\n"
    plain = read_article(write(tmp_path, text), language=FR)
    windows = read_article(
        write(tmp_path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()), language=FR
    )
    assert plain == windows


@pytest.mark.parametrize(
    ("fields", "field", "line"),
    [
        ("title: T\nauthor: A\n", "date", None),
        ("title: ''\nauthor: A\ndate: 2026-10-06\n", "title", 2),
        (HEAD + "titel: T\n", "titel", 5),
        (HEAD + "place: [a]\n", "place", 5),
        (HEAD + "summary: 12\n", "summary", 5),
        (HEAD + "preheader: yes\n", "preheader", 5),
        (HEAD + "tags: ville\n", "tags", 5),
        (HEAD + "tags: [1]\n", "tags", 5),
        (HEAD + "articles: [../x]\n", "articles", 5),
        ("title: T\nauthor: A\ndate: 2026-02-30\n", "date", 4),
        ("title: T\nauthor: A\ndate: 2026-13\n", "date", 4),
        ("title: T\nauthor: A\ndate: 6 octobre 2026\n", "date", 4),
        ("title: T\nauthor: A\ndate: 20261006\n", "date", 4),
        ("title: T\nauthor: A\ndate: 2026-10-06 18:30:00\n", "date", 4),
    ],
)
def test_a_wrong_field_is_named_with_its_line_and_remedy(
    tmp_path: Path, fields: str, field: str, line: int | None
) -> None:
    """The author reads which field, where, and what to write."""
    with pytest.raises(InputError) as caught:
        read_article(write(tmp_path, f"---\n{fields}---\nCorps\n"), language=FR)
    assert (caught.value.field, caught.value.line) == (field, line)
    assert caught.value.remedy
    assert caught.value.path


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ("title: Liège : deux points\nauthor: A\n", 2),
        (HEAD + "title: encore\n", 5),
        (HEAD + "place: &a Liège\nsummary: *a\n", 5),
        (HEAD + "place: *a\n", 5),
        (HEAD + "place: 'pas fermé\n", 5),
        (HEAD + "place: !!python/object:os.system x\n", 5),
        (HEAD + "? [a]\n: b\n", None),
        (HEAD + 'place: "\\uD800"\n', 5),
        (HEAD + 'agenda:\n  - title: "\\uDFFF"\n', 6),
    ],
)
def test_invalid_yaml_is_refused(tmp_path: Path, fields: str, line: int | None) -> None:
    """Colons in bare values, doubled fields, aliases and tags never get through."""
    with pytest.raises(InputError) as caught:
        read_article(write(tmp_path, f"---\n{fields}---\nCorps\n"), language=FR)
    assert line is None or caught.value.line == line


@pytest.mark.parametrize(
    ("field", "sign"),
    [
        ("tags: [ville, nuit", "["),
        ("tags: [ville, nuit: tard", "["),
        ("place: [Liège", "["),
        ("articles:\n  - {article: city-pair", "{"),
        ('place: "Liège', '"'),
        ("place: 'Liège", "'"),
    ],
)
@pytest.mark.parametrize("below", ["", "summary: Un résumé\n"])
def test_what_is_not_closed_is_named_where_it_opens(
    tmp_path: Path, field: str, sign: str, below: str
) -> None:
    """Not the line below, with which nothing is wrong."""
    fields = f"{HEAD}{field}\n{below}"
    with pytest.raises(InputError, match="that opens here is not closed") as caught:
        read_article(write(tmp_path, f"---\n{fields}---\nCorps\n"), language=FR)
    assert caught.value.line == 5 + field.count("\n")
    assert f"the {sign} " in caught.value.problem


@pytest.mark.parametrize("list_", ['[\n  "ville"\n  "nuit"\n]', "[\n  ville,\n  nuit: a: b\n]"])
def test_what_is_wrong_within_a_list_that_is_closed_is_named_where_it_is(
    tmp_path: Path, list_: str
) -> None:
    """There is nothing to close."""
    with pytest.raises(InputError, match="not valid YAML") as caught:
        read_article(write(tmp_path, f"---\n{HEAD}tags: {list_}\n---\nCorps\n"), language=FR)
    assert caught.value.line == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Corps sans tête\n",
        "---\ntitle: T\n",
        "---\n---\nCorps",
        "---\n- a\n---\n",
        b"\xe9t\xe9",
    ],
)
def test_a_file_without_a_usable_head_is_refused(tmp_path: Path, text: str | bytes) -> None:
    """No front matter, none that ends, an empty one, a list, and a file that is not UTF-8."""
    with pytest.raises(InputError):
        read_article(write(tmp_path, text), language=FR)


def test_a_file_that_is_not_utf8_says_on_which_line(tmp_path: Path) -> None:
    """The first byte in the way is found for the author."""
    raw = f"---\n{HEAD}---\n".encode() + "été".encode("cp1252")
    with pytest.raises(InputError, match="not UTF-8") as caught:
        read_article(write(tmp_path, raw), language=FR)
    assert caught.value.line == 6


def test_a_giant_file_is_refused(tmp_path: Path) -> None:
    """A megabyte is no article."""
    with pytest.raises(InputError, match="larger"):
        read_article(write(tmp_path, f"---\n{HEAD}---\n" + "a" * 1_000_001), language=FR)


def test_an_article_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    """Neither a missing folder nor a missing language is an empty article."""
    with pytest.raises(NotFoundError):
        read_article(tmp_path / "rien", language=FR)


@given(fields=st.text(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_front_matter_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, fields: str
) -> None:
    """Nothing that a person can type makes the reader fail in another way."""
    folder = tmp_path_factory.mktemp("content")
    text = f"---\n{fields}\n---\nCorps".encode("utf-8", "surrogatepass")
    with pytest.raises(InputError):
        read_article(write(folder, text), language=FR)


@pytest.mark.parametrize("text", ["city-pair", "2026", "a", "a-b-c-1"])
def test_a_slug_is_lower_case_words_and_hyphens(text: str) -> None:
    """What can be a folder's name everywhere."""
    assert parse_slug(text) == text


@pytest.mark.parametrize(
    "text", ["", "..", "../x", "a/b", "/etc", "A", "é", "a_b", "-a", "a-", "a--b", "a\n", "a.md"]
)
def test_what_could_leave_the_folder_is_no_slug(text: str) -> None:
    """No path, no upper case, no accent."""
    with pytest.raises(InputError):
        parse_slug(text)


def test_articles_are_listed_by_name(tmp_path: Path) -> None:
    """Folders that could be articles, and nothing else."""
    for name in ("b", "a", ".git", "Brouillons"):
        (tmp_path / name).mkdir()
    (tmp_path / "glossary").write_text("")
    assert list_articles(tmp_path) == ["a", "b"]
    assert list_articles(tmp_path / "rien") == []
