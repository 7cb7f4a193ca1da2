"""The memory as people look things up in it."""

import re
from pathlib import Path

import pytest

from flows.desk.memory import steps_of
from flows.domain.language import Language
from flows.operations.auditing import Search, search_events
from flows.operations.remembering import import_memory
from flows.translation.memory.tmxreading import read_origin
from tests.desk.conftest import Site
from tests.functional.editorial.conftest import NOW

TMX = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4"><header creationtool="x" creationtoolversion="1" segtype="sentence" o-tmf="x"
 adminlang="en" srclang="fr" datatype="plaintext"/><body>
<tu><tuv xml:lang="fr"><seg>La ville est calme le soir.</seg></tuv>
<tuv xml:lang="nl"><seg>De stad is ’s avonds rustig.</seg></tuv>
<tuv xml:lang="en"><seg>The city is calm in the evening.</seg></tuv></tu>
<tu><tuv xml:lang="fr"><seg>Merci</seg></tuv><tuv xml:lang="nl"><seg>Bedankt</seg></tuv></tu>
</body></tmx>
"""
UNIT = re.compile(r'name="unit" value="(\w+)"')


@pytest.fixture
def agency(approved: Site, tmp_path: Path) -> Path:
    """An imported memory of an agency, beside the approved article."""
    file = tmp_path / "agency.tmx"
    file.write_text(TMX, "utf-8")
    return import_memory(approved.runtime.library, file, now=NOW).path


def read(path: Path) -> str:
    """A file as it is now."""
    return path.read_text("utf-8")


def write(path: Path, text: str) -> None:
    """Somebody else writes a file."""
    path.write_text(text, "utf-8")


@pytest.mark.usefixtures("agency")
async def test_translations_are_found_by_words_of_either_language(approved: Site) -> None:
    """With where they come from: approved by whom, or imported with which file."""
    browser = await approved.signed_in("Rens")
    assert "7 translations" in (await browser.look("/memory")).text
    for wanted, found in (
        ("médiation de nuit", "approved by Chantal"),
        ("NACHTBEMIDDELING", "La médiation de nuit"),
        ("avonds", "Imported with agency.tmx"),
    ):
        page = (await browser.look(f"/memory?q={wanted}&lang=nl")).text
        assert ("1 translation<" in page, found in page) == (True, True), wanted
    nothing = await browser.look("/memory?q=zzz&lang=nl", headers={"HX-Request": "true"})
    assert "Nothing like it" in nothing.text
    assert "<html" not in nothing.text


@pytest.mark.usefixtures("agency")
async def test_a_text_like_one_is_found_with_what_differs(approved: Site) -> None:
    """Word by word, and how like it is."""
    browser = await approved.signed_in("Rens")

    page = (await browser.look("/memory?q=La ville est calme le matin.&how=like&lang=nl")).text

    assert "De stad is ’s avonds rustig." in page
    assert "<del>soir</del>" in page
    assert "<ins>matin</ins>" in page
    assert re.search(r"8\d% alike", page)


async def test_what_was_imported_is_taken_out_in_one_language(approved: Site, agency: Path) -> None:
    """Of its file, which keeps all else; the audit trail knows who."""
    browser = await approved.signed_in("Édith")
    (unit,) = UNIT.findall((await browser.look("/memory?q=avonds&lang=nl")).text)

    answer = await browser.press("/memory/delete", unit=unit, lang="nl")

    assert answer.headers["location"] == "/desk/memory?lang=nl&done=unit-removed"
    text = read(agency)
    assert "avonds" not in text
    assert "The city is calm in the evening." in text
    assert "Bedankt" in text
    library = approved.runtime.library
    assert len(library.memory(Language("nl"))) == 7
    assert len(library.memory(Language("en"))) == 7
    (event,) = (
        await search_events(approved.runtime.store, Search(action="memory."), at_most=9)
    ).events
    assert (event.actor, event.subject) == ("Édith", "agency.tmx")
    again = await browser.press("/memory/delete", unit=unit, lang="nl")
    assert again.status_code == 404


async def test_a_file_keeps_its_name_until_its_last_translation_is_taken_out(
    approved: Site, tmp_path: Path
) -> None:
    """Importing the same file again replaces it; an empty one is gone."""
    file = tmp_path / "agency of 2026.tmx"
    write(file, TMX)
    path = import_memory(approved.runtime.library, file, now=NOW).path
    browser = await approved.signed_in("Édith")

    async def take_out(language: str) -> bool:
        page = (await browser.look(f"/memory?q=e&lang={language}")).text
        units = UNIT.findall(page)
        for unit in units:
            await browser.press("/memory/delete", unit=unit, lang=language)
        return bool(units)

    assert await take_out("nl")
    assert read_origin(path) == file.name
    assert import_memory(approved.runtime.library, file, now=NOW).replaced
    assert await take_out("nl")
    assert await take_out("en")
    assert not path.exists()


async def test_what_an_article_says_is_changed_in_the_article(approved: Site) -> None:
    """There is no button, but a way there; and no trick deletes it."""
    browser = await approved.signed_in("Édith")

    page = (await browser.look("/memory?q=Nachtbemiddeling&lang=nl")).text

    assert UNIT.findall(page) == []
    assert 'href="/desk/articles/mediation/nl"' in page
    assert (await browser.press("/memory/delete", unit="0" * 32, lang="nl")).status_code == 404


async def test_a_file_of_another_program_is_left_as_it_is(approved: Site, agency: Path) -> None:
    """Writing it again would lose what we do not read."""
    write(agency, TMX)
    browser = await approved.signed_in("Édith")
    (unit,) = UNIT.findall((await browser.look("/memory?q=avonds&lang=nl")).text)

    answer = await browser.press("/memory/delete", unit=unit, lang="nl")

    assert (answer.status_code, "another program" in answer.text) == (409, True)
    assert read(agency) == TMX


@pytest.mark.usefixtures("agency")
async def test_a_reader_of_the_memory_deletes_nothing(approved: Site) -> None:
    """A reviewer has no such button; the door holds the same."""
    browser = await approved.signed_in("Rens")

    assert UNIT.findall((await browser.look("/memory?q=avonds&lang=nl")).text) == []


def test_a_difference_is_told_piece_by_piece() -> None:
    """Nothing is lost between the pieces."""
    assert steps_of("a [-b-] {+c+} d") == (
        (" ", "a "),
        ("-", "b"),
        (" ", " "),
        ("+", "c"),
        (" ", " d"),
    )
    assert steps_of("") == ()
