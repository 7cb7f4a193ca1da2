"""Getting pictures from their servers, when somebody asked for it: from public ones alone.

A document names any address it likes. So that none of them reaches what only this machine can
reach, each name is looked up here, every address that it has is judged, and the connection goes
to one that was judged; redirections are treated alike.
"""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

import httpx
import structlog

from flows.content.images.files import LARGEST_MB
from flows.domain.errors import InputError
from flows.operations.arrivals.addresses import whole_address

SECONDS: Final = 20.0
"""For one picture, with looking its server up, and with redirections."""
REDIRECTIONS: Final = 3
HTTPS: Final = 443
UNICAST: Final = ipaddress.ip_network("2000::/3")
"""The IPv6 addresses that are given out to everybody's use (RFC 4291, 2.4; IANA)."""
SPECIAL: Final = tuple(
    ipaddress.ip_network(one)
    for one in [
        "192.0.0.0/24",
        "192.88.99.0/24",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    ]
)
"""Addresses for protocols, for translators and for documents (IANA, special-purpose registries)."""

Lookup = Callable[[str, int], Sequence[str]]
"""Gives every address of a host."""

log = structlog.get_logger()


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet reaches."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if any(ip in one for one in SPECIAL) or (ip.version == 6 and ip not in UNICAST):
        return False
    return ip.is_global and not ip.is_multicast


def look_up(host: str, port: int) -> list[str]:
    """Every address of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def fetch_picture(
    address: str,
    *,
    look_up: Lookup = look_up,
    may_reach: Callable[[str], bool] = is_public,
    trust: ssl.SSLContext | None = None,
) -> bytes:
    """The bytes of a picture at an https address.

    Raises `InputError` for one that is not fetched: another scheme or port, an address that is not
    public, an answer that is none, too large or too slow.
    """
    made: Future[bytes] = Future()
    client = httpx.Client(
        verify=trust or ssl.create_default_context(), trust_env=False, timeout=SECONDS / 2
    )

    def work() -> None:
        try:
            made.set_result(_follow(client, address, look_up, may_reach))
        except Exception as error:  # noqa: BLE001  # raised again to who waits
            made.set_exception(error)

    # Neither a name's look-up nor the head of an answer can be bounded from within.
    threading.Thread(target=work, name="fetch-picture", daemon=True).start()
    try:
        return made.result(timeout=SECONDS)
    except TimeoutError:
        raise InputError("it takes too long") from None
    finally:
        client.close()


def _follow(
    client: httpx.Client, address: str, look_up: Lookup, may_reach: Callable[[str], bool]
) -> bytes:
    """The bytes at an address, or where it leads to."""
    for _ in range(REDIRECTIONS + 1):
        parts = _parts(address)
        ip = _judged(parts, look_up, may_reach)
        log.info("picture.fetch", host=parts.hostname)
        try:
            answer = _ask(client, parts, ip)
        except (httpx.HTTPError, OSError) as error:
            raise InputError(f"the server did not answer: {type(error).__name__}") from None
        if isinstance(answer, bytes):
            return answer
        address = whole_address(answer, address)
    raise InputError("the server leads on and on")


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise InputError("this is no address") from None
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise InputError("only https addresses are fetched")
    if port not in {None, HTTPS}:
        raise InputError("only the usual port of https is asked")
    return parts


def _judged(parts: SplitResult, look_up: Lookup, may_reach: Callable[[str], bool]) -> str:
    """An address of the host, if all that it has are public."""
    host = parts.hostname or ""
    try:
        found = look_up(host, HTTPS)
    except (OSError, UnicodeError):
        raise InputError("its server has no address") from None
    if not found or not all(may_reach(one) for one in found):
        raise InputError("its server is not a public one")
    return found[0]


def _ask(client: httpx.Client, parts: SplitResult, ip: str) -> bytes | str:
    """What the server at an address says: the picture, or where it lies instead."""
    host = parts.hostname or ""
    target = httpx.URL(
        scheme="https", host=ip, port=HTTPS, raw_path=_path(parts).encode("ascii", "replace")
    )
    request = client.build_request(
        "GET",
        target,
        headers={"Host": host, "Accept": "image/*", "Accept-Encoding": "identity"},
        extensions={"sni_hostname": host},
    )
    answer = client.send(request, stream=True)
    try:
        if answer.has_redirect_location:
            return str(answer.headers["location"])
        if answer.status_code != httpx.codes.OK:
            raise InputError(f"the server answered {answer.status_code}")
        return _read(answer)
    finally:
        answer.close()


def _path(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"{path}?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else path


def _read(answer: httpx.Response) -> bytes:
    raw = bytearray()
    for chunk in answer.iter_raw():
        raw += chunk
        if len(raw) > LARGEST_MB * 1_000_000:
            raise InputError(f"it is larger than {LARGEST_MB} MB")
    return bytes(raw)
