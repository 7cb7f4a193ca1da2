"""Builders of articles, catalogues and Markdown."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from flows.content.catalogue import Catalogue
from flows.content.markdown import new_markdown
from flows.content.segments import convert
from flows.domain.article import Article, FrontMatter, Slug
from flows.domain.language import Language
from flows.domain.segment import SegmentKey

FR = Language("fr")
EN = Language("en")
NL = Language("nl")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives each document of the corpus to the tests that ask for one."""
    if "document" in metafunc.fixturenames:
        paths = sorted((Path(__file__).parents[2] / "corpus").glob("*.md"))
        texts = [path.read_text("utf-8") for path in paths]
        metafunc.parametrize("document", texts, ids=[path.stem for path in paths])


def build_article(body: str = "Un texte.", **front: str) -> Article:
    """An article with `body`, valid in everything that is not given."""
    fields = {"title": "Un titre", "author": "La rédaction", "date": "2026-11-03", **front}
    return Article(
        slug=Slug("essai"),
        folder=Path("essai"),
        front=FrontMatter(**fields),  # type: ignore[arg-type]  # tests give texts only
        body=body,
    )


def render_plainly(body: str) -> str:
    """The document through the same dialect, without the cut."""
    return flatten(new_markdown(FR).convert(body))


def render_through_segments(body: str, translations: Mapping[SegmentKey, str]) -> str:
    """The document cut into segments and put together with `translations`."""
    return flatten(
        convert(body, language=FR, exchange=lambda key, _kind: translations.get(key)).html
    )


def flatten(html: str) -> str:
    """`html` without the white space between tags, other white space as one space."""
    return re.sub(r"\s+", " ", re.sub(r"\s*(<[^>]*>)\s*", r"\1", html)).strip()


@pytest.fixture(name="an_article")
def fixture_an_article() -> Callable[..., Article]:
    """The builder of articles."""
    return build_article


@pytest.fixture(name="plainly")
def fixture_plainly() -> Callable[[str], str]:
    """The renderer without the cut."""
    return render_plainly


@pytest.fixture(name="through_segments")
def fixture_through_segments() -> Callable[[str, Mapping[SegmentKey, str]], str]:
    """The renderer through the cut."""
    return render_through_segments


@pytest.fixture(name="a_catalogue")
def fixture_a_catalogue(tmp_path: Path) -> Callable[[], Catalogue]:
    """Loads the English catalogue of a folder of its own, as it is on disk."""
    return lambda: Catalogue.load(tmp_path / "en.po", language=EN, source_language=FR)
