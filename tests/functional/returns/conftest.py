"""Issues whose letters were accepted, boxes that things come back to, and a way to read them."""

import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from sqlalchemy import func, select

from flows.domain.article import Slug
from flows.domain.delivery import Claim, DeliveryState, Outcome
from flows.domain.issue import Issue
from flows.mail.boxes import Box
from flows.mail.kept import KeptMail
from flows.mail.maildir import MaildirBox
from flows.mail.returned import ReturnReader
from flows.operations.hygiene import judge_returns
from flows.operations.returning import Harvest, read_returns
from flows.store.database import Store
from flows.store.tables import returns, suppressions
from tests.functional.builders import (
    KEY,
    MovableClock,
    a_frozen_issue,
    settle,
    take,
)
from tests.functional.returned_mail import leave_address, return_path
from tests.services.dovecot import Dovecot, DovecotMissingError, run_dovecot

ACCEPTED = Outcome(state=DeliveryState.ACCEPTED, code=250, reply="ok")


@dataclass(kw_only=True)
class Returns:
    """A store with what comes back to it."""

    store: Store
    maildir: Path
    kept: KeptMail
    clock: MovableClock = field(default_factory=MovableClock)
    letters: dict[str, list[Claim]] = field(default_factory=dict)

    async def an_issue(self, *, letters: int = 3, slug: str = "city-pair") -> Issue:
        """An issue whose letters, to readers 1, 2, …, were all accepted an hour after the last."""
        self.clock.advance(timedelta(hours=1))
        issue = await a_frozen_issue(self.store, contacts=letters, slug=Slug(slug))
        claims = await take(self.store, issue, limit=letters + 1, now=self.clock.now)
        await settle(self.store, claims, ACCEPTED)
        self.letters[issue.id] = claims
        return issue

    def path(self, issue: Issue, reader: int, *, key: bytes = KEY) -> str:
        """The return path of the letter to the n-th reader."""
        claim = self.letters[issue.id][reader - 1]
        return return_path(claim.id, claim.contact, key=key)

    def leave(self, issue: Issue, reader: int) -> str:
        """Where the n-th reader writes to leave."""
        claim = self.letters[issue.id][reader - 1]
        return leave_address(claim.id, claim.contact)

    async def read(self, *boxes: Box, brake_percent: int = 10) -> Harvest:
        """Read the boxes (the Maildir if none is named) and judge."""
        harvest = await read_returns(
            self.store,
            boxes or [MaildirBox(folder=self.maildir, name="maildir")],
            reader=ReturnReader(keys=[KEY]),
            kept=self.kept,
            clock=self.clock,
        )
        await judge_returns(self.store, brake_percent=brake_percent, now=self.clock.now)
        return harvest

    async def suppressed(self) -> dict[str, str]:
        """The reason by address hash."""
        async with self.store.reading() as tx:
            rows = await tx.execute(select(suppressions.c.address_hash, suppressions.c.reason))
            return {row[0]: row[1] for row in rows}

    async def recorded(self) -> Counter[tuple[str, str]]:
        """How many returns there are by kind and effect."""
        async with self.store.reading() as tx:
            rows = await tx.execute(
                select(returns.c.kind, returns.c.effect, func.count()).group_by(
                    returns.c.kind, returns.c.effect
                )
            )
            return Counter({(row[0], row[1]): row[2] for row in rows})


@pytest.fixture
def back(store: Store, tmp_path: Path) -> Returns:
    """Returns on each kind of database."""
    return Returns(store=store, maildir=tmp_path / "back", kept=KeptMail(tmp_path / "kept"))


@pytest.fixture(scope="session")
def imap_authority() -> trustme.CA:
    """An authority that nobody knows unless they are told."""
    return trustme.CA()


@pytest.fixture(scope="session")
def dovecot_server(imap_authority: trustme.CA) -> Iterator[Dovecot]:
    """A Dovecot of the session's own; without one the test is skipped."""
    try:
        with run_dovecot(imap_authority) as server:
            yield server
    except DovecotMissingError as error:
        pytest.skip(f"no Dovecot: {error}")


@pytest.fixture
def dovecot(dovecot_server: Dovecot) -> Dovecot:
    """The server with an empty INBOX."""
    dovecot_server.empty()
    return dovecot_server


@pytest.fixture
def trusting(imap_authority: trustme.CA) -> ssl.SSLContext:
    """A client's context that knows the authority."""
    context = ssl.create_default_context()
    imap_authority.configure_trust(context)
    return context
