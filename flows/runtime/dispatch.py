"""The part of the newsroom that sends letters: it knows nothing of articles and engines.

A sending process has this part alone, and stays small.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from flows.content.images.shelf import Shelf
from flows.domain.delivery import Claim
from flows.domain.edition import Edition
from flows.domain.errors import NotFoundError
from flows.domain.image import Carriage, ImageName, images_in
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.recipient import Letterhead, Recipient, Sender
from flows.mail.letter import PreparedLetter, prepare_letter
from flows.mail.links import address_hash, message_id, sign_link
from flows.mail.verp import BOUNCE, LEAVE, Purpose, sign_address
from flows.operations.delivering import Frozen, approved_editions
from flows.operations.post import Post, Sign
from flows.operations.pruning import refuse_archived
from flows.runtime.keys import key_of
from flows.runtime.outlet import Outlet
from flows.runtime.presence import is_alive
from flows.settings.mailing import SenderIdentity
from flows.settings.model import Settings
from flows.settings.reading import reveal
from flows.store.counts import sent_letter
from flows.store.database import Store, open_store
from flows.store.issues import get_issue
from flows.store.schema import ensure_schema

if TYPE_CHECKING:
    from flows.mail.dkim import DkimKey
OWN_KEY = "secret_key"
"""Stands for the workspace's own key among those that read links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch(Outlet):
    """What sending takes as arguments, built once."""

    store: Store
    key: bytes

    def clock(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)

    @property
    def senders_folder(self) -> Path:
        """The lock files of those who are sending."""
        return self.settings.var / "senders"

    @property
    def shelf(self) -> Shelf:
        """The pictures that were made for letters in this workspace."""
        return Shelf(self.settings.var / "images")

    def is_alive(self, owner: str) -> bool | None:
        """Whether the owner of a claim still lives, as far as this machine can tell."""
        return is_alive(self.senders_folder, owner)

    def address_hash(self, address: str) -> str:
        """The keyed hash under which an address is known for ever."""
        return address_hash(self.key, address)

    @property
    def link_keys(self) -> Sequence[bytes]:
        """The keys that read links, the one that signs them first."""
        settings = self.settings
        return _link_keys(self.key, settings.link_key, settings.previous_link_keys)

    def link(self, purpose: str, payload: str) -> str:
        """A signed link's token."""
        return sign_link(self.link_keys[0], purpose=purpose, payload=payload)

    def message_id(self, issue: IssueId, contact_hash: str) -> str:
        """The Message-ID of an issue's letter to one contact, the same on every attempt."""
        return message_id(self.key, issue=issue, contact=contact_hash, domain=self.mail_domain)

    def return_path(self, claim: Claim, *, letterhead: Letterhead) -> str:
        """Where one letter's bounces go: an address of its own if its letterhead has a domain."""
        if not letterhead.bounce_domain:
            return self.settings.sender.address
        return self._signed(claim, BOUNCE, letterhead.bounce_domain)

    def _signed(self, claim: Claim, purpose: Purpose, domain: str) -> str:
        return sign_address(
            self.key, purpose, delivery=claim.id, contact=claim.contact, domain=domain
        )

    def letterhead(self, language: Language) -> Letterhead:
        """What a language's letters say of us by the present settings."""
        return Letterhead(
            sender=sender_of(self.settings, language),
            base_url=self.settings.web.base_url.rstrip("/"),
            mail_domain=self.mail_domain,
            bounce_domain=self.settings.sender.bounce_domain or "",
            images=Carriage(self.settings.letter.images),
        )

    def letterheads(self) -> dict[Language, Letterhead]:
        """Those of every language."""
        return {language: self.letterhead(language) for language in self.settings.languages}

    def letter(
        self,
        edition: Edition,
        *,
        issue: str,
        letterhead: Letterhead | None = None,
        images: Mapping[ImageName, bytes] | None = None,
    ) -> PreparedLetter:
        """An edition made ready to be filled, once, for many letters.

        Pictures that these carry are in `images`, or were made in this workspace.
        """
        head = letterhead or self.letterhead(edition.language)
        if head.images is Carriage.EMBEDDED and images is None:
            images = {name: self.shelf.load(name) for name in images_in(edition.html)}
        return prepare_letter(
            edition,
            sender=head.sender,
            feedback_id=f"{issue}:{edition.language}:newsletter:{head.mail_domain}",
            base_url=head.base_url,
            images=images,
        )

    def post(self, issue: IssueId, editions: Mapping[Language, Frozen]) -> Post:
        """What turns an issue's deliveries into letters."""
        heads = {
            language: frozen.letterhead or self.letterhead(language)
            for language, frozen in editions.items()
        }
        return Post(
            letters={
                language: self.letter(
                    frozen.edition,
                    issue=issue,
                    letterhead=heads[language],
                    images=frozen.images,
                )
                for language, frozen in editions.items()
            },
            recipient=lambda claim: self.recipient(claim, letterhead=heads[claim.language]),
            return_path=lambda claim: self.return_path(claim, letterhead=heads[claim.language]),
            sign=self.sign(),
        )

    async def letter_again(self, issue: IssueId, address: str) -> bytes:
        """The letter that a contact was sent, byte for byte. `NotFoundError` if there is none."""
        async with self.store.reading() as tx:
            await get_issue(tx, issue)
            claim = await sent_letter(tx, issue, self.address_hash(address))
            if claim is None:
                await refuse_archived(tx, issue, what=Phrase("none can be made again"))
        if claim is None:
            raise NotFoundError(Phrase("{issue} has not written to this address", issue=issue))
        editions = await approved_editions(self.store, issue)
        envelope, refusal = self.post(issue, editions).write_one(claim)
        if refusal is not None:
            raise NotFoundError(Phrase("no letter could be written: {reply}", reply=refusal.reply))
        return envelope.letter

    def sign(self) -> Sign | None:
        """What signs a letter at a time, if the settings name a key."""
        if not self.settings.dkim.keys:
            return None
        from flows.mail.dkim import DkimSigner

        return DkimSigner(self.dkim_keys()).sign

    def dkim_keys(self) -> list[DkimKey]:
        """The keys that sign; `InputError` if one cannot be read."""
        from flows.mail.dkim import read_dkim_key

        dkim = self.settings.dkim
        return [
            read_dkim_key(self.settings.workspace / path, domain=dkim.domain, selector=selector)
            for path, selector in dkim.keys
        ]

    def recipient(self, claim: Claim, *, letterhead: Letterhead | None = None) -> Recipient:
        """The fields of one letter, with its signed links."""
        payload = f"{claim.issue}/{claim.contact}"
        head = letterhead or self.letterhead(claim.language)
        return Recipient(
            address=claim.address,
            name=claim.name,
            language=claim.language,
            message_id=claim.message_id,
            unsubscribe_url=f"{head.base_url}/u/{self.link('unsubscribe', payload)}",
            web_url=f"{head.base_url}/v/{self.link('view', payload)}",
            preferences_url=f"{head.base_url}/p/{self.link('preferences', str(claim.contact))}",
            unsubscribe_address=self._signed(claim, LEAVE, head.bounce_domain)
            if head.bounce_domain
            else "",
        )

    def reader(
        self,
        issue: IssueId,
        contact: int,
        language: Language,
        *,
        address: str = "reader@example.org",
        name: str = "",
    ) -> Recipient:
        """A reader outside a sending: of a page, a preview or a test. Contact 0 is nobody."""
        once = f"{issue}-{language}-{self.clock().timestamp():.6f}"
        claim = Claim(
            id=0,
            issue=issue,
            contact=contact,
            address=address,
            name=name,
            language=language,
            message_id=self.message_id(IssueId(once), address),
            attempt=0,
            begun_at=self.clock(),
        )
        return self.recipient(claim)


@asynccontextmanager
async def open_dispatch(settings: Settings) -> AsyncIterator[Dispatch]:
    """The sending part, for as long as the block lasts; a new database gets its tables."""
    # Addresses, letters and keys lie here: they are the operator's alone.
    settings.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = open_store(settings.database_url, default=settings.var / "newsletter.db")
    try:
        await ensure_schema(store)
        yield Dispatch(settings=settings, store=store, key=key_of(settings))
    finally:
        await store.close()


@lru_cache(maxsize=8)
def _link_keys(own: bytes, signs: SecretStr | None, previous: SecretStr | None) -> Sequence[bytes]:
    """Worked out once: every letter has three links."""
    # Set but empty, no earlier key is read any more.
    earlier = OWN_KEY if previous is None else previous.get_secret_value()
    names = [reveal(signs) or OWN_KEY, *earlier.split()]
    return [own if name == OWN_KEY else name.encode() for name in dict.fromkeys(names)]


def sender_of(settings: Settings, language: Language) -> Sender:
    """Who a language's letters come from: its own fields, else those of all."""
    sender = settings.sender
    own = sender.languages.get(language, SenderIdentity())
    list_id = own.list_id or sender.list_id
    return Sender(
        name=own.name or sender.name,
        address=own.address or sender.address,
        reply_to=own.reply_to or sender.reply_to,
        list_id=f"{language.lower()}.{list_id}" if list_id and not own.list_id else list_id,
        list_name=own.name or sender.name,
    )
