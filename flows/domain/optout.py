"""Why an address is never written to."""

from typing import Final

UNSUBSCRIBED: Final = "unsubscribed"
COMPLAINED: Final = "complained"
SUPPRESSED: Final = "suppressed"
"""By our own word."""
BOUNCED: Final = "bounced"
"""The one reason that a reader did not ask for."""
ERASED: Final = "erased"
"""The person wants nothing kept: a row must not bring it back."""
STANDING: Final = (COMPLAINED, SUPPRESSED, BOUNCED)
"""What no form lifts, also if the person was forgotten since."""
ERASURES: Final = (ERASED, *(f"{ERASED}, {one}" for one in STANDING))
RETURNABLE: Final = (UNSUBSCRIBED, ERASED)
"""Who left by their own word may come back by it; complaints, bounces and our own word stand."""


def as_erased(former: str) -> str:
    """The reason after an erasure; one that stands is kept beside it."""
    if former in RETURNABLE:
        return ERASED
    return f"{ERASED}, {former if former in STANDING else SUPPRESSED}"


def weaker_than(reason: str) -> tuple[str, ...]:
    """The reasons whose place this one takes: what a reader says a bounce's, what stands both."""
    if reason == BOUNCED:
        return ()
    return (BOUNCED, UNSUBSCRIBED) if reason in STANDING else (BOUNCED,)
