"""French, English and Dutch say the same things; another language has whole pages or none."""

import re
import tomllib
from pathlib import Path

import pytest

from flows.desk.readers.texts import page_texts
from flows.mail.notice import notice_texts

TEMPLATES = Path(__file__).parents[3] / "templates"
PAGES = tomllib.loads((TEMPLATES / "public" / "strings.toml").read_text("utf-8"))
NOTICES = tomllib.loads((TEMPLATES / "email" / "notices.toml").read_text("utf-8"))
MARK = re.compile(r"\{\w+\}")


@pytest.mark.parametrize("tables", [PAGES, NOTICES], ids=["pages", "notices"])
@pytest.mark.parametrize("language", ["fr", "nl"])
def test_every_text_is_in_the_three_languages(
    tables: dict[str, dict[str, str]], language: str
) -> None:
    """With the same marks to fill in, and not one of them left in English."""
    english, other = tables["en"], tables[language]
    assert other.keys() == english.keys()
    for key, text in english.items():
        assert MARK.findall(other[key]) == MARK.findall(text), key
        alike = key in {"base_network", "signature"}
        assert (other[key] == text) is alike, key


@pytest.mark.parametrize("language", sorted(PAGES.keys() - {"fr", "en", "nl"}))
def test_another_language_has_the_pages_that_a_letter_needs(language: str) -> None:
    """Leaving, and a page that is not there; no page is in two languages."""
    english = PAGES["en"]
    for page in ("leave", "gone"):
        assert page_texts([TEMPLATES], language, page=page)["language"] == language
    parts = {key.partition("_")[0] for key in PAGES[language]}
    for part in parts:
        wanted = {key for key in english if key.startswith(f"{part}_")}
        assert wanted <= PAGES[language].keys(), part
    assert PAGES[language].keys() <= english.keys()


def test_a_page_that_a_language_lacks_is_english_throughout() -> None:
    """And says so."""
    texts = page_texts([TEMPLATES], "de", page="subscribe")
    assert texts["language"] == "en"
    assert texts["base_subscribe"] == "Subscribe"
    assert page_texts([TEMPLATES], "nl-BE", page="subscribe")["language"] == "nl"
    assert page_texts([TEMPLATES], "sv", page="leave")["language"] == "en"
    assert notice_texts([TEMPLATES], language="sv")["language"] == "en"


def test_a_workspace_may_write_its_own_words(tmp_path: Path) -> None:
    """A key of its own, or a whole language; a change is seen at once."""
    own = tmp_path / "public" / "strings.toml"
    own.parent.mkdir()
    own.write_text('[fr]\nbase_network = "Réseau"\n', encoding="utf-8")
    folders = [tmp_path, TEMPLATES]
    assert page_texts(folders, "fr", page="gone")["base_network"] == "Réseau"
    assert page_texts(folders, "fr", page="gone")["gone_title"] == "Page introuvable"

    own.write_text('[fr]\nbase_network = "Le réseau des villes"\n', encoding="utf-8")
    assert page_texts(folders, "fr", page="gone")["base_network"] == "Le réseau des villes"
