"""Finding the unit that is most like a segment, among a hundred thousand."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from flows.content.matching import SIMILAR_PERCENT, match_key
from flows.domain.segment import SegmentKey
from flows.translation.memory.units import Unit

FEW_WORDS: Final = 6
"""Texts with fewer different words than this are compared with all of about their length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A unit like a segment; `percent` is 100 for the same text and below it for any other."""

    unit: Unit
    percent: int


class MemoryIndex:
    """The units of one language, found by text; of two for one segment the approved one counts.

    Among approved units the last one given counts.
    """

    def __init__(self, units: Iterable[Unit]) -> None:
        self._exact: dict[tuple[str | None, str], Unit] = {}
        for unit in units:
            known = self._exact.get((unit.context, unit.normal))
            if known is None or known.imported or not unit.imported:
                self._exact[unit.context, unit.normal] = unit
        self._shelves: dict[str | None, _Shelf] = {}

    def __len__(self) -> int:
        return len(self._exact)

    @property
    def units(self) -> Sequence[Unit]:
        """Every unit that counts."""
        return list(self._exact.values())

    def recall(self, key: SegmentKey) -> Unit | None:
        """The unit of the very same text, but for its typing."""
        context, normal = match_key(key)
        return self._exact.get((context, normal))

    def find_similar(
        self, key: SegmentKey, *, percent: float = SIMILAR_PERCENT, at_most: int = 1
    ) -> list[Match]:
        """The units of the most similar texts, at least `percent` alike, the best first.

        The score is rapidfuzz's `ratio` of the normal texts, rounded down.
        """
        normal = match_key(key).source
        shelf = self._shelf(key.context)
        found = process.extract(
            normal,
            shelf.candidates(normal, percent=percent),
            scorer=fuzz.ratio,
            score_cutoff=percent,
            limit=at_most,
        )
        return [
            Match(unit=self._exact[key.context, text], percent=int(score))
            for text, score, _ in found
        ]

    def count_candidates(self, key: SegmentKey, *, percent: float = SIMILAR_PERCENT) -> int:
        """How many texts a search compares one by one."""
        shelf = self._shelf(key.context)
        return len(shelf.candidates(match_key(key).source, percent=percent))

    def _shelf(self, context: str | None) -> "_Shelf":
        if context not in self._shelves:
            texts = [normal for about, normal in self._exact if about == context]
            self._shelves[context] = _Shelf(texts)
        return self._shelves[context]


class _Shelf:
    """Texts of one context by length, with the places of each word."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = sorted(texts, key=len)
        self.lengths = [len(text) for text in self.texts]
        self.places: dict[str, list[int]] = defaultdict(list)
        for place, text in enumerate(self.texts):
            for word in set(text.split()):
                self.places[word].append(place)

    def candidates(self, text: str, *, percent: float) -> list[str]:
        """The texts that can be alike enough.

        Lengths too far apart cannot reach the score. Of longer texts only those are looked at
        that share at least 60 % of the words: of the rarer half they lack at most 40 % of all.
        """
        share = percent / 100
        low = bisect_left(self.lengths, len(text) * share / (2 - share) - 1)
        high = bisect_right(self.lengths, len(text) * (2 - share) / share + 1)
        words = sorted(set(text.split()), key=lambda word: len(self.places.get(word, ())))
        if len(words) < FEW_WORDS:
            return self.texts[low:high]
        rarer = words[: len(words) // 2]
        shared: Counter[int] = Counter()
        for word in rarer:
            places = self.places.get(word, [])
            shared.update(places[bisect_left(places, low) : bisect_left(places, high)])
        least = max(1, len(rarer) - len(words) * 2 // 5)
        return [self.texts[place] for place, count in shared.items() if count >= least]
