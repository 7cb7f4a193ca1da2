from collections.abc import Callable
from pathlib import Path

from flows.domain.language import Language
from flows.translation.audit import audit, coverage
from flows.translation.glossary import Glossary

EN, NL, DE = Language("en"), Language("nl-BE"), Language("de")


def faults(path: Path) -> list[tuple[int, str, str]]:
    """Lines, columns and severities of what is wrong with a file."""
    found = audit(Glossary.load(path), languages=[EN, NL, DE])
    return [(one.line, one.column, one.severity) for one in found]


def test_a_sound_glossary_has_no_fault(write: Callable[[str], Path]) -> None:
    """A region reads its language's column; a language may have none."""
    assert faults(write("fr,en,nl,note\nmaire,mayor,burgemeester,x\nville,city,stad,\n")) == []


def test_a_wording_that_is_forbidden_is_an_error(write: Callable[[str], Path]) -> None:
    """Nobody could get it right."""
    text = "fr,en,nl,note\nmaire,mayor,burgemeester,forbidden:en:Mayor\n"
    assert faults(write(text)) == [(2, "en", "error")]


def test_entries_that_hide_each_other_are_told(write: Callable[[str], Path]) -> None:
    """The plural of a term, and the same word twice in a cell."""
    text = "fr,en\nvilles membres,member city\nville membre,member city | Member city\n"
    assert faults(write(text)) == [(3, "en", "warning"), (3, "en", "warning")]
    text = "fr,en\nville membre,member city\n\nvilles membres,member cities\n"
    assert faults(write(text)) == [(4, "fr", "warning")]


def test_a_column_that_nobody_reads_is_told(write: Callable[[str], Path]) -> None:
    """A typing error in the header, or a language that was given up."""
    assert faults(write("fr,en,ne\nville,city,x\n")) == [(1, "ne", "warning")]


def test_coverage_counts_the_terms_of_each_language(write: Callable[[str], Path]) -> None:
    """Kept forms count, too."""
    glossary = Glossary.load(write("fr,en,nl,note\nville,city,stad,\nSCN,,,same\nmaire,,x,\n"))
    assert coverage(glossary, languages=[EN, NL, DE]) == {EN: 2, NL: 3, DE: 1}
