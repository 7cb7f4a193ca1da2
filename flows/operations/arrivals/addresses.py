"""Addresses as documents have them, which are not always any."""

from urllib.parse import urljoin, urlsplit


def whole_address(address: str, base: str = "") -> str:
    """The address as a page at `base` means it; empty for what is none (RFC 3986)."""
    try:
        joined = urljoin(base, address)
    except ValueError:
        joined = address
    try:
        urlsplit(joined)
    except ValueError:
        return ""
    return joined
