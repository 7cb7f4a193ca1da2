from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.domain.errors import InputError, NotFoundError
from flows.operations.terms import fold
from flows.translation.amending import GlossaryChangedError, digest_of_file, drop_term, put_term
from flows.translation.entries import read_entries

Write = Callable[..., Path]
SHEET = '\ufefffr;EN;nl;note\r\nmaire;"mayor";;"x; y"\r\n\r\nville;city;stad;\r\n'


def test_a_term_is_changed_in_its_row_and_all_else_stays(write: Write) -> None:
    """Separators, quotation marks, line ends, a blank line and the byte order mark."""
    path = write("")
    path.write_bytes(SHEET.encode())

    put_term(
        path,
        "maire",
        {"fr": "maire", "en": "mayor", "nl": "burgemeester | baas", "note": "x; y"},
        digest=digest_of_file(path),
    )

    written = path.read_bytes().decode()
    assert written == SHEET.replace('"mayor";;', '"mayor";burgemeester | baas;')


def test_a_term_is_added_renamed_and_taken_out(write: Write) -> None:
    """And taken out again, the file is what it was."""
    path = write("")
    path.write_bytes(SHEET.encode())

    put_term(path, "", {"fr": "rue", "nl": "straat"}, digest=digest_of_file(path))
    assert path.read_bytes().decode() == SHEET + "rue;;straat;\r\n"
    put_term(path, "rue", {"fr": "ruelle"}, digest=digest_of_file(path))
    assert path.read_bytes().decode() == SHEET + "ruelle;;straat;\r\n"
    drop_term(path, "ruelle", digest=digest_of_file(path))

    assert path.read_bytes().decode() == SHEET


def test_nothing_is_written_over_what_somebody_changed_meanwhile(write: Write) -> None:
    """The file that was shown is not the file that is there."""
    path = write("fr,nl\nville,stad\n")
    shown = digest_of_file(path)
    path.write_text("fr,nl\nville,gemeente\n", "utf-8")

    with pytest.raises(GlossaryChangedError):
        put_term(path, "ville", {"fr": "ville", "nl": "stad"}, digest=shown)
    with pytest.raises(GlossaryChangedError):
        drop_term(path, "ville", digest=shown)

    assert path.read_text("utf-8") == "fr,nl\nville,gemeente\n"


@pytest.mark.parametrize(
    ("was", "cells", "problem"),
    [
        ("", {"fr": "ville"}, "defined twice"),
        ("", {"fr": " ", "nl": "x"}, "term is missing"),
        ("", {"fr": "rue", "note": "same:qqqqqqqqqqq"}, "language"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(
    write: Write, was: str, cells: dict[str, str], problem: str
) -> None:
    """A file that a desk has broken would stop every check."""
    path = write("fr,nl,note\nville,stad,\n")
    with pytest.raises(InputError, match=problem):
        put_term(path, was, cells, digest=digest_of_file(path))
    with pytest.raises(NotFoundError):
        drop_term(path, "nothing", digest=digest_of_file(path))
    assert path.read_text("utf-8") == "fr,nl,note\nville,stad,\n"


CELL = st.text(alphabet="abé,;\"' -=", max_size=10)


@settings(deadline=None)  # each example waits for the disk
@given(
    source=CELL.filter(lambda text: bool(text.strip()) and text.strip() != "ville"),
    wording=CELL,
    note=st.text(alphabet="abé,;\"' -", max_size=10),
)
def test_whatever_is_typed_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, source: str, wording: str, note: str
) -> None:
    """Commas and quotation marks among it; the other entry stays."""
    path = tmp_path_factory.mktemp("glossary") / "glossary.csv"
    path.write_text("fr,nl,note\nville,stad,\n", "utf-8")

    put_term(path, "", {"fr": source, "nl": wording, "note": note}, digest=digest_of_file(path))

    _, (first, second) = read_entries(path)
    assert (first.source, first.wordings) == ("ville", {"nl": ("stad",)})
    assert second.source == " ".join(source.split())
    assert second.note == " ".join(note.split())


def test_accents_and_capitals_do_not_matter_to_a_search() -> None:
    """Who types on another keyboard finds it, too."""
    assert fold("Sécurité À Liège") == "securite a liege"
