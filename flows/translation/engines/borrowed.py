"""deep_translator, made safe: the one place that swaps its connections for ours.

The library calls `requests.get` without a timeout, puts texts into exceptions, and takes notices
for translations. Its modules get a stand-in for `requests` whose `get` goes through the session
of whoever is asking, so that statuses, time limits and addresses are ours.
"""

import asyncio
import importlib
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, Final

import httpx

from flows.translation.engines.errors import BadAnswerError, EngineError
from flows.translation.engines.exchange import Exchange
from flows.translation.engines.protocol import Reach
from flows.translation.engines.statuses import error_for_status

LARGEST_ANSWER_BYTES: Final = 1024 * 1024


class BorrowedSession:
    """A connection to `url`, lent to deep_translator for one call at a time.

    `inspect` looks at each successful response and raises an `EngineError` if it is none.
    `requests` counts the exchanges.
    """

    def __init__(
        self,
        engine: str,
        *,
        url: str,
        timeout_seconds: float,
        inspect: Callable[[httpx.Response], None],
    ) -> None:
        self.engine = engine
        self._inspect = inspect
        self._exchange = Exchange(
            engine,
            url=url,
            timeout_seconds=timeout_seconds,
            largest_bytes=LARGEST_ANSWER_BYTES,
            follows=True,
        )

    @property
    def address(self) -> str:
        """The service's address as messages may show it."""
        return self._exchange.address

    @property
    def reach(self) -> Reach:
        """Where texts go that are sent to it."""
        return self._exchange.reach

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self._exchange.requests

    async def run(self, module: str, call: Callable[[], Any]) -> Any:
        """What `call`, which uses deep_translator's `module`, returns; raises an `EngineError`."""
        loop = asyncio.get_running_loop()
        return await asyncio.to_thread(self._run, module, call, loop)

    async def close(self) -> None:
        """Closes the connections."""
        await self._exchange.close()

    def _run(self, module: str, call: Callable[[], Any], loop: AbstractEventLoop) -> Any:
        _lend(module)
        token = _lent.set(lambda params: self._get(params, loop))
        # The library's exceptions quote the text and the URL: hence `from None`.
        try:
            return call()
        except EngineError:
            raise
        except Exception as error:  # noqa: BLE001  the library raises whatever it meets
            reason = f"{self.address} sent no translation ({type(error).__name__})"
            raise BadAnswerError(self.engine, reason) from None
        finally:
            _lent.reset(token)

    def _get(self, params: dict[str, str], loop: AbstractEventLoop) -> httpx.Response:
        """What `requests.get` does, at our address and in our time.

        The library runs in a thread of its own; the exchange is the event loop's, which alone can
        end one that a service draws out.
        """
        asking = asyncio.run_coroutine_threadsafe(self._exchange.ask("GET", params=params), loop)
        response = asking.result()
        if failure := error_for_status(self.engine, response.status_code, headers=response.headers):
            raise failure
        self._inspect(response)
        return response


_lent: ContextVar[Callable[[dict[str, str]], httpx.Response]] = ContextVar("borrowed_session")


def _lend(module: str) -> None:
    """Gives a deep_translator module, imported only now because it is slow, our connections."""
    borrower = importlib.import_module(f"deep_translator.{module}")
    if not isinstance(vars(borrower)["requests"], SimpleNamespace):
        vars(borrower)["requests"] = SimpleNamespace(get=_get_lent)


def _get_lent(_url: str, *, params: dict[str, str], **_ignored: Any) -> httpx.Response:
    return _lent.get()(params)
