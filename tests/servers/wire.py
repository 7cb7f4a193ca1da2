"""A connection in between that somebody holds or cuts at a chosen byte."""

import asyncio
import re
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType
from typing import Literal, Self

RECIPIENT = re.compile(rb"^RCPT TO:<([^>]*)>", re.MULTILINE)
CHUNK_BYTES = 1 << 16
ANSWERED_SECONDS = 0.3
"""A server is given so long to finish what it got before the other end goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snag:
    """What happens once the client has sent `after`: texts in this order, or so many bytes.

    `cut`: both ends are closed; `reset`: the server's end is, with an RST; `hold`: nothing passes
    until `Wire.release` or `Wire.cut`; `mute`: the server goes on, but its answers are lost, and
    then the client's end is closed.
    """

    after: tuple[bytes, ...] | int
    then: Literal["cut", "reset", "hold", "mute"]


Script = Callable[[int], Snag | None]
"""The snag of a connection by its number, which counts from 1."""


class Wire:
    """Listens on a free port of loopback and passes everything on to `port`.

    `seen` is what clients sent that was passed on.
    """

    def __init__(self, port: int, script: Script = lambda _: None) -> None:
        self.host, self.port = "127.0.0.1", 0
        self.connections = 0
        self.held = asyncio.Event()
        self._released = asyncio.Event()
        self.script = script
        self.seen = bytearray()
        self._target = port
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        await self.cut()

    @property
    def recipients(self) -> list[str]:
        """Whom clients wrote to, as far as nobody encrypted it."""
        return [one.decode() for one in RECIPIENT.findall(bytes(self.seen))]

    def release(self) -> None:
        """Let pass what is held, and all that follows."""
        self._released.set()

    async def cut(self) -> None:
        """Close every connection, at both ends."""
        passing = list(self._passing)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
        self.connections += 1
        snag = self.script(self.connections)
        there, back = await asyncio.open_connection(self.host, self._target)
        # A test that cuts a wire ends this task by cancelling it.
        with suppress(OSError, asyncio.CancelledError):
            await self._pass(Ends(reader, writer, there, back), snag)
        await _close(writer, back)

    async def _pass(self, ends: "Ends", snag: Snag | None) -> None:
        answers = asyncio.create_task(_pump(ends.server, ends.to_client))
        try:
            watch = _Watch(snag.after) if snag else None
            if not await _pump(ends.client, ends.to_server, until=watch, seen=self.seen):
                return
            assert snag is not None
            if snag.then in {"hold", "mute"}:
                answers.cancel()
            if snag.then == "hold":
                self.held.set()
                await self._released.wait()
                answers = asyncio.create_task(_pump(ends.server, ends.to_client))
                await _pump(ends.client, ends.to_server, seen=self.seen)
            if snag.then == "mute":
                await asyncio.sleep(ANSWERED_SECONDS)
            if snag.then == "reset":
                linger = struct.pack("ii", 1, 0)
                ends.to_server.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, linger)
        finally:
            answers.cancel()


async def _close(*ends: asyncio.StreamWriter) -> None:
    """Close ends politely, or at once when a peer takes nothing any more."""
    for end in ends:
        end.close()
    try:
        async with asyncio.timeout(1):
            await asyncio.gather(*(end.wait_closed() for end in ends), return_exceptions=True)
    except TimeoutError:
        pass
    finally:
        for end in ends:
            end.transport.abort()


@dataclass(frozen=True, slots=True)
class Ends:
    """The four directions of a connection in between."""

    client: asyncio.StreamReader
    to_client: asyncio.StreamWriter
    server: asyncio.StreamReader
    to_server: asyncio.StreamWriter


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    until: "_Watch | None" = None,
    seen: bytearray | None = None,
) -> bool:
    """Pass bytes on, up to and with what they are to stop at. Whether that came."""
    while chunk := await reader.read(CHUNK_BYTES):
        stop = until.find(chunk) if until else None
        if seen is not None:
            seen += chunk[:stop]
        writer.write(chunk[:stop])
        await writer.drain()
        if stop is not None:
            return True
    return False


class _Watch:
    """Looks for texts, or a number of bytes, in what passes."""

    def __init__(self, until: tuple[bytes, ...] | int) -> None:
        self._bytes = until if isinstance(until, int) else 0
        self._texts = [] if isinstance(until, int) else list(until)
        self._tail = b""

    def find(self, chunk: bytes) -> int | None:
        """How much of a chunk may pass, if it has the last of what is looked for."""
        if not self._texts:
            stop, self._bytes = self._bytes, self._bytes - len(chunk)
            return stop if self._bytes <= 0 else None
        seen, place = self._tail + chunk, 0
        while self._texts and (found := seen.find(self._texts[0], place)) >= 0:
            place = found + len(self._texts.pop(0))
        if not self._texts:
            return place - len(self._tail)
        self._tail = seen[max(place, len(seen) - len(self._texts[0]) + 1) :]
        return None
