import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.orchestration.server import PrefectServer, announce_server, hold_alone
from flows.runtime.orchestrator import await_server, guardian_lock, server_of
from flows.settings.model import Settings
from flows.settings.reading import read_settings
from tests.servers.orchestrator import Orchestrator, run_orchestrator


@pytest.fixture
def orchestrator() -> Iterator[Orchestrator]:
    """A server that answers."""
    with run_orchestrator() as one:
        yield one


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of an empty workspace."""
    (tmp_path / "newsletter.toml").touch()
    return read_settings(tmp_path)


def test_without_a_guardian_nobody_is_waited_for(settings: Settings) -> None:
    """The command runs by itself, at once."""
    said: list[str] = []
    assert await_server(settings, note=said.append) is None
    assert said == []


def test_a_newsroom_that_is_up_is_found_at_once(
    settings: Settings, orchestrator: Orchestrator
) -> None:
    """Nothing is said of it."""
    said: list[str] = []
    with (
        hold_alone(guardian_lock(settings)),
        announce_server(settings.var / "newsroom.json", orchestrator.server()),
    ):
        assert await_server(settings, note=said.append) == orchestrator.server()
    assert said == []


def test_a_newsroom_that_starts_again_is_waited_for(
    settings: Settings, orchestrator: Orchestrator
) -> None:
    """A flow run beside it would have a second server on the same database."""
    said, naps = list[str](), list[float]()
    over = threading.Event()

    def start() -> None:
        with announce_server(settings.var / "newsroom.json", orchestrator.server()):
            over.wait(20)

    newsroom = threading.Thread(target=start)

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            newsroom.start()
        threading.Event().wait(0.05)

    with hold_alone(guardian_lock(settings)):
        assert await_server(settings, note=said.append, sleep=nap) == orchestrator.server()
        over.set()
        newsroom.join()
    assert said == ["The newsroom is starting …"]


def test_a_server_of_the_settings_needs_no_newsroom(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefect Cloud is there whether or not a newsroom is."""
    monkeypatch.setenv("NEWSLETTER_PREFECT__API_URL", "https://cloud.example.org/api")
    monkeypatch.setenv("NEWSLETTER_PREFECT__API_KEY", "pnu_geheim")
    named = read_settings(settings.workspace)
    cloud = PrefectServer("https://cloud.example.org/api", None, "pnu_geheim")
    assert server_of(named) == await_server(named, note=print) == cloud
