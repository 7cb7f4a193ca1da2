"""Learning: what reviewers correct again and again becomes a proposal for the glossary."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from flows.domain.language import Language
from flows.translation.glossary import Glossary
from flows.translation.wordings import COMPOUNDING
from flows.translation.words import FUNCTION_WORDS, primary

WORD = re.compile(r"[^\W\d_]+(?:[-\u2010\u2011][^\W\d_]+)*")
ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)[\u2019']", re.IGNORECASE)
LONGEST_TERM = 4
"""Words of a term, and of a wording, at most."""
LEAST_SHARE = 0.8
"""In how many of the corrected segments the term must stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A segment that a machine drafted and a person has settled: three texts without markup."""

    source: str
    draft: str
    final: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A term with the wording that reviewers put in place of another, in how many segments.

    `examples` are source texts of some of them.
    """

    term: str
    language: Language
    replaced: str
    wording: str
    segments: int
    examples: tuple[str, ...]


def propose_terms(
    reviewed: Sequence[Reviewed],
    *,
    language: Language,
    source_language: Language,
    glossary: Glossary | None,
    least: int = 3,
) -> list[Proposal]:
    """What the same correction in at least `least` segments says, the most frequent first.

    A term that the glossary already renders so is not proposed again.
    """
    unique = list({one.source: one for one in reviewed}.values())
    terms = {one.source: _terms_in(one.source, language=source_language) for one in unique}
    support: dict[tuple[str, str], list[Reviewed]] = defaultdict(list)
    for one in unique:
        for correction in set(_corrections(one, language=language)):
            support[correction].append(one)
    found = [
        Proposal(
            term=term,
            language=language,
            replaced=replaced,
            wording=wording,
            segments=len(corrected),
            examples=tuple(one.source for one in corrected[:3]),
        )
        for (replaced, wording), corrected in support.items()
        if len(corrected) >= least
        and (term := _term_of(corrected, unique, terms, (replaced, wording), language=language))
        and not _is_agreed(glossary, term, wording, language)
    ]
    return _widest(found)


def _corrections(one: Reviewed, *, language: Language) -> Iterator[tuple[str, str]]:
    """What was replaced by what, alone and with a word beside it that stayed."""
    draft, final = WORD.findall(one.draft), WORD.findall(one.final)
    small = FUNCTION_WORDS.get(primary(language), frozenset())
    for (start, end), (first, last) in _changes(draft, final):
        for before, after in ((0, 0), (1, 0), (0, 1)):
            old = draft[max(start - before, 0) : end + after]
            new = final[max(first - before, 0) : last + after]
            if _is_wording(old, small) and _is_wording(new, small):
                yield " ".join(old), _cased(new, opens=first - before <= 0)


def _changes(
    draft: Sequence[str], final: Sequence[str]
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The runs of words that differ, each as start and end in both texts."""
    lower = [word.lower() for word in draft], [word.lower() for word in final]
    runs: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for edit in Levenshtein.opcodes(*lower):
        if edit.tag == "equal":
            continue
        old, new = (edit.src_start, edit.src_end), (edit.dest_start, edit.dest_end)
        if runs and runs[-1][0][1] == old[0] and runs[-1][1][1] == new[0]:
            runs[-1] = ((runs[-1][0][0], old[1]), (runs[-1][1][0], new[1]))
        else:
            runs.append((old, new))
    return [run for run in runs if run[0][0] < run[0][1] and run[1][0] < run[1][1]]


def _is_wording(words: Sequence[str], small: frozenset[str]) -> bool:
    if not 0 < len(words) <= LONGEST_TERM:
        return False
    return not {words[0].lower(), words[-1].lower()} & small


def _cased(words: Sequence[str], *, opens: bool) -> str:
    """The words as they would stand inside a sentence."""
    first, *rest = words
    is_title = first.istitle() and (not rest or rest[0].islower())
    return " ".join([first.lower() if opens and is_title else first, *rest])


def _term_of(
    corrected: Sequence[Reviewed],
    everything: Sequence[Reviewed],
    terms: Mapping[str, Mapping[str, str]],
    correction: tuple[str, str],
    *,
    language: Language,
) -> str:
    """The source term that a correction is about: the words that its segments share.

    Segments that have the words, and another wording in the end, speak against a term.
    """
    forms: dict[str, list[str]] = defaultdict(list)
    for one in corrected:
        for key, form in terms[one.source].items():
            forms[key].append(form)
    without = [one for one in everything if correction[1].lower() not in one.final.lower()]
    # A compound says in one word what the French says in several.
    wanted = max(len(text.split()) for text in correction)
    if primary(language) in COMPOUNDING:
        wanted = LONGEST_TERM
    ranked = []
    for key, written in forms.items():
        against = sum(key in terms[one.source] for one in without)
        if len(written) >= LEAST_SHARE * len(corrected) and against < len(written):
            words = len(key.split())
            score = (len(written) - against, -abs(words - wanted), words)
            ranked.append((score, min(written, key=lambda form: (len(form), form[0].isupper()))))
    return max(ranked)[1] if ranked else ""


def _terms_in(source: str, *, language: Language) -> dict[str, str]:
    """Every run of words that could be a term, as written, by its singular."""
    small = FUNCTION_WORDS.get(primary(language), frozenset())
    words = WORD.findall(ELISION.sub(" ", source))
    runs = [
        words[start : start + length]
        for length in range(1, LONGEST_TERM + 1)
        for start in range(len(words) - length + 1)
    ]
    return {" ".join(map(_singular, run)): " ".join(run) for run in runs if _is_wording(run, small)}


def _singular(word: str) -> str:
    """A rough singular, only to tell that two forms are the same word."""
    lower = word.lower()
    return lower[:-1] if len(lower) > 3 and lower[-1] in "sx" else lower


def _is_agreed(glossary: Glossary | None, term: str, wording: str, language: Language) -> bool:
    known = glossary.terms_in(term, language=language) if glossary else []
    return any(
        wording.lower() in {one.lower() for one in entry.entry.wordings_in(language)}
        for entry in known
    )


def _widest(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Without those that say less than another of the same segments, the most frequent first."""
    ranked = sorted(proposals, key=lambda one: (-one.segments, -len(one.wording), one.term))
    kept: list[Proposal] = []
    for one in ranked:
        if not any(
            one.segments == other.segments
            and (one.term == other.term or one.wording in other.wording)
            for other in kept
        ):
            kept.append(one)
    return kept
