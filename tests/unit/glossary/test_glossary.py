from collections.abc import Callable
from pathlib import Path

import pytest

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.translation.glossary import Glossary

EN, NL = Language("en"), Language("nl")
TEXT = "Le SCN va à Liège et à Gand"
LINES = """\
fr,en,nl,de,note
Efus,Efus,Efus,Efus,
Liège,Liège,Luik,Lüttich,
Université de Liège,Université de Liège,Université de Liège,,
ville membre,member city,lidstad | lidsteden,,
élu local,local elected official,lokale mandataris,,forbidden:en:councillor
violent,violent,gewelddadig,,
extrémisme violent,violent extremism,gewelddadig extremisme,,
sécurité,security,veiligheid,,forbidden:safety
SCN,SCN,SCN,,exact
"""


@pytest.fixture
def glossary(write: Callable[[str], Path]) -> Glossary:
    """The glossary of these tests."""
    return Glossary.load(write(LINES))


def found(glossary: Glossary, source: str, *, language: Language = EN) -> list[str]:
    """The terms found, as written."""
    return [term.text for term in glossary.terms_in(source, language=language)]


def told(
    glossary: Glossary, source: str, target: str, *, language: Language = EN
) -> list[tuple[str, object]]:
    """What the problems found are about, by their reasons."""
    problems = glossary.problems(source, target, language=language)
    return [
        (problem.reason, problem.facts.get("wordings") or next(iter(problem.facts.values())))
        for problem in problems
    ]


def test_a_longer_term_hides_the_shorter_ones_in_it(glossary: Glossary) -> None:
    """A span of the source is used once."""
    assert found(glossary, "L’extrémisme violent et un acte violent") == [
        "extrémisme violent",
        "violent",
    ]


@pytest.mark.parametrize(
    "source",
    ["les villes membres", "une ville\u00a0membre", "Ville membre depuis 2004", "l’ville membre"],
)
def test_a_term_is_found_in_any_number_and_behind_an_elision(
    glossary: Glossary, source: str
) -> None:
    """French plurals, capitals, no-break spaces and elided articles do not hide a term."""
    assert len(found(glossary, source)) == 1


def test_french_plurals_in_aux_are_found(glossary: Glossary) -> None:
    """`local` is found in `locaux`."""
    assert found(glossary, "Les élus locaux d’Efus") == ["élus locaux", "Efus"]


def test_an_entry_with_a_capital_minds_case(glossary: Glossary) -> None:
    """A name is not found in a common word."""
    assert found(glossary, "un bouchon de liège, à Liège") == ["Liège"]


def test_terms_without_a_wording_are_left_out(glossary: Glossary) -> None:
    """A language column may leave terms open."""
    assert found(glossary, "Liège, ville membre", language=Language("de")) == ["Liège"]


def test_a_regional_language_is_served_by_its_parent(glossary: Glossary) -> None:
    """`nl-BE` uses the column `nl`."""
    assert told(glossary, "À Liège", "In Liège", language=Language("nl-BE")) == [("left", "Liège")]


def test_any_alternative_serves(glossary: Glossary) -> None:
    """Wordings between bars are all right."""
    assert told(glossary, "Les villes membres", "De lidsteden", language=NL) == []


def test_english_plurals_serve(glossary: Glossary) -> None:
    """`member cities` is `member city`."""
    assert told(glossary, "Les villes membres", "Member cities") == []


def test_dutch_terms_may_begin_a_compound(glossary: Glossary) -> None:
    """Only the left boundary of a Dutch term must be there."""
    assert told(glossary, "La sécurité", "Het veiligheidsbeleid", language=NL) == []


def test_a_missing_term_is_told_with_its_wordings(glossary: Glossary) -> None:
    """A problem says what was agreed."""
    assert told(glossary, "Une ville membre", "Een gemeente", language=NL) == [
        ("other", ("lidstad", "lidsteden"))
    ]


def test_a_name_left_in_french_is_told_with_its_place(glossary: Glossary) -> None:
    """A source form left over is replaced safely."""
    [problem] = glossary.problems("À Liège", "In Liège", language=NL)
    assert (problem.spans, problem.replacement) == (((3, 8),), "Luik")


def test_a_longer_name_keeps_its_french_parts(glossary: Glossary) -> None:
    """What belongs to a kept name is not left over."""
    source = "L’Université de Liège, à Liège"
    assert told(glossary, source, "De Université de Liège, in Luik", language=NL) == []


def test_kept_names_must_be_there_literally(glossary: Glossary) -> None:
    """A name that keeps its form may not change its case."""
    assert told(glossary, "L’Efus", "EFUS") == [("kept", "Efus")]
    assert told(glossary, "L’Efus", "Efus") == []


def test_forbidden_forms_hold_for_their_language(glossary: Glossary) -> None:
    """A forbidden form is told where it stands, for one language or for all."""
    assert ("forbidden", "councillor") in told(glossary, "Un élu local", "A councillor")
    assert ("forbidden", "safety") in told(glossary, "La sécurité", "Security and safety")
    target = "Een lokale mandataris, councillor"
    assert told(glossary, "Un élu local", target, language=NL) == []


def test_exact_entries_have_no_plural(glossary: Glossary) -> None:
    """An entry marked `exact` is found only as written."""
    assert found(glossary, "Le SCN et les SCNs") == ["SCN"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_part_of_the_header(
    write: Callable[..., Path], encoding: str
) -> None:
    """Spreadsheet programs put one before the first column."""
    glossary = Glossary.load(write(LINES, encoding=encoding))
    assert glossary.source_language == "fr"


def test_tabs_separate_too(write: Callable[[str], Path]) -> None:
    """A sheet pasted into a text file has tabs."""
    glossary = Glossary.load(write("fr\ten\tnote\nmaire\tmayor, the\tx; exact\n"))
    assert glossary.entries[0].wordings == {"en": ("mayor, the",)}
    assert glossary.entries[0].exact


def test_semicolons_separate_too(write: Callable[[str], Path]) -> None:
    """French spreadsheets write semicolons."""
    glossary = Glossary.load(write("fr;en\nmaire;mayor, the\n"))
    assert glossary.entries[0].wordings == {"en": ("mayor, the",)}


def test_a_term_may_keep_its_form_in_every_language(write: Callable[..., Path]) -> None:
    """`same` serves languages without a wording; `same:pl` one; a wording goes before it."""
    glossary = Glossary.load(
        write("fr,en,nl,note\nSCN,,,same\nLiège,,Luik,same:pl\nGand,Ghent,,same;exact\n")
    )
    kept = {
        tag: [
            term.entry.wordings_in(Language(tag))
            for term in glossary.terms_in(TEXT, language=Language(tag))
        ]
        for tag in ("en", "nl", "pl", "de-AT")
    }
    assert kept == {
        "en": [("SCN",), ("Ghent",)],
        "nl": [("SCN",), ("Luik",), ("Gand",)],
        "pl": [("SCN",), ("Liège",), ("Gand",)],
        "de-AT": [("SCN",), ("Gand",)],
    }


def test_french_tells_a_verb_from_its_noun(write: Callable[..., Path]) -> None:
    """`vivre ensemble` is no `vivre-ensemble`."""
    glossary = Glossary.load(write("fr,en\nvivre-ensemble,living together\n"))
    assert found(glossary, "Le vivre-ensemble, c’est vivre ensemble.") == ["vivre-ensemble"]


@pytest.mark.parametrize(
    ("language", "wording", "used"),
    [
        ("es", "reunión", "las reuniones"),
        ("es", "red", "las redes"),
        ("pt", "reunião", "as reuniões"),
        ("pt", "social", "os sociais"),
        ("it", "rete locale", "le reti locali"),
        ("pl", "polityka miejska", "polityki miejskiej"),
        ("de", "Sicherheit", "die Sicherheitspolitik"),
    ],
)
def test_other_languages_inflect_their_wordings(
    write: Callable[..., Path], language: str, wording: str, used: str
) -> None:
    """Plurals, cases and compounds of an agreed wording are that wording."""
    glossary = Glossary.load(write(f"fr,{language}\nterme,{wording}\n"))
    assert told(glossary, "Un terme", used, language=Language(language)) == []


WRONG = [
    ("", 1, None),
    ("fr\n", 1, None),
    ("fr,english,note\n", 1, "english"),
    ("note,fr,en\n", 1, None),
    ("fr,en,en\n", 1, None),
    ("fr,en\nville,city,town\n", 2, "en"),
    ("fr,en\n,city\n", 2, "fr"),
    ("fr,en\nville,city\n\nville,town\n", 4, "fr"),
    ('fr,en\nville,"city\n', 2, None),
    ("fr,en,note\nville,city,same:nl-\n", 2, "note"),
    ("fr,en,note\nville,city,forbidden:nl-x:stad\n", 2, "note"),
]


@pytest.mark.parametrize(("text", "line", "field"), WRONG)
def test_a_wrong_file_is_told_with_line_and_column(
    write: Callable[[str], Path], text: str, line: int, field: str | None
) -> None:
    """What an editor must mend is named, with its place and a remedy."""
    path = write(text)
    with pytest.raises(InputError) as caught:
        Glossary.load(path)
    assert (caught.value.path, caught.value.line, caught.value.field) == (path, line, field)
    assert caught.value.remedy


def test_a_file_in_another_encoding_is_told(write: Callable[..., Path]) -> None:
    """Text that is not UTF-8 is refused rather than misread."""
    with pytest.raises(InputError, match="UTF-8"):
        Glossary.load(write("fr,en\nvidéo,video\n", encoding="cp1252"))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """No glossary is a mistake of the one who asked for it."""
    with pytest.raises(InputError, match="no glossary"):
        Glossary.load(tmp_path / "glossary.csv")
