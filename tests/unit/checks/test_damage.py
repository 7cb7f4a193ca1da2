"""The same numbers that `make bench-checks` prints, held to their bar."""

import pytest

from benchmarks.checks import (
    LEAST_CAUGHT_PERCENT,
    MOST_FALSE_PERCENT,
    Caught,
    false_findings,
    share,
    spoil_all,
)
from tests.samples.damage import kinds
from tests.samples.pairs import LANGUAGES, good_pairs, held_out, house_glossary

KINDS = kinds(house_glossary())


@pytest.fixture(scope="module")
def caught() -> list[Caught]:
    """What is noticed of each kind of damage."""
    pairs = [*good_pairs(), *held_out()]
    return [spoil_all(name, kind, pairs) for name, kind in KINDS.items()]


def test_good_translations_are_left_alone() -> None:
    """At most 2 in 100 complete, good translations draw a finding."""
    pairs = [*good_pairs(), *held_out()]
    wrong = [(pair.target, remarks) for pair, remarks in false_findings(pairs)]
    assert len(pairs) >= 500
    assert share(len(wrong), len(pairs)) <= MOST_FALSE_PERCENT, wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_is_judged_worse_than_the_others(language: str) -> None:
    """Each language has samples, and few false findings among them."""
    pairs = [pair for pair in (*good_pairs(), *held_out()) if pair.language == language]
    assert len(pairs) >= 30
    assert share(len(false_findings(pairs)), len(pairs)) <= 3


def test_seeded_damage_is_caught_by_the_expected_check(caught: list[Caught]) -> None:
    """At least 97 in 100 spoilt translations, of at least 25 kinds."""
    cases, expected = sum(one.cases for one in caught), sum(one.expected for one in caught)
    missed = [(one.name, broken) for one in caught for _, broken in one.missed]
    assert len(caught) >= 25
    assert cases >= 2000
    assert share(expected, cases) >= LEAST_CAUGHT_PERCENT, missed


def test_every_kind_of_damage_is_done_and_mostly_seen(caught: list[Caught]) -> None:
    """No kind hides behind the others."""
    assert [one.name for one in caught if not one.cases] == []
    assert [one.name for one in caught if share(one.expected, one.cases) < 80] == []
