"""Prefect's server inside this process, so that it never outlives us."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.domain.errors import TransientError
from flows.orchestration.environment import enter_prefect_environment, prefect_environment
from flows.orchestration.server import PrefectServer
from flows.runtime.keys import read_key

START_TIMEOUT_SECONDS = 120
DRAIN_SECONDS = 2.0
"""Prefect records the states of tasks a moment later; leaving at once would lose them."""


def prefect_auth(var: Path) -> str:
    """The `user:password` of this workspace's server."""
    return f"newsletter:{read_key(var / 'prefect.key').decode()}"


def free_port(host: str) -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def prefect_server(
    var: Path, *, host: str, port: int, console_level: str = "WARNING"
) -> Iterator[PrefectServer]:
    """Run the server in a thread; it is ready when the block begins and gone when it ends.

    Nothing may have imported Prefect before, for it reads its environment only then. Raises
    `TransientError` if the server is not ready in time.
    """
    server = PrefectServer(f"http://{host}:{port}/api", prefect_auth(var))
    enter_prefect_environment(
        prefect_environment(
            var / "prefect", api_url=server.api_url, auth=server.auth, console_level=console_level
        )
    )
    # These imports take seconds, and only whoever runs flows needs them.
    import uvicorn
    from prefect.server.api.server import create_app

    running = uvicorn.Server(
        uvicorn.Config(
            create_app(),
            host=host,
            port=port,
            log_level="error",
            lifespan="on",
            timeout_graceful_shutdown=3,
        )
    )
    thread = threading.Thread(target=running.run, name="prefect-server", daemon=True)
    thread.start()
    try:
        _wait_until_ready(running, thread)
        yield server
    finally:
        _drain()
        running.should_exit = True
        thread.join(timeout=15)


def _drain() -> None:
    """Let Prefect hand in what it still holds, while somebody is there to take it."""
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=DRAIN_SECONDS)
    time.sleep(DRAIN_SECONDS)


def _wait_until_ready(running: object, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not getattr(running, "started", False):
        if not thread.is_alive() or time.monotonic() > deadline:
            raise TransientError("Prefect's server did not start; is its port taken?")
        time.sleep(0.05)
