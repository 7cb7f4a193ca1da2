"""Raw HTML blocks: what an innermost block holds is translatable, its tags stay as written."""

import re
from collections.abc import Callable

BLOCKS = (
    "p|h[1-6]|li|td|th|dt|dd|div|blockquote|figcaption|summary|caption|section|article|center"
    "|address"
)
BARRIERS = f"{BLOCKS}|table|tr|ul|ol|dl|script|style|pre"
INNERMOST = re.compile(
    rf"(?P<open><(?P<tag>{BLOCKS})\b[^>]*>)"
    rf"(?P<inside>(?:(?!</?(?:{BARRIERS})\b).)*?)"
    r"(?P<close></(?P=tag)\s*>)",
    re.DOTALL | re.IGNORECASE,
)
NOT_PROSE = re.compile(r"\s*<(?:pre|script|style|svg|math|!--)", re.IGNORECASE)
MARKUP = re.compile(r"<[^>]+>|&\w+;")
LETTER = re.compile(r"[^\W\d_]")


def translate_block(block: str, translate: Callable[[str], str | None]) -> str:
    """`block` with the inside of each innermost element replaced by what `translate` gives for it.

    `translate` takes the inner HTML with its white space collapsed; `None` leaves it as it is.
    """

    def replace(match: re.Match[str]) -> str:
        inside = match["inside"]
        if not LETTER.search(MARKUP.sub("", inside)):
            return match[0]
        translation = translate(" ".join(re.split(r"[ \t\r\n]+", inside.strip())))
        return match[0] if translation is None else f"{match['open']}{translation}{match['close']}"

    if NOT_PROSE.match(block) or not block.lstrip().startswith("<"):
        return block
    return INNERMOST.sub(replace, block)
