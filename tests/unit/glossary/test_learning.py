from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from flows.domain.language import Language
from flows.translation.glossary import Glossary
from flows.translation.learning import Proposal, Reviewed, propose_terms

FR, EN, NL = Language("fr"), Language("en"), Language("nl")


def a_review(source: str, draft: str, final: str) -> Reviewed:
    """A segment that a machine drafted and a person settled."""
    return Reviewed(source=source, draft=draft, final=final)


DUTCH = [
    a_review(
        "La médiation nocturne apaise.",
        "De nachtelijke mediatie kalmeert.",
        "De nachtbemiddeling kalmeert.",
    ),
    a_review(
        "Une équipe de médiation nocturne travaille.",
        "Een team van nachtelijke mediatie werkt.",
        "Een team van nachtbemiddeling werkt.",
    ),
    a_review(
        "Le service de médiation nocturne est ouvert.",
        "De dienst nachtelijke mediatie is open.",
        "De dienst nachtbemiddeling is open.",
    ),
    a_review("La vie nocturne est riche.", "Het nachtleven is rijk.", "Het nachtleven is rijk."),
]
ENGLISH = [
    a_review(
        "L’élu local décide.",
        "The local councillor decides.",
        "The local elected official decides.",
    ),
    a_review(
        "Chaque élu local répond.",
        "Every local councillor answers.",
        "Every local elected official answers.",
    ),
    a_review(
        "Élu local, il agit.",
        "A local councillor, he acts.",
        "A local elected official, he acts.",
    ),
]


def proposals(
    reviewed: list[Reviewed], language: Language, glossary: Glossary | None = None, least: int = 3
) -> list[Proposal]:
    """What is proposed."""
    return propose_terms(
        reviewed, language=language, source_language=FR, glossary=glossary, least=least
    )


def test_a_correction_made_three_times_is_proposed_with_its_term() -> None:
    """The French words that the corrected passages share, in the singular and without elision."""
    [dutch] = proposals(DUTCH, NL)
    [english] = proposals(ENGLISH, EN)
    assert (dutch.term, dutch.replaced, dutch.wording, dutch.segments) == (
        "médiation nocturne",
        "nachtelijke mediatie",
        "nachtbemiddeling",
        3,
    )
    assert (english.term, english.replaced, english.wording) == (
        "élu local",
        "local councillor",
        "local elected official",
    )
    assert english.examples == tuple(one.source for one in ENGLISH)


def test_twice_is_no_habit() -> None:
    """One passage repeated counts once."""
    assert proposals(DUTCH[:2], NL) == []
    assert proposals([*DUTCH[:2], DUTCH[0], DUTCH[0]], NL) == []
    assert len(proposals(DUTCH[:2], NL, least=2)) == 1


def test_a_name_left_in_french_is_proposed() -> None:
    """Here the machine's wording is the term itself."""
    reviewed = [
        a_review(f"À Namur, {word}.", f"In Namur, {word}.", f"In Namen, {word}.")
        for word in ("hier", "demain", "toujours")
    ]
    [proposal] = proposals(reviewed, NL)
    assert (proposal.term, proposal.wording) == ("Namur", "Namen")


def test_a_term_that_reviewers_mostly_leave_alone_is_none() -> None:
    """The same words stand in as many passages where nobody put the other wording."""
    untouched = [
        a_review(f"La ville {word}.", f"De gemeente {word}.", f"De gemeente {word}.")
        for word in ("dort", "rit", "court", "boit")
    ]
    corrected = [
        a_review(f"La ville {word}.", f"De gemeente {word}.", f"De stad {word}.")
        for word in ("lit", "dit", "suit")
    ]
    assert [one.wording for one in proposals(corrected, NL)] == ["stad"]
    assert proposals([*corrected, *untouched], NL) == []


def test_what_the_glossary_says_already_is_not_proposed(write: Callable[[str], Path]) -> None:
    """Machines that do not follow it are the check's affair."""
    glossary = Glossary.load(write("fr,nl\nmédiation nocturne,bemiddeling | nachtbemiddeling\n"))
    assert proposals(DUTCH, NL, glossary) == []


def test_small_words_are_no_terms() -> None:
    """An article that is always changed teaches nothing."""
    reviewed = [
        a_review(f"Le {word}.", f"De {word}.", f"Het {word}.")
        for word in ("livre", "projet", "conseil")
    ]
    assert proposals(reviewed, NL) == []


SCRAPS = ["la", "ville", "de", "nuit", "l’élu", "De", "the", "-x", "city", "nacht"]
TEXT = st.lists(st.sampled_from(SCRAPS)).map(" ".join)


@given(reviewed=st.lists(st.builds(Reviewed, source=TEXT, draft=TEXT, final=TEXT), max_size=12))
def test_any_reviews_are_learnt_from(reviewed: list[Reviewed]) -> None:
    """What is proposed was really put in place of something else, often enough."""
    for one in propose_terms(reviewed, language=EN, source_language=FR, glossary=None, least=2):
        assert one.segments >= 2
        assert one.term
        assert one.wording.lower() != one.replaced.lower()
        assert sum(one.wording.lower() in text.final.lower() for text in reviewed) >= 2
