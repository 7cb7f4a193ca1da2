"""HTTP status codes of translation services as errors (RFC 9110, section 15)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from flows.domain.phrases import Phrase
from flows.translation.engines.errors import (
    EngineBusyError,
    EngineError,
    EngineUnreachableError,
    KeyRefusedError,
    QuotaSpentError,
    RequestRefusedError,
)

QUOTA_SPENT = 456
"""DeepL's own status for a spent quota."""

NOT_IMPLEMENTED = 501
"""The one 5xx that another try cannot mend."""


def error_for_status(
    engine: str,
    status: int,
    *,
    headers: Mapping[str, str],
    words: str = "",
    now: datetime | None = None,
) -> EngineError | None:
    """What a response's status says went wrong; `None` for a success.

    `words` are the service's own; `now` is what a Retry-After with a date is counted from.
    """
    if 200 <= status < 300:
        return None
    if status in {401, 403}:
        return KeyRefusedError(
            engine, Phrase("the service refuses the key or the request ({status})", status=status)
        )
    if status == QUOTA_SPENT:
        return QuotaSpentError(engine, "the account's quota is spent (456)")
    if status == 429 or (status >= 500 and status != NOT_IMPLEMENTED):
        wait_seconds = read_retry_after(headers.get("Retry-After", ""), now=now)
        return _passing_fault(engine, status, wait_seconds)
    reason = f"the service answers {status}{_whither(status)}"
    return RequestRefusedError(engine, reason, words=words)


def _passing_fault(engine: str, status: int, wait_seconds: float | None) -> EngineError:
    asks = f" and asks to wait {wait_seconds:.0f} s" if wait_seconds else ""
    if status == 429:
        reason = f"the service asks for fewer requests (429){asks}"
        return EngineBusyError(engine, reason, retry_after_seconds=wait_seconds)
    reason = f"the service is out of order ({status}){asks}"
    return EngineUnreachableError(engine, reason, retry_after_seconds=wait_seconds)


def _whither(status: int) -> str:
    return ", a redirection: is its address right (https)?" if 300 <= status < 400 else ""


def read_retry_after(value: str, *, now: datetime | None = None) -> float | None:
    """The seconds that a Retry-After asks for, as a number or a date (RFC 9110, section 10.2.3)."""
    if value.strip().isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
