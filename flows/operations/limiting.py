"""How often somebody may try: bounded, without letting a stranger lock anybody out.

Whoever signed in before in a browser carries a mark of it. Attempts with the mark are counted by
the browser; those without it together, by account and by network. So strangers who guess close the
door to strangers alone.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from flows.domain.errors import NotDoneError
from flows.domain.phrases import Phrase
from flows.store.attempts import attempts_since, note_attempts, sweep_attempts
from flows.store.database import Store

WINDOW: Final = timedelta(minutes=15)
PER_ACCOUNT: Final = 10
PER_BROWSER: Final = 10
PER_NETWORK: Final = 50
PER_CODE: Final = 5


class TooManyAttemptsError(NotDoneError):
    """Somebody tried too often; after `wait` they may again."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        minutes = max(1, round(wait.total_seconds() / 60))
        super().__init__(Phrase("too many attempts; try again in {minutes} min", minutes=minutes))


def scopes_of(key: str, *, network: str, browser: str) -> dict[str, int]:
    """What an attempt to sign in counts for, and how often that may be."""
    if browser:
        return {f"browser:{_short(browser)}": PER_BROWSER}
    return {f"account:{_short(key)}": PER_ACCOUNT, f"network:{network}": PER_NETWORK}


def network_of(address: str, *, ipv4_bits: int = 32) -> str:
    """Whom an address stands for: itself, or in IPv6 its network of 64 bits.

    With fewer `ipv4_bits`, an address of IPv4 stands for its network, too.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if not parsed.ipv4_mapped:
            return str(IPv6Network((parsed, 64), strict=False).network_address)
        parsed = parsed.ipv4_mapped
    return str(IPv4Network((parsed, ipv4_bits), strict=False).network_address)


async def count_attempt(store: Store, scopes: Mapping[str, int], *, now: datetime) -> bool:
    """Count an attempt before it is made, so that a crowd cannot slip in together.

    Raises `TooManyAttemptsError`. True if it was the last one that a scope allows.
    """
    async with store.writing() as tx:
        found = await attempts_since(tx, scopes, now - WINDOW)
        over = [first for scope, (count, first) in found.items() if count >= scopes[scope]]
        if over:
            raise TooManyAttemptsError(max(over) + WINDOW - now)
        await note_attempts(tx, scopes, now=now)
        await sweep_attempts(tx, before=now - WINDOW)
        return any(found[scope][0] + 1 >= scopes[scope] for scope in found)


def _short(key: str) -> str:
    """Names in a table of attempts are nobody's business: a typed password may be among them."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]
