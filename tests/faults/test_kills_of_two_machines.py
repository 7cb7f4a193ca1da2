"""Two machines on one PostgreSQL: a newsroom, and another one or a worker. Both are killed.

Prefect starts again and again, so that this runs with `make faults` alone.
"""

import random
import shutil
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.databases import TEMPLATE
from tests.flows.kept_up import (
    ISSUE,
    a_crowd,
    a_machine,
    begin_sending,
    lift_the_rate,
    wait_for_start,
    wait_until_only_doubts_are_left,
)
from tests.flows.newsroom_process import approve_everything, recipients
from tests.functional.cli.command_line import call
from tests.services.postgresql import Cluster

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("prefect")]

AUDIENCE, KILLS, RATE_PER_MINUTE = 900, 20, 90


@pytest.mark.parametrize("command", ["up", "worker"])
def test_twenty_kills_of_two_machines_double_and_lose_nothing(
    tmp_path: Path, postgresql: Cluster, command: str
) -> None:
    """Nobody gets two letters; whoever has none in the end is listed as a doubt for a person."""
    began, killed = time.monotonic(), []
    chance = random.Random(command)
    ours = {
        "NEWSLETTER_DATABASE_URL": postgresql.url(postgresql.create(template=TEMPLATE)),
        "NEWSLETTER_SECRET_KEY": "k" * 40,
        "NEWSLETTER_SMTP__RATE_PER_MINUTE": str(RATE_PER_MINUTE),
    }
    here, there = tmp_path / "here", tmp_path / "there"
    assert call("init", here, env=ours).code == 0
    assert call("subscribers", "import", "subscribers", cwd=here, env=ours).code == 0
    approve_everything(here, "city-pair", env=ours)
    a_crowd(here, size=AUDIENCE, env=ours)
    shutil.copytree(here, there, ignore=shutil.ignore_patterns("var"))
    with ExitStack() as stack:
        one = stack.enter_context(a_machine(here, **ours))
        wait_for_start(one)
        other = stack.enter_context(a_machine(there, command, **ours))
        begin_sending(one)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, 35))
            victim = chance.choice([one, other])
            killed.append(victim.whom(chance))
            victim.kill(killed[-1])
        lift_the_rate(one)
        report = wait_until_only_doubts_are_left(one, ISSUE)
        said = one.said() + other.said()
    letters = recipients(here) + recipients(there)
    doubts = report["deliveries"]["unknown"]
    print(  # noqa: T201 - `make faults` shows the figures
        f"up and {command}: {AUDIENCE} readers, {KILLS} kills ({dict(Counter(killed))}), "
        f"{one.starts} and {other.starts} starts, {time.monotonic() - began:.0f} s: "
        f"{len(letters)} got a letter, {sum(letters.values()) - len(letters)} twice, "
        f"{doubts} unknown"
    )
    assert set(letters.values()) == {1}
    assert report["deliveries"]["accepted"] + doubts == AUDIENCE, report
    assert len(letters) >= report["deliveries"]["accepted"]
    assert report["state"] == ("incomplete" if doubts else "sent"), (report, said)
