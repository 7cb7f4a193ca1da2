"""Workspaces as `newsletter init` makes them, and a command that works in them."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.functional.cli.command_line import Said, call
from tests.servers.libretranslate import make_server


class Newsletter(Protocol):
    """The command in one workspace. Keywords are environment variables."""

    def __call__(self, *arguments: str | Path, **env: str) -> Said:
        """How it ended and what it said."""


@pytest.fixture(scope="session")
def initial_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace as `init` makes it, with its lists imported. Copied, never changed."""
    folder = tmp_path_factory.mktemp("initial") / "newsroom"
    made = call("init", folder)
    assert made.code == 0, made.all
    imported = call("subscribers", "import", "subscribers", cwd=folder)
    assert imported.code == 0, imported.all
    return folder


@pytest.fixture
def workspace(initial_workspace: Path, tmp_path: Path) -> Path:
    """A workspace of the test's own, with the example article and the example lists."""
    return Path(shutil.copytree(initial_workspace, tmp_path / "newsroom"))


@pytest.fixture
def newsletter(workspace: Path) -> Newsletter:
    """The command, called within the workspace."""

    def in_workspace(*arguments: str | Path, **env: str) -> Said:
        return call(*arguments, cwd=workspace, env=env)

    return in_workspace


@pytest.fixture(scope="session")
def approved_workspace(initial_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with every language of the example article signed off. Copied, never changed."""
    folder = tmp_path_factory.mktemp("approved") / "newsroom"
    shutil.copytree(initial_workspace, folder)
    for language in ("fr", "en", "nl"):
        assert call("approve", "city-pair", language, "--by", "Camille", cwd=folder).code == 0
    return folder


@pytest.fixture
def approved(workspace: Path, approved_workspace: Path) -> None:
    """The test's workspace with every language of the example article signed off."""
    shutil.copytree(approved_workspace, workspace, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def engine_url() -> Iterator[str]:
    """The address of a LibreTranslate server on loopback."""
    server = make_server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
