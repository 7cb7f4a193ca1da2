"""Evidence is taken with an approval, bound to its edition, and stays what it was."""

import json
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import delete

from flows.domain.errors import NotDoneError, NotFoundError
from flows.domain.language import Language
from flows.operations.approving import reject_language
from flows.operations.evidence import seal
from flows.operations.records import records_of, write_records
from flows.store.tables import evidence as evidence_table
from tests.functional.editorial.conftest import EN, FR, NL, NOW, ROOT, SLUG, WORDS, Newsroom

SCHEMA = json.loads((ROOT / "docs" / "evidence.schema.json").read_text("utf-8"))
HEADING = "À quoi sert la médiation ?"
PROMISE = "Elle aide à « vivre ensemble » dans l’espace public."
DAY = date(2026, 11, 22)


def draft_all(newsroom: Newsroom, language: Language = EN) -> None:
    """A machine drafts every segment, some of them badly."""
    library = newsroom.desk.library
    catalogue = library.synchronised(library.article(SLUG), language)
    bad = {HEADING: "What is the mediation for?"}
    for key in catalogue.waiting():
        text = bad.get(key.source, WORDS[key.source][language])
        catalogue.draft(key, text, origin="deepl full/xml", at=NOW)
    catalogue.save()


def correct(newsroom: Newsroom, source: str, text: str, language: Language = EN) -> None:
    """A translator changes one passage."""
    catalogue = newsroom.desk.library.catalogue(SLUG, language)
    [key] = [entry.key for entry in catalogue.entries() if entry.key.source == source]
    catalogue.edit(key, text, by="Ada")
    catalogue.save()


async def record(newsroom: Newsroom, name: str = SLUG, language: Language = EN) -> dict[str, Any]:
    """The one record of a language, held to its schema."""
    desk = newsroom.desk
    [found] = await records_of(desk.library, desk.store, name, [language])
    Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(found)
    return found


def passage(record: dict[str, Any], source: str) -> dict[str, Any]:
    """One passage of a record."""
    [one] = [one for one in record["passages"] if one["source"] == source]
    return dict(one)


def test_the_schema_is_one() -> None:
    """Its own form is right."""
    Draft202012Validator.check_schema(SCHEMA)


async def test_a_record_tells_machine_from_person(newsroom: Newsroom) -> None:
    """Draft, engine, time, change, approval; and the hash of what was signed off."""
    draft_all(newsroom)
    correct(newsroom, HEADING, "What is mediation for?")
    digest = await newsroom.approve(EN)
    found = await record(newsroom)
    edited, untouched = passage(found, HEADING), passage(found, PROMISE)
    assert found["edition"]["sha256"] == digest
    assert found["approval"] == {
        "by": "Chantal",
        "at": NOW.isoformat(),
        "two_people": True,
        "warnings": 0,
    }
    assert edited["author"] == "machine-edited"
    assert edited["draft"] == {
        "by": "deepl full/xml",
        "at": NOW.isoformat(),
        "text": "What is the mediation for?",
    }
    assert edited["steps"] == [["=", "What is "], ["-", "the "], ["=", "mediation for?"]]
    assert edited["change"] == pytest.approx(1 / 6, abs=1e-3)
    assert edited["approved"] == {"by": "Chantal", "on": "2026-11-22"}
    assert (untouched["author"], untouched["change"], untouched["steps"]) == ("machine", 0, [])
    assert found["summary"]["passages_by_author"]["machine-edited"] == 1
    assert found["summary"]["passages_by_author"]["machine"] == found["summary"]["passages"] - 1


async def test_people_s_own_words_and_the_source_have_no_draft(newsroom: Newsroom) -> None:
    """A catalogue written by hand, and the French."""
    newsroom.fill(NL)
    await newsroom.approve(NL)
    dutch, french = await record(newsroom, language=NL), await record(newsroom, language=FR)
    assert {one["author"] for one in dutch["passages"]} == {"person"}
    assert {one["author"] for one in french["passages"]} == {"source"}
    assert french["approval"] is None
    assert all(one["draft"] is None for one in (*dutch["passages"], *french["passages"]))


async def test_a_record_stays_what_it_was_when_the_article_goes_on(newsroom: Newsroom) -> None:
    """An issue's record is of what was sent, whatever is edited and approved afterwards."""
    await newsroom.bring_in()
    draft_all(newsroom, EN)
    newsroom.fill(NL)
    for language in newsroom.desk.library.languages:
        await newsroom.approve(language)
    issue = await newsroom.freeze(await newsroom.open("members"), after=timedelta(hours=1))
    before = await record(newsroom, issue.id)
    correct(newsroom, HEADING, "What good is mediation?")
    await newsroom.approve(EN, by="Dora")
    after = await record(newsroom, issue.id)
    assert after == before
    assert before["sending"]["issue"] == issue.id
    assert before["sending"]["started_at"] == (NOW + timedelta(hours=1)).isoformat()
    assert before["approval"]["by"] == "Chantal"
    assert (await record(newsroom))["approval"]["by"] == "Dora"


async def test_an_edit_leaves_the_article_without_an_approved_record(newsroom: Newsroom) -> None:
    """What is on disk now is not what was signed off, and the record says so."""
    draft_all(newsroom)
    await newsroom.approve(EN)
    correct(newsroom, HEADING, "What is mediation for?")
    found = await record(newsroom)
    assert (found["approval"], found["taken_from"]) == (None, "catalogue")
    assert passage(found, HEADING)["approved"] is None
    assert passage(found, PROMISE)["approved"] == {"by": "Chantal", "on": "2026-11-22"}


async def test_a_rejection_takes_the_approval_out_of_the_record(newsroom: Newsroom) -> None:
    """The last word counts."""
    draft_all(newsroom)
    await newsroom.approve(EN)
    desk = newsroom.desk
    await reject_language(
        desk.library, desk.store, SLUG, EN, by="Eve", because="no", now=NOW + timedelta(hours=1)
    )
    assert (await record(newsroom))["approval"] is None


async def test_an_edit_with_another_tool_is_a_person_s(newsroom: Newsroom) -> None:
    """Poedit leaves the origin as it was: the kept draft tells that the text is another."""
    draft_all(newsroom)
    path = newsroom.content / SLUG / "en.po"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace('msgstr "What is the mediation for?"', 'msgstr "What is mediation for?"'),
        "utf-8",
    )
    found = passage(await record(newsroom), HEADING)
    assert (found["author"], found["text"]) == ("machine-edited", "What is mediation for?")


async def test_rules_that_mended_a_draft_are_no_person(newsroom: Newsroom) -> None:
    """The record names the checks; the author stays the machine."""
    draft_all(newsroom)
    catalogue = newsroom.desk.library.catalogue(SLUG, EN)
    [key] = [entry.key for entry in catalogue.entries() if entry.key.source == HEADING]
    catalogue.draft(key, "What is mediation for ?", origin="google plain", at=NOW)
    catalogue.mend(key, "What is mediation for?", checks=["typography"])
    catalogue.dismiss(key, "ratio", by="Ben", on=DAY)
    catalogue.save()
    found = passage(await record(newsroom), HEADING)
    assert (found["author"], found["mended"]) == ("machine", ["typography"])
    assert found["dismissed"] == [{"check": "ratio", "by": "Ben", "on": "2026-11-22"}]


async def test_an_approval_of_before_records_were_kept(newsroom: Newsroom) -> None:
    """The catalogue still tells, as long as the edition is the same."""
    await newsroom.bring_in()
    await newsroom.approve_all()
    issue = await newsroom.freeze(await newsroom.open("members"))
    async with newsroom.desk.store.writing() as tx:
        await tx.execute(delete(evidence_table))
    found = await record(newsroom, issue.id)
    assert (found["taken_from"], found["approval"]["by"]) == ("catalogue", "Chantal")
    assert found["approval"]["two_people"] is None
    correct(newsroom, HEADING, "What good is mediation?")
    with pytest.raises(NotDoneError, match="before evidence was kept"):
        await record(newsroom, issue.id)


async def test_what_has_no_record_is_told(newsroom: Newsroom) -> None:
    """An issue that nothing is fixed of, a name that nothing bears."""
    await newsroom.bring_in()
    issue = await newsroom.open("members")
    with pytest.raises(NotDoneError, match="nothing of it is fixed yet"):
        await record(newsroom, issue.id)
    with pytest.raises(NotFoundError):
        await record(newsroom, "nowhere")


async def test_the_seal_is_of_the_whole_record(newsroom: Newsroom) -> None:
    """Who changes a word of it changes its hash."""
    draft_all(newsroom)
    found = await record(newsroom)
    assert seal(found) == found
    found["passages"][0]["text"] += "!"
    assert seal(found)["sha256"] != found["sha256"]


class Page(HTMLParser):
    """What a page loads from elsewhere, its languages and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.languages: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes addresses and languages."""
        values = dict(attrs)
        self.outside += [value for name in ("src", "href") if (value := values.get(name))]
        self.outside += [tag] if tag in {"script", "link", "iframe"} else []
        self.languages |= {values["lang"] or ""} if "lang" in values else set()

    def handle_data(self, data: str) -> None:
        """Notes words."""
        self.text += data


@pytest.mark.parametrize(
    ("reviewer", "words"),
    [
        ("fr", "une machine, puis une personne"),
        ("en", "a machine, then a person"),
        ("nl", "een machine, daarna een persoon"),
    ],
)
async def test_the_page_says_the_same_and_needs_nothing_else(
    newsroom: Newsroom, tmp_path: Path, reviewer: str, words: str
) -> None:
    """In the reader's language, self-contained, whatever is in the texts."""
    draft_all(newsroom)
    correct(newsroom, HEADING, "What is <b>mediation</b> for? {{ 7 * 7 }}")
    found = await record(newsroom)
    facts, page = write_records(
        [found],
        tmp_path / "out",
        template_folders=newsroom.desk.library.template_folders,
        reviewer=reviewer,
    )
    assert json.loads(facts.read_text("utf-8")) == found
    html = page.read_text("utf-8")
    read = Page(html)
    assert read.outside == []
    assert read.languages == {reviewer, "fr", "en"}
    assert words in read.text
    assert found["edition"]["sha256"] in read.text
    assert found["sha256"] in read.text
    assert "<b>mediation" not in html
    assert "{{ 7 * 7 }}" in read.text
    assert "<del>" in html
    assert "<ins>" in html
