"""Mail servers that take letters and keep nothing, each in a process of its own."""

import asyncio
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

SOURCE = Path(__file__).with_name("fastsink.c")
END = b"\r\n.\r\n"
ANSWERS = {
    b"EHLO": b"250-distant\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


@dataclass(kw_only=True)
class Sink:
    """A server on a port of loopback; `letters` is known once it has stopped."""

    name: str
    port: int
    letters: int | None = None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def fast_sink(folder: Path, *, pipelining: bool = True) -> Iterator[Sink]:
    """A server in C that is not the bottleneck, with or without PIPELINING."""
    program = folder / "fastsink"
    if not program.exists():
        subprocess.run(["cc", "-O2", "-o", str(program), str(SOURCE)], check=True)
    name = "fast sink" if pipelining else "fast sink without PIPELINING"
    sink = Sink(name=name, port=free_port())
    words = [str(program), str(sink.port), *([] if pipelining else ["lockstep"])]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            _wait_for(sink.port)
            yield sink
        finally:
            process.send_signal(signal.SIGTERM)
            sink.letters = int(process.communicate()[0])


@contextmanager
def postfix_sink() -> Iterator[Sink]:
    """Postfix's own `smtp-sink`, which reads byte by byte and is often the bottleneck itself."""
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:/usr/lib/postfix/sbin")
    assert program, "smtp-sink comes with Postfix"
    sink = Sink(name="smtp-sink", port=free_port())
    # As root it must be told who to be.
    who = ["-u", "nobody"] if os.geteuid() == 0 else []
    words = [program, *who, "-m", "200", f"127.0.0.1:{sink.port}", "200"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(sink.port)
            yield sink
        finally:
            process.kill()


@contextmanager
def distant_sink(*, delay_ms: int) -> Iterator[Sink]:
    """A server whose every answer comes `delay_ms` late, as over a long line."""
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_run, args=(there, delay_ms / 1000), daemon=True)
    process.start()
    try:
        yield Sink(name=f"answers {delay_ms} ms late", port=int(here.recv()))
    finally:
        process.kill()
        process.join()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


class _Dialogue(asyncio.Protocol):
    """As much SMTP as a client needs (RFC 5321 with RFC 2920)."""

    def __init__(self, delay_seconds: float) -> None:
        self._delay_seconds = delay_seconds
        self._waiting = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._answer([b"220 distant\r\n"])

    def data_received(self, data: bytes) -> None:
        """Answer each command, and each letter at its final dot."""
        self._waiting += data
        answers = []
        while self._waiting:
            line, found, rest = self._waiting.partition(END if self._in_data else b"\r\n")
            if not found:
                break
            self._waiting = rest
            verb = b"" if self._in_data else line[:4].upper()
            self._in_data = verb == b"DATA"
            answers.append(ANSWERS.get(verb, b"250 ok\r\n"))
        if answers:
            self._answer(answers)

    def _answer(self, answers: list[bytes]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._delay_seconds, self._transport.write, b"".join(answers))


async def _serve(ready: Connection, delay_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Dialogue(delay_seconds), "127.0.0.1", 0)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(ready: Connection, delay_seconds: float) -> None:
    asyncio.run(_serve(ready, delay_seconds))
