"""What was approved in one article helps with the next, and says how far it does."""

import os
import shutil
from pathlib import Path

import pytest

from flows.content.entries import CatalogueEntry
from flows.domain.finding import Finding, Severity
from flows.domain.segment import SegmentKey, SegmentState
from flows.operations.checking import check_language
from flows.operations.translating import Drafting, draft_language
from flows.runtime.runtime import build_library
from flows.settings.reading import read_settings
from flows.translation.memory.index import MemoryIndex
from tests.functional.editorial.conftest import EN, NL, NOW, SLUG, WORDS, Newsroom, write_article

MEETING = "La réunion du 9 octobre rassemble douze villes du réseau à Liège."
VERGADERING = "De vergadering van 9 oktober brengt twaalf steden van het netwerk in Luik samen."


def approve_unit(newsroom: Newsroom, french: str, dutch: str, *, slug: str = "avant") -> None:
    """An article of one paragraph, approved in Dutch."""
    write_article(newsroom.content, slug=slug, body=f"{french}\n")
    catalogue = newsroom.desk.library.synchronised(newsroom.desk.library.article(slug), NL)
    for key in catalogue.waiting():
        text = dutch if key.source == french else WORDS[key.source]["nl"]
        catalogue.edit(key, text, by="Ada")
    catalogue.approve_all(by="Chantal", on=NOW.date())
    catalogue.save()


async def draft_from_memory(newsroom: Newsroom, body: str) -> Drafting:
    """A new article of this body, drafted without any engine."""
    write_article(newsroom.content, slug="apres", body=f"{body}\n")
    return await draft_language(newsroom.desk.library, "apres", NL, engines=(), clock=lambda: NOW)


def entry_of(newsroom: Newsroom, source: str) -> CatalogueEntry:
    """The new article's entry."""
    return newsroom.desk.library.catalogue("apres", NL).entry(SegmentKey(None, source))


def findings_of(newsroom: Newsroom, check: str) -> list[Finding]:
    """What one check finds in the new article's Dutch."""
    found = check_language(newsroom.desk.library, "apres", NL)
    return [finding for finding in found if finding.check == check]


async def test_the_same_text_comes_back_as_a_draft_with_its_origin(newsroom: Newsroom) -> None:
    """Whose word it was, and when; nobody has read it here."""
    approve_unit(newsroom, MEETING, VERGADERING)

    drafting = await draft_from_memory(newsroom, MEETING)

    entry = entry_of(newsroom, MEETING)
    assert drafting.done
    assert drafting.drafted == {"memory": 4}
    assert entry.translation == VERGADERING
    assert entry.provenance.origin == "memory avant, approved Chantal 2026-11-22"
    assert newsroom.desk.library.catalogue("apres", NL).state(entry.key) is SegmentState.DRAFT
    assert findings_of(newsroom, "memory") == []


async def test_a_similar_text_is_a_draft_that_shows_what_differs(newsroom: Newsroom) -> None:
    """In the comment, for whoever opens the file, and as a finding."""
    approve_unit(newsroom, MEETING, VERGADERING)
    similar = MEETING.replace("rassemble", "a rassemblé")

    await draft_from_memory(newsroom, similar)

    entry = entry_of(newsroom, similar)
    assert entry.translation == VERGADERING
    assert entry.previous_source == MEETING
    assert entry.provenance.origin.startswith("memory 96% avant, approved Chantal")
    assert entry.provenance.differs == "… 9 octobre [-rassemble-] {+a rassemblé+} douze villes …"
    raw = (newsroom.content / "apres" / "nl.po").read_text("utf-8")
    assert "# differs: … 9 octobre [-rassemble-] {+a rassemblé+} douze villes …" in raw
    (finding,) = findings_of(newsroom, "memory")
    assert finding.severity is Severity.WARNING
    assert "{+a rassemblé+}" in finding.message


@pytest.mark.parametrize(
    ("before", "after"),
    [("9", "10"), ("octobre", "novembre"), ("douze", "treize"), ("douze", "vingt-deux")],
)
async def test_a_similar_text_with_other_figures_is_never_a_silent_draft(
    newsroom: Newsroom, before: str, after: str
) -> None:
    """It blocks until somebody has corrected it, or taken its mark away after reading."""
    approve_unit(newsroom, MEETING, VERGADERING)
    similar = MEETING.replace(before, after)

    await draft_from_memory(newsroom, similar)

    (finding,) = findings_of(newsroom, "memory")
    assert finding.severity is Severity.ERROR
    assert f"[-{before}-] {{+{after}+}}" in finding.message
    catalogue = newsroom.desk.library.catalogue("apres", NL)
    catalogue.edit(SegmentKey(None, similar), "De vergadering, verbeterd.", by="Ada")
    catalogue.save()
    assert findings_of(newsroom, "memory") == []


async def test_an_approved_similar_text_that_lacks_a_link_is_no_draft(newsroom: Newsroom) -> None:
    """What an engine may not deliver the memory may not either."""
    approve_unit(newsroom, MEETING, VERGADERING)
    linked = MEETING.replace("réseau", "[réseau](https://e.test/)")

    drafting = await draft_from_memory(newsroom, linked)

    assert [segment.source for segment in drafting.waiting] == [linked]


async def test_what_is_no_longer_approved_is_forgotten(newsroom: Newsroom) -> None:
    """The next look at the memory sees the files as they are."""
    approve_unit(newsroom, MEETING, VERGADERING)
    assert newsroom.desk.library.memory(NL).recall(SegmentKey(None, MEETING))
    catalogue = newsroom.desk.library.catalogue("avant", NL)
    catalogue.edit(SegmentKey(None, MEETING), "Iets anders.", by="Ada")
    catalogue.save()
    assert newsroom.desk.library.memory(NL).recall(SegmentKey(None, MEETING)) is None
    shutil.rmtree(newsroom.content / "avant")
    assert len(newsroom.desk.library.memory(NL)) == 0


def overwrite_unseen(path: Path) -> None:
    """Spoils a file so that nothing but its bytes has changed."""
    status = path.stat()
    with path.open("r+b") as file:
        file.write(b"?" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def memory_of_another_process(newsroom: Newsroom) -> MemoryIndex:
    """The memory as a program sees it that has just been started."""
    return build_library(read_settings(newsroom.workspace)).memory(NL)


async def test_a_catalogue_that_has_not_changed_is_not_read_again(newsroom: Newsroom) -> None:
    """Neither by this process nor by the next one."""
    approve_unit(newsroom, MEETING, VERGADERING)
    before = newsroom.desk.library.memory(NL)
    overwrite_unseen(newsroom.content / "avant" / "nl.po")

    assert newsroom.desk.library.memory(NL) is before
    assert memory_of_another_process(newsroom).recall(SegmentKey(None, MEETING))


async def test_the_kept_index_can_be_deleted_or_broken(newsroom: Newsroom) -> None:
    """It is made again from the catalogues."""
    approve_unit(newsroom, MEETING, VERGADERING)
    newsroom.desk.library.memory(NL)
    folder = newsroom.workspace / "var" / "memory"
    for path in folder.iterdir():
        path.write_text('{"version": 1, "mark": [], "units": [[]]}')
    assert memory_of_another_process(newsroom).recall(SegmentKey(None, MEETING))
    shutil.rmtree(folder)
    assert memory_of_another_process(newsroom).recall(SegmentKey(None, MEETING))


async def test_one_broken_catalogue_keeps_no_other_waiting(newsroom: Newsroom) -> None:
    """Its units are missing until it is mended."""
    approve_unit(newsroom, MEETING, VERGADERING)
    write_article(newsroom.content, slug="casse")
    (newsroom.content / "casse" / "nl.po").write_text('msgid "sans fin', encoding="utf-8")
    assert newsroom.desk.library.memory(NL).recall(SegmentKey(None, MEETING))


async def test_an_edit_outside_voids_the_approval_and_shows(newsroom: Newsroom) -> None:
    """`review` counts it as edited, `check` says who had approved what was there."""
    await newsroom.approve_all()
    path = newsroom.content / SLUG / "nl.po"
    text = path.read_text("utf-8")
    path.write_text(text.replace("Waartoe dient", "Waarvoor dient"), encoding="utf-8")

    findings = check_language(newsroom.desk.library, SLUG, NL)

    assert newsroom.desk.library.catalogue(SLUG, NL).counts()[SegmentState.EDITED] == 1
    assert [(one.check, one.segment, one.severity) for one in findings] == [
        ("stale", "À quoi sert la médiation ?", Severity.WARNING)
    ]
    assert "changed since Chantal approved it (2026-11-22)" in findings[0].message
    assert check_language(newsroom.desk.library, SLUG, EN) == []
