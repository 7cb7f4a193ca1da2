"""When two texts are the same text: differences of typing alone must not lose a translation."""

import re
import unicodedata

from flows.domain.segment import SegmentKey

SPACES = re.compile(r"[^\S\n]+")
SAME = str.maketrans({"’": "'", "ʼ": "'", "…": "..."})


def normal_text(text: str) -> str:
    """`text` in NFC, each run of spaces as one, straight apostrophes, ellipses as three dots."""
    return SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(SAME)).strip()


def match_key(key: SegmentKey) -> SegmentKey:
    """The key under which all typings of the same segment meet."""
    return SegmentKey(key.context, normal_text(key.source))
