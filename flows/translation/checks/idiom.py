"""Which language a translation is really in, told by its function words."""

from collections import Counter
from collections.abc import Iterator

from flows.domain.finding import Severity
from flows.translation.checks.pair import Pair
from flows.translation.checks.prose import language_scores, sentences
from flows.translation.checks.remark import Remark, place_of
from flows.translation.words import primary

SHORTEST_TEXT = 20
SHORTEST_SENTENCE = 40


def find_wrong_language(pair: Pair) -> Iterator[Remark]:
    """A translation in another language, or one sentence left in the source's."""
    text = pair.target.prose
    if stray := find_stray_language(text, language=pair.language):
        yield stray
        return
    source = primary(pair.source_language)
    for sentence in sentences(text):
        if len(sentence) >= SHORTEST_SENTENCE and is_left(
            language_scores(sentence), source=source, target=primary(pair.language)
        ):
            yield _left_sentence(pair, sentence)


def find_stray_language(text: str, *, language: str) -> Remark | None:
    """What is said of a text that is in another language than it should be."""
    other = _other_language(text, language=language)
    if other is None or sum(map(str.isalpha, text)) < SHORTEST_TEXT:
        return None
    return Remark(
        check="language",
        severity=Severity.ERROR,
        reason="other",
        facts={"other": other, "wanted": primary(language)},
    )


def _other_language(text: str, *, language: str) -> str | None:
    """The language with a clear majority of the function words, unless it is the wanted one."""
    scores = language_scores(text)
    ranked = scores.most_common(2)
    if not ranked or ranked[0][1] < 2:
        return None
    best, hits = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0
    wanted = scores[primary(language)]
    clear = hits > second and hits - wanted >= 2
    return best if clear and best != primary(language) else None


def is_left(scores: Counter[str], *, source: str, target: str) -> bool:
    """Whether a sentence of these scores still is in the source's language."""
    return source != target and scores[source] >= 3 and scores[target] <= scores[source] // 3


def _left_sentence(pair: Pair, sentence: str) -> Remark:
    return Remark(
        check="language",
        severity=Severity.WARNING,
        reason="sentence",
        facts={"source": primary(pair.source_language), "sentence": sentence},
        span=place_of(pair.target.raw, sentence),
    )
