"""One person's whole history: for whoever looks after the lists, and for the person."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.domain.access import Scope
from flows.domain.consent import Consent
from flows.domain.errors import InputError, NotFoundError
from flows.domain.phrases import Phrase
from flows.store.consents import consents_of, find_text
from flows.store.database import Store, Transaction
from flows.store.histories import (
    ChangeLine,
    ReturnedLetter,
    SentLetter,
    changes_of,
    letters_to,
    returns_of,
)
from flows.store.optouts import OptOut, leavings_of, opt_out_of
from flows.store.records import OnList, Record, find_record, get_record, lists_of
from flows.store.requests import Request, requests_of


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is kept of an address. `record` is `None` where it is no contact (any more)."""

    record: Record | None
    lists: Sequence[OnList]
    opt_out: OptOut | None
    leavings: Sequence[OptOut]
    consents: Sequence[Consent]
    texts: dict[str, str]
    letters: Sequence[SentLetter]
    returns: Sequence[ReturnedLetter]
    changes: Sequence[ChangeLine]
    requests: Sequence[Request]

    @property
    def is_known(self) -> bool:
        """Whether anything at all is kept."""
        return bool(self.record or self.opt_out or self.consents or self.letters or self.requests)

    def as_json(self) -> dict[str, Any]:
        """What `subscribers show --json` prints and what a person gets of their data."""
        record = self.record
        return {
            "contact": None
            if record is None
            else {
                "number": record.id,
                "address": record.address,
                "name": record.name,
                "city": record.city,
                "language": record.language,
                "roles": [role for role in record.roles.split("\n") if role],
                "chosen_by_reader": record.chosen,
                "since": _at(record.created_at),
            },
            "lists": [
                {"list": one.list, "by": one.origin, "since": _at(one.since)} for one in self.lists
            ],
            "opt_out": None
            if self.opt_out is None
            else {
                "reason": self.opt_out.reason,
                "source": self.opt_out.source,
                "at": _at(self.opt_out.at),
            },
            "lists_left": [
                {"list": one.list, "reason": one.reason, "source": one.source, "at": _at(one.at)}
                for one in self.leavings
            ],
            "consents": [
                {
                    "list": one.list,
                    "act": one.act,
                    "basis": one.basis,
                    "text": self.texts.get(one.text or ""),
                    "text_version": one.text,
                    "language": one.language,
                    "source": one.source,
                    "why": one.why,
                    "at": _at(one.at),
                }
                for one in self.consents
            ],
            "letters": [{**one._asdict(), "at": _at(one.at)} for one in self.letters],
            "returns": [{**one._asdict(), "at": _at(one.at)} for one in self.returns],
            "changes": [
                {
                    "act": one.act,
                    "list": one.list,
                    "by": one.by,
                    "import": one.number,
                    "why": one.why,
                    "before": one.before,
                    "at": _at(one.at),
                }
                for one in self.changes
            ],
            "requests": [
                {
                    "kind": one.wish.kind,
                    "lists": list(one.wish.lists),
                    "city": one.wish.city,
                    "language": one.wish.language,
                    "state": one.state,
                    "at": _at(one.at),
                }
                for one in self.requests
            ],
        }


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


async def history_of(
    store: Store, address: str, *, address_hash: Callable[[str], str], scope: Scope
) -> History:
    """The history of an address.

    Raises `NotFoundError` if nothing is kept of it, or if it is another city's contact.
    """
    async with store.reading() as tx:
        history = await read_history(tx, address_hash(address))
    record = history.record
    out_of_reach = scope.cities is not None and (record is None or not scope.covers(record.city))
    if not history.is_known or out_of_reach:
        raise NotFoundError(
            "nothing is kept of this address",
            remedy="By a part of a name or an address: newsletter subscribers search TEXT",
        )
    return history


async def history_numbered(store: Store, contact: int, *, scope: Scope) -> History:
    """The history of a contact by number. Raises `NotFoundError` if none within reach has it."""
    async with store.reading() as tx:
        record = await get_record(tx, contact)
        if record is None or not scope.covers(record.city):
            raise NotFoundError("there is no such contact")
        return await read_history(tx, record.address_hash)


async def read_history(tx: Transaction, hashed: str) -> History:
    """All that is kept under an address hash."""
    record = await find_record(tx, hashed)
    consents = await consents_of(tx, hashed)
    digests = {one.text for one in consents if one.text}
    texts = {digest: await find_text(tx, digest) or "" for digest in sorted(digests)}
    return History(
        record=record,
        lists=await lists_of(tx, record.id) if record else [],
        opt_out=await opt_out_of(tx, hashed),
        leavings=await leavings_of(tx, hashed),
        consents=consents,
        texts=texts,
        letters=await letters_to(tx, hashed),
        returns=await returns_of(tx, hashed),
        changes=await changes_of(tx, hashed),
        requests=await requests_of(tx, hashed),
    )


def history_text(history: History) -> str:
    """What a person may have of their data (GDPR, articles 15 and 20), as JSON."""
    return f"{json.dumps(history.as_json(), ensure_ascii=False, indent=2, default=str)}\n"


def write_history(history: History, path: Path) -> None:
    """Write what a person may have of their data into a file."""
    try:
        path.write_text(history_text(history), encoding="utf-8")
    except OSError as error:
        raise InputError(
            Phrase("cannot be written: {reason}", reason=error.strerror),
            path=path,
            field="--export",
        ) from None
