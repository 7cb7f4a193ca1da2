import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.translation.postediting import change_share, count_words, word_steps

SCRAPS = ["the", "city", "", "acts", ",", "“well-known”", "l’été", "\n", "new.", "old"]
TEXT = st.lists(st.sampled_from(SCRAPS)).map(" ".join)


@given(draft=TEXT, final=TEXT)
def test_the_steps_lead_from_the_draft_to_the_text(draft: str, final: str) -> None:
    """What stayed and went is the draft, what stayed and came the text, letter by letter."""
    steps = word_steps(draft, final)
    assert "".join(step.text for step in steps if step.what != "+") == draft
    assert "".join(step.text for step in steps if step.what != "-") == final
    assert all(step.text for step in steps)


@given(draft=TEXT, final=TEXT)
def test_the_share_of_changes_lies_between_nothing_and_all(draft: str, final: str) -> None:
    """And it is nothing for the same words."""
    assert 0 <= change_share(draft, final) <= 1
    assert change_share(draft, draft) == 0
    assert change_share(draft, final) == pytest.approx(change_share(final, draft))


def test_a_change_is_told_as_a_whole() -> None:
    """Neighbouring words that changed are one change: what went, then what came."""
    steps = [tuple(step) for step in word_steps("The big town acts.", "The small city acts.")]
    assert steps == [("=", "The "), ("-", "big town"), ("+", "small city"), ("=", " acts.")]


def test_the_share_counts_words_and_marks() -> None:
    """Two of five were changed."""
    assert change_share("The big town acts.", "The small city acts.") == pytest.approx(0.4)


def test_marks_are_no_words() -> None:
    """An elided article and its word are one."""
    assert count_words("L’été, c’est 2 fois « bien » !") == 5
