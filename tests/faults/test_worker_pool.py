"""Prefect elsewhere: a server of its own, deployments by `prefect.yaml`, workers of a pool.

Prefect starts four times, so that this runs with `make faults` alone.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from flows.domain.errors import NewsletterError
from flows.orchestration.server import PrefectServer
from tests.flows.kept_up import ISSUE, PATIENCE_SECONDS, a_machine, report_of, wait_for_start
from tests.flows.newsroom_process import approve_everything, recipients
from tests.functional.cli.command_line import ROOT, call, clean_environment, closed_port

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("prefect")]

AUTH = "newsletter:wachtwoord"
PREFECT = (sys.executable, "-m", "prefect")


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait for something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def answers(server: PrefectServer) -> bool:
    """Whether the server is there."""
    try:
        server.healthy()
    except NewsletterError:
        return False
    return True


@contextmanager
def prefect(*words: str, env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command of Prefect's own, with all that it starts ended after the block."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*PREFECT, *words], env=env, stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def test_workers_of_a_pool_deliver_and_a_run_that_dies_begins_again(tmp_path: Path) -> None:
    """The newsroom runs no flow itself; settings alone tell it, and them, where Prefect is."""
    workspace = tmp_path / "newsroom"
    assert call("init", workspace).code == 0
    assert call("subscribers", "import", "subscribers", cwd=workspace).code == 0
    approve_everything(workspace, "city-pair")
    server = PrefectServer(f"http://127.0.0.1:{closed_port()}/api", AUTH)
    ours = {
        "NEWSLETTER_PREFECT__API_URL": server.api_url,
        "NEWSLETTER_PREFECT__AUTH": AUTH,
        "NEWSLETTER_PREFECT__RUNNER": "false",
        "NEWSLETTER_SMTP__RATE_PER_MINUTE": "60",
    }
    env = clean_environment(
        {
            **ours,
            "PYTHONPATH": str(ROOT),
            "NEWSLETTER_WORKSPACE": str(workspace),
            "NEWSLETTER_CODE": str(ROOT),
            "DO_NOT_TRACK": "1",
            "PREFECT_HOME": str(tmp_path / "prefect"),
            "PREFECT_API_URL": server.api_url,
            "PREFECT_API_AUTH_STRING": AUTH,
            "PREFECT_SERVER_API_AUTH_STRING": AUTH,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        }
    )
    port = server.api_url.rpartition(":")[2].partition("/")[0]
    with ExitStack() as stack:
        stack.enter_context(
            prefect("server", "start", "--port", port, env=env, log=tmp_path / "server.log")
        )
        wait_for(lambda: answers(server))
        for words in (
            ("work-pool", "create", "newsletter", "--type", "process"),
            ("--no-prompt", "deploy", "--all"),
        ):
            done = subprocess.run([*PREFECT, *words], env=env, cwd=ROOT, check=False)
            assert done.returncode == 0
        pool = ("worker", "start", "--pool", "newsletter")
        stack.enter_context(prefect(*pool, env=env, log=tmp_path / "worker.log"))
        machine = stack.enter_context(a_machine(workspace, **ours))
        wait_for_start(machine)
        assert call("publish", "city-pair", cwd=workspace, env=machine.env).code == 0
        wait_for(lambda: sum(recipients(workspace).values()) > 0)
        assert machine.kill("run") == 1
        wait_for(lambda: report_of(machine, ISSUE)["state"] == "sent")
        said, code = machine.said(), machine.stop()
    letters = recipients(workspace)
    assert (len(letters), set(letters.values())) == (66, {1})
    assert "event=run.again" in said or "event=issue.revived" in said
    assert code == 0
