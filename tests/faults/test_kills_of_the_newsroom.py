"""The bar of `newsletter up`: killed at any point, it comes back without a hand's turn.

Prefect starts again and again, so that this runs with `make faults` alone.
"""

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.flows.kept_up import kill_during_a_sending
from tests.flows.newsroom_process import approve_everything
from tests.functional.cli.command_line import call

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("prefect")]

AUDIENCE, KILLS = 900, 20


@pytest.mark.parametrize("processes", [1, 2])
def test_twenty_kills_of_the_newsroom_double_and_lose_nothing(
    tmp_path: Path, processes: int
) -> None:
    """Any one process, the group of the guardian, or everything at once, at random moments."""
    workspace = tmp_path / "newsroom"
    assert call("init", workspace).code == 0
    assert call("subscribers", "import", "subscribers", cwd=workspace).code == 0
    approve_everything(workspace, "city-pair")
    after = kill_during_a_sending(
        workspace,
        audience=AUDIENCE,
        kills=KILLS,
        chance=random.Random(processes),
        NEWSLETTER_SMTP__RATE_PER_MINUTE="90",
        NEWSLETTER_SMTP__PROCESSES=str(processes),
    )
    unknown = after.report["deliveries"]["unknown"]
    print(  # noqa: T201 - `make faults` shows the figures
        f"{processes} sending processes: {AUDIENCE} readers, {KILLS} kills "
        f"({dict(Counter(after.killed))}), {after.starts} starts, {after.seconds:.0f} s: "
        f"{len(after.letters)} got a letter, "
        f"{sum(after.letters.values()) - len(after.letters)} twice, {unknown} unknown"
    )
    assert set(after.letters.values()) == {1}
    assert len(after.letters) == AUDIENCE
    assert (after.report["state"], unknown) == ("sent", 0), after.log
