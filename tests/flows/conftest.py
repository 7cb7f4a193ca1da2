"""Workspaces whose orchestrator has set up its database already, and the demonstration."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.functional.cli.command_line import Said, call, call_apart
from tests.servers.libretranslate import make_server


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """The first `newsletter demo` of a new workspace."""

    workspace: Path
    said: Said
    seconds: float
    is_busy: bool


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """`newsletter init` and `newsletter demo` from nothing. Later tests only look at it."""
    folder = tmp_path_factory.mktemp("demonstration") / "newsroom"
    made = call("init", folder)
    assert made.code == 0, made.all
    began = time.monotonic()
    said = call_apart("demo", cwd=folder)
    seconds = time.monotonic() - began
    busy = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
    return Demonstration(workspace=folder, said=said, seconds=seconds, is_busy=busy)


@pytest.fixture(scope="module")
def workspace(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new workspace with its lists imported; Prefect's database is there, to save its setup."""
    folder = tmp_path_factory.mktemp("flows") / "newsroom"
    assert call("init", folder).code == 0
    (folder / "var").mkdir()
    for name in ("prefect", "prefect.key"):
        old, new = demonstration.workspace / "var" / name, folder / "var" / name
        if old.is_dir():
            shutil.copytree(old, new)
        else:
            shutil.copy2(old, new)
    imported = call("subscribers", "import", "subscribers", cwd=folder)
    assert imported.code == 0, imported.all
    return folder


@pytest.fixture(scope="module")
def engine_url() -> Iterator[str]:
    """The address of a LibreTranslate server on loopback."""
    server = make_server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
