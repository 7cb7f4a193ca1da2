from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import polib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.content.catalogue import Catalogue
from flows.content.stamps import Provenance
from flows.domain.errors import InputError, NotDoneError, NotFoundError, TransientError
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey, SegmentState

ACatalogue = Callable[[], Catalogue]
DAY = date(2026, 11, 22)
EMPTY, DRAFT, EDITED, APPROVED = SegmentState

HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: efus-newsletter\\n"
"Last-Translator: translation-en\\n"
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"X-Source-Language: fr\\n"

"""


def key(source: str, context: str | None = None) -> SegmentKey:
    """The key of running text, or of a context."""
    return SegmentKey(context, source)


def segment(source: str, context: str | None = None, line: int = 1) -> Segment:
    """A paragraph's segment."""
    return Segment(source=source, kind="p", context=context, line=line)


def filled(catalogue: Catalogue, *sources: str) -> Catalogue:
    """The catalogue of an article with these paragraphs."""
    catalogue.sync([segment(source, line=n) for n, source in enumerate(sources, start=1)])
    return catalogue


def test_a_new_catalogue_has_its_header(a_catalogue: ACatalogue, tmp_path: Path) -> None:
    """Language, source language and encoding, and nothing that changes with the hour."""
    catalogue = filled(a_catalogue(), "Un.")
    assert catalogue.save()
    text = (tmp_path / "en.po").read_text("utf-8")
    assert '"Language: en\\n"' in text
    assert '"X-Source-Language: fr\\n"' in text
    assert "#: fr.md:1\nmsgid" in text
    assert "Date" not in text


def test_each_act_moves_a_segment_to_its_state(a_catalogue: ACatalogue) -> None:
    """Empty, draft, edited, approved; the counts name every state."""
    catalogue = filled(a_catalogue(), "Un.", "Deux.", "Trois.", "Quatre.")
    assert catalogue.draft(key("Deux."), "Two.", origin="libretranslate full-tokens")
    catalogue.edit(key("Trois."), "Three.", by="Ana")
    catalogue.edit(key("Quatre."), "Four.", by="Ana")
    catalogue.approve(key("Quatre."), by="Ben", on=DAY)
    assert [state for _, state in catalogue.states()] == [EMPTY, DRAFT, EDITED, APPROVED]
    assert catalogue.counts() == dict.fromkeys(SegmentState, 1)
    assert catalogue.waiting() == [key("Un.")]
    assert catalogue.last_editor == "Ana"
    assert catalogue.translations(drafts=False) == {
        key("Trois."): "Three.",
        key("Quatre."): "Four.",
    }
    assert catalogue.translations(drafts=True)[key("Deux.")] == "Two."


def test_everything_survives_the_disk(a_catalogue: ACatalogue) -> None:
    """States, provenance and text are the same after saving and loading."""
    catalogue = filled(a_catalogue(), "Un.", 'Deux « ç » \\ "q"\nsuite', "Trois.")
    catalogue.draft(key("Un."), "One\u202f!", origin="deepl")
    catalogue.edit(key("Trois."), "Verantwoordelijkheidsverzekering " * 9, by="Ana")
    catalogue.approve_all(by="Ben Été", on=DAY)
    assert catalogue.save()
    again = a_catalogue()
    assert again.states() == catalogue.states()
    assert again.entry(key("Un.")).provenance.origin == "deepl"
    assert str(again.entry(key("Un.")).provenance.approval).startswith("Ben Été 2026-11-22 ")


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=120))
@settings(max_examples=50, deadline=None)
def test_any_text_survives_the_disk(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Quotes, backslashes, odd separators: what is approved stays approved."""
    path = tmp_path_factory.mktemp("po") / "nl.po"
    languages = {"language": Language("nl"), "source_language": Language("fr")}
    catalogue = filled(Catalogue.load(path, **languages), "Un.")
    catalogue.edit(key("Un."), text, by="Ana")
    catalogue.approve_all(by="Ben", on=DAY)
    catalogue.save()
    assert Catalogue.load(path, **languages).states() == catalogue.states()


def test_a_catalogue_that_did_not_change_is_not_written(
    a_catalogue: ACatalogue, tmp_path: Path
) -> None:
    """A hand-made file keeps its own wrapping until something in it changes."""
    path = tmp_path / "en.po"
    path.write_text(HEADER + '# origin: person\nmsgid ""\n"Un "\n"texte."\nmsgstr "A text."\n')
    before = path.stat().st_mtime_ns, path.read_bytes()
    catalogue = a_catalogue()
    assert not catalogue.save()
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    assert catalogue.last_editor == "translation-en"
    assert catalogue.state(key("Un texte.")) is EDITED


def test_a_save_leaves_no_other_file(a_catalogue: ACatalogue, tmp_path: Path) -> None:
    """The temporary file has become the catalogue."""
    filled(a_catalogue(), "Un.").save()
    assert [path.name for path in tmp_path.iterdir()] == ["en.po"]


def test_a_save_never_overwrites_somebody_else_s(a_catalogue: ACatalogue, tmp_path: Path) -> None:
    """Two editors at once: the second is told, and what the first wrote stays."""
    filled(a_catalogue(), "Un.").save()
    one, two = a_catalogue(), a_catalogue()
    one.edit(key("Un."), "One.", by="Ana")
    two.edit(key("Un."), "A.", by="Ben")
    one.save()
    with pytest.raises(TransientError):
        two.save()
    assert "One." in (tmp_path / "en.po").read_text("utf-8")


def test_a_machine_never_overwrites_a_person(a_catalogue: ACatalogue) -> None:
    """A draft replaces nothing but a draft; an engine's silence replaces nothing at all."""
    catalogue = filled(a_catalogue(), "Un.", "Deux.", "Trois.")
    catalogue.edit(key("Un."), "One.", by="Ana")
    catalogue.edit(key("Deux."), "Two.", by="Ana")
    catalogue.approve(key("Deux."), by="Ben", on=DAY)
    catalogue.draft(key("Trois."), "Three", origin="google")
    assert not catalogue.draft(key("Un."), "x", origin="google")
    assert not catalogue.draft(key("Deux."), "x", origin="google")
    assert not catalogue.draft(key("Trois."), "  ", origin="google")
    assert catalogue.draft(key("Trois."), "Three.", origin="deepl")
    assert list(catalogue.translations(drafts=True).values()) == ["One.", "Two.", "Three."]


def test_an_edit_takes_the_approval_away(a_catalogue: ACatalogue) -> None:
    """Approved is what was read; the same text typed again is what was read."""
    catalogue = filled(a_catalogue(), "Un.")
    catalogue.edit(key("Un."), "One.", by="Ana")
    catalogue.approve(key("Un."), by="Ben", on=DAY)
    catalogue.edit(key("Un."), "One.", by="Ana")
    assert catalogue.state(key("Un.")) is APPROVED
    catalogue.edit(key("Un."), "One!", by="Ana")
    assert catalogue.state(key("Un.")) is EDITED
    catalogue.edit(key("Un."), "  ", by="Ana")
    assert catalogue.state(key("Un.")) is EMPTY


def test_nothing_cannot_be_approved(a_catalogue: ACatalogue) -> None:
    """An empty translation waits for somebody to write it."""
    catalogue = filled(a_catalogue(), "Un.", "Deux.")
    with pytest.raises(NotDoneError):
        catalogue.approve(key("Un."), by="Ben", on=DAY)
    catalogue.edit(key("Deux."), "Two.", by="Ana")
    assert catalogue.approve_all(by="Ben", on=DAY) == 1
    assert catalogue.approve_all(by="Cas", on=DAY) == 0
    with pytest.raises(NotFoundError):
        catalogue.state(key("Rien."))


@pytest.mark.parametrize("wrapwidth", [0, 20, 78, 200])
def test_approvals_survive_another_tool_s_wrapping(
    a_catalogue: ACatalogue, tmp_path: Path, wrapwidth: int
) -> None:
    """Poedit, Weblate and msgcat re-wrap files; nobody has to approve anything again."""
    catalogue = filled(a_catalogue(), "Une phrase assez longue " * 6, "Deux.", "Trois.")
    for source in catalogue.waiting():
        catalogue.edit(source, f"Een tamelijk lange zin, {source.source}" * 2, by="Ana")
    catalogue.approve_all(by="Une personne au nom très long de la Ville de Liège", on=DAY)
    catalogue.draft(key("Deux."), "Two.", origin="google")
    catalogue.save()
    other = polib.pofile(str(tmp_path / "en.po"), wrapwidth=wrapwidth)
    other.save()
    assert a_catalogue().counts()[APPROVED] == 3


@pytest.mark.parametrize("field", ["msgstr", "msgid", "msgctxt"])
def test_an_edit_outside_voids_the_approval(
    a_catalogue: ACatalogue, tmp_path: Path, field: str
) -> None:
    """A text editor knows nothing of stamps, so the stamp knows the text."""
    catalogue = filled(a_catalogue(), "Un.")
    catalogue.edit(key("Un."), "One.", by="Ana")
    catalogue.approve_all(by="Ben", on=DAY)
    catalogue.save()
    other = polib.pofile(str(tmp_path / "en.po"))
    setattr(other[0], field, "Something else.")
    other.save()
    assert [state for _, state in a_catalogue().states()] == [EDITED]


def test_people_s_notes_stay(a_catalogue: ACatalogue, tmp_path: Path) -> None:
    """Comments that are no facts of ours are somebody's, and kept in their order."""
    path = tmp_path / "en.po"
    notes = (
        "# Vérifier le nom avec Liège.\n# origin: google\n# Deuxième remarque : oui\n#. extrait\n"
    )
    path.write_text(HEADER + notes + 'msgid "Un."\nmsgstr "One."\n', "utf-8")
    catalogue = a_catalogue()
    catalogue.approve_all(by="Ben", on=DAY)
    catalogue.save()
    again = a_catalogue().entry(key("Un.")).provenance
    assert again.notes == ("Vérifier le nom avec Liège.", "Deuxième remarque : oui")
    assert again.origin == "google"
    assert "#. extrait" in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('msgid "Un."\nmsgstr "One."\n<<<<<<< HEAD\nmsgid "Deux."\nmsgstr "Two."\n', 13),
        ('msgid "Un."\nmsgstr "On"e."\n', 12),
        ('msgid "Un."\nmsgid "Deux."\n', None),
        ('msgid "Un."\nmsgstr "1"\n\nmsgid "Un."\nmsgstr "2"\n', 14),
        ("#| x\n", None),
    ],
)
def test_a_broken_catalogue_says_where(
    a_catalogue: ACatalogue, tmp_path: Path, text: str, line: int | None
) -> None:
    """A merge conflict or a lost quotation mark is named with its line and a remedy."""
    (tmp_path / "en.po").write_text(HEADER + text, "utf-8")
    with pytest.raises(InputError) as caught:
        a_catalogue()
    assert caught.value.path == tmp_path / "en.po"
    assert caught.value.remedy
    assert line is None or caught.value.line == line


def test_a_catalogue_in_another_encoding_is_refused(
    a_catalogue: ACatalogue, tmp_path: Path
) -> None:
    """Guessing would turn names into rubbish."""
    (tmp_path / "en.po").write_bytes(HEADER.encode() + 'msgid "é"\nmsgstr "é"\n'.encode("cp1252"))
    with pytest.raises(InputError, match="UTF-8"):
        a_catalogue()


@given(raw=st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    """Nothing on the disk makes loading fail in another way."""
    path = tmp_path_factory.mktemp("po") / "nl.po"
    path.write_bytes(raw)
    with suppress(InputError):
        Catalogue.load(path, language=Language("nl"), source_language=Language("fr"))


def test_provenance_is_read_back_as_written() -> None:
    """Facts and notes make the same comment again."""
    comment = "Une note\norigin: deepl no-emphasis\napproved: Ben 2026-11-22 0a1b2c3d\nbefore: x"
    assert Provenance.from_comment(comment).as_comment() == comment
    assert Provenance.from_comment("approved: Ben 2026-13-45 0a1b2c3d").approval is None
