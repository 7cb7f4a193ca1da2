"""MJML made into the HTML that mail programs understand, with its CSS inlined."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import css_inline
import mjml

from flows.domain.errors import InputError
from flows.domain.phrases import Phrase

TAG = re.compile(r"<(?P<end>/?)(?P<name>mj(?:ml|-[\w-]+))\b(?:[^>\"]|\"[^\"]*\")*?(?P<alone>/?)>")
START_TAG = re.compile(r'<[a-zA-Z][^\s>]*(?:\s+[^\s=>"]+(?:="[^"]*")?)*\s*/?>')
QUOTED = re.compile(r'"[^"]*"')
KEPT = re.compile(r'<style data-css-inline="keep">(.*?)</style>', re.DOTALL)
FOR_CELLS, FOR_TABLES = "table, td { border-collapse", "table { border-collapse"
"""MJML's rule would stand in each cell of a letter, where it says nothing."""
STYLE = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->|{#.*?#}", re.DOTALL)


def lay_out(
    source: str, *, bodies: Mapping[str, str], find_files: Callable[[], Sequence[Path]]
) -> str:
    """The HTML of an MJML source, in which each of the `bodies` takes the place of its mark.

    A body never passes through the MJML parser, which would let it write MJML. Nothing is
    fetched: no fonts, style sheets or includes. Raises `InputError` that points into the files
    found, the templates that the source was made from.
    """
    try:
        page = mjml.mjml2html(source, fonts={})
    except ValueError as error:
        path, line = _misnested(find_files())
        raise InputError(
            Phrase("this is not well-formed MJML: {reason}", reason=str(error)),
            path=path,
            line=line,
        ) from error
    if stray := re.search(r"</?(mj-[\w-]+)", page):
        path, line = _first_use(stray[1], find_files())
        raise InputError(Phrase("<{tag}> cannot be used here", tag=stray[1]), path=path, line=line)
    for mark, body in bodies.items():
        page = page.replace(mark, body)
    return START_TAG.sub(_escape_values, _inline(page))


def _inline(page: str) -> str:
    """The page with its rules in the elements, where all but those within `@media` end.

    What a template marks with `data-css-inline="keep"` stays a style sheet of its own, unseen by
    the inliner. Gmail drops style sheets of more than 8192 characters, so none is longer than it
    must be.
    """
    inliner = css_inline.CSSInliner(
        keep_at_rules=True, minify_css=True, load_remote_stylesheets=False
    )
    kept = "".join(f"<style>{sheet}</style>" for sheet in KEPT.findall(page))
    page = KEPT.sub("", page).replace(FOR_CELLS, FOR_TABLES, 1)
    page = inliner.inline(page).replace("</head>", f"{kept}</head>", 1)
    return STYLE.sub(lambda style: re.sub(r"\s*([\s{};,])\s*", r"\1", style.group()), page)


def _escape_values(tag: re.Match[str]) -> str:
    """HTML allows `<` and `>` in an attribute's value; careless filters take them for tags."""
    return QUOTED.sub(
        lambda value: value.group().replace("<", "&lt;").replace(">", "&gt;"), tag.group()
    )


def _misnested(files: Sequence[Path]) -> tuple[Path | None, int | None]:
    """The first tag in the templates that is closed by another one, or never."""
    for file in files:
        source = _without_comments(file.read_text(encoding="utf-8"))
        still_open: list[tuple[str, int]] = []
        for tag in TAG.finditer(source):
            line = source.count("\n", 0, tag.start()) + 1
            if not tag["end"] and not tag["alone"]:
                still_open.append((tag["name"], line))
            elif tag["end"] and (not still_open or still_open.pop()[0] != tag["name"]):
                return file, line
        if still_open:
            return file, still_open[-1][1]
    return (files[0] if files else None), None


def _first_use(name: str, files: Sequence[Path]) -> tuple[Path | None, int | None]:
    for file in files:
        source = _without_comments(file.read_text(encoding="utf-8"))
        if found := re.search(rf"<{name}\b", source):
            return file, source.count("\n", 0, found.start()) + 1
    return (files[0] if files else None), None


def _without_comments(source: str) -> str:
    """The source with its comments blanked, so that lines keep their numbers."""
    return COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment.group()), source)
