"""The French of an article as it is written at the desk: read, and saved whole or not at all."""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from flows.content.matching import match_key
from flows.content.pofiles import alone_in, write_whole
from flows.content.segments import cut_segments
from flows.content.source import LARGEST_BYTES, require_size
from flows.domain.article import Article
from flows.domain.errors import InputError, NewsletterError, NotDoneError
from flows.domain.language import Language
from flows.operations.authorship import WRITTEN
from flows.operations.library import Library
from flows.operations.workbench import Workbench
from flows.store.database import Store
from flows.store.events import record_event

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source file as it is on disk; `digest` is the SHA-256 of its bytes, `text` what they say.

    A file that is not there has no text, and the digest of that. `problem` says why the text is
    not all of the file, which is in another encoding, or too large.
    """

    path: Path
    text: str
    digest: str
    problem: InputError | None = None


class ChangedSourceError(NotDoneError):
    """Somebody else wrote the file since it was shown; `theirs` is what it says now."""

    def __init__(self, theirs: Source) -> None:
        self.theirs = theirs
        super().__init__("somebody else changed this text since it was shown to you")


def read_source(library: Library, slug: str) -> Source:
    """The source of an article as it is on disk."""
    return _read(library.source(slug))


def _read(path: Path) -> Source:
    raw = path.read_bytes() if path.is_file() else b""
    digest, problem = hashlib.sha256(raw).hexdigest(), None
    try:
        require_size(len(raw), path=path)
        raw.decode("utf-8")
    except InputError as error:
        problem = error
    except UnicodeDecodeError as error:
        problem = InputError(
            "the file is not UTF-8",
            path=path,
            line=raw.count(b"\n", 0, error.start) + 1,
            remedy="Save it again with the encoding UTF-8.",
        )
    text = raw[:LARGEST_BYTES].decode("utf-8", errors="replace")
    return Source(path=path, text=text, digest=digest, problem=problem)


async def save_source(
    workbench: Workbench, store: Store, slug: str, text: str, *, shown: str, by: str, now: datetime
) -> Source:
    """Write a person's text in place of the one with the digest `shown`; the catalogues follow.

    Raises `InputError` for a text that is no article, `ChangedSourceError` if the file is another
    by now; then nothing is written.
    """
    library = workbench.library
    before, written = await asyncio.to_thread(_write, library, slug, text, shown)
    if before.digest == written.digest:
        return written
    await asyncio.to_thread(_bring_in_line, workbench, slug)
    passages = await asyncio.to_thread(_changed, library, slug, before.text, text)
    async with store.writing() as tx:
        await record_event(
            tx,
            WRITTEN,
            slug,
            actor=by,
            now=now,
            digest=written.digest,
            passages=passages,
        )
    log.info("article.written", slug=slug)
    return written


def _write(library: Library, slug: str, text: str, shown: str) -> tuple[Source, Source]:
    """The file before and after."""
    library.draft(slug, text)
    path = library.source(slug)
    with alone_in(path.parent):
        before = _read(path)
        # Whoever sends the same text twice has lost the first answer, and nobody is in their way.
        if before.text == text:
            return before, before
        if before.digest != shown:
            raise ChangedSourceError(before)
        write_whole(path, text)
        return before, _read(path)


def _bring_in_line(workbench: Workbench, slug: str) -> None:
    """Have each catalogue that is there take over the passages; one that cannot stays behind."""
    for language in workbench.library.target_languages:
        if not _has_catalogue(workbench.library, slug, language):
            continue
        try:
            workbench.change(slug, language, lambda _: None)
        except NewsletterError as error:
            # It is brought in line whenever it is read; the text is saved in any case.
            log.warning("article.catalogue_left", slug=slug, language=language, reason=str(error))


def _has_catalogue(library: Library, slug: str, language: Language) -> bool:
    return (library.folder(slug) / f"{language}.po").is_file()


def _changed(library: Library, slug: str, before: str, after: str) -> int:
    """How many passages of a text are not in the one before."""
    return len(new_passages(_draft(library, slug, before), library.draft(slug, after)))


def _draft(library: Library, slug: str, text: str) -> Article | None:
    try:
        return library.draft(slug, text)
    except InputError:  # what was there could not be read, either
        return None


def new_passages(before: Article | None, after: Article) -> set[object]:
    """The segments of an article, in their normal form, that it had not before."""
    return _keys([after]) - _keys([before] if before else [])


def _keys(articles: Iterable[Article]) -> set[object]:
    return {match_key(one.key) for article in articles for one in cut_segments(article)}
