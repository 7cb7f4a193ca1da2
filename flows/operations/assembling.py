"""The digest of an occurrence: its folder, written once, with titles by the rule's patterns."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import count
from os.path import lexists
from pathlib import Path
from typing import Any, Final

import structlog
import yaml

from flows.content.catalogue import Catalogue
from flows.content.pofiles import write_whole
from flows.content.stamps import SETTINGS
from flows.domain.article import Article, Slug
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.recurrence import Recurrence
from flows.domain.segment import SegmentKey, SegmentState
from flows.operations.library import Library
from flows.operations.patterns import USUAL, fill_in
from flows.operations.times import zone_of

log = structlog.get_logger()

TITLE: Final = "meta:title"
AUTHOR: Final = "meta:author"
BY_RULE: Final = "rule"
"""The origin of a title that no person wrote."""
BY_SETTINGS: Final = f"{SETTINGS} sender.name"


def free_folder(
    library: Library, recurrence: Recurrence, *, at: datetime, used: Collection[Slug]
) -> Slug:
    """The name of a new digest: that of its rule, and its day; one that nothing has had yet.

    What stands in a folder of that name already was written for something else.
    """
    name = f"{recurrence.name}-{_day(recurrence, at).isoformat()}"
    names = (Slug(name if number == 1 else f"{name}-{number}") for number in count(1))
    return next(one for one in names if one not in used and not lexists(library.content / one))


def write_digest(
    library: Library, recurrence: Recurrence, slug: Slug, *, at: datetime, slugs: Sequence[Slug]
) -> Article | None:
    """The digest of an occurrence with these articles; `None` if none of them can be read.

    What is there already is gone on with as it is: whoever was killed in the middle left it, or a
    person has worked at it. Raises `InputError` where the folder holds something else, or cannot
    be written.
    """
    path = library.content / slug / f"{library.source_language}.md"
    with _writing(path):
        return _write(library, recurrence, path, day=_day(recurrence, at), slugs=slugs)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            Phrase("the digest cannot be written: {reason}", reason=error.strerror or str(error)),
            path=path,
            remedy="It is tried again every minute: make room for it, or move what is in its way.",
        ) from None


def _day(recurrence: Recurrence, at: datetime) -> date:
    return at.astimezone(zone_of(recurrence.zone)).date()


def _write(
    library: Library, recurrence: Recurrence, path: Path, *, day: date, slugs: Sequence[Slug]
) -> Article | None:
    slug = Slug(path.parent.name)
    if not path.exists():
        listed = _readable(library, slugs)
        if not listed:
            return None
        write_whole(path, _source_of(library, recurrence, day, listed))
    article = library.article(slug)
    if not article.front.listed:
        raise InputError(
            Phrase("{slug} is no digest, and stands where one must be written", slug=slug),
            path=path,
            remedy="Give its folder another name.",
        )
    for language in library.target_languages:
        _name(library, recurrence, article, language, day)
    return article


def _readable(library: Library, slugs: Sequence[Slug]) -> list[Article]:
    """Articles that a digest can list; what was removed since it was collected is left out."""
    found = []
    for slug in slugs:
        try:
            article = library.article(slug)
        except InputError as error:
            log.warning("recurrence.left_out", slug=slug, why=str(error))
            continue
        if not article.front.is_digest:
            found.append(article)
    return found


def _source_of(
    library: Library, recurrence: Recurrence, day: date, listed: Sequence[Article]
) -> str:
    front = {
        "title": _title(library, recurrence, library.source_language, day),
        "author": library.senders[library.source_language].name,
        "date": day.isoformat(),
        "summary": "",
        "preheader": "",
        "tags": [],
        "articles": _under_tags(listed)
        if recurrence.form.sections
        else [one.slug for one in listed],
    }
    head = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{head}---\n"


def _under_tags(listed: Sequence[Article]) -> list[Any]:
    """The articles under their first tags, in the order of the first of each; others before."""
    alone = [one.slug for one in listed if not one.front.tags]
    sections: dict[str, list[str]] = {}
    for one in listed:
        for tag in one.front.tags[:1]:
            sections.setdefault(tag[:1].upper() + tag[1:], []).append(one.slug)
    return [*alone, *({"section": tag, "items": items} for tag, items in sections.items())]


def _title(library: Library, recurrence: Recurrence, language: Language, day: date) -> str:
    """What the digest is called in a language; empty where the rule has no pattern for it."""
    titles = recurrence.form.titles
    pattern = titles.get(language, "") if titles else USUAL
    return fill_in(pattern, day=day, language=language, sender=library.senders[language].name)


def _name(
    library: Library, recurrence: Recurrence, article: Article, language: Language, day: date
) -> None:
    """Put title and sender into a language's catalogue where nobody wrote anything yet.

    A pattern is its maker's own words; like all words they count when somebody has approved them.
    """
    catalogue = library.synchronised(article, language)
    sender = library.senders[language].name
    title = _title(library, recurrence, language, day)
    _draft(catalogue, AUTHOR, sender, origin=BY_SETTINGS)
    if recurrence.form.titles:
        for key in _empty(catalogue, TITLE) if title else ():
            catalogue.edit(key, title, by=recurrence.made_by)
    else:
        _draft(catalogue, TITLE, title, origin=f"{BY_RULE} {recurrence.name}")
    catalogue.save()


def _draft(catalogue: Catalogue, context: str, text: str, *, origin: str) -> None:
    for key in _empty(catalogue, context):
        catalogue.draft(key, text, origin=origin)


def _empty(catalogue: Catalogue, context: str) -> list[SegmentKey]:
    return [
        entry.key
        for entry, state in catalogue.states()
        if entry.key.context == context and state is SegmentState.EMPTY
    ]
