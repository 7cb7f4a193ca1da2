"""XLIFF 2.0 to an agency and back: what it may do, and what is refused, unit by unit."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, parse, register_namespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from translate.storage.xliff2 import Xliff2File

from flows.domain.errors import InputError
from flows.domain.segment import Segment, SegmentKey, SegmentState
from flows.operations.agencies import AgencyImport, export_xliff, import_xliff
from flows.operations.library import Library
from flows.operations.receiving import Fate
from flows.translation.decoding import assemble
from flows.translation.tokens import tokenise
from flows.translation.xliff.reading import read_content, read_xliff
from flows.translation.xliff.units import NAMESPACE, Document, Offer, unit_id
from flows.translation.xliff.writing import format_xliff
from tests.functional.editorial.conftest import (
    EN,
    FR,
    NL,
    NOW,
    SLUG,
    WORDS,
    Newsroom,
    write_article,
)
from tests.unit.translation.test_engine_habits import SEGMENTS

LINK = "Les **médiateurs** écoutent, puis orientent vers [le service](https://efus.test/nuit)."
IMAGE = 'Voici ![le maire](m.jpg "Le maire, de nuit") et `make`.'
X = f"{{{NAMESPACE}}}"
DUTCH = {
    "La médiation de nuit": "De bemiddeling bij nacht",
    "Rédaction de la lettre": "Redactie van de brief",
    "Des médiateurs dans la ville, la nuit.": "Bemiddelaars in de stad, bij nacht.",
    "Les": "De",
    "médiateurs": "bemiddelaars",
    "écoutent, puis orientent vers": "luisteren en verwijzen dan naar",
    "le service": "de dienst",
    "À quoi sert la médiation ?": "Waartoe dient de bemiddeling?",
    "Elle aide à « vivre ensemble » dans l’espace public.": (
        "Zij helpt om ‘samen te leven’ in de openbare ruimte."
    ),
    "Voici": "Zie",
    "et": "en",
    "le maire": "de burgemeester",
    "Le maire, de nuit": "De burgemeester, bij nacht",
}
"""The texts between the marks of the article, by their French."""

Work = Callable[[Element], None]

register_namespace("", NAMESPACE)


@pytest.fixture
def library(newsroom: Newsroom) -> Library:
    """The newsroom's articles; the sample one has an image, too."""
    body = (newsroom.content / SLUG / "fr.md").read_text("utf-8").partition("---\n\n")[2]
    write_article(newsroom.content, body=f"{body}\n{IMAGE}\n")
    return newsroom.desk.library


@pytest.fixture
def file(library: Library, tmp_path: Path) -> Path:
    """The article as the agency gets it."""
    path = tmp_path / "lettre.nl.xlf"
    export_xliff(library, SLUG, NL, path)
    return path


def units_of(file: Path) -> dict[str, Element]:
    """The units of segments by their plain French."""
    root = parse(file).getroot()
    return {
        "".join(unit.find(f".//{X}source").itertext()): unit  # type: ignore[union-attr]
        for unit in root.iter(f"{X}unit")
    }


def rewrite(file: Path, work: Callable[[str, Element], None]) -> None:
    """An agency's work on each segment: `work` gets its plain French and the element."""
    tree = parse(file)
    for segment in tree.getroot().iter(f"{X}segment"):
        work("".join(segment.find(f"{X}source").itertext()), segment)  # type: ignore[union-attr]
    ElementTree(tree.getroot()).write(file, encoding="utf-8", xml_declaration=True)


def translate(segment: Element) -> None:
    """Puts the Dutch of a segment, its codes in their places."""
    for old in segment.findall(f"{X}target"):
        segment.remove(old)
    target = SubElement(segment, f"{X}target")
    copy_content(segment.find(f"{X}source"), target, put=in_dutch)
    segment.set("state", "translated")


def copy_content(source: Element | None, target: Element, *, put: Callable[[str], str]) -> None:
    """Content with each of its texts put otherwise."""
    assert source is not None
    target.text = put(source.text or "")
    for child in source:
        twin = SubElement(target, child.tag, child.attrib)
        copy_content(child, twin, put=put)
        twin.tail = put(child.tail or "")


def in_dutch(text: str) -> str:
    """A text between two marks, in Dutch."""
    core = text.strip()
    return text.replace(core, DUTCH.get(core, core)) if core else text


def translate_all(_source: str, segment: Element) -> None:
    """All of it."""
    translate(segment)


def counts(done: list[AgencyImport]) -> dict[str, int]:
    """The fates of the one article's units."""
    (one,) = done
    return {fate.value: count for fate, count in one.counts.items() if count}


def texts_of(library: Library) -> dict[str, str]:
    """The Dutch by its French."""
    return {one.key.source: one.translation for one in library.catalogue(SLUG, NL).entries()}


def test_the_export_is_read_by_translate_toolkit(file: Path) -> None:
    """XLIFF 2.0 with its languages, one unit for each segment and each title within one."""
    read = Xliff2File.parsefile(str(file))  # type: ignore[no-untyped-call]
    assert (read.sourcelanguage, read.targetlanguage) == ("fr", "nl")
    assert len(read.units) == len(WORDS) + 1 + 2


def test_the_agency_sees_terms_and_place_and_never_a_mark(file: Path) -> None:
    """Markup is in codes, whose text is kept aside; the glossary is beside the segment."""
    unit = next(one for text, one in units_of(file).items() if text.startswith("Les médiateurs"))
    notes = {note.get("category"): note.text for note in unit.iter(f"{X}note")}
    assert notes["location"] == "line 8, p"
    source = unit.find(f".//{X}source")
    assert source is not None
    assert "".join(source.itertext()) == "Les médiateurs écoutent, puis orientent vers le service."
    assert [code.tag.removeprefix(X) for code in source] == ["pc", "pc"]
    assert {data.text for data in unit.iter(f"{X}data")} == {
        "**", "[", "](https://efus.test/nuit)"
    }  # fmt: skip


def test_a_whole_translation_comes_back_whole(library: Library, file: Path) -> None:
    """Every segment, with markup, titles and alternative texts, as the named person's work."""
    rewrite(file, translate_all)

    done = import_xliff(library, file, by="Bureau Lingua")

    texts = texts_of(library)
    assert counts(done) == {"taken": len(WORDS) + 1}
    assert texts[LINK] == (
        "De **bemiddelaars** luisteren en verwijzen dan naar [de dienst](https://efus.test/nuit)."
    )
    assert texts[IMAGE] == 'Zie ![de burgemeester](m.jpg "De burgemeester, bij nacht") en `make`.'
    catalogue = library.catalogue(SLUG, NL)
    assert catalogue.last_editor == "Bureau Lingua"
    assert catalogue.counts()[SegmentState.EDITED] == len(WORDS) + 1
    assert counts(import_xliff(library, file, by="Bureau Lingua")) == {"unchanged": len(WORDS) + 1}


def test_an_untouched_file_changes_nothing(library: Library, file: Path) -> None:
    """Neither what is empty nor a machine's draft that nobody has confirmed."""
    catalogue = library.synchronised(library.article(SLUG), NL)
    catalogue.draft(SegmentKey(None, LINK), WORDS[LINK]["nl"], origin="google")
    catalogue.save()
    export_xliff(library, SLUG, NL, file)
    before = texts_of(library)

    assert counts(import_xliff(library, file, by="Lingua")) == {"untouched": len(WORDS) + 1}
    assert texts_of(library) == before


def confirm(_source: str, segment: Element) -> None:
    """Finds the draft good."""
    if segment.find(f"{X}target") is not None:
        segment.set("state", "reviewed")
        segment.attrib.pop("subState", None)


def test_a_confirmed_draft_counts_as_a_person_s(library: Library, file: Path) -> None:
    """The same text, in a state that says that somebody has looked at it."""
    catalogue = library.synchronised(library.article(SLUG), NL)
    dutch = WORDS[LINK]["nl"]
    catalogue.draft(SegmentKey(None, LINK), dutch, origin="google")
    catalogue.save()
    export_xliff(library, SLUG, NL, file)
    rewrite(file, confirm)

    assert counts(import_xliff(library, file, by="Lingua")) == {
        "taken": 1,
        "untouched": len(WORDS),
    }
    assert library.catalogue(SLUG, NL).state(SegmentKey(None, LINK)) is SegmentState.EDITED


def half(source: str, segment: Element) -> None:
    """Only the two longest."""
    if len(source) > 50:
        translate(segment)


def test_a_partial_file_is_imported_partially(library: Library, file: Path) -> None:
    """The rest waits for the next one."""
    rewrite(file, half)
    done = import_xliff(library, file, by="Lingua")
    assert counts(done) == {"taken": 2, "untouched": len(WORDS) - 1}


def drop_codes(source: str, segment: Element) -> None:
    """All codes lost."""
    translate(segment)
    target = segment.find(f"{X}target")
    assert target is not None
    target.clear()
    target.text = WORDS.get(source, {}).get("nl", "Zie de burgemeester bij nacht")


def double_code(_source: str, segment: Element) -> None:
    """The first code twice."""
    translate(segment)
    target = segment.find(f"{X}target")
    assert target is not None
    if len(target):
        twin = SubElement(target, target[0].tag, target[0].attrib)
        twin.text = "encore"


def invent_code(_source: str, segment: Element) -> None:
    """A code that nobody sent, with data of its own."""
    translate(segment)
    target = segment.find(f"{X}target")
    assert target is not None
    SubElement(target, f"{X}ph", {"id": "99", "dataRef": "d1"})


def type_markup(_source: str, segment: Element) -> None:
    """Markdown, HTML and a script typed as text."""
    translate(segment)
    target = segment.find(f"{X}target")
    assert target is not None
    target.text = f"<script>alert(1)</script> **{target.text or ''} [x](https://elders.test/)"


def change_source(_source: str, segment: Element) -> None:
    """The French corrected in the file."""
    translate(segment)
    source = segment.find(f"{X}source")
    assert source is not None
    source.text = f"{source.text or ''} corrigé"


def bloat(_source: str, segment: Element) -> None:
    """A text out of all proportion."""
    translate(segment)
    target = segment.find(f"{X}target")
    assert target is not None
    target.text = "en zo gaat het verder " * 1000


@pytest.mark.parametrize(
    ("work", "taken", "reason"),
    [
        (drop_codes, 5, "marks lost"),
        (double_code, 5, "marks repeated"),
        (invent_code, 0, "code 99 out of nowhere"),
        (type_markup, 0, "elements added|remains of markup"),
        (change_source, 0, "its source was changed in the file"),
        (bloat, 0, "far more text"),
    ],
)
def test_what_is_broken_is_refused_unit_by_unit(
    library: Library, file: Path, work: Callable[[str, Element], None], taken: int, reason: str
) -> None:
    """Each with its reason; what is whole counts all the same."""
    rewrite(file, work)
    (done,) = import_xliff(library, file, by="Lingua")
    assert done.counts[Fate.TAKEN] == taken
    assert len(done.refused) == len(WORDS) + 1 - taken
    assert all(re.search(reason, verdict.reason) for verdict in done.refused)


def leave_french(_source: str, segment: Element) -> None:
    """The French as it is, as some tools fill a target before anybody has translated."""
    target = SubElement(segment, f"{X}target")
    copy_content(segment.find(f"{X}source"), target, put=str)


def call_french_done(source: str, segment: Element) -> None:
    """The same, said to be translated."""
    leave_french(source, segment)
    segment.set("state", "translated")


@pytest.mark.parametrize("work", [leave_french, call_french_done])
def test_french_that_came_back_as_it_went_is_no_translation(
    library: Library, file: Path, work: Callable[[str, Element], None]
) -> None:
    """Whatever its state says; the words that should be translated are named."""
    rewrite(file, work)
    (done,) = import_xliff(library, file, by="Lingua")
    reasons = {one.source: one.reason for one in done.refused}
    assert done.counts[Fate.TAKEN] == 0
    assert "“médiateurs dans la ville la nuit”" in reasons["Des médiateurs dans la ville, la nuit."]
    assert set(texts_of(library).values()) == {""}


def on_the_title(work: Callable[[str, Element], None], source: str, segment: Element) -> None:
    """The work, on one unit alone."""
    if source == "Nuit blanche":
        work(source, segment)


def test_two_words_of_french_stand_where_the_agency_says_that_they_are_done(
    newsroom: Newsroom, library: Library, tmp_path: Path
) -> None:
    """They may be a name; the checks still warn. Untouched they are refused."""
    write_article(
        newsroom.content, title="Nuit blanche", body="Les médiateurs écoutent la ville.\n"
    )
    path = tmp_path / "x.xlf"
    for work, taken in ((leave_french, 0), (call_french_done, 1)):
        export_xliff(library, SLUG, NL, path)
        rewrite(path, partial(on_the_title, work))
        (done,) = import_xliff(library, path, by="Lingua")
        assert done.counts[Fate.TAKEN] == taken
    assert texts_of(library)["Nuit blanche"] == "Nuit blanche"


def test_work_in_another_language_than_the_file_s_is_refused(library: Library, file: Path) -> None:
    """All of it: that of a heading of two words does not show, but that of the file does."""

    def into_english(source: str, segment: Element) -> None:
        if source in WORDS:
            SubElement(segment, f"{X}target").text = WORDS[source]["en"]

    rewrite(file, into_english)
    (done,) = import_xliff(library, file, by="Lingua")
    reasons = {one.source: one.reason for one in done.refused}
    assert done.counts[Fate.TAKEN] == 0
    assert len(done.refused) == len(WORDS) - 1
    assert reasons["La médiation de nuit"] == ("the file as a whole reads as English, not as Dutch")
    assert set(texts_of(library).values()) == {""}


def test_one_passage_in_another_language_is_refused_alone(library: Library, file: Path) -> None:
    """The others are as good as they are."""
    summary = "Des médiateurs dans la ville, la nuit."

    def mixed(source: str, segment: Element) -> None:
        translate(segment)
        if source == summary:
            target = segment.find(f"{X}target")
            assert target is not None
            target.text = "The mediators are in the city at night."

    rewrite(file, mixed)
    (done,) = import_xliff(library, file, by="Lingua")
    assert [one.source for one in done.refused] == [summary]
    assert "English" in done.refused[0].reason
    assert done.counts[Fate.TAKEN] == len(WORDS)


def test_what_is_left_in_french_says_nothing_of_the_rest(library: Library, file: Path) -> None:
    """A tool filled every target with its source, and the agency did one."""
    title = "La médiation de nuit"
    rewrite(file, lambda source, one: translate(one) if source == title else leave_french("", one))
    (done,) = import_xliff(library, file, by="Lingua")
    assert done.counts[Fate.TAKEN] == 1
    assert texts_of(library)[title] == DUTCH[title]


def test_a_unit_whose_french_has_changed_is_refused(
    newsroom: Newsroom, library: Library, file: Path
) -> None:
    """Its translation would be of another text."""
    rewrite(file, translate_all)
    write_article(newsroom.content, title="La médiation de jour")
    (done,) = import_xliff(library, file, by="Lingua")
    assert sorted(verdict.source for verdict in done.refused) == [
        "La médiation de nuit",
        "Voici  et .",
    ]
    assert {verdict.reason for verdict in done.refused} == {
        "the French has changed since the export, or is gone"
    }


def test_approved_text_is_never_replaced_and_edited_text_only_on_demand(
    newsroom: Newsroom, library: Library, tmp_path: Path
) -> None:
    """Somebody's later correction here counts more than a file that was sent before."""
    write_article(newsroom.content)
    newsroom.fill(NL)
    key = SegmentKey(None, LINK)
    path = tmp_path / "x.xlf"
    export_xliff(library, SLUG, NL, path)
    rewrite(path, translate_all)
    before = texts_of(library)

    (done,) = import_xliff(library, path, by="Lingua")
    assert {verdict.reason for verdict in done.refused} == {
        "somebody has edited it here (--replace takes the file's)"
    }
    assert texts_of(library) == before

    catalogue = library.catalogue(SLUG, NL)
    catalogue.approve(key, by="Chantal", on=NOW.date())
    catalogue.save()
    (done,) = import_xliff(library, path, by="Lingua", replace=True)
    assert [(one.source, one.reason) for one in done.refused] == [
        (LINK, "another translation is approved")
    ]
    assert texts_of(library)[LINK] == before[LINK]
    assert done.counts[Fate.TAKEN] == len(WORDS) - 1


def test_a_draft_that_comes_back_as_it_went_out_replaces_nobodys_work(
    newsroom: Newsroom, library: Library, tmp_path: Path
) -> None:
    """The agency did other passages; a colleague here did this one meanwhile."""
    write_article(newsroom.content)
    key = SegmentKey(None, LINK)
    catalogue = library.synchronised(library.article(SLUG), NL)
    drafted = (
        "De **bemiddelaars** luisteren en verwijzen dan naar [de dienst](https://efus.test/nuit)."
    )
    catalogue.draft(key, drafted, origin="libretranslate full")
    catalogue.save()
    path = tmp_path / "x.xlf"
    export_xliff(library, SLUG, NL, path)
    catalogue = library.catalogue(SLUG, NL)
    corrected = drafted.replace("verwijzen dan", "verwijzen daarna")
    catalogue.edit(key, corrected, by="Ada")
    catalogue.save()

    (done,) = import_xliff(library, path, by="Lingua", replace=True)

    assert done.counts[Fate.TAKEN] == 0
    assert texts_of(library)[LINK] == corrected


def test_approved_segments_are_locked(newsroom: Newsroom, library: Library, tmp_path: Path) -> None:
    """Their state is final, and no tool should let a translator in."""
    write_article(newsroom.content)
    newsroom.fill(NL)
    catalogue = library.catalogue(SLUG, NL)
    catalogue.approve_all(by="Chantal", on=NOW.date())
    catalogue.save()
    path = tmp_path / "x.xlf"
    export_xliff(library, SLUG, NL, path)
    units = list(units_of(path).values())
    assert {unit.get("translate") for unit in units} == {"no"}
    assert {one.get("state") for unit in units for one in unit.iter(f"{X}segment")} == {"final"}


def test_a_segment_that_a_tool_cut_into_sentences_is_put_together(
    library: Library, file: Path
) -> None:
    """What stands between two sentences has no translation of its own."""
    tree = parse(file)
    unit = next(
        one
        for one in tree.getroot().iter(f"{X}unit")
        if "".join(one.find(f".//{X}source").itertext()) == "La médiation de nuit"  # type: ignore[union-attr]
    )
    unit.remove(unit.find(f"{X}segment"))  # type: ignore[arg-type]
    for tag, source, target in (
        ("segment", "La médiation", "De bemiddeling"),
        ("ignorable", " ", None),
        ("segment", "de nuit", "bij nacht"),
    ):
        piece = SubElement(unit, f"{X}{tag}", {"state": "translated"} if target else {})
        SubElement(piece, f"{X}source").text = source
        if target:
            SubElement(piece, f"{X}target").text = target
    tree.write(file, encoding="utf-8", xml_declaration=True)

    import_xliff(library, file, by="Lingua")

    assert texts_of(library)["La médiation de nuit"] == "De bemiddeling bij nacht"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "not well-formed"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><xliff/>', "document type or entities"),
        ('<xliff xmlns="urn:oasis:names:tc:xliff:document:1.2" version="1.2"/>', "not XLIFF 2.0"),
        (f'<xliff xmlns="{NAMESPACE}" srcLang="fr" trgLang="nl"><file original="rien"/></xliff>',
         "no article 'rien'"),
        (f'<xliff xmlns="{NAMESPACE}" srcLang="fr" trgLang="xx"><file original="{SLUG}"/></xliff>',
         "'xx' is not one of"),
        (f'<xliff xmlns="{NAMESPACE}" srcLang="en" trgLang="nl"><file original="{SLUG}"/></xliff>',
         "translates from 'en'"),
        (f'<xliff xmlns="{NAMESPACE}" srcLang="fr" trgLang="nl"><file original="../x"/></xliff>',
         "x"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_is_refused_whole(
    library: Library, tmp_path: Path, content: str, problem: str
) -> None:
    """With what it is instead."""
    path = tmp_path / "x.xlf"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError, match=problem):
        import_xliff(library, path, by="Lingua")


def test_a_file_nested_a_thousand_deep_is_refused_and_nothing_falls_over(
    library: Library, file: Path
) -> None:
    """Codes in codes in codes."""
    text = file.read_text("utf-8")
    deep = '<pc id="1">' * 2000 + "x" + "</pc>" * 2000
    whole = f"</source><target>{deep}</target></segment>"
    file.write_text(text.replace("</source>\n</segment>", whole), "utf-8")
    (done,) = import_xliff(library, file, by="Lingua")
    assert not done.counts[Fate.TAKEN]
    assert done.refused


def test_the_name_of_the_translator_is_needed(library: Library, file: Path) -> None:
    """Two people: somebody else approves."""
    with pytest.raises(InputError, match="--by NAME"):
        import_xliff(library, file, by=" ")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(source=st.sampled_from(SEGMENTS), data=st.data())
def test_every_construct_survives_the_way_there_and_back(
    tmp_path: Path, source: str, data: st.DataObject
) -> None:
    """Its codes are the tokens of the product's own parser, whatever an agency writes around."""
    words = data.draw(st.text(alphabet="abc é’«»&<>\"'", max_size=20))
    segment = Segment(source=source, kind="p")
    offer = Offer(segment=segment, target=source, state=SegmentState.DRAFT)
    path = tmp_path / "x.xlf"
    document = Document(slug="x", source_language=FR, language=EN, offers=(offer,))
    path.write_text(format_xliff(document), "utf-8")
    (returned,) = read_xliff(path)
    unit = returned.units[unit_id(segment.key)]
    tokens = tokenise(source)
    for elements in (unit.sources, unit.targets):
        items, strangers = read_content(elements, tokens)
        assert strangers == []
        decoded = assemble(items, tokens, parts={})
        assert decoded.problems == ()
        assert decoded.text == source
    items, _ = read_content(unit.targets, tokens)
    assert assemble([*items, words], tokens, parts={}).problems == ()
