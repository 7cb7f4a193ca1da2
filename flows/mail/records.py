"""TXT records as the DNS publishes them."""

import asyncio
from collections.abc import Sequence
from typing import Final

from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, NoResolverConfiguration

PATIENCE_SECONDS: Final = 3.0
"""For all names together: a machine without a network is not to hold anybody up."""


async def published_texts(
    names: Sequence[str], *, resolver: Resolver | None = None
) -> dict[str, tuple[str, ...] | None]:
    """The TXT records of each name, none where there are none; `None` where nobody answered."""
    try:
        resolver = resolver or Resolver()
    except NoResolverConfiguration:
        return dict.fromkeys(names)
    found = await asyncio.gather(*(_texts(name, resolver) for name in names))
    return dict(zip(names, found, strict=True))


async def _texts(name: str, resolver: Resolver) -> tuple[str, ...] | None:
    try:
        answer = await resolver.resolve(name, "TXT", lifetime=PATIENCE_SECONDS, search=False)
    except (NXDOMAIN, NoAnswer):
        return ()
    except (DNSException, OSError, UnicodeError):
        return None
    # A long text comes in pieces of 255 octets that belong together (RFC 7208, section 3.3).
    return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
