"""Passwords: what makes a good one, and hashing within bounds.

Argon2id (RFC 9106) takes 64 MiB and a tenth of a second on purpose, so few run at once and few
wait: a crowd at the door is sent away, and everything else goes on.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

from flows.domain.errors import InputError, TransientError
from flows.domain.phrases import Phrase

Result = TypeVar("Result")

SHORTEST: Final = 12
LONGEST: Final = 200
"""In signs; hashing takes longer the longer they are."""


class BusyError(TransientError):
    """Too many are signing in at this moment; try again in a little while."""


def require_good(password: str, *, name: str) -> None:
    """Raise `InputError` for a password that is short, endless, or easily guessed."""
    problem = ""
    if len(password) < SHORTEST:
        problem = Phrase("is shorter than {least} characters", least=SHORTEST)
    elif len(password) > LONGEST:
        problem = Phrase("is longer than {most} characters", most=LONGEST)
    elif len(set(password)) < 5:
        problem = Phrase("repeats the same few characters")
    elif name.casefold() in password.casefold():
        problem = Phrase("contains the name")
    if problem:
        raise InputError(problem, field="password", remedy="Four words in a row make a good one.")


class Passwords:
    """Hashes and compares, `threads` at once while `waiting` more may wait."""

    def __init__(
        self,
        *,
        threads: int = 2,
        waiting: int = 16,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._most = threads + waiting
        self._busy = 0
        self._nobody_s = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, kept: str, password: str) -> bool:
        """Whether a password is the one behind a hash.

        Where there is no hash the answer is no, and takes as long.
        """
        return await self._run(lambda: self._matches(kept or self._nobody_s, password)) and (
            kept != ""
        )

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _matches(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._busy >= self._most:
            raise BusyError("too many are signing in at this moment; try again in a little while")
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._busy -= 1
