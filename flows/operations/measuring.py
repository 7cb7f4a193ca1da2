"""How long a text is: its words, and the minutes that they take to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.translation.checks.inline import read_inline

RATES: Final[Mapping[str, int]] = {
    "de": 179,
    "en": 228,
    "es": 218,
    "fi": 161,
    "fr": 195,
    "it": 188,
    "nl": 202,
    "pl": 166,
    "pt": 181,
}
"""Words a minute of texts read aloud by grown-ups: S. Trauzettel-Klosinski, K. Dietz, Standardized
Assessment of Reading Performance, IOVS 53 (2012), 5452–5461. Silent readers are a little faster."""
USUAL_RATE: Final = 190
COUNTED: Final = frozenset({None, "meta:title", "meta:section", "meta:agenda"})
"""The contexts of segments that are read; summary and preheader say the same once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a text is; `rate` is in words a minute."""

    words: int
    rate: int

    @property
    def minutes(self) -> int:
        """How long it takes to read, in begun minutes."""
        return -(-self.words // self.rate)


@lru_cache(maxsize=4096)
def _count(text: str) -> int:
    """The words of a passage, remembered: of the many that stand beside it one is being written."""
    prose = read_inline(text, labels=frozenset()).prose
    return sum(any(sign.isalnum() for sign in word) for word in prose.split())


def measure_length(segments: Sequence[Segment], language: Language) -> Length:
    """The words of title and text as a word processor counts them: between spaces, `l’été` as one.

    Code, addresses and marks that stand alone are no words.
    """
    words = sum(_count(one.source) for one in segments if one.context in COUNTED)
    rate = RATES.get(language.partition("-")[0], USUAL_RATE)
    return Length(words=words, rate=rate)
