from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.operations.limiting import TooManyAttemptsError
from flows.operations.metering import BURST, Meter

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def is_counted(meter: Meter, caller: str, now: datetime) -> bool:
    """Whether a call is let through."""
    try:
        meter.count(caller, now=now)
    except TooManyAttemptsError:
        return False
    return True


@given(
    per_minute=st.integers(1, 300),
    gaps=st.lists(st.floats(0, 20, allow_nan=False), max_size=150),
)
def test_no_span_of_time_has_more_calls_than_it_may(per_minute: int, gaps: list[float]) -> None:
    """A quarter of a minute's calls at once, and what the time since then gives."""
    meter, at, let_through = Meter(per_minute=per_minute), NOW, list[datetime]()
    for gap in gaps:
        at += timedelta(seconds=gap)
        if is_counted(meter, "a", at):
            let_through.append(at)

    burst = -(-per_minute // BURST)
    for first, begun in enumerate(let_through):
        for last in range(first, len(let_through)):
            minutes = (let_through[last] - begun) / timedelta(minutes=1)
            assert last - first + 1 <= burst + minutes * per_minute + 1e-3


@given(per_minute=st.integers(1, 300))
def test_whoever_waits_as_long_as_told_is_let_through(per_minute: int) -> None:
    """And not a moment before; others are not held up meanwhile."""
    meter = Meter(per_minute=per_minute)
    while is_counted(meter, "a", NOW):
        pass
    with pytest.raises(TooManyAttemptsError) as refused:
        meter.count("a", now=NOW)
    wait = refused.value.wait

    assert not is_counted(meter, "a", NOW + wait - timedelta(milliseconds=1))
    assert is_counted(meter, "b", NOW)
    assert is_counted(meter, "a", NOW + wait)


def test_callers_of_long_ago_are_forgotten() -> None:
    """Memory stays bounded however many came by."""
    meter = Meter(per_minute=60)
    for number in range(5000):
        meter.count(number, now=NOW + timedelta(seconds=2 * number))

    assert len(meter._free_at) < 1100
