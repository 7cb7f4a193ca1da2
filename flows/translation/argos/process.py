"""Talking to the process that holds the models: started when needed, stopped when it hangs."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from flows.translation.argos.packages import ArgosPackage, list_packages
from flows.translation.engines.errors import EngineError, EngineUnreachableError
from flows.translation.engines.protocol import Reach

WORKER: Final = "flows.translation.argos.worker"
LIBRARIES: Final = ("ctranslate2", "sentencepiece")
INSTALL: Final = "pip install 'efus-newsletter[argos]'"
"""What brings the libraries."""
START_SECONDS: Final = 60.0
"""Libraries of 200 MB are read from a disk that may be slow."""
LONGEST_LINE_BYTES: Final = 8 * 1024 * 1024


class ArgosProcess:
    """The worker over the models in `folder`, run by `python`: one question at a time.

    It may crash or hang: then it is gone, and the next question starts another.
    """

    reach = Reach()

    def __init__(self, engine: str, *, folder: Path, python: str = sys.executable) -> None:
        self._engine = engine
        self._folder = folder
        self._python = python
        self.requests = 0
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    @cached_property
    def packages(self) -> list[ArgosPackage]:
        """The models there are."""
        return list_packages(self._folder)

    @property
    def address(self) -> str:
        """The models and their versions: what answers depend on."""
        return ", ".join(map(str, self.packages))

    @property
    def way_to_install(self) -> str:
        """The command that brings the libraries, if they lack, to go before that for models."""
        own = self._python == sys.executable
        return f"{INSTALL}, then " if own and not all(map(find_spec, LIBRARIES)) else ""

    @property
    def pid(self) -> int | None:
        """The worker's number, while there is one."""
        return self._process.pid if self._process else None

    async def ask(self, question: Mapping[str, Any], *, timeout_seconds: float) -> dict[str, Any]:
        """The worker's answer; raises an `EngineError`, after which no worker is left."""
        self.requests += 1
        async with self._turn:
            process = await self._start()
            try:
                answer = await asyncio.wait_for(_exchange(process, question), timeout_seconds)
            except TimeoutError:
                reason = f"the model did not answer within {timeout_seconds:.0f} s and was stopped"
            except (OSError, ValueError):
                reason = "the model's process ended in the middle of its work"
            except asyncio.CancelledError:
                await self.stop()
                raise
            else:
                return answer
            await self.stop()
            raise EngineUnreachableError(self._engine, reason)

    async def stop(self) -> None:
        """Ends the worker, whatever it is doing."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def _start(self) -> Process:
        if self._process and self._process.returncode is None:
            return self._process
        # It needs none of our secrets.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("NEWSLETTER_")}
        process = self._process = await asyncio.create_subprocess_exec(
            self._python,
            "-m",
            WORKER,
            str(self._folder),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=environment,
            limit=LONGEST_LINE_BYTES,
        )
        try:
            greeting = await asyncio.wait_for(_read(process), START_SECONDS)
        except (TimeoutError, OSError, ValueError):
            await self.stop()
            reason = "the process for the models does not start"
            raise EngineUnreachableError(self._engine, reason, nobody_there=True) from None
        if lacking := greeting.get("lacks"):
            await self.stop()
            raise EngineError(
                self._engine,
                f"the package {lacking} is not installed; run: {INSTALL}",
            )
        return process


async def _exchange(process: Process, question: Mapping[str, Any]) -> dict[str, Any]:
    assert process.stdin
    process.stdin.write(json.dumps(question).encode() + b"\n")
    await process.stdin.drain()
    return await _read(process)


async def _read(process: Process) -> dict[str, Any]:
    assert process.stdout
    answer = json.loads(await process.stdout.readline())
    if not isinstance(answer, dict):
        raise ValueError("the answer is no object")  # noqa: TRY004  told from a lost connection
    return answer
