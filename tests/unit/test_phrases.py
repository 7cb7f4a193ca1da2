"""A sentence that remembers how it was put together."""

import pickle
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flows.domain.phrases import Phrase, pack, unpack

FACTS = st.one_of(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers())


@given(name=FACTS, why=FACTS)
def test_a_phrase_comes_back_from_the_database_with_its_facts(name: Any, why: Any) -> None:
    """Phrases within phrases, too; a NUL, which PostgreSQL does not keep, has a mark instead."""
    inner = Phrase("because of {why}", why=why)
    phrase = Phrase("{name!r} is refused: {inner}", name=name, inner=inner)

    packed = pack(phrase)
    back = unpack(packed)

    assert "\0" not in packed
    assert isinstance(back, Phrase)
    assert back.template == phrase.template
    assert isinstance(back.facts["inner"], Phrase)
    if "\0" not in f"{name}{why}":
        assert back == phrase
        assert back.facts == phrase.facts


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_plain_text_stays_plain(text: str) -> None:
    """Braces in it name no facts."""
    assert unpack(pack(text)) == text.replace("\0", "\ufffd")
    assert not isinstance(unpack(pack(text)), Phrase)


def test_a_phrase_crosses_to_another_process() -> None:
    """Flows hand errors over by pickling them."""
    phrase = Phrase("there is no list {name!r}", name="élus")

    back = pickle.loads(pickle.dumps(phrase))

    assert back == phrase == "there is no list 'élus'"
    assert (back.template, back.facts) == (phrase.template, phrase.facts)
