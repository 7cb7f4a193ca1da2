"""A mail server that answers at once and keeps nothing, in a process of its own."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

END = b"\r\n.\r\n"


class Sink(asyncio.Protocol):
    """As much SMTP as a client needs (RFC 5321): EHLO, MAIL, RCPT, DATA, QUIT."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.waiting = b""
        self.in_data = False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each command, and each letter at its final dot."""
        self.waiting += data
        while self.waiting:
            mark = END if self.in_data else b"\r\n"
            line, found, rest = self.waiting.partition(mark)
            if not found:
                return
            self.waiting = rest
            if self.in_data:
                self.in_data = False
                self.transport.write(b"250 ok\r\n")
            else:
                self._answer(line[:4].upper())

    def _answer(self, verb: bytes) -> None:
        self.in_data = verb == b"DATA"
        answers = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
        self.transport.write(answers.get(verb, b"250 ok\r\n"))
        if verb == b"QUIT":
            self.transport.close()


async def _serve(ready: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(ready: Connection) -> None:
    asyncio.run(_serve(ready))


@contextmanager
def sink() -> Iterator[int]:
    """The port of a running sink."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(there,), daemon=True)
    process.start()
    try:
        yield int(here.recv())
    finally:
        process.kill()
        process.join()
