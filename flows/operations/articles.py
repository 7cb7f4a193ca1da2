"""Starting an article: from nothing, or from a text that somebody sent."""

import re
from datetime import date
from pathlib import Path

import yaml

from flows.content.naming import parse_slug, slugify
from flows.content.skeleton import UNKNOWN_AUTHOR, digest_skeleton, skeleton
from flows.domain.errors import InputError, NotDoneError
from flows.domain.files import require_file
from flows.domain.phrases import Phrase
from flows.operations.library import Library

LONGEST_TITLE = 120
AUTHOR = re.compile(r"(?P<title>.*\S)\s+[–—]\s+par\s+(?P<author>\S.*)")
"""The byline of a title: ` – par ` and who wrote."""


def new_article(library: Library, slug: str, *, today: date) -> Path:
    """Make `content/<slug>/<source>.md` with every field to fill in. The file's path."""
    path = _new_path(library, slug)
    _write(path, skeleton(today))
    return path


def new_digest(library: Library, slug: str, *, today: date) -> Path:
    """Make a digest of the articles that there are, the newest first. The file's path.

    Raises `NotDoneError` where there is none yet.
    """
    path = _new_path(library, slug)
    listed = library.newest_articles()
    if not listed:
        raise NotDoneError(
            "there is no article yet that a digest could carry",
            waiting_for=("newsletter new SLUG",),
        )
    _write(path, digest_skeleton(today, listed=listed))
    return path


def import_text(library: Library, source: Path, *, slug: str | None, today: date) -> Path:
    """Make an article of a plain text: first line the title, `> …` lines headings.

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
    title, author = _title_and_author(blocks[0])
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
    """The paragraphs and the `> …` lines, each on one line with its no-break spaces kept."""
    apart = re.sub(r"^>.*$", r"\n\g<0>\n", text, flags=re.MULTILINE)
    blocks = [re.sub(r"[ \t\n\v\f]+", " ", one).strip() for one in re.split(r"\n\s*\n", apart)]
    return [block for block in blocks if block.strip("> ")]


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
    path = library.content / parse_slug(slug) / f"{library.source_language}.md"
    if path.exists():
        raise InputError(
            "is there already", path=path, remedy="Choose another name; nothing was changed."
        )
    return path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
