from hypothesis import given
from hypothesis import strategies as st

from flows.operations.pacing import group_size, keep_pace


@given(
    letters=st.integers(1, 100),
    per_minute=st.integers(1, 100_000),
    took_seconds=st.floats(0, 100, allow_nan=False),
)
async def test_letters_never_leave_faster_than_the_rate(
    letters: int, per_minute: int, took_seconds: float
) -> None:
    """Handing over and waiting together last as long as the rate asks for."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    await keep_pace(letters, per_minute=per_minute, took_seconds=took_seconds, sleep=sleep)
    assert took_seconds + sum(waited) >= letters * 60 / per_minute - 1e-6


async def test_without_a_rate_nothing_waits() -> None:
    """No setting, no pause."""

    async def sleep(_seconds: float) -> None:
        raise AssertionError("nobody asked to wait")

    await keep_pace(10, per_minute=None, took_seconds=0, sleep=sleep)


def test_a_slow_rate_makes_small_groups() -> None:
    """Thirty letters a minute leave five at a time, and six a minute one by one."""
    assert [group_size(10, per_minute=rate) for rate in (None, 600, 30, 6, 1)] == [10, 10, 5, 1, 1]
