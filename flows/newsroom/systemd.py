"""Telling systemd how the newsroom is: sd_notify(3), a datagram to the socket that it names."""

import os
import socket
from contextlib import suppress

VARIABLE = "NOTIFY_SOCKET"


def notify(*facts: str) -> None:
    """Tell facts such as `READY=1` or `STATUS=…`; without a systemd that listens nothing happens.

    Whoever is told must not stop us: a socket that is gone is passed over.
    """
    address = os.environ.get(VARIABLE, "")
    if not address.startswith(("/", "@")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        # A name in the abstract namespace is written with @ and begins with a zero byte.
        out.connect(address.replace("@", "\0", 1) if address.startswith("@") else address)
        out.sendall("\n".join(facts).encode())
