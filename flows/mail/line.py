"""All connections of one sending, kept busy with its letters."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from flows.mail.connection import Connection, Relay, connect, trouble_of_answer
from flows.mail.dialogue import Letters
from flows.mail.outcomes import RelayRefusedError, RelayUnreachableError

log = structlog.get_logger()

LOOK_EVERY_SECONDS: Final = 1.0
GOODBYE_SECONDS: Final = 5.0
WAIT_FOR_PLACE_SECONDS: Final = 10.0
"""A relay that takes fewer connections than we make is asked again after about so long."""


class Line:
    """The connections to one relay. `trouble` is set when no letter can go any more.

    Every connection is opened when there is a letter for it, and opened again when it was lost.
    """

    def __init__(self, relay: Relay, letters: Letters, *, connections: int) -> None:
        self.trouble: RelayUnreachableError | RelayRefusedError | None = None
        self._relay = relay
        self._letters = letters
        self._width = connections
        self._open: set[Connection] = set()
        self._opening = 0
        self._closing = False
        self._wanted = asyncio.Semaphore(0)
        self._tasks: list[asyncio.Task[None]] = []

    async def reach(self) -> None:
        """Open the first connection. Raises why that is not possible; nothing is lost then."""
        first = await connect(self._relay, self._letters)
        self._tasks = [
            asyncio.create_task(self._serve(first if number == 0 else None))
            for number in range(self._width)
        ]
        self._tasks.append(asyncio.create_task(self._watch()))
        await asyncio.sleep(0)  # a task that is cancelled before it began closes no connection

    def wake(self, ready: int) -> None:
        """There are `ready` letters: idle connections take them, more are opened for the rest."""
        for connection in self._open:
            connection.dialogue.wake()
        missing = min(ready, self._width) - len(self._open) - self._opening
        for _ in range(missing):
            self._opening += 1
            self._wanted.release()

    async def _serve(self, connection: Connection | None) -> None:
        """Keep one place of the line: open, work, and open again when it is wanted."""
        while self.trouble is None and not self._closing:
            if connection is None:
                await self._wanted.acquire()
                connection = await self._try_to_connect()
            if connection is not None:
                await self._work(connection)
            connection = None

    async def _try_to_connect(self) -> Connection | None:
        try:
            return await connect(self._relay, self._letters)
        except (RelayUnreachableError, RelayRefusedError) as error:
            await self._bear(error)
            return None
        finally:
            self._opening -= 1

    async def _work(self, connection: Connection) -> None:
        dialogue = connection.dialogue
        self._open.add(connection)
        try:
            # A cancellation can be lost while the client library connects (asyncio.wait_for).
            if self._closing:
                return
            dialogue.wake()
            answer = await dialogue.ended
        finally:
            self._open.discard(connection)
            dialogue.cut()
            connection.close()
        if answer is not None:
            trouble = trouble_of_answer(self._relay, *answer)
            # Relays end connections that had many letters with a temporary answer to MAIL.
            if isinstance(trouble, RelayRefusedError) or not dialogue.settled:
                await self._bear(trouble)

    async def _bear(self, trouble: RelayUnreachableError | RelayRefusedError) -> None:
        """Go on with the other connections, if there are any and waiting may help."""
        if self._open and isinstance(trouble, RelayUnreachableError):
            log.info("relay.full", connections=len(self._open), why=str(trouble))
            await asyncio.sleep(WAIT_FOR_PLACE_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311
        else:
            self.trouble = self.trouble or trouble
            self._letters.stop()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            for connection in tuple(self._open):
                connection.dialogue.give_up_if_silent()

    async def close(self) -> None:
        """End every dialogue politely; what is still under way is in doubt afterwards.

        From here on no letter goes any more, whoever is still connecting.
        """
        self._closing = True
        self._letters.stop()
        dialogues = [connection.dialogue for connection in self._open]
        for dialogue in dialogues:
            dialogue.say_goodbye()
        waiting = [dialogue.ended for dialogue in dialogues]
        if waiting:
            await asyncio.wait(waiting, timeout=GOODBYE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def open_line(relay: Relay, letters: Letters, *, connections: int) -> AsyncIterator[Line]:
    """A line for as long as the block lasts."""
    line = Line(relay, letters, connections=connections)
    try:
        yield line
    finally:
        await line.close()
