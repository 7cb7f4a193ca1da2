"""Prose: words, sentences and languages of a text without markup."""

import re
from collections import Counter
from collections.abc import Iterator

from flows.translation.words import ABBREVIATIONS, FUNCTION_WORDS

WORD = re.compile(r"[^\W\d_]+")
SENTENCE_END = re.compile(r"[.!?…。！？؟]+[»”’\"')\]]*\s+(?=[«“„‘\"'(\[¿¡]*\s?[^\W_])")
LAST_WORD = re.compile(r"(\w+)\.$")


def words(text: str) -> list[str]:
    """The words of a text, as written."""
    return WORD.findall(text)


def sentences(text: str) -> list[str]:
    """The sentences of a text; one without an end mark counts too."""
    found, start = [], 0
    for end in SENTENCE_END.finditer(text):
        if _ends(text[start : end.end()].rstrip(), following=text[end.end() :]):
            found.append(text[start : end.end()].strip())
            start = end.end()
    rest = text[start:].strip()
    return [*found, rest] if any(map(str.isalpha, rest)) else found


def _ends(sentence: str, *, following: str) -> bool:
    """Whether a sentence stops here, rather than an abbreviation or an initial."""
    if following.lstrip(" «“„‘\"'([")[:1].islower():
        return False
    last = LAST_WORD.search(sentence)
    return not last or not (
        last.group(1).casefold() in ABBREVIATIONS
        or (len(last.group(1)) == 1 and last.group(1).isupper())
    )


def language_scores(text: str) -> Counter[str]:
    """How many function words of each known language a text has; names do not count."""
    return Counter(
        language
        for word in _common_words(text)
        for language, known in FUNCTION_WORDS.items()
        if word in known
    )


def _common_words(text: str) -> Iterator[str]:
    for position, word in enumerate(words(text)):
        if word.islower() or (position == 0 and word.istitle()):
            yield word.lower()
