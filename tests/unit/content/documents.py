"""Random Markdown: blocks and marks of every kind of the dialect, in any order, in each other."""

import re

from hypothesis import strategies as st

WORDS = (
    "ville",
    "été",
    "l’Efus",
    "a_b",
    "3\\*4",
    "Œuvre",
    "12 %",
    "«",
    "»",
    "?",
    "qu'on",
    "…",
    "-",
)
MARKED = (
    "*vite*",
    "**bien**",
    "`code`",
    "[lien](https://efus.eu/)",
    '[titré](/x "Un titre")',
    "[Efus][]",
    "[efus]",
    "![plan](plan.png)",
    "<b>gras</b>",
    "<!-- caché -->",
    "&amp;",
    "&eacute;",
    "[^1]",
    "\\*",
    "\\",
    "{x}",
    '"dit"',
    "<br>",
    "https://efus.eu/?a=1",
    "ONG",
    "_mot_{: .x }",
)
NOTES = (
    "\n\n[^1]: Une *note*.\n\n[efus]: https://efus.eu/ 'Le Forum'\n\n*[ONG]: organisation libre\n"
)

phrases = st.lists(st.sampled_from(WORDS + MARKED), min_size=1, max_size=8).map(" ".join)
wrapped = st.lists(phrases, min_size=1, max_size=3).flatmap(
    lambda lines: st.sampled_from(["\n", "  \n", "\\\n"]).map(lambda end: end.join(lines))
)


def indent(text: str, *, by: str) -> str:
    """The text with `by` before each line that is not empty."""
    return "\n".join(by + line if line else line for line in text.split("\n"))


paragraphs = wrapped
headings = st.tuples(st.sampled_from(["# ", "## ", "###### "]), phrases).map("".join)
tables = st.lists(st.tuples(phrases, phrases), min_size=1, max_size=3).map(
    lambda rows: "| A | B |\n| - | -: |\n" + "\n".join(f"| {a} | {b} |" for a, b in rows)
)
codes = phrases.map(lambda text: f"```\n{text}\n```")
raw_html = phrases.map(lambda text: f"<div><p>{text}</p></div>")
attributes = paragraphs.map(lambda text: f"{text}\n{{: .classe }}")
definitions = st.tuples(phrases, phrases).map(lambda pair: f"{pair[0]}\n:   {pair[1]}")
rules = st.just("---")
simple_blocks = st.one_of(
    paragraphs, headings, tables, codes, raw_html, attributes, definitions, rules
)


def nest(blocks: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Blocks inside quotations, lists and notices."""
    quotation = blocks.map(lambda text: indent(text, by="> "))
    items = st.lists(blocks, min_size=1, max_size=3)
    bullets = items.map(lambda texts: "\n".join("-" + indent(t, by="    ")[1:] for t in texts))
    numbers = items.map(lambda texts: "\n\n".join("1." + indent(t, by="    ")[2:] for t in texts))
    notice = blocks.map(lambda text: f'!!! note "Titre"\n{indent(text, by="    ")}')
    return st.one_of(quotation, bullets, numbers, notice)


blocks = st.recursive(simple_blocks, nest, max_leaves=4)
BRACES_AFTER_ATTRIBUTES = re.compile(r"\{: .x \}[^\n]*\n(?!\s*\n)[^\n]*\}")
"""Python-Markdown ends an attribute list at the last brace of its line, so that re-wrapping such
lines means something else to itself."""
documents = (
    st.lists(blocks, min_size=1, max_size=6)
    .map(lambda them: "\n\n".join(them) + NOTES)
    .filter(lambda document: not BRACES_AFTER_ATTRIBUTES.search(document))
)
