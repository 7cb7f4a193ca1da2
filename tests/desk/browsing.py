"""A desk on a real port, and a real Chromium in front of it."""

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    sync_playwright,
)

from flows.desk.site import build_desk, create_desk_site
from flows.operations.passwords import Passwords
from flows.runtime.runtime import open_runtime
from flows.settings.reading import read_settings
from tests.desk.people import CHEAP, PASSWORD
from tests.functional.cli.command_line import closed_port

ROOT = Path(__file__).parents[2]
JUDGES = ROOT / ".venv" / "judges" / "node_modules"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def missing(what: str) -> None:
    """Skip a test that cannot be had here; where all services are required, fail."""
    if os.environ.get("NEWSLETTER_TESTS_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} is required here")
    pytest.skip(f"no {what}")


@contextmanager
def serving(workspace: Path) -> Iterator[str]:
    """Serve the desk of a workspace from a thread; its origin."""
    port = closed_port()
    ready, server = threading.Event(), list[uvicorn.Server]()

    async def serve() -> None:
        settings = read_settings(workspace)
        web = settings.web.model_copy(update={"port": port, "base_url": f"http://127.0.0.1:{port}"})
        async with open_runtime(settings.model_copy(update={"web": web})) as runtime:
            desk = build_desk(runtime, passwords=Passwords(hasher=CHEAP))
            config = uvicorn.Config(
                create_desk_site(desk),
                port=port,
                log_level="error",
                timeout_graceful_shutdown=1,
            )
            server.append(uvicorn.Server(config))
            ready.set()
            await server[0].serve()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(60)
    while not server[0].started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server[0].should_exit = True
    thread.join(20)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


def sign_in(page: Page, origin: str, name: str, password: str = PASSWORD) -> None:
    """Sign in by the form."""
    page.goto(f"{origin}/desk/login")
    page.fill("#name", name)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_url(f"{origin}/desk/")


class Watched:
    """What went wrong on a page: errors, dialogs, what the policy stopped."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        context.on("page", self._watch)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", self._dismiss)
        page.on("console", self._listen)

    def _dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _listen(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(f"console: {said.text}")
