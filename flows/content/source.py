"""Reading an article's folder."""

import re
from pathlib import Path

from flows.content.frontmatter import parse_front_matter
from flows.content.naming import list_articles, parse_slug
from flows.domain.article import Article
from flows.domain.errors import InputError, NotFoundError
from flows.domain.language import Language
from flows.domain.phrases import Phrase

__all__ = ["list_articles", "parse_slug", "read_article"]

LARGEST_BYTES = 1_000_000
HEAD = re.compile(r"---[ \t]*\n(?P<fields>.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_article(folder: Path, *, language: Language) -> Article:
    """The article written in `folder/<language>.md`.

    Raises `NotFoundError` where there is none, and `InputError` with line, field and remedy
    where it cannot be used as it stands.
    """
    parse_slug(folder.name)
    path = folder / f"{language}.md"
    return parse_article(_read_text(path), path=path)


def parse_article(text: str, *, path: Path) -> Article:
    """The article that a text makes in the file `path`, whatever is there.

    Raises `InputError` with line, field and remedy where it cannot be used as it stands.
    """
    slug, folder = parse_slug(path.parent.name), path.parent
    text = plain(text.removeprefix("\ufeff"))
    head = HEAD.match(text)
    if not head:
        raise InputError(
            "the article has no front matter",
            path=path,
            line=1,
            remedy="Begin with a line ---, then title:, author: and date:, then a line ---.",
        )
    front, lines = parse_front_matter(head["fields"], path=path)
    body = text[head.end() :]
    body_line = text.count("\n", 0, head.end()) + 1
    return Article(
        slug=slug, folder=folder, front=front, body=body, body_line=body_line, field_lines=lines
    )


def _read_text(path: Path) -> str:
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= LARGEST_BYTES else b""
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise NotFoundError("there is no such article", path=path) from error
    require_size(size, path=path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "the file is not UTF-8",
            path=path,
            line=raw.count(b"\n", 0, error.start) + 1,
            remedy="Save it again with the encoding UTF-8.",
        ) from error
    return text


def require_size(size: int, *, path: Path) -> None:
    """Raise `InputError` for a source of more bytes than one may have."""
    if size > LARGEST_BYTES:
        raise InputError(
            Phrase("the file is larger than {most:,} bytes", most=LARGEST_BYTES),
            path=path,
        )


def plain(text: str) -> str:
    """A text as it is read: lines end with a line feed, and other control characters are gone."""
    return FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
