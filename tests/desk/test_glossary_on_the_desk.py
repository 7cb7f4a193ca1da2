"""The glossary as people tend it at the desk."""

import re
from pathlib import Path

import httpx
import pytest

from flows.operations.auditing import Search, search_events
from tests.desk.conftest import Browser, Site
from tests.functional.cli.test_glossary_commands import draft_and_correct

SHEET = "fr,en,nl,note\nsécurité urbaine,urban security,stedelijke veiligheid,\nmaire,mayor,,\n"
HIDDEN = re.compile(r'name="digest" value="(\w*)"')


@pytest.fixture
def glossary(site: Site) -> Path:
    """The file."""
    path = site.newsroom.content / "glossary.csv"
    path.write_text(SHEET, "utf-8")
    return path


def read(path: Path) -> str:
    """A file as it is now."""
    return path.read_text("utf-8")


def write(path: Path, text: str) -> None:
    """Somebody else writes a file."""
    path.write_text(text, "utf-8")


async def save(browser: Browser, page: httpx.Response, was: str, **cells: str) -> httpx.Response:
    """Press the button of a term's form."""
    (digest, *_) = HIDDEN.findall(page.text)
    fields = {f"cell-{column}": text for column, text in cells.items()}
    return await browser.press("/glossary/term", was=was, digest=digest, **fields)


@pytest.mark.usefixtures("glossary")
async def test_terms_are_found_by_any_of_their_words(site: Site) -> None:
    """In any language, without accents and capitals; alone for htmx."""
    browser = await site.signed_in("Rens")
    for wanted in ("SECURITE", "urban", "veiligheid stede"):
        page = (await browser.look(f"/glossary?q={wanted}")).text
        assert ("sécurité urbaine" in page, ">maire<" in page) == (True, False), wanted
    part = await browser.look("/glossary?q=maire", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "mayor" in part.text
    assert "No term of that kind." in (await browser.look("/glossary?q=zzz")).text


async def test_a_term_is_added_changed_and_taken_out(site: Site, glossary: Path) -> None:
    """In the file at once, and in the audit trail by name."""
    browser = await site.signed_in("Rens")
    added = await save(
        browser, await browser.look("/glossary/term"), "", fr="rue & place", nl="straat"
    )
    assert added.headers["location"] == "/desk/glossary?q=rue%20%26%20place&done=term-saved"
    assert read(glossary) == SHEET + "rue & place,,straat,\n"

    page = await browser.look("/glossary/term?term=maire")
    assert (await save(browser, page, "maire", fr="maire", en="mayor", nl="baas")).is_redirect
    assert "maire,mayor,baas,\n" in read(glossary)

    (digest, *_) = HIDDEN.findall((await browser.look("/glossary/term?term=maire")).text)
    gone = await browser.press("/glossary/term/delete", was="maire", digest=digest)
    assert gone.status_code == 303
    assert "maire" not in read(glossary)
    trail = await search_events(site.runtime.store, Search(action="glossary."), at_most=9)
    assert [(one.action, one.subject, one.actor) for one in trail.events] == [
        ("glossary.removed", "maire", "Rens"),
        ("glossary.changed", "maire", "Rens"),
        ("glossary.added", "rue & place", "Rens"),
    ]


async def test_two_people_see_each_other_s_change_before_anything_is_lost(
    site: Site, glossary: Path
) -> None:
    """What was typed stays in the form, what is there now stands above; then it can be saved."""
    browser = await site.signed_in("Rens")
    page = await browser.look("/glossary/term?term=maire")
    write(glossary, SHEET.replace("mayor,,", "mayor,schepen,"))

    answer = await save(browser, page, "maire", fr="maire", en="mayor", nl="burgemeester")

    assert answer.status_code == 409
    assert "Somebody changed the glossary meanwhile" in answer.text
    assert "schepen" in answer.text
    assert 'value="burgemeester"' in answer.text
    assert "schepen" in read(glossary)
    again = await save(browser, answer, "maire", fr="maire", en="mayor", nl="burgemeester")
    assert again.status_code == 303
    assert "maire,mayor,burgemeester," in read(glossary)


async def test_a_term_that_somebody_took_out_meanwhile_is_saved_as_a_new_one(
    site: Site, glossary: Path
) -> None:
    """If whoever typed still wants it."""
    browser = await site.signed_in("Rens")
    page = await browser.look("/glossary/term?term=maire")
    write(glossary, "fr,en,nl,note\n")

    answer = await save(browser, page, "maire", fr="maire", nl="baas")
    assert answer.status_code == 409
    assert (await save(browser, answer, "", fr="maire", nl="baas")).status_code == 303

    assert read(glossary) == "fr,en,nl,note\nmaire,,baas,\n"


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"fr": "maire"}, "defined twice"),
        ({"fr": ""}, "term is missing"),
        ({"fr": "x" * 501}, "500 characters"),
        ({"fr": "a\tb"}, "one line"),
    ],
)
async def test_what_makes_no_term_is_refused_with_what_was_typed(
    site: Site, glossary: Path, cells: dict[str, str], problem: str
) -> None:
    """And the file stays."""
    browser = await site.signed_in("Rens")

    answer = await save(browser, await browser.look("/glossary/term"), "", nl="iets", **cells)

    assert (answer.status_code, problem in answer.text) == (422, True), answer.text
    assert 'value="iets"' in answer.text
    assert read(glossary) == SHEET


async def test_the_first_term_makes_the_file(site: Site) -> None:
    """With a column for each language and one for notes."""
    path = site.newsroom.content / "glossary.csv"
    path.unlink(missing_ok=True)
    browser = await site.signed_in("Rens")

    await save(browser, await browser.look("/glossary/term"), "", fr="maire", en="mayor")

    assert path.read_text("utf-8") == "fr,en,nl,note\nmaire,mayor,,\n"


async def test_a_broken_file_is_told_with_its_line(site: Site, glossary: Path) -> None:
    """A person mends it with an editor; no other page suffers."""
    write(glossary, 'fr,en\nville,"city\n')
    browser = await site.signed_in("Rens")

    page = await browser.look("/glossary")

    assert page.status_code == 200
    assert "glossary.csv: 2: is not CSV" in page.text
    assert str(glossary) not in page.text
    assert (await browser.look("/glossary/term")).status_code == 422


async def test_proposals_are_taken_over_or_never_proposed_again(site: Site, glossary: Path) -> None:
    """What reviewers corrected three times in the same way."""
    draft_and_correct(
        site.newsroom.workspace, "correspondant de nuit", "nachtcorrespondent", "nachtwacht"
    )
    browser = await site.signed_in("Rens")
    assert "nachtwacht" in (await browser.look("/glossary/proposals")).text
    wanted = {"language": "nl", "term": "correspondant de nuit", "wording": "nachtwacht"}

    declined = await browser.press("/glossary/proposals", do="decline", **wanted)
    assert declined.status_code == 303
    assert "Nothing is proposed now." in (await browser.look("/glossary/proposals")).text
    assert read(glossary) == SHEET

    accepted = await browser.press("/glossary/proposals", do="accept", **wanted)
    assert accepted.status_code == 303
    assert read(glossary) == SHEET + "correspondant de nuit,,nachtwacht,\n"
    refused = await browser.press("/glossary/proposals", do="accept", language="xx")
    assert refused.status_code == 404
