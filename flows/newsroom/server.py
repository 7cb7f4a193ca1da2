"""Prefect's server inside this process, so that it never outlives us."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flows.domain.errors import InputError, NotDoneError, TransientError
from flows.orchestration.environment import enter_prefect_environment, prefect_environment
from flows.orchestration.server import PrefectServer
from flows.runtime.keys import read_key

if TYPE_CHECKING:
    import uvicorn

START_TIMEOUT_SECONDS = 120
DRAIN_SECONDS = 2.0
"""Prefect records the states of tasks a moment later; leaving at once would lose them."""


def prefect_auth(var: Path) -> str:
    """The `user:password` of this workspace's server."""
    return f"newsletter:{read_key(var / 'prefect.key').decode()}"


def listen(host: str, port: int, *, setting: str) -> socket.socket:
    """A listening socket; port 0 is any free one. Raises `InputError` if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"nobody can listen on {host}, port {port}: {error.strerror}",
            field=setting,
            remedy="Choose another port, or stop what has this one.",
        ) from None


@contextmanager
def prefect_server(
    var: Path,
    *,
    host: str,
    port: int = 0,
    console_level: str = "WARNING",
    history_days: int = 90,
) -> Iterator[PrefectServer]:
    """Run the server in a thread; it is ready when the block begins and gone when it ends.

    Port 0 is any free one. Nothing may have imported Prefect before, for it reads its
    environment only then. Raises `TransientError` if the server is not ready in time, and
    `NotDoneError` if a flow was told to stop.
    """
    entrance = listen(host, port, setting="prefect.port")
    port = entrance.getsockname()[1]
    server = PrefectServer(f"http://{host}:{port}/api", prefect_auth(var))
    enter_prefect_environment(
        prefect_environment(
            var / "prefect",
            api_url=server.api_url,
            auth=server.auth,
            console_level=console_level,
            history_days=history_days,
        )
    )
    from prefect.exceptions import TerminationSignal

    running = _make_server()
    thread = threading.Thread(
        target=running.run, args=([entrance],), name="prefect-server", daemon=True
    )
    thread.start()
    try:
        _wait_until_ready(running, thread)
        yield server
    except TerminationSignal:
        raise NotDoneError(
            "stopped before the end", waiting_for=("the same command goes on where it stopped",)
        ) from None
    finally:
        _drain()
        running.should_exit = True
        thread.join(timeout=15)


def _make_server() -> uvicorn.Server:
    """Prefect's application and what serves it; these imports take seconds."""
    import uvicorn
    from prefect.server.api.server import create_app

    return uvicorn.Server(
        uvicorn.Config(
            create_app(),
            log_level="error",
            log_config=None,
            lifespan="on",
            timeout_graceful_shutdown=3,
        )
    )


def _drain() -> None:
    """Let Prefect hand in what it still holds, while somebody is there to take it."""
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=DRAIN_SECONDS)
    time.sleep(DRAIN_SECONDS)


def _wait_until_ready(running: object, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not getattr(running, "started", False):
        if not thread.is_alive() or time.monotonic() > deadline:
            raise TransientError("Prefect's server did not start; try again, or with --verbose")
        time.sleep(0.05)
