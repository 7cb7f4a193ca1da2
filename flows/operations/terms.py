"""The glossary's terms as people tend them: looked up, added, changed, taken out, proposed."""

import asyncio
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flows.content.pofiles import write_whole
from flows.domain.errors import InputError, NotFoundError
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.operations.glossing import accept_wording, propose_from_corrections
from flows.operations.library import Library
from flows.store.database import Store
from flows.store.events import record_event
from flows.store.proposals import decline_proposal, declined_proposals
from flows.translation.amending import digest_of_file, drop_term, put_term
from flows.translation.entries import NOTE, Entry, read_columns, read_entries
from flows.translation.learning import Proposal

LEAST_PASSAGES: Final = 3
LONGEST_CELL: Final = 500
LONGEST_PROPOSAL: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The glossary as it is now; `columns` are those of its file, the source's first.

    Where there is no file yet, `digest` is empty.
    """

    digest: str
    columns: tuple[str, ...]
    entries: Sequence[Entry]

    def entry(self, term: str) -> Entry:
        """The entry of a term. Raises `NotFoundError`."""
        found = next((one for one in self.entries if one.source == term), None)
        if found is None:
            raise NotFoundError(Phrase("the glossary has no term {term!r}", term=term))
        return found

    def matching(self, wanted: str) -> list[Entry]:
        """The entries in which every word that is looked for stands somewhere."""
        words = fold(wanted).split()
        return [one for one in self.entries if all(word in _text_of(one) for word in words)]


def _text_of(entry: Entry) -> str:
    wordings = (wording for parts in entry.wordings.values() for wording in parts)
    return fold(" ".join((entry.source, *wordings, entry.note)))


def fold(text: str) -> str:
    """A text as it is looked for: without accents and capitals."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def read_terms(library: Library) -> Terms:
    """The glossary's terms in the file's order. Raises `InputError` for a bad file."""
    path = library.glossary_path
    if not path.exists():
        return Terms(digest="", columns=_columns(library), entries=())
    _, entries = read_entries(path)
    return Terms(digest=digest_of_file(path), columns=read_columns(path), entries=entries)


def _columns(library: Library) -> tuple[str, ...]:
    """What the header of a new file names."""
    return (*library.languages, NOTE)


async def change_term(
    library: Library,
    store: Store,
    was: str,
    cells: Mapping[str, str],
    *,
    digest: str,
    by: str,
    now: datetime,
) -> str:
    """Write a term with its wordings and note (`cells` by column), new where it `was` none.

    The term. Raises `InputError`, `NotFoundError`, and `GlossaryChangedError` if the file is not
    the one with the `digest` any more.
    """
    _require_sound(cells)
    path = library.glossary_path
    if not digest and not path.exists():
        write_whole(path, ",".join(_columns(library)) + "\n")
        digest = digest_of_file(path)
    put_term(path, was, cells, digest=digest)
    term = " ".join(cells.get(library.source_language, was).split())
    await _record(store, "glossary.changed" if was else "glossary.added", term, by=by, now=now)
    return term


def _require_sound(cells: Mapping[str, str]) -> None:
    for name, cell in cells.items():
        if len(cell) > LONGEST_CELL or not all(sign.isprintable() for sign in cell):
            raise InputError(
                Phrase("is up to {most} characters on one line", most=LONGEST_CELL),
                field=name,
            )


async def remove_term(
    library: Library, store: Store, term: str, *, digest: str, by: str, now: datetime
) -> None:
    """Take a term out. Raises `NotFoundError`, `GlossaryChangedError`."""
    drop_term(library.glossary_path, term, digest=digest)
    await _record(store, "glossary.removed", term, by=by, now=now)


async def open_proposals(library: Library, store: Store) -> list[Proposal]:
    """What the corrections of reviewers say about terms, but for what somebody declined.

    Reading every catalogue takes its time: others are served meanwhile.
    """
    async with store.reading() as tx:
        declined = await declined_proposals(tx)
    found = [
        await asyncio.to_thread(propose_from_corrections, library, language, least=LEAST_PASSAGES)
        for language in library.target_languages
    ]
    return [
        one
        for proposals in found
        for one in proposals
        if (one.language, one.term, one.wording) not in declined
    ]


async def accept_proposal(
    library: Library, store: Store, chosen: tuple[Language, str, str], *, by: str, now: datetime
) -> None:
    """Write a proposed wording (language, term, wording) into the glossary."""
    language, term, wording = chosen
    accept_wording(library, term, language, wording)
    await _record(store, "glossary.accepted", term, by=by, now=now, **_facts(language, wording))


async def refuse_proposal(
    store: Store, chosen: tuple[Language, str, str], *, by: str, now: datetime
) -> None:
    """Propose this no more."""
    language, term, wording = chosen
    if max(len(term), len(wording)) > LONGEST_PROPOSAL:
        raise InputError("is longer than any proposal", field="term")
    async with store.writing() as tx:
        await decline_proposal(tx, chosen, by=by, now=now)
        facts = _facts(language, wording)
        await record_event(tx, "glossary.declined", term[:200], actor=by, now=now, **facts)


def _facts(language: Language, wording: str) -> dict[str, object]:
    return {"language": language, "wording": wording}


async def _record(
    store: Store, action: str, term: str, *, by: str, now: datetime, **facts: object
) -> None:
    async with store.writing() as tx:
        await record_event(tx, action, term[:200], actor=by, now=now, **facts)
