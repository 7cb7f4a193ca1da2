"""Workspaces as `newsletter init` makes them, and a command that works in them."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from flows.domain.issue import IssueId
from flows.operations.delivering import approved_editions, freeze_issue
from flows.operations.gating import pass_gate
from flows.operations.issues import open_issue
from flows.operations.sending import send_letters
from flows.operations.settling import finish_issue
from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import read_settings
from tests.functional.cli.command_line import Said, call
from tests.servers.libretranslate import make_server


class Newsletter(Protocol):
    """The command in one workspace. Keywords are environment variables."""

    def __call__(self, *arguments: str | Path, **env: str) -> Said:
        """How it ended and what it said."""


def act(workspace: Path, operation: Callable[[Runtime], Coroutine[Any, Any, None]]) -> None:
    """Do what a flow would do, without an orchestrator."""

    async def acting() -> None:
        async with open_runtime(read_settings(workspace)) as runtime:
            await operation(runtime)

    asyncio.run(acting())


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


@pytest.fixture
def sent(workspace: Path, approved: None) -> str:
    """An issue of the example article that was sent."""
    del approved

    async def send(runtime: Runtime) -> None:
        store, now = runtime.store, runtime.clock()
        issue = await open_issue(runtime.library, store, "city-pair", lists=(), now=now)
        await pass_gate(runtime.library, store, issue.id, now=now, late_hours=6)
        await freeze_issue(
            store,
            issue.id,
            languages=runtime.library.languages,
            letterheads=runtime.letterheads(),
            message_id=runtime.message_id,
            now=now,
        )
        editions = await approved_editions(store, issue.id)
        async with runtime.transport() as transport:
            await send_letters(
                store,
                issue.id,
                post=runtime.post(IssueId(issue.id), editions),
                transport=transport,
                owner="test-1",
                limit=1000,
                clock=runtime.clock,
            )
        await finish_issue(store, issue.id, now=runtime.clock())

    act(workspace, send)
    return "city-pair-1"


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
