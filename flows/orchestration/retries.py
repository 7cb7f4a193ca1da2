"""Which steps are tried again, and when."""

from typing import Any, Final

from flows.domain.errors import NewsletterError


def another_try_may_mend(_task: object, _run: object, state: Any) -> bool:
    """Whether a failed step is worth another try: only what is known to pass is."""
    error = state.data if isinstance(state.data, BaseException) else _error_of(state)
    return isinstance(error, NewsletterError) and error.retryable


def _error_of(state: Any) -> BaseException | None:
    try:
        state.result()
    except BaseException as error:  # noqa: BLE001 - the orchestrator hands the failure over this way
        return error
    return None


RETRIES: Final[dict[str, Any]] = {
    "retries": 3,
    "retry_delay_seconds": [1, 4, 15],
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": another_try_may_mend,
}
"""The policy of every step: growing, jittered pauses, for passing faults alone."""

ONE_RETRY: Final[dict[str, Any]] = RETRIES | {"retries": 1, "retry_delay_seconds": [2]}
"""The policy of a step whose own network calls have tried again several times already."""
