"""What translation machines leave behind: their messages, loops, debris, or the source itself."""

import re
from collections import Counter
from collections.abc import Iterator

from flows.domain.finding import Severity
from flows.translation.checks.inline import MARK, OPAQUE
from flows.translation.checks.markup import find_silent_images
from flows.translation.checks.pair import Pair
from flows.translation.checks.prose import language_scores, words
from flows.translation.checks.remark import Remark, Span, place_of
from flows.translation.words import FUNCTION_WORDS, primary

MESSAGE = re.compile(
    r"MYMEMORY WARNING|QUERY LENGTH LIMIT|INVALID (?:LANGUAGE|SOURCE|TARGET|EMAIL)"
    r"|NO QUERY SPECIFIED|PLEASE SELECT TWO DISTINCT LANGUAGES|Error 5\d\d \(Server"
    r"|<!DOCTYPE|<html"
)
DEBRIS = (
    re.compile(r"\*\*"),
    re.compile(r"(?<![\w*])\*(?=\w)|(?<=\w)\*(?![\w*])"),
    re.compile(r"\]\s?\("),
    re.compile(r"\[\[|\]\]"),
    re.compile(r"[⟦⟧]"),
    re.compile(r"\[\s*/?\s*\d+\s*\]"),
    re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d+|#x[\da-fA-F]+);"),
    re.compile(r"</?[A-Za-z]"),
    re.compile(r"\{\s*\{|\}\s*\}"),
)
ENTITY = re.compile(r"&(?:quot|apos|nbsp|#0?39|#x27|#34);")
ENTITIES = {"&quot;": '"', "&nbsp;": "\u00a0", "&#34;": '"'}
LOOSE_STRONG = re.compile(r"\*\*\s*([^*]*[^*\s])\s*\*\*")
LOOSE_LINK = re.compile(r"\]\s+\((?=[^()\s]+(?:\s+\"[^\"]*\")?\))")
PHRASE = 3
"""Words of a phrase that must not come round and round."""


def find_engine_message(pair: Pair) -> Iterator[Remark]:
    """An engine's error, notice or emoji that came in place of a translation."""
    found = MESSAGE.search(pair.target.raw)
    if found and not MESSAGE.search(pair.source.raw):
        yield _engine("message", seen=found.group(), span=found.span())
    elif _is_wordless(pair) and not _lacks_image_texts_alone(pair):
        yield _engine("wordless")


def _is_wordless(pair: Pair) -> bool:
    return _has_words(pair.source.prose) and not words(pair.target.prose + _names(pair))


def _lacks_image_texts_alone(pair: Pair) -> bool:
    """Whether all that the words said was said by images, whose texts have a check of their own."""
    return not _has_words(pair.source.shown) and any(find_silent_images(pair))


def _has_words(text: str) -> bool:
    """Whether there is a word in it: the letter of `18h30` is none."""
    return any(len(word) > 1 for word in words(text))


def _names(pair: Pair) -> str:
    """What a code span or an address shows counts as words where the source has little else."""
    return pair.target.shown if pair.target.tokens else ""


def find_debris(pair: Pair) -> Iterator[Remark]:
    """Markup that readers would see, because it is broken or was escaped."""
    broken = [
        found.group()
        for pattern in DEBRIS
        if (found := pattern.search(pair.target.shown))
        and len(pattern.findall(pair.target.shown)) > len(pattern.findall(pair.source.shown))
    ]
    if not broken and not _new_entities(pair):
        return
    seen = (broken + _new_entities(pair))[0]
    yield Remark(
        check="debris",
        severity=Severity.ERROR,
        reason="seen",
        facts={"seen": seen},
        span=place_of(pair.target.raw, seen),
        fix=_tidy_markup(pair.target.raw),
        is_safe=True,
    )


def _new_entities(pair: Pair) -> list[str]:
    # An author may write an entity; a machine that adds one has escaped what it was given.
    if not pair.source.raw or ENTITY.search(pair.source.raw):
        return []
    return ENTITY.findall(pair.target.raw)


def _tidy_markup(raw: str) -> str:
    """Markers hug their words again, and characters that need no escape are themselves."""
    raw = LOOSE_STRONG.sub(r"**\1**", LOOSE_LINK.sub("](", raw))
    return ENTITY.sub(lambda found: ENTITIES.get(found.group(), "’"), raw)


def find_unchanged(pair: Pair) -> Iterator[Remark]:
    """A text that was not translated, but for names."""
    source, target = pair.source.prose, pair.target.prose
    if source.casefold().split() != target.casefold().split():
        return
    left = _translatable_words(pair)
    if left and not (pair.context or "").startswith("abbr"):
        yield Remark(
            check="unchanged",
            severity=Severity.ERROR if len(left) >= 3 else Severity.WARNING,
            reason="words",
            facts={"words": " ".join(left)},
        )


def _translatable_words(pair: Pair) -> list[str]:
    """The source's words but names, kept terms and what already is the target language."""
    text = pair.source.text.replace(MARK, " ").replace(OPAQUE, " ")
    scores = language_scores(text)
    if scores[primary(pair.language)] > scores[primary(pair.source_language)]:
        return []
    kept = pair.glossary.terms_in(text, language=pair.language) if pair.glossary else []
    for term in kept:
        if term.text.casefold() in {
            wording.casefold() for wording in term.entry.wordings_in(pair.language)
        }:
            text = text[: term.start] + " " * (term.end - term.start) + text[term.end :]
    foreign = FUNCTION_WORDS.get(primary(pair.language), frozenset())
    native = FUNCTION_WORDS.get(primary(pair.source_language), frozenset())
    common = (word for word in words(text) if word.islower() and len(word) > 1)
    return [word for word in common if word not in foreign - native]


def find_loop(pair: Pair) -> Iterator[Remark]:
    """The same few words again and again, more often than the source repeats itself."""
    phrase, times = _most_repeated(pair.target.prose)
    if times < 3 or times <= _most_repeated(pair.source.prose)[1]:
        return
    yield Remark(
        check="loop",
        severity=Severity.ERROR if times >= 5 else Severity.WARNING,
        reason="phrase",
        facts={"phrase": phrase, "times": times},
        span=_place_of_phrase(phrase, pair.target.raw),
    )


def _most_repeated(text: str) -> tuple[str, int]:
    series = [word.casefold() for word in words(text)]
    phrases = Counter(
        " ".join(series[start : start + PHRASE]) for start in range(len(series) - PHRASE + 1)
    )
    return phrases.most_common(1)[0] if phrases else ("", 0)


def _place_of_phrase(phrase: str, text: str) -> Span | None:
    pattern = r"[\W\d_]+".join(map(re.escape, phrase.split()))
    found = re.search(pattern, text, re.IGNORECASE)
    return found.span() if found else None


def _engine(reason: str, *, seen: str = "", span: Span | None = None) -> Remark:
    facts = {"seen": seen} if seen else {}
    return Remark(check="engine", severity=Severity.ERROR, reason=reason, facts=facts, span=span)
