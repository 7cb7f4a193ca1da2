"""Starting an article: from nothing, or from a text that somebody sent."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import yaml

from flows.content.fields import set_field
from flows.content.manuscript import Manuscript
from flows.content.naming import SLUG, slugify
from flows.content.skeleton import UNKNOWN_AUTHOR, fill_in, lists_articles
from flows.content.source import parse_article
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.files import require_file
from flows.domain.phrases import Phrase
from flows.operations.library import Library
from flows.operations.lookalikes import suggest

LONGEST_TITLE = 120
TEMPLATES: Final = "articles"
"""The folder of templates in which articles begin."""
ARTICLE: Final = "article"
DIGEST: Final = "digest"
PLAIN: Final = (ARTICLE, DIGEST)
KEPT: Final = frozenset({"new"})
"""Names that stand for something else in the desk's addresses."""
AUTHOR = re.compile(r"(?P<title>.*\S)\s+[–—]\s+par\s+(?P<author>\S.*)")
"""The byline of a title: ` – par ` and who wrote."""
ITEM = re.compile(r"(?:[-*•]|(?P<number>\d{1,2})[.)])[ \u00a0](?P<words>\S.*)")
"""A line of a list in a plain text."""


def new_article(
    library: Library, slug: str, *, today: date, template: str = ARTICLE, title: str = ""
) -> Path:
    """Make `content/<slug>/<source>.md` from a template, perhaps with its title. The file's path.

    Raises `NotFoundError` for a template that is not there, `NotDoneError` for one that lists
    articles where there is none yet.
    """
    path = _new_path(library, slug)
    text = _read_template(library, template)
    listed = library.newest_articles() if lists_articles(text) else []
    if lists_articles(text) and not listed:
        raise NotDoneError(
            "there is no article yet that a digest could carry",
            waiting_for=("newsletter new SLUG",),
        )
    manuscript = Manuscript.parse(fill_in(text, today=today, articles=listed))
    if title:
        fields = set_field(manuscript.fields, "title", title)
        manuscript = replace(manuscript, fields=fields)
    parse_article(manuscript.text, path=path)
    _write(path, manuscript.text)
    return path


def article_templates(library: Library) -> list[str]:
    """The names of the templates that an article can begin with, the plain ones first."""
    found = {
        path.stem
        for folder in library.template_folders
        for path in (folder / TEMPLATES).glob("*.md")
        if SLUG.fullmatch(path.stem)
    }
    return sorted(found, key=lambda name: (name not in PLAIN, name))


def _read_template(library: Library, name: str) -> str:
    for folder in library.template_folders:
        path = folder / TEMPLATES / f"{name}.md"
        if SLUG.fullmatch(name) and path.is_file():
            try:
                return path.read_text(encoding="utf-8-sig")
            except UnicodeDecodeError:
                raise InputError(
                    "the file is not UTF-8",
                    path=path,
                    remedy="Save it again with the encoding UTF-8.",
                ) from None
    known = article_templates(library)
    raise NotFoundError(
        Phrase("there is no template {name!r}", name=name),
        field="template",
        remedy=f"{suggest(name, known)}Templates: {', '.join(known)} (templates/{TEMPLATES}/).",
    )


def import_text(library: Library, source: Path, *, slug: str | None, today: date) -> Path:
    """Make an article of a plain text: first line the title, `> …` lines headings, lists as such.

    A first line with an author after the last ` – par ` keeps title and author apart. Raises
    `InputError` for a file that is no text, `NotFoundError` where there is none.
    """
    require_file(source)
    try:
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Phrase("cannot be read as text: {reason}", reason=str(error)),
            path=source,
            remedy="Save it as UTF-8 text.",
        ) from None
    blocks = _blocks(text)
    if not blocks:
        raise InputError("is empty", path=source, remedy="Name a file with a text.")
    title, author = _title_and_author(blocks[0].replace("\n", " "))
    front = {
        "title": _shorten(title),
        "author": author or UNKNOWN_AUTHOR,
        "date": today.isoformat(),
        "place": "",
        "summary": "",
        "preheader": "",
        "tags": [],
    }
    head = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=10_000)
    # A first line too long for a title is a paragraph: it stays in the text as well.
    rest = blocks if len(title) > LONGEST_TITLE else blocks[1:]
    body = "\n\n".join(re.sub(r"^>\s*", "## ", block) for block in rest)
    path = _new_path(library, slug or slugify(title))
    _write(path, f"---\n{head}---\n\n{body}\n")
    return path


def _blocks(text: str) -> list[str]:
    """The paragraphs, lists and `> …` lines, each line whole with its no-break spaces kept."""
    apart = re.sub(r"^>.*$", r"\n\g<0>\n", text, flags=re.MULTILINE)
    blocks = [_join_lines(one) for one in re.split(r"\n\s*\n", apart)]
    return [block for one in blocks for block in one if block.strip("> ")]


def _join_lines(block: str) -> list[str]:
    """The paragraph and the list that lines without an empty one between them are."""
    paragraph: list[str] = []
    items: list[str] = []
    for line in block.strip().split("\n"):
        words = re.sub(r"[ \t\v\f\r]+", " ", line).strip(" ")
        if item := ITEM.match(words):
            mark = f"{item['number']}." if item["number"] else "-"
            items.append(f"{mark} {item['words']}")
        elif items:
            items[-1] += f" {words}"
        else:
            paragraph.append(words)
    if len(items) == 1 and paragraph:  # one line that begins like an item is more text
        return [" ".join([*paragraph, *items])]
    return [" ".join(paragraph), "\n".join(items)]


def _title_and_author(line: str) -> tuple[str, str]:
    line = line.strip(" –—>")
    found = AUTHOR.match(line)
    return (found["title"], found["author"]) if found else (line, "")


def _shorten(title: str) -> str:
    if len(title) <= LONGEST_TITLE:
        return title
    cut = title[: LONGEST_TITLE - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"


def _new_path(library: Library, slug: str) -> Path:
    path = library.source(slug)
    if slug in KEPT:
        raise InputError(
            Phrase("{text!r} cannot be the name of an article", text=slug),
            remedy="Choose another name; nothing was changed.",
        )
    if path.exists():
        raise InputError(
            "is there already", path=path, remedy="Choose another name; nothing was changed."
        )
    return path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
