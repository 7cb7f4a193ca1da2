from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.translation.amending import add_wording
from flows.translation.entries import read_entries

NL = Language("nl")
Write = Callable[..., Path]

CASES = [
    ("fr,en,nl\nville,city,stad\n", "fr,en,nl\nville,city,stad\nmaire,,burgemeester\n"),
    ("fr,en,nl\nville,city,stad", "fr,en,nl\nville,city,stad\nmaire,,burgemeester"),
    ("fr;en;nl\r\nville;city;stad\r\n", "fr;en;nl\r\nville;city;stad\r\nmaire;;burgemeester\r\n"),
    ("\ufefffr\tnl\tnote\nmaire\t\t\n", "\ufefffr\tnl\tnote\nmaire\tburgemeester\t\n"),
    (
        'fr,en,nl,note\n"maire","mayor","baas","x, ""y"""\n\nville,city,stad,\n',
        'fr,en,nl,note\n"maire","mayor",baas | burgemeester,"x, ""y"""\n\nville,city,stad,\n',
    ),
    ("fr,EN,NL\nmaire\n", "fr,EN,NL\nmaire,,burgemeester\n"),
    ("fr,nl\n\n", "fr,nl\n\nmaire,burgemeester\n"),
]


@pytest.mark.parametrize(("before", "after"), CASES)
def test_a_wording_is_added_and_all_else_stays(write: Write, before: str, after: str) -> None:
    """Separators, quotation marks, line ends, blank lines, a byte order mark, the file's end."""
    path = write("")
    path.write_bytes(before.encode())
    assert add_wording(path, "maire", NL, "burgemeester")
    assert path.read_bytes().decode() == after
    _, entries = read_entries(path)
    [entry] = [one for one in entries if one.source == "maire"]
    assert entry.wordings[NL][-1] == "burgemeester"


def test_the_same_wording_again_changes_nothing(write: Write) -> None:
    """Accepting twice is accepting once."""
    path = write("fr,nl\nmaire, burgemeester |baas\n")
    before = path.read_bytes()
    assert not add_wording(path, "maire", NL, "burgemeester")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "term", "wording", "problem"),
    [
        ("fr,en\n", "maire", "burgemeester", "no column nl"),
        ("fr,nl\n", " ", "burgemeester", "is empty"),
        ("fr,nl\n", "maire", "", "is empty"),
        ('fr,nl\nmaire,"x\n', "maire", "burgemeester", "not CSV"),
    ],
)
def test_what_cannot_be_added_is_told_and_nothing_is_written(
    write: Write, text: str, term: str, wording: str, problem: str
) -> None:
    """A language without a column, an empty cell, a file that is broken already."""
    path = write(text)
    with pytest.raises(InputError, match=problem):
        add_wording(path, term, NL, wording)
    assert path.read_text("utf-8") == text


WORDS = st.text(alphabet="ab,;\"'|’é -", min_size=1, max_size=8).filter(
    lambda text: text.strip(" |") and "|" not in text
)


@settings(deadline=None)  # each example waits for the disk
@given(
    rows=st.lists(
        st.tuples(WORDS, WORDS), max_size=5, unique_by=lambda row: " ".join(row[0].split())
    ),
    term=WORDS,
    wording=WORDS,
)
def test_any_wording_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    term: str,
    wording: str,
) -> None:
    """Whatever commas and quotation marks are in it; the other entries are what they were."""

    def quoted(text: str) -> str:
        doubled = text.replace('"', '""')
        return f'"{doubled}"'

    path = tmp_path_factory.mktemp("glossary") / "glossary.csv"
    lines = ["fr,nl", *(f"{quoted(source)},{quoted(target)}" for source, target in rows)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    before = {entry.source: entry.wordings for entry in read_entries(path)[1]}
    add_wording(path, term, NL, wording)
    after = {entry.source: entry.wordings for entry in read_entries(path)[1]}
    name = " ".join(term.split())
    assert " ".join(wording.split()) in after.pop(name)[NL]
    before.pop(name, None)
    assert after == before
