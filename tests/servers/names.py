"""A name server of our own on loopback, that knows TXT records."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from dns.asyncresolver import Resolver


class Names(asyncio.DatagramProtocol):
    """Answers what it has; a name without texts has no TXT, one that is not there is none."""

    def __init__(self, records: Mapping[str, Sequence[str]]) -> None:
        self._records = records

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question (RFC 1035, section 4.1)."""
        asked = dns.message.from_wire(data)
        name = asked.question[0].name
        texts = self._records.get(name.to_text(omit_final_dot=True))
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        if texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif texts:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *texts))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def run_names(records: Mapping[str, Sequence[str]]) -> AsyncIterator[Resolver]:
    """What asks that server."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Names(records), local_addr=("127.0.0.1", 0)
    )
    try:
        yield asks("127.0.0.1", transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


def asks(address: str, port: int) -> Resolver:
    """A resolver that asks one server."""
    resolver = Resolver(configure=False)
    resolver.nameservers = [address]
    resolver.port = port
    return resolver
