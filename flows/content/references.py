"""Reference links, written so that their label survives the translation of their text."""

import re
from collections.abc import Container

OPAQUE = re.compile(
    r"(?<!\\)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|\\.|\[\^[^\[\]]*\]", re.DOTALL
)
"""Code spans, escapes and footnote marks, which Python-Markdown sets aside before it looks for
brackets."""
LINKS = re.compile(
    r"""
    !?\[ (?:[^\[\]] | \[[^\[\]]*\])* \]                                     # a complete link:
        (?: \( [^()\s]* (?:\([^()]*\)[^()\s]*)* (?:\s+(?:"[^"]*"|'[^']*'))? \s* \)  # [a](b "c")
          | \s? \[[^\[\]]+\] )                                              # or [a][b]
  | !?\[ [^\[\]]* \[ (?:[^\[\]] | \[[^\[\]]*\])* \]                         # brackets in brackets
  | (?P<bang>!?) \[ (?P<text>[^\[\]\0]+) \] (?:\s?\[\])?                    # [a] or [a][]
    """,
    re.VERBOSE | re.DOTALL,
)


def spell_out_references(text: str, *, labels: Container[str]) -> str:
    """`[Efus]` and `[Efus][]` as `[Efus][efus]` where `efus` is one of the document's labels."""
    masked = OPAQUE.sub(lambda match: "\0" * len(match[0]), text)
    parts = []
    position = 0
    for match in LINKS.finditer(masked):
        label = re.sub(r"\s+", " ", (match["text"] or "^").lower())
        if not label.startswith("^") and label in labels:
            parts += [text[position : match.start()], f"{match['bang']}[{match['text']}][{label}]"]
            position = match.end()
    return "".join([*parts, text[position:]])
