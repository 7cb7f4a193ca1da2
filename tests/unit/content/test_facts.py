import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.content.catalogue import Catalogue
from flows.content.facts import MachineDraft
from flows.content.stamps import Provenance, approval_of, dismissal_of
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey, SegmentState

ACatalogue = Callable[[], Catalogue]
DAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
UN = SegmentKey(None, "Un.")
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200)
WORDY = st.lists(
    st.sampled_from(["well-known", "a", "–", "-", '"', "\\", "\n", "origin: x", "\u00a0", " ", "é"])
).map(" ".join)


@given(text=st.one_of(TEXT, WORDY), wrapwidth=st.sampled_from([20, 40, 78]))
@settings(max_examples=200, deadline=None)
def test_a_machine_s_draft_is_read_back_letter_by_letter(text: str, wrapwidth: int) -> None:
    """Even after a tool wrapped the comment at its spaces and hyphens."""
    stamp = approval_of(UN, "One.", by="Ben", on=DAY)
    draft = MachineDraft(origin="deepl full/xml", text=text, at=AT)
    provenance = Provenance(origin="person", draft=draft, approval=stamp, notes=("Une note",))
    wrapped = polib.POEntry(msgid="x", tcomment=provenance.as_comment()).__unicode__(wrapwidth)
    lines = [line[2:] for line in wrapped.splitlines() if line.startswith("# ")]
    again = Provenance.from_comment("\n".join(lines))
    assert (again.draft, again.approval) == (draft, stamp)


def test_a_broken_draft_swallows_no_other_fact() -> None:
    """Somebody deleted its closing mark: the approval behind it still holds."""
    stamp = approval_of(UN, "One.", by="Ben", on=DAY)
    comment = f'origin: person\ndraft: deepl full "One\napproved: {stamp}'
    again = Provenance.from_comment(comment)
    assert (again.draft, again.approval, again.origin) == (None, stamp, "person")


def test_a_dismissal_dies_with_either_text() -> None:
    """It is of exactly what its person saw; a change of typing in the French is none."""
    word = dismissal_of(UN, "One!", check="end", by="Anneke de Wit", on=DAY)
    provenance = Provenance.from_comment(Provenance(dismissals=(word,)).as_comment())
    assert provenance.dismissed("end", key=UN, translation="One!") == word
    assert provenance.dismissed("spaces", key=UN, translation="One!") is None
    assert provenance.dismissed("end", key=UN, translation="One.") is None
    assert provenance.dismissed("end", key=SegmentKey(None, "Deux."), translation="One!") is None
    assert provenance.dismissed("end", key=SegmentKey(None, " Un."), translation="One!") == word


def test_a_draft_stays_on_record_when_people_work_on_it(a_catalogue: ACatalogue) -> None:
    """Edited, approved and saved: what the machine wrote can still be read."""
    catalogue = a_catalogue()
    catalogue.sync([Segment(source="Un.", kind="p")])
    catalogue.draft(UN, "Onne.", origin="deepl full/xml tried: much", at=AT)
    catalogue.edit(UN, "One.", by="Ana")
    catalogue.dismiss(UN, "end", by="Ben", on=DAY)
    catalogue.approve(UN, by="Ben", on=DAY)
    catalogue.save()
    entry = a_catalogue().entry(UN)
    assert entry.translation == "One."
    assert entry.provenance.draft == MachineDraft(origin="deepl full/xml", text="Onne.", at=AT)
    assert [one.check for one in entry.provenance.dismissals] == ["end"]


def test_a_mended_draft_is_a_draft_that_says_so(a_catalogue: ACatalogue) -> None:
    """Rules changed it, not a person; the machine's own words stay on record."""
    catalogue = a_catalogue()
    catalogue.sync([Segment(source="Un.", kind="p")])
    catalogue.draft(UN, "One .", origin="google plain")
    assert catalogue.mend(UN, "One.", checks=["spaces"])
    entry = catalogue.entry(UN)
    assert catalogue.state(UN) is SegmentState.DRAFT
    assert entry.provenance.origin == "google plain mended:spaces"
    assert entry.provenance.draft == MachineDraft(origin="google plain", text="One .")
    catalogue.edit(UN, "One.", by="Ana")
    assert not catalogue.mend(UN, "1.", checks=["spaces"])


def test_a_draft_of_before_drafts_were_kept_is_kept_when_it_is_edited(
    a_catalogue: ACatalogue, tmp_path: Path
) -> None:
    """A catalogue of an earlier version has the machine's words in the translation alone."""
    catalogue = a_catalogue()
    catalogue.sync([Segment(source="Un.", kind="p")])
    catalogue.save()
    path = tmp_path / "en.po"
    po = polib.pofile(str(path))
    po[0].msgstr, po[0].tcomment, po[0].flags = "Onne.", "origin: google plain", ["fuzzy"]
    po.save()
    catalogue = a_catalogue()
    catalogue.edit(UN, "One.", by="Ana")
    assert catalogue.entry(UN).provenance.draft == MachineDraft(origin="google plain", text="Onne.")


def test_what_the_memory_gave_is_on_record_too(tmp_path: Path) -> None:
    """A text carried over from an earlier French is a draft; what a machine once wrote stays."""
    languages = {"language": Language("en"), "source_language": Language("fr")}
    catalogue = Catalogue.load(tmp_path / "en.po", **languages)
    catalogue.sync([Segment(source="La ville agit en 2025.", kind="p")])
    [key] = catalogue.waiting()
    catalogue.draft(key, "The city acts in 2025.", origin="deepl plain", at=AT)
    catalogue.sync([Segment(source="La ville agit en 2026.", kind="p")])
    [entry] = catalogue.entries()
    assert entry.provenance.origin == "memory"
    assert entry.provenance.draft == MachineDraft(
        origin="deepl plain", text="The city acts in 2025.", at=AT
    )


@pytest.mark.skipif(not shutil.which("msgcat"), reason="GNU gettext is not installed")
def test_facts_survive_gnu_gettext(a_catalogue: ACatalogue, tmp_path: Path) -> None:
    """Msgcat re-wraps everything and drops flags that it does not know."""
    catalogue = a_catalogue()
    catalogue.sync([Segment(source="Un.", kind="p")])
    text = "A well-known  text, " * 12 + "\u00a0!"
    catalogue.draft(UN, text, origin="google full/brackets", at=AT)
    catalogue.edit(UN, "One.", by="Ana")
    catalogue.dismiss(UN, "ratio", by="Ben Été", on=DAY)
    catalogue.approve(UN, by="Ben Été", on=DAY)
    catalogue.save()
    path = tmp_path / "en.po"
    before = catalogue.entry(UN)
    subprocess.run(["msgcat", "--width=40", "-o", str(path), str(path)], check=True)
    again = a_catalogue()
    assert again.entry(UN).provenance == before.provenance
    assert again.state(UN) is SegmentState.APPROVED


def test_what_a_person_left_marked_as_a_draft_is_not_mended(a_catalogue: ACatalogue) -> None:
    """Poedit's `needs work`: the words are a person's, whatever the mark says."""
    catalogue = a_catalogue()
    catalogue.sync([Segment(source="Un.", kind="p")])
    catalogue.draft(UN, "One .", origin="google plain")
    catalogue.save()
    path = catalogue.path
    path.write_text(path.read_text("utf-8").replace('msgstr "One ."', 'msgstr "A one ."'), "utf-8")
    again = a_catalogue()
    assert again.state(UN) is SegmentState.DRAFT
    assert not again.mend(UN, "A one.", checks=["spaces"])
    assert again.entry(UN).translation == "A one ."
