"""Catalogues in other people's hands: what Poedit, gettext and Weblate's toolkit do to them."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.content.catalogue import Catalogue
from flows.content.stamps import Provenance, approval_of
from flows.domain.finding import Finding
from flows.domain.segment import SegmentKey, SegmentState
from flows.operations.checking import check_language
from flows.operations.library import Library
from flows.operations.reviewing import review_article
from tests.functional.editorial.conftest import FR, NL, SLUG, WORDS, Newsroom, write_article

Tool = Callable[[Path], None]
DRAFTED = "Un passage tout neuf, long assez pour que les outils coupent les lignes du commentaire."
ORIGIN = (
    "libretranslate no-emphasis/brackets from en full/brackets: marks lost: 1; pair 2 crosses "
    "another; remains of a mark; and some more words so that this line is long"
)
NOTE = "Voir avec le bureau"
CHANGED = "Elle aide à « vivre ensemble » dans l’espace public de la ville."


def run(*command: str | Path) -> None:
    """Runs a tool that must succeed."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr


def gettext_tool(*arguments: str) -> Tool:
    """A tool of GNU gettext that rewrites the file."""

    def rewrite(path: Path) -> None:
        if not shutil.which(arguments[0]):
            pytest.skip(f"{arguments[0]} (package gettext) is not installed")
        run(*arguments, "-o", path, path)

    return rewrite


def merge(changed: Path, path: Path) -> None:
    """Weblate's toolkit merges a changed catalogue into the one that it came from."""
    merged = path.with_suffix(".merged.po")
    run(toolkit("pomerge"), "--progress=none", "-t", path, changed, merged)
    merged.replace(path)
    changed.unlink()


def toolkit(name: str) -> Path:
    """A program of translate-toolkit."""
    return Path(sys.executable).parent / name


def through_polib(path: Path, *, width: int) -> None:
    """As a program does that wraps comments too."""
    po = polib.pofile(str(path), wrapwidth=width)
    po.save(str(path))


def poedit(path: Path) -> None:
    """Poedit's own header, its wrapping, and the order of its comments."""
    po = polib.pofile(str(path), wrapwidth=79)
    po.metadata |= {"X-Generator": "Poedit 3.6", "PO-Revision-Date": "2026-11-23 10:00+0100"}
    po.header = "Traductions de la lettre\n"
    po.save(str(path))


def msgmerge(path: Path) -> None:
    """The catalogue merged with a template of its own texts, previous ones kept."""
    template = path.with_suffix(".pot")
    po = polib.pofile(str(path))
    for entry in po:
        entry.msgstr, entry.flags, entry.tcomment = "", [], ""
    po.save(str(template))
    gettext_tool("msgmerge", "--quiet", "--previous", str(path))(template)
    template.replace(path)


def through_xliff(path: Path) -> None:
    """To XLIFF 1.1 and back into the catalogue, untouched."""
    xliff = path.with_suffix(".xlf")
    run(toolkit("po2xliff"), "--progress=none", path, xliff)
    run(toolkit("xliff2po"), "--progress=none", xliff, path.with_suffix(".back.po"))
    merge(path.with_suffix(".back.po"), path)
    xliff.unlink()


def pofilter(path: Path) -> None:
    """Checked by Weblate's toolkit, and what it points out merged again."""
    failed = path.with_suffix(".failed.po")
    run(toolkit("pofilter"), "--progress=none", path, failed)
    merge(failed, path)


TOOLS: dict[str, Tool] = {
    "Poedit": poedit,
    "polib in 76 columns": lambda path: through_polib(path, width=76),
    "polib without wrapping": lambda path: through_polib(path, width=0),
    "msgcat": gettext_tool("msgcat"),
    "msgcat without wrapping": gettext_tool("msgcat", "--no-wrap"),
    "msgcat in 50 columns, sorted": gettext_tool("msgcat", "--width=50", "--sort-output"),
    "msgattrib": gettext_tool("msgattrib", "--no-fuzzy", "--fuzzy"),
    "msgmerge": msgmerge,
    "po2xliff and back": through_xliff,
    "pofilter": pofilter,
}


def catalogue_of(library: Library) -> Catalogue:
    """The sample article's Dutch."""
    return library.catalogue(SLUG, NL)


Facts = dict[SegmentKey, tuple[str, Provenance, SegmentState]]


def facts_of(library: Library) -> Facts:
    """All that the catalogue says of each segment."""
    return {
        entry.key: (entry.translation, entry.provenance, state)
        for entry, state in catalogue_of(library).states()
    }


def pointed_out_in(library: Library) -> list[Finding]:
    """What is said of drafts for similar texts."""
    return [one for one in check_language(library, SLUG, NL) if one.check == "memory"]


@pytest.fixture
async def prepared(approved: Newsroom) -> Newsroom:
    """A catalogue with approved, edited, drafted, carried, annotated and retired entries."""
    body = (approved.content / SLUG / "fr.md").read_text("utf-8").partition("---\n\n")[2]
    old = "Elle aide à « vivre ensemble » dans l’espace public."
    body = body.replace(old, CHANGED).replace("## À quoi sert la médiation ?\n", "")
    write_article(approved.content, body=f"{body}\n{DRAFTED}\n")
    library = approved.desk.library
    catalogue = library.synchronised(library.article(SLUG), NL)
    catalogue.draft(SegmentKey(None, DRAFTED), "Een heel nieuwe passage.", origin=ORIGIN)
    catalogue.edit(SegmentKey("meta:title", "La médiation de nuit"), "Bemiddeling", by="Ada")
    catalogue.save()
    path = approved.content / SLUG / "nl.po"
    text = path.read_text("utf-8")
    path.write_text(text.replace("# origin: lib", f"# {NOTE}\n# origin: lib"), "utf-8")
    return approved


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_that_changes_no_text_costs_nobody_s_work(prepared: Newsroom, tool: str) -> None:
    """Translations, origins, differences, approvals and states are as they were."""
    library = prepared.desk.library
    before, pointed_out = facts_of(library), pointed_out_in(library)
    assert len(pointed_out) == 1
    assert {state for _, _, state in before.values()} == {
        SegmentState.APPROVED,
        SegmentState.EDITED,
        SegmentState.DRAFT,
    }
    assert before[SegmentKey(None, DRAFTED)][1].origin == ORIGIN
    assert before[SegmentKey(None, CHANGED)][1].differs

    TOOLS[tool](prepared.content / SLUG / "nl.po")

    assert without_remarks(facts_of(library)) == before
    assert pointed_out_in(library) == pointed_out


def without_remarks(facts: Facts) -> Facts:
    """The facts with the notes of people alone: pofilter writes down what it found."""
    return {
        key: (
            text,
            replace(
                provenance,
                notes=tuple(note for note in provenance.notes if note == NOTE),
            ),
            state,
        )
        for key, (text, provenance, state) in facts.items()
    }


@pytest.mark.parametrize("tool", TOOLS)
def test_a_retired_entry_comes_back_with_its_approval(prepared: Newsroom, tool: str) -> None:
    """Obsolete entries survive the tools that keep them, and with them the approvals."""
    path = prepared.content / SLUG / "nl.po"
    TOOLS[tool](path)
    if "#~" not in path.read_text("utf-8"):
        assert tool == "po2xliff and back"
        return
    write_article(prepared.content)
    library = prepared.desk.library
    catalogue = library.synchronised(library.article(SLUG), NL)
    heading = SegmentKey(None, "À quoi sert la médiation ?")
    assert catalogue.state(heading) is SegmentState.APPROVED


def edit_in_poedit(path: Path, source: str, text: str) -> None:
    """Types another translation: Poedit clears the mark “fuzzy” as it goes."""
    po = polib.pofile(str(path), wrapwidth=79)
    entry = next(one for one in po if one.msgid == source and not one.obsolete)
    entry.msgstr, entry.flags = text, []
    po.metadata["Last-Translator"] = "Bob <bob@example.org>"
    po.save(str(path))


def edit_in_xliff(path: Path, source: str, text: str) -> None:
    """Types another translation into the toolkit's XLIFF, and merges it."""
    xliff, back = path.with_suffix(".xlf"), path.with_suffix(".back.po")
    run(toolkit("po2xliff"), "--progress=none", path, xliff)
    old = next(one.msgstr for one in polib.pofile(str(path)) if one.msgid == source)
    changed = xliff.read_text("utf-8").replace(old, text)
    xliff.write_text(changed, "utf-8")
    run(toolkit("xliff2po"), "--progress=none", xliff, back)
    merge(back, path)
    xliff.unlink()


@pytest.mark.parametrize("edit", [edit_in_poedit, edit_in_xliff])
async def test_an_edit_outside_voids_the_approval_of_that_segment_alone(
    approved: Newsroom, edit: Callable[[Path, str, str], None]
) -> None:
    """`review` shows it as edited and no longer signed off, `check` says so of the segment."""
    desk, path = approved.desk, approved.content / SLUG / "nl.po"
    source = "Des médiateurs dans la ville, la nuit."

    edit(path, source, "Bemiddelaars in de nachtelijke stad.")

    reviews = {one.language: one for one in await review_article(desk.library, desk.store, SLUG)}
    assert (reviews[NL].edited, reviews[NL].approved) == (1, len(WORDS) - 1)
    assert not reviews[NL].signed_off
    assert reviews[FR].signed_off
    found = [one for one in check_language(desk.library, SLUG, NL) if one.check == "stale"]
    assert [_place(one) for one in found] == [("summary", "Chantal")]


def _place(finding: Finding) -> tuple[str, str]:
    """The segment, and whether the message names who had approved it."""
    return finding.segment, "Chantal" if "Chantal" in finding.message else ""


async def test_the_edited_segment_is_approved_again_by_somebody_else(approved: Newsroom) -> None:
    """Bob edited in Poedit: he cannot sign it off, Chantal can."""
    edit_in_poedit(approved.content / SLUG / "nl.po", "La médiation de nuit", "Bemiddeling")
    digest = await approved.approve(NL)
    library = approved.desk.library
    assert len(digest) == 64
    assert catalogue_of(library).counts()[SegmentState.APPROVED] == len(WORDS)
    assert catalogue_of(library).last_editor == "Bob <bob@example.org>"


LINE = st.text(
    alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=160
).map(lambda text: " ".join(text.split()))


@settings(max_examples=150, deadline=None)
@given(
    origin=LINE.filter(bool),
    differs=LINE,
    name=LINE.filter(bool),
    notes=st.lists(st.sampled_from(["Voir avec Ada.", "À relire", "ok"]), max_size=3),
    width=st.sampled_from([76, 78, 79, 80]),
)
def test_facts_survive_a_tool_that_wraps_comments(
    tmp_path_factory: pytest.TempPathFactory,
    origin: str,
    differs: str,
    name: str,
    notes: list[str],
    width: int,
) -> None:
    """Whatever the texts hold: a line broken for its length is read as one again."""
    key = SegmentKey(None, "Un passage.")
    stamp = approval_of(key, "Een passage.", by=name, on=date(2026, 11, 22))
    before = Provenance(origin=origin, differs=differs, approval=stamp, notes=tuple(notes))
    po = polib.POFile(wrapwidth=width)
    po.append(polib.POEntry(msgid="Un passage.", msgstr="x", tcomment=before.as_comment()))
    path = tmp_path_factory.mktemp("po") / "nl.po"
    po.save(str(path))
    (entry,) = polib.pofile(str(path))
    assert Provenance.from_comment(entry.tcomment) == before


def test_a_note_after_a_long_fact_stays_a_note() -> None:
    """Our own lines are never wrapped: what follows a long one is somebody's remark."""
    stamp = approval_of(SegmentKey(None, "Un."), "One.", by="Ada " * 30, on=date(2026, 11, 22))
    facts = Provenance(origin="o" * 120, differs="d" * 120, approval=stamp)
    for fact in (f"origin: {facts.origin}", f"differs: {facts.differs}", f"approved: {stamp}"):
        read = Provenance.from_comment(f"{fact}\nVoir avec Ada.")
        assert read.notes == ("Voir avec Ada.",)
        assert read.approval in {None, stamp}
