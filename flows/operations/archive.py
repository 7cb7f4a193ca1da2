"""The archive: what went to everybody or to a public list, for everybody to read."""

from dataclasses import dataclass
from datetime import datetime

from flows.domain.edition import HOLES, Edition, hole
from flows.domain.image import with_addresses
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.mail.images import public_address
from flows.store.archive import ArchivedEdition, archived_editions
from flows.store.cities import mailing_lists
from flows.store.database import Store, Transaction
from flows.store.reviews import find_edition


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedIssue:
    """An issue in every language that it went out in."""

    issue: IssueId
    sent_at: datetime
    editions: dict[Language, ArchivedEdition]


async def list_archive(store: Store) -> list[ArchivedIssue]:
    """The public issues, newest first. What went to a closed list alone is not among them."""
    async with store.reading() as tx:
        return await _public(tx)


async def _public(tx: Transaction, *, issue: IssueId | None = None) -> list[ArchivedIssue]:
    public = {one.name for one in await mailing_lists(tx) if one.public}
    found: dict[IssueId, ArchivedIssue] = {}
    for one in await archived_editions(tx, issue=issue):
        if one.lists and not public & set(one.lists):
            continue
        kept = found.setdefault(
            one.issue, ArchivedIssue(issue=one.issue, sent_at=one.sent_at, editions={})
        )
        kept.editions[one.language] = one
    return list(found.values())


async def read_archived(
    store: Store, issue: IssueId, language: Language
) -> tuple[ArchivedIssue, Edition] | None:
    """One edition of a public issue as it was sent; `None` if there is none."""
    async with store.reading() as tx:
        found = await _public(tx, issue=issue)
        if not found or language not in found[0].editions:
            return None
        edition = await find_edition(tx, found[0].editions[language].digest)
        return (found[0], edition) if edition else None


def for_nobody(edition: Edition, **values: str) -> str:
    """The edition's HTML with public addresses in the places of a reader's own."""
    html = with_addresses(edition.html, lambda name: public_address(name, ""))
    for name in HOLES:
        html = html.replace(hole(name), values.get(name, ""))
    return html
