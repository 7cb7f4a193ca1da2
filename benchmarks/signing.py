"""What DKIM costs: our signer with both keys, and dkimpy, on one letter and one core."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dkim

from flows.mail.dkim import DkimKey, DkimSigner

AT = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)


def letters_per_cpu_second(work: Callable[[], object], *, times: int) -> float:
    """How often `work` is done in a second of CPU."""
    used = time.process_time()
    for _ in range(times):
        work()
    return times / (time.process_time() - used)


def ours(letter: bytes, keys: list[DkimKey]) -> float:
    """Letters that our signer signs with all keys in a CPU second."""
    signer = DkimSigner(keys)
    return letters_per_cpu_second(lambda: signer.sign(letter, AT), times=400)


def dkimpy(letter: bytes, rsa_pem: Path) -> float:
    """Letters that dkimpy signs in a CPU second with RSA alone."""
    pem = rsa_pem.read_bytes()
    return letters_per_cpu_second(
        lambda: dkim.sign(letter, b"rsa", b"efus.example.org", pem), times=20
    )
