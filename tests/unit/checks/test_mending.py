from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.domain.language import Language
from flows.translation.checks.mending import mend
from flows.translation.checks.pair import Pair, read_pair
from flows.translation.checks.registry import check_pair
from flows.translation.glossary import Glossary

CALM = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
APair = Callable[..., Pair]


@pytest.fixture(scope="session")
def a_pair(glossary: Glossary) -> APair:
    """Reads a French paragraph beside its translation."""

    def read(source: str, target: str, *, language: str = "en") -> Pair:
        return read_pair(
            source,
            target,
            kind="p",
            context=None,
            language=Language(language),
            source_language=Language("fr"),
            glossary=glossary,
        )

    return read


def test_every_safe_fix_is_applied(a_pair: APair) -> None:
    """One after the other, each on what the one before left."""
    mending = mend(
        a_pair("À Liège, on dit : « Oui ! »", "In Liège  zegt men : « Ja ! »", language="nl")
    )
    assert mending.text == "In Luik zegt men: “Ja!”"
    assert set(mending.checks) == {"glossary", "typography", "spaces"}


def test_what_needs_judgement_is_left_unless_it_is_asked_for(a_pair: APair) -> None:
    """A month put right may be wrong; whoever names the check has judged."""
    pair = a_pair("En novembre, on agit.", "In October, people act.")
    assert mend(pair).text == "In October, people act."
    assert mend(pair, only=["dates"]).text == "In November, people act."


@CALM
@given(
    data=st.data(), scrap=st.sampled_from(["  ", " :", "«", '"', " ,", "\u200b", "**", "for for"])
)
def test_mending_comes_to_an_end_and_adds_no_error(
    data: Any, scrap: str, good_pairs: list[Any], a_pair: APair
) -> None:
    """Twice is once, and no error is there that was not there before."""
    good = data.draw(st.sampled_from([one for one in good_pairs if one.context is None]))
    at = data.draw(st.integers(0, len(good.target)))
    pair = a_pair(good.source, good.target[:at] + scrap + good.target[at:], language=good.language)
    mended = mend(pair)
    again = a_pair(good.source, mended.text, language=good.language)
    assert mend(again).text == mended.text
    errors = [
        {one.reason for one in check_pair(side) if one.severity == "error"}
        for side in (pair, again)
    ]
    assert errors[1] <= errors[0]
