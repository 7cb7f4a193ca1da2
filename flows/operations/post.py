"""The letters of one issue: ready editions, what fills them, where answers go, who signs."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.domain.delivery import Claim, DeliveryState, Outcome
from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.domain.recipient import Recipient
from flows.mail.dialogue import Envelope
from flows.mail.letter import PreparedLetter

Sign = Callable[[bytes, datetime], bytes]
"""Gives a letter, ready for the wire, its signatures of a time."""

Written = tuple[Envelope, Outcome | None]
"""A letter, or an empty one with the outcome of a contact to whom none can be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """How the letters of an issue are made. Made again, a letter has the same bytes."""

    letters: Mapping[Language, PreparedLetter]
    recipient: Callable[[Claim], Recipient]
    return_path: Callable[[Claim], str]
    sign: Sign | None = None

    async def write(self, claims: Sequence[Claim]) -> list[Written]:
        """The letters of these claims, in order."""
        if self.sign is None:
            return [self.write_one(claim) for claim in claims]
        # RSA takes a millisecond and lets other threads run meanwhile.
        loop = asyncio.get_running_loop()
        return await asyncio.gather(
            *(loop.run_in_executor(None, self.write_one, claim) for claim in claims)
        )

    def write_one(self, claim: Claim) -> Written:
        """One letter, dated when it was begun."""
        try:
            letter = self.letters[claim.language].render(self.recipient(claim), date=claim.begun_at)
        except InputError as error:
            if error.field != "To":
                raise
            empty = Envelope("", "", b"", claim.id)
            return empty, Outcome(state=DeliveryState.REFUSED, reply=error.problem)
        if self.sign is not None:
            letter = self.sign(letter, claim.begun_at)
        return Envelope(self.return_path(claim), claim.address, letter, claim.id), None
