"""How long a sender holds a letter, and how long a deferred letter waits."""

import re
from datetime import datetime, timedelta
from typing import Final

from flows.domain.delivery import Claim, DeliveryState, Outcome, Settlement

LEASE: Final = timedelta(minutes=45)
"""Longer than all SMTP patience together, so that a slow letter never loses its claim."""

HOLD: Final = timedelta(minutes=15)
"""How long a letter may wait in a sender, which the rest of the lease is enough to hand over.

A sender that was stopped for an hour wakes up with letters that others have sent since.
"""

SILENCE: Final = timedelta(minutes=2)
"""So long a sender on another machine may be looking for its database before it counts as dead.

After a restart of the server it is back long before. One that is cut off for longer has handed over
the few letters that it held; they are doubts meanwhile, which its own word still settles.
"""

RETRY_AFTER: Final = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 240, 480, 720, 1440)
)
"""How long a deferred letter waits, by its attempt; after the last it is refused."""

GREYLIST_MINIMUM: Final = timedelta(minutes=5)
"""Who greylists (RFC 6647) turns away whoever comes back sooner."""

GREYLISTED: Final = re.compile(r"\b4\.7\.1\b|gr[ae]y.?list", re.IGNORECASE)


def settlement_of(claim: Claim, outcome: Outcome, *, now: datetime) -> Settlement:
    """What the ledger is told: a deferred letter gets its next time, or is given up."""
    if outcome.state is not DeliveryState.DEFERRED:
        return Settlement(delivery=claim.id, outcome=outcome)
    if claim.attempt > len(RETRY_AFTER):
        given_up = Outcome(state=DeliveryState.REFUSED, code=outcome.code, reply=outcome.reply)
        return Settlement(delivery=claim.id, outcome=given_up)
    wait = RETRY_AFTER[claim.attempt - 1]
    if outcome.code in {450, 451} and GREYLISTED.search(outcome.reply):
        wait = max(wait, GREYLIST_MINIMUM)
    return Settlement(delivery=claim.id, outcome=outcome, next_at=now + wait)
