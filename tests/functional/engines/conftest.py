"""Loopback servers that answer as they are told, and policies that do not wait."""

import importlib.util
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from flows.translation.engines.retries import RetryPolicy

SERVERS = Path(__file__).parents[2] / "servers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response; `content` that is no text goes as JSON.

    `delay_seconds` pass before it begins, `trickle_seconds` between any two of its bytes, those of
    the head among them.
    """

    status: int = 200
    content: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    trickle_seconds: float = 0.0


Script = Callable[[Asked], Answer]


class ScriptedServer:
    """A real HTTP server whose answers a script decides; `asked` is what came in."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": self})
        )
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stops answering and frees the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    owner: ScriptedServer

    def do_GET(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        asked = Asked(
            method=self.command,
            path=parts.path,
            query={name: values[0] for name, values in parse_qs(parts.query).items()},
            headers=dict(self.headers.items()),
            body=json.loads(raw) if raw else None,
        )
        self.owner.asked.append(asked)
        answer = self.owner.script(asked)
        time.sleep(answer.delay_seconds)
        self._send(answer)

    def do_POST(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def _send(self, answer: Answer) -> None:
        content = answer.content
        text = content if isinstance(content, str) else json.dumps(content)
        body = text.encode()
        try:
            if answer.trickle_seconds:
                self._trickle(body, answer.trickle_seconds)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def _trickle(self, body: bytes, pause_seconds: float) -> None:
        self.close_connection = True
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        for byte in head.encode() + body:
            self.wfile.write(bytes([byte]))
            time.sleep(pause_seconds)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing."""


def in_turn(*answers: Answer) -> Script:
    """A script that gives the answers one after the other, then the last one for ever."""
    left = list(answers)
    return lambda _asked: left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture
def serve() -> Iterator[Callable[[Script], ScriptedServer]]:
    """Starts scripted servers, which live as long as the test."""
    servers: list[ScriptedServer] = []

    def start(script: Script) -> ScriptedServer:
        servers.append(ScriptedServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@dataclass(frozen=True, slots=True)
class Pauses:
    """What a policy would have slept, in seconds, and the policy."""

    seconds: list[float]
    policy: RetryPolicy


@pytest.fixture
def pauses() -> Pauses:
    """A policy of three tries that notes its pauses instead of sleeping."""
    seconds: list[float] = []

    async def note(pause_seconds: float) -> None:
        seconds.append(pause_seconds)

    policy = RetryPolicy(tries=3, sleep=note, uniform=lambda _low, high: high)
    return Pauses(seconds, policy)


@pytest.fixture(scope="session")
def fake_libretranslate() -> ModuleType:
    """The stand-alone server of `tests/servers`, as a module."""
    spec = importlib.util.spec_from_file_location(
        "servers_libretranslate", SERVERS / "libretranslate.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def libretranslate_url(fake_libretranslate: ModuleType) -> Iterator[str]:
    """The address of a running stand-alone server."""
    server = fake_libretranslate.make_server()
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
