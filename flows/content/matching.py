"""When two texts are the same text: differences of typing alone must not lose a translation."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from flows.domain.segment import SegmentKey

SIMILAR_PERCENT: Final = 85.0
"""From here on one text's translation is a draft for another. Measured with rapidfuzz's `ratio`: a
changed date or an added link stays above, another sentence far below."""

SPACES = re.compile(r"[^\S\n]+")
SAME = str.maketrans({"’": "'", "ʼ": "'", "…": "..."})

REMEMBERED: Final = 20_000
"""Texts whose normal form is kept in memory: catalogues ask for the same ones again and again."""


@lru_cache(maxsize=REMEMBERED)
def normal_text(text: str) -> str:
    """`text` in NFC, each run of spaces as one, straight apostrophes, ellipses as three dots."""
    return SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(SAME)).strip()


def match_key(key: SegmentKey) -> SegmentKey:
    """The key under which all typings of the same segment meet."""
    return SegmentKey(key.context, normal_text(key.source))
