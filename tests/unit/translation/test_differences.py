"""What differs between two texts, as a reviewer reads it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.content.differences import LONGEST, diff_words
from flows.domain.language import Language
from flows.translation.memory.figures import diff_figures

FR = Language("fr")
CHANGE = re.compile(r"\[-.*?-\]|\{\+.*?\+\}")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "La réunion du mardi 3 mars à Liège aura lieu le soir.",
            "La réunion du mercredi 4 mars à Liège aura lieu le soir.",
            "… réunion du [-mardi 3-] {+mercredi 4+} mars à …",
        ),
        ("Le maire", "Le maire de Liège", "Le maire {+de Liège+}"),
        ("Oui.", "Oui !", "Oui [-.-] {+!+}"),
    ],
)
def test_changed_words_stand_among_their_neighbours(old: str, new: str, told: str) -> None:
    """What is the same and far away is left out."""
    assert diff_words(old, new) == told


def test_the_same_text_has_no_difference() -> None:
    """Nothing is marked."""
    assert not CHANGE.search(diff_words("Le même texte", "Le même texte"))


@given(old=st.text(max_size=300), new=st.text(max_size=300))
def test_a_difference_is_one_line_of_bounded_length(old: str, new: str) -> None:
    """It fits into a comment, whatever the texts hold."""
    told = diff_words(old, new)
    assert len(told) <= LONGEST
    assert len(told.splitlines()) <= 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("le 9 octobre", "le 10 octobre", "[-9-] {+10+}"),
        ("dix villes en mai", "onze villes en mars", "[-dix, mai-] {+mars, onze+}"),
        ("le lundi", "le mardi", "[-lundi-] {+mardi+}"),
        ("12 villes", "12 villes et 3 régions", "{+3+}"),
    ],
)
def test_other_figures_are_named(old: str, new: str, told: str) -> None:
    """Numbers in digits or letters, months and weekdays."""
    assert diff_figures(old, new, language=FR) == told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("à 18 h 30", "à 18h30"),
        ("10 000 euros", "10.000 euros"),
        ("une ville", "la ville"),
        ("Le 3 mars à Liège", "À Liège, le 3 mars"),
    ],
)
def test_another_typing_or_order_is_no_other_figure(old: str, new: str) -> None:
    """Nor is an article a number."""
    assert diff_figures(old, new, language=FR) == ""


def test_a_language_without_a_calendar_is_judged_by_its_digits() -> None:
    """Unknown to Babel or not, nothing fails."""
    unknown = Language("qaa")
    assert diff_figures("9", "10", language=unknown) == "[-9-] {+10+}"
