"""glossary check, propose and accept, as editors call them."""

import csv
from pathlib import Path

import polib
import pytest

from tests.functional.cli.conftest import Newsletter


@pytest.fixture
def glossary(workspace: Path) -> Path:
    """The glossary's file."""
    return workspace / "content" / "glossary.csv"


def test_the_shipped_glossary_is_sound_and_followed(newsletter: Newsletter) -> None:
    """No fault in it, no translation of the example that strays from it."""
    said = newsletter("glossary", "check", "--json")
    assert said.code == 0
    facts = said.json()
    assert facts["terms"] > 100
    assert set(facts["wordings"]) == {"en", "nl"}
    assert facts["faults"] == facts["findings"] == []
    assert "terms; with a wording: " in newsletter("glossary", "check").out


def test_a_contradiction_ends_with_1(newsletter: Newsletter, glossary: Path) -> None:
    """It is told with its line and column."""
    glossary.write_text(
        "fr,en,nl,note\nmaire,mayor,burgemeester,forbidden:en:mayor\n", encoding="utf-8"
    )
    said = newsletter("glossary", "check")
    assert said.code == 1
    assert "2\ten\terror\t" in said.out


def test_translations_that_stray_are_told(newsletter: Newsletter, glossary: Path) -> None:
    """Every article's catalogues are judged by a new term."""
    glossary.write_text("fr,en,nl\ndélégation,party,groep\n", encoding="utf-8")
    said = newsletter("glossary", "check", "--json")
    assert said.code == 0
    assert {one["language"] for one in said.json()["findings"]} == {"en", "nl"}
    assert {one["slug"] for one in said.json()["findings"]} == {"city-pair"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('fr,en\nville,"city\n', "glossary.csv:2"),
        ("fr,english\n", "glossary.csv:1: english"),
        ("fr,en\nville,city,town\n", "glossary.csv:2: en"),
        (None, "there is no glossary here"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_place(
    newsletter: Newsletter, glossary: Path, text: str | None, told: str
) -> None:
    """File, line and column, and a remedy; no traceback."""
    if text is None:
        glossary.unlink()
    else:
        glossary.write_text(text, encoding="utf-8")
    said = newsletter("glossary", "check")
    assert said.code == 1
    assert told in said.err
    assert "Traceback" not in said.all


def draft_and_correct(workspace: Path, term: str, wrong: str, right: str) -> None:
    """Writes a catalogue in which a translator put one wording right in three passages."""
    source = workspace / "content" / "trois" / "fr.md"
    source.parent.mkdir()
    lines = [f"Ici, le {term} {word}." for word in ("écoute", "parle", "agit")]
    head = "---\ntitle: Trois\nauthor: Ada\ndate: 2026-11-01\n---\n\n"
    source.write_text(head + "\n\n".join(lines) + "\n", encoding="utf-8")
    po = polib.POFile()
    po.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": "nl"}
    for line, word in zip(lines, ("luistert", "praat", "handelt"), strict=True):
        draft = f'draft: google plain 2026-11-22T09:30Z "Hier {word} de {wrong}."'
        po.append(polib.POEntry(msgid=line, msgstr=f"Hier {word} de {right}.", tcomment=draft))
    po.save(str(source.parent / "nl.po"))


def test_a_repeated_correction_becomes_a_term(
    newsletter: Newsletter, workspace: Path, glossary: Path
) -> None:
    """Proposed, accepted with the command that is shown, and then no longer proposed."""
    draft_and_correct(workspace, "correspondant de nuit", "nachtcorrespondent", "nachtwacht")
    before = glossary.read_bytes()
    proposed = newsletter("glossary", "propose", "--json")
    [one] = proposed.json()
    assert (one["term"], one["language"]) == ("correspondant de nuit", "nl")
    assert (one["replaced"], one["wording"]) == ("nachtcorrespondent", "nachtwacht")
    command = 'glossary accept "correspondant de nuit" nl "nachtwacht"'
    assert command in newsletter("glossary", "propose").out
    accepted = newsletter("glossary", "accept", one["term"], "nl", one["wording"])
    assert accepted.code == 0
    assert glossary.read_bytes() == before + b"correspondant de nuit,,nachtwacht,\n"
    assert newsletter("glossary", "propose", "--json").json() == []
    assert (
        "says so already"
        in newsletter(*("glossary", "accept", one["term"], "nl", one["wording"])).out
    )
    with glossary.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[-1] == ["correspondant de nuit", "", "nachtwacht", ""]


def test_a_language_without_a_column_is_told(newsletter: Newsletter, glossary: Path) -> None:
    """The header is the editor's to change."""
    glossary.write_text("fr,en\nville,city\n", encoding="utf-8")
    said = newsletter("glossary", "accept", "maire", "nl", "burgemeester")
    assert said.code == 1
    assert "has no column nl" in said.err
    assert newsletter("glossary", "accept", "maire", "sv", "borgmästare").code == 2
