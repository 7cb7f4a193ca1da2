"""Talking to a Prefect server over REST, and finding the one of this workspace."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows.domain.errors import NotDoneError, TransientError
from flows.orchestration.environment import enter_prefect_environment, prefect_environment
from flows.orchestration.server import (
    PrefectServer,
    UnknownToPrefectError,
    announce_server,
    find_server,
)

OURS = PrefectServer("http://127.0.0.1:4200/api", "newsletter:geheim")


@dataclass(kw_only=True)
class Scripted:
    """A server that answers as it is told, in order, and keeps what it was asked."""

    answers: list[tuple[int, str]]
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)
    url: str = ""

    def server(self) -> PrefectServer:
        """The same as the product sees it."""
        return PrefectServer(f"{self.url}/api", "newsletter:geheim")


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A scripted server on loopback."""
    script = Scripted(answers=[])

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            script.asked.append((self.command, self.path, body))
            script.headers.append(self.headers)
            status, text = script.answers.pop(0)
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield script
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_busy_server_is_asked_again(scripted: Scripted) -> None:
    """503 passes; the answer that comes in the end counts."""
    scripted.answers = [(503, "busy"), (503, "busy"), (200, '{"state_type": "RUNNING"}')]
    assert scripted.server().run_state("r") == "RUNNING"
    assert len(scripted.asked) == 3


def test_a_refusal_is_not_asked_again(scripted: Scripted) -> None:
    """401 will not pass; the message says what was asked, and no password."""
    scripted.answers = [(401, "no")]
    with pytest.raises(NotDoneError, match="answered 401") as refused:
        scripted.server().run_state("r")
    assert "geheim" not in str(refused.value)


def test_a_deployment_that_is_not_there_yet_hints_at_the_start(scripted: Scripted) -> None:
    """A newsroom announces itself before its deployments are there."""
    scripted.answers = [(404, "{}")]
    with pytest.raises(UnknownToPrefectError, match="still starting"):
        scripted.server().create_run("publish/publish", parameters={}, name="n", key="k")


@pytest.mark.parametrize("page", ["<html>Bonjour</html>", "[1,"])
def test_something_else_than_prefect_is_told_from_it(scripted: Scripted, page: str) -> None:
    """Another program at that address answers, but not in JSON."""
    scripted.answers = [(200, page)]
    with pytest.raises(NotDoneError, match="not Prefect"):
        scripted.server().run_state("r")


def test_a_server_that_is_gone_is_a_passing_fault() -> None:
    """Nobody listens at the discard port."""
    with pytest.raises(TransientError, match="cannot be reached"):
        PrefectServer("http://127.0.0.1:9/api").run_state("r")


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy for the outside does not know the way to this machine."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    scripted.answers = [(200, '{"state_type": "RUNNING"}')]
    assert scripted.server().run_state("r") == "RUNNING"


@pytest.mark.parametrize("state", ["SCHEDULED", "PENDING"])
def test_a_run_that_has_not_begun_is_cancelled(scripted: Scripted, state: str) -> None:
    """Its state becomes CANCELLED."""
    scripted.answers = [(200, json.dumps({"state_type": state})), (201, '{"status": "ACCEPT"}')]
    scripted.server().cancel_run("r")
    method, path, body = scripted.asked[1]
    assert (method, path) == ("POST", "/api/flow_runs/r/set_state")
    assert json.loads(body)["state"] == {"type": "CANCELLED"}


@pytest.mark.parametrize("state", ["RUNNING", "COMPLETED", "FAILED", "CANCELLED"])
def test_a_run_that_has_begun_is_left_alone(scripted: Scripted, state: str) -> None:
    """What happened stays as it was recorded; the ledger stops a sender, not Prefect."""
    scripted.answers = [(200, json.dumps({"state_type": state}))]
    scripted.server().cancel_run("r")
    assert len(scripted.asked) == 1


def test_a_run_of_a_lost_database_needs_no_cancelling(scripted: Scripted) -> None:
    """Lose Prefect's database and nothing is lost but history."""
    scripted.answers = [(404, "{}")]
    scripted.server().cancel_run("r")


def test_a_run_is_waited_for_until_it_is_over(scripted: Scripted) -> None:
    """Its last state is the answer."""
    states = ["PENDING", "RUNNING", "COMPLETED"]
    scripted.answers = [(200, json.dumps({"state_type": state})) for state in states]
    naps: list[float] = []
    assert scripted.server().wait_for_run("r", sleep=naps.append) == "COMPLETED"
    assert len(naps) == 2


def test_an_announced_server_is_found_while_its_newsroom_lives(tmp_path: Path) -> None:
    """Before and after, there is none; its password is readable by its owner alone."""
    path = tmp_path / "newsroom.json"
    assert find_server(path) is None
    with announce_server(path, OURS):
        assert find_server(path) == OURS
        assert path.stat().st_mode & 0o077 == 0
    assert find_server(path) is None


def test_a_second_newsroom_is_refused(tmp_path: Path) -> None:
    """One in each workspace."""
    path = tmp_path / "newsroom.json"
    with (
        announce_server(path, OURS),
        pytest.raises(NotDoneError, match="already"),
        announce_server(path, OURS),
    ):
        pass


def test_a_newsroom_that_was_killed_is_not_found(tmp_path: Path) -> None:
    """The kernel lets go of its lock."""
    path = tmp_path / "newsroom.json"
    program = (
        "import os, pathlib, sys\n"
        "from flows.orchestration.server import PrefectServer, announce_server\n"
        "with announce_server(pathlib.Path(sys.argv[1]), PrefectServer('http://x/api')):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert done.returncode == -9
    assert path.read_text(encoding="utf-8")
    assert find_server(path) is None


def test_those_who_look_do_not_take_each_other_for_a_newsroom(tmp_path: Path) -> None:
    """Many commands at once, after a newsroom has died: none of them finds it."""
    path = tmp_path / "newsroom.json"
    path.write_text('{"api_url": "http://127.0.0.1:4200/api", "auth": null}', encoding="utf-8")
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(find_server, [path] * 2000))
    assert found == [None] * 2000


def test_the_server_of_the_environment_gives_way_to_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever uses Prefect otherwise has its address in the environment; runs go to our own."""
    environment = prefect_environment(tmp_path, api_url="http://127.0.0.1:1/api", auth="a:b")
    for name in (*environment, "no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")  # so that it is put back, whoever sets it
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.example.org/api")
    monkeypatch.setenv("PREFECT_LOGGING_SERVER_LEVEL", "DEBUG")
    monkeypatch.setenv("no_proxy", "intranet.example.org")
    enter_prefect_environment(environment)
    assert os.environ["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    assert os.environ["PREFECT_HOME"] == str(tmp_path)
    assert os.environ["PREFECT_LOGGING_SERVER_LEVEL"] == "DEBUG"
    assert os.environ["no_proxy"] == "intranet.example.org,127.0.0.1,localhost,::1"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"auth": "newsletter:geheim"}, "Basic bmV3c2xldHRlcjpnZWhlaW0="),
        ({"key": "pnu_geheim"}, "Bearer pnu_geheim"),
        ({}, None),
    ],
)
def test_each_server_gets_its_own_kind_of_key(
    scripted: Scripted, keys: dict[str, str], said: str | None
) -> None:
    """Prefect Cloud a key, a server of one's own a password, one without either nothing."""
    scripted.answers = [(200, "{}")]
    PrefectServer(f"{scripted.url}/api", **keys).healthy()
    assert scripted.headers[0]["Authorization"] == said


def test_an_announced_server_keeps_its_key(tmp_path: Path) -> None:
    """Whoever finds the newsroom can use Prefect Cloud as it does."""
    cloud = PrefectServer("https://api.example.org/api", key="pnu_geheim")
    with announce_server(tmp_path / "newsroom.json", cloud):
        assert find_server(tmp_path / "newsroom.json") == cloud


def test_a_newsroom_waits_for_one_that_is_ending(tmp_path: Path) -> None:
    """Its guardian was killed; it puts down its letters first."""
    path = tmp_path / "newsroom.json"
    began, end = threading.Event(), threading.Event()

    def former() -> None:
        with announce_server(path, OURS):
            began.set()
            end.wait(20)

    thread = threading.Thread(target=former)
    thread.start()
    began.wait(20)
    threading.Timer(0.6, end.set).start()
    with announce_server(path, OURS, patience_seconds=20):
        thread.join()
        assert end.is_set()


def test_a_deployment_that_is_missing_is_named_with_the_command_that_makes_it(
    scripted: Scripted,
) -> None:
    """A newsroom whose flows workers run says so before it seems to work."""
    scripted.answers = [(200, '{"id": "d"}'), (404, "{}")]
    with pytest.raises(NotDoneError, match="no deployment deliver/deliver") as caught:
        scripted.server().require_deployments(["publish/publish", "deliver/deliver"])
    assert caught.value.waiting_for == ("prefect --no-prompt deploy --all",)
