"""Asking a service again after a passing fault: exponential back-off with full jitter."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt

from flows.translation.engines.errors import EngineError, EngineUnreachableError

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently a service is asked; `sleep` takes seconds.

    The pause before try n + 1 is drawn by `uniform` between 0 and `first_pause_seconds` × 2ⁿ⁻¹,
    at most `longest_pause_seconds`, but never less than a Retry-After (RFC 9110, section 10.2.3).
    A Retry-After over `longest_retry_after_seconds` ends the tries.
    """

    tries: int = 4
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 20.0
    longest_retry_after_seconds: float = 60.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    uniform: Callable[[float, float], float] = random.uniform

    async def ask(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of the first `call` that succeeds; raises the last `EngineError`."""
        retrying = AsyncRetrying(
            retry=self._may_help,
            wait=self._pause,
            stop=stop_after_attempt(self.tries),
            sleep=self.sleep,
            reraise=True,
        )

        # tenacity awaits only what it can see to be a coroutine function.
        async def attempt() -> Answer:
            return await call()

        try:
            return await retrying(attempt)
        except EngineError as error:
            log.warning("engine_gave_up", engine=error.engine, reason=error.reason)
            raise

    def _may_help(self, state: RetryCallState) -> bool:
        error = _error(state)
        if error is None:
            return False
        return (error.retry_after_seconds or 0.0) <= self.longest_retry_after_seconds

    def _pause(self, state: RetryCallState) -> float:
        ceiling = self.first_pause_seconds * 2 ** (state.attempt_number - 1)
        drawn = self.uniform(0.0, min(ceiling, self.longest_pause_seconds))
        error = _error(state)
        return max(drawn, (error.retry_after_seconds or 0.0) if error else 0.0)


def _error(state: RetryCallState) -> EngineUnreachableError | None:
    raised = state.outcome.exception() if state.outcome else None
    return raised if isinstance(raised, EngineUnreachableError) else None
