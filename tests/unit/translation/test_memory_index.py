"""Finding what was approved for the same text, or for one like it."""

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from flows.domain.segment import SegmentKey
from flows.translation.memory.index import MemoryIndex
from flows.translation.memory.units import Unit, make_unit

UNITS = 100_000
VOCABULARY = [
    "".join(random.Random(seed).choices(string.ascii_lowercase, k=2 + seed % 9))
    for seed in range(4000)
]
WEIGHTS = [1 / rank for rank in range(1, len(VOCABULARY) + 1)]
"""Words are as frequent as in a language (Zipf's law)."""


def text_of(source: random.Random, words: int) -> str:
    """A text of so many words."""
    return " ".join(source.choices(VOCABULARY, WEIGHTS, k=words))


def unit(source: str, target: str = "x", *, context: str | None = None, **more: object) -> Unit:
    """A unit of an article."""
    return make_unit(SegmentKey(context, source), target, **{"place": "lettre", **more})  # type: ignore[arg-type]


def key(source: str, context: str | None = None) -> SegmentKey:
    """A segment's key."""
    return SegmentKey(context, source)


@pytest.fixture(scope="module")
def large() -> MemoryIndex:
    """A hundred thousand units of 3 to 90 words."""
    source = random.Random(7)
    return MemoryIndex(unit(text_of(source, source.randint(3, 90))) for _ in range(UNITS))


def test_the_same_text_is_known_in_any_typing() -> None:
    """A no-break space, a curly apostrophe or an ellipsis makes no other text."""
    index = MemoryIndex([unit("L’été\u202f: « oui »…", "Summer")])
    found = index.recall(key("L'été : « oui »..."))
    assert found
    assert found.target == "Summer"


def test_contexts_are_kept_apart() -> None:
    """The name of a field is no passage of text."""
    index = MemoryIndex([unit("Gand", "Ghent", context="meta:place")])
    assert index.recall(key("Gand")) is None
    assert index.find_similar(key("Gand")) == []
    assert index.recall(key("Gand", "meta:place"))


def test_an_approved_unit_goes_before_an_imported_one_in_any_order() -> None:
    """Among approved ones the last counts."""
    imported = unit("La ville", "The town", imported=True)
    first, second = unit("La ville", "City"), unit("La ville", "The city")
    for units in ([imported, first, second], [first, second, imported], [first, imported, second]):
        found = MemoryIndex(units).recall(key("La ville"))
        assert found
        assert found.target == "The city"


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("La réunion du 9 octobre réunit douze villes du réseau.", 100),
        ("La réunion du 10 octobre réunit douze villes du réseau.", 97),
        ("La réunion du 9 octobre a réuni douze villes du réseau européen.", 89),
        ("Le maire a ouvert la réunion de la ville.", None),
    ],
)
def test_the_score_is_the_ratio_rounded_down(text: str, percent: int | None) -> None:
    """Below 85 nothing is taken over; 99.6 does not read 100."""
    index = MemoryIndex([unit("La réunion du 9 octobre réunit douze villes du réseau.")])
    assert [match.percent for match in index.find_similar(key(text))] == [
        one for one in [percent] if one
    ]


def test_a_suggestion_may_be_less_alike() -> None:
    """Several are given, the best first."""
    index = MemoryIndex([unit("La réunion du réseau"), unit("La réunion du réseau européen")])
    found = index.find_similar(key("La réunion du réseau europe"), percent=60, at_most=5)
    assert [match.unit.source for match in found] == [
        "La réunion du réseau européen",
        "La réunion du réseau",
    ]


def test_a_text_with_one_changed_word_is_found_among_a_hundred_thousand(large: MemoryIndex) -> None:
    """The one it was made of, whatever its length."""
    source = random.Random(8)
    for found in source.sample(list(large.units), 60):
        words = found.source.split()
        if len(found.source) < 60:
            continue
        words[source.randrange(len(words))] = "changé"
        match = large.find_similar(key(" ".join(words)))
        assert match
        assert match[0].unit == found


def test_most_of_a_large_memory_is_never_compared(large: MemoryIndex) -> None:
    """Length and rare words leave a small part, so that an answer takes milliseconds."""
    source = random.Random(9)
    compared = [
        large.count_candidates(key(text_of(source, source.randint(3, 90)))) for _ in range(60)
    ]
    assert max(compared) < UNITS * 0.4
    assert sum(compared) / len(compared) < UNITS * 0.1


WORDS = st.lists(
    st.sampled_from(["la", "ville", "du", "réseau", "et", "le", "maire", "9", "10", "octobre"]),
    max_size=9,
)


@settings(max_examples=200, deadline=None)
@given(known=st.lists(WORDS, min_size=1, max_size=12), asked=WORDS)
def test_nothing_alike_is_missed_that_shares_three_fifths_of_its_words(
    known: list[list[str]], asked: list[str]
) -> None:
    """The best of a full comparison is found, where it shares so many words."""
    texts = {" ".join(words) for words in known if words}
    index = MemoryIndex(unit(text) for text in texts)
    text = " ".join(asked)
    shared = [one for one in texts if 5 * len(set(one.split()) & set(asked)) >= 3 * len(set(asked))]
    best = max((fuzz.ratio(text, one) for one in shared), default=0.0)
    found = index.find_similar(key(text))
    if best >= 85 and text:
        assert found
        assert found[0].percent >= int(best)


def test_an_empty_memory_knows_nothing() -> None:
    """And says so."""
    index = MemoryIndex([])
    assert len(index) == 0
    assert index.recall(key("La ville")) is None
    assert index.find_similar(key("La ville")) == []
