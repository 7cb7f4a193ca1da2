"""The addresses of translation services: read, joined, and shown without secrets."""

from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

from flows.domain.errors import InputError
from flows.translation.engines.protocol import Reach


def parse_base_url(text: str, *, field: str = "engine.url") -> str:
    """The address without a final slash, query or fragment. Raises `InputError` if it is none."""
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise _no_address(field) from None
    if not usable:
        raise _no_address(field)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _no_address(field: str) -> InputError:
    return InputError(
        "the engine's address is not an http or https address",
        field=field,
        remedy="write it like https://translate.example.org or http://127.0.0.1:5000",
    )


def show_address(url: str) -> str:
    """Host, port and path: what may stand in a message."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}{parts.path}"


def is_loopback(url: str) -> bool:
    """Whether the address is this machine's own, where no proxy belongs in between."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def reach_of(url: str) -> Reach:
    """Where a text goes that is sent to the address."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return Reach(host=f"{parts.hostname}{port}", outside=not is_loopback(url))
