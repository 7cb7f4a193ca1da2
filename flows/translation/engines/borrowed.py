"""deep_translator, made safe: the one place that swaps its connections for ours.

The library calls `requests.get` without a timeout, puts texts into exceptions, and takes notices
for translations. Its modules get a stand-in for `requests` whose `get` goes through the session
of whoever is asking, so that statuses, time limits and addresses are ours.
"""

import asyncio
import importlib
import logging
from collections.abc import Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, Final

import requests

from flows.translation.engines.addresses import is_loopback, parse_base_url, reach_of, show_address
from flows.translation.engines.errors import (
    BadAnswerError,
    EngineError,
    EngineUnreachableError,
)
from flows.translation.engines.protocol import Reach
from flows.translation.engines.statuses import error_for_status

LARGEST_ANSWER_BYTES: Final = 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024


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
        inspect: Callable[[requests.Response], None],
    ) -> None:
        self.engine = engine
        self.url = parse_base_url(url)
        self.requests = 0
        self._timeout_seconds = timeout_seconds
        self._inspect = inspect
        self._session = requests.Session()
        self._session.trust_env = not is_loopback(self.url)
        # urllib3 would log each URL, and with it the text, at DEBUG.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

    @property
    def address(self) -> str:
        """The service's address as messages may show it."""
        return show_address(self.url)

    @property
    def reach(self) -> Reach:
        """Where texts go that are sent to it."""
        return reach_of(self.url)

    async def run(self, module: str, call: Callable[[], Any]) -> Any:
        """What `call`, which uses deep_translator's `module`, returns; raises an `EngineError`."""
        return await asyncio.to_thread(self._run, module, call)

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def _run(self, module: str, call: Callable[[], Any]) -> Any:
        _lend(module)
        token = _lent.set(self)
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

    def get(self, _url: str, *, params: dict[str, str], **_ignored: Any) -> requests.Response:
        """What `requests.get` does, at our address and in our time."""
        self.requests += 1
        try:
            with self._session.get(
                self.url, params=params, timeout=self._timeout_seconds, stream=True
            ) as response:
                self._read_body(response)
        except requests.Timeout as error:
            reason = f"{self.address} did not answer in time"
            raise self._unreachable(reason, error) from None
        except requests.RequestException as error:
            reason = f"{self.address} cannot be reached ({type(error).__name__})"
            raise self._unreachable(reason, error) from None
        if failure := error_for_status(self.engine, response.status_code, headers=response.headers):
            raise failure
        self._inspect(response)
        return response

    def _unreachable(self, reason: str, error: Exception) -> EngineUnreachableError:
        # urllib3 gives up before a connection with this one, and in a conversation with others.
        nobody_there = any(type(cause).__name__ == "MaxRetryError" for cause in error.args)
        return EngineUnreachableError(self.engine, reason, nobody_there=nobody_there)

    def _read_body(self, response: requests.Response) -> None:
        """Reads the answer into the response; one out of all proportion is not read on."""
        body = bytearray()
        for chunk in response.iter_content(CHUNK_BYTES):
            body += chunk
            if len(body) > LARGEST_ANSWER_BYTES:
                reason = f"{self.address} answered with more than {LARGEST_ANSWER_BYTES:,} bytes"
                raise BadAnswerError(self.engine, reason)
        response._content = bytes(body)  # noqa: SLF001  # the way to a response that was streamed


_lent: ContextVar[BorrowedSession] = ContextVar("borrowed_session")


def _lend(module: str) -> None:
    """Gives a deep_translator module, imported only now because it is slow, our connections."""
    borrower = importlib.import_module(f"deep_translator.{module}")
    if not isinstance(vars(borrower)["requests"], SimpleNamespace):
        vars(borrower)["requests"] = SimpleNamespace(get=_get_lent)


def _get_lent(url: str, **options: Any) -> requests.Response:
    return _lent.get().get(url, **options)
