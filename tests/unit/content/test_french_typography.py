import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.content.typography import curl, for_language, marks_of
from flows.domain.language import Language
from flows.domain.style import FrenchSpacing

N = "\u202f"
S = "\u00a0"


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Qui ?", f"Qui{N}?"),
        ("Qui?", f"Qui{N}?"),
        (f"Qui{S}?", f"Qui{N}?"),
        ("Oui ! Non ; si", f"Oui{N}! Non{N}; si"),
        ("Quoi ?!", f"Quoi{N}?!"),
        ("Note : ici", f"Note{S}: ici"),
        (f"Note{N}: ici", f"Note{S}: ici"),
        ("« mot »", f"«{S}mot{S}»"),
        ("«mot»", f"«{S}mot{S}»"),
        ("« Oui ? »", f"«{S}Oui{N}?{S}»"),
        ("(vraiment ?)", f"(vraiment{N}?)"),
        ("(?)", "(?)"),
        ("à 18:30", "à 18:30"),
        ("10:30 : début", f"10:30{S}: début"),
        ("https://efus.eu/?a=1;b ! x", f"https://efus.eu/?a=1;b{N}! x"),
        ("www.example.org/?", "www.example.org/?"),
        ("un :sigle:", "un :sigle:"),
        ("1 250 répondants, 40 %", f"1{N}250 répondants, 40{N}%"),
        (f"12{S}500{S}000 €", f"12{N}500{N}000{N}€"),
        ("en 2026 250 villes", "en 2026 250 villes"),
        ("tél. 01 23 45 67", "tél. 01 23 45 67"),
        ("04 222 33 44", "04 222 33 44"),
        ("+32 4 222 33 44", "+32 4 222 33 44"),
        ("+32 (0)4 222 33 44", "+32 (0)4 222 33 44"),
        ("+352 222 333 444", "+352 222 333 444"),
        ("BE68 5390 0754 7034", "BE68 5390 0754 7034"),
        ("12 44 222 333 444", "12 44 222 333 444"),
        ("Article 12 100 signataires", "Article 12 100 signataires"),
        ("l’art. 3 120 maires", "l’art. 3 120 maires"),
        ("n° 12 100 pages", "n° 12 100 pages"),
        ("Le G7 120 pays", "Le G7 120 pays"),
        ("Covid-19 100 villes", "Covid-19 100 villes"),
        ("à 12:30 150 maires", "à 12:30 150 maires"),
        ("le 3,5 100 fois", "le 3,5 100 fois"),
        ("Salle 12\n100 places", "Salle 12\n100 places"),
        ("ces articles : 12 500 mots", f"ces articles{S}: 12{N}500 mots"),
        ("en 2026 12 500 villes", f"en 2026 12{N}500 villes"),
        ("« Il a crié «oui» hier »", f"«{S}Il a crié “oui” hier{S}»"),
        ("« a «b» c «d» » et «e»", f"«{S}a “b” c “d”{S}» et «{S}e{S}»"),
        ("« a « b » c »", f"«{S}a «{S}b{S}» c{S}»"),
        ("5 % ; 1 000 !", f"5{N}%{N}; 1{N}000{N}!"),
    ],
)
def test_french_marks_take_their_spaces(typed: str, set_: str) -> None:
    """U+202F before ; ! ?, U+00A0 before a colon and inside guillemets; addresses untouched."""
    assert for_language(Language("fr"))(typed) == set_
    assert for_language(Language("fr-CA"))(typed) == set_


@given(text=st.text(alphabet=' \u00a0\u202fab01+%«»;:!?()."…https://w@&\n', max_size=40))
@settings(max_examples=200, deadline=None)
def test_doing_it_twice_changes_nothing(text: str) -> None:
    """French typography is idempotent."""
    once = for_language(Language("fr"))(text)
    assert for_language(Language("fr"))(once) == once


@pytest.mark.parametrize("language", ["en", "nl", "de", "fry"])
def test_other_languages_are_left_alone(language: str) -> None:
    """Whatever stands in an English or Dutch text was put there by its translator."""
    text = "What ? « so » : yes!"
    assert for_language(Language(language))(text) == text


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Qui ? Oui !", "Qui? Oui!"),
        (f"Note{S}: ici ; là", "Note: ici; là"),
        ("« Oui ? »", "«Oui?»"),
        ("« a « b » c »", "«a “b” c»"),
        ("un :sigle:", "un :sigle:"),
        ("https://efus.eu/ ?", "https://efus.eu/?"),
        ("1 250 ; 40 %", f"1{N}250; 40{N}%"),
    ],
)
def test_the_eu_s_guide_wants_no_spaces(typed: str, set_: str) -> None:
    """Interinstitutional style guide, French part, section 6.4: marks touch their words."""
    close_up = for_language(Language("fr"), french=FrenchSpacing.EU)
    assert close_up(typed) == set_
    assert close_up(set_) == set_


@pytest.mark.parametrize(
    ("language", "typed", "set_"),
    [
        ("fr", 'Un écran de 12" et "24"', 'Un écran de 12" et «24»'),
        ("fr", "L'Efus dit \"oui\" (aujourd'hui)", "L’Efus dit «oui» (aujourd’hui)"),
        ("en", "\"Yes,\" the cities' mayors said: 'no'", "“Yes,” the cities’ mayors said: ‘no’"),
        ("en", "the '90s", "the ’90s"),
        ("nl", "'s avonds in 't centrum \"nee\"", "’s avonds in ’t centrum “nee”"),
        ("nl-BE", "foto's", "foto’s"),
        ("de", 'Er sagt "ja".', "Er sagt „ja“."),
        ("sv", 'https://efus.eu/?q="a" "b"', 'https://efus.eu/?q="a" “b”'),
        ("en", "“set already” – it’s", "“set already” – it’s"),
    ],
)
def test_straight_marks_of_a_title_are_set_as_those_of_the_body(
    language: str, typed: str, set_: str
) -> None:
    """In the language's quotation marks, with curly apostrophes; addresses untouched."""
    assert curl(typed, marks=marks_of(Language(language))) == set_
