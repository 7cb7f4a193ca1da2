"""A Prefect server as others see it: found by its file, spoken to over plain REST.

Prefect's own client would cost seconds to import; a trigger takes a few calls.
"""

import base64
import fcntl
import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

from flows.domain.errors import NotDoneError, TransientError
from flows.orchestration.environment import LOOPBACK

TIMEOUT_SECONDS = 10
TRIES = 4

FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
NOT_BEGUN = {"SCHEDULED", "PENDING", "PAUSED"}

ISSUE_TAG = "issue:"
"""What the tag of a run begins with that names the issue it is about."""


class UnknownToPrefectError(NotDoneError):
    """Prefect has no such run or deployment."""


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """The address of a server's API and, if it wants one, the `user:password` for it."""

    api_url: str
    auth: str | None = None

    def healthy(self) -> None:
        """Raise `TransientError` or `NotDoneError` unless the server answers."""
        self._ask("GET", "/admin/version")

    def create_run(
        self,
        deployment: str,
        *,
        parameters: dict[str, Any],
        name: str,
        key: str,
        tags: tuple[str, ...] = (),
        at: datetime | None = None,
    ) -> str:
        """Start a run of `flow/deployment` now or `at` a time; its id.

        The same `key` again gives the run that is there already.
        """
        flow, _, called = deployment.partition("/")
        found = self._ask("GET", f"/deployments/name/{quote(flow)}/{quote(called)}")
        state: dict[str, Any] = {"type": "SCHEDULED"}
        if at is not None:
            state["state_details"] = {"scheduled_time": at.isoformat()}
        run = self._ask(
            "POST",
            f"/deployments/{found['id']}/create_flow_run",
            {
                "parameters": parameters,
                "name": name,
                "idempotency_key": key,
                "tags": list(tags),
                "state": state,
            },
        )
        return str(run["id"])

    def cancel_run(self, run: str) -> None:
        """Cancel a run that has not begun; any other, or one that is gone, needs no cancelling."""
        try:
            if self.run_state(run) not in NOT_BEGUN:
                return
        except UnknownToPrefectError:
            return
        answer = self._ask(
            "POST", f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLED"}, "force": True}
        )
        if answer.get("status") != "ACCEPT":
            raise NotDoneError(f"Prefect did not cancel run {run}: {answer.get('status')}")

    def run_state(self, run: str) -> str:
        """The type of a run's state, as Prefect spells it."""
        return str(self._ask("GET", f"/flow_runs/{run}")["state_type"])

    def wait_for_run(self, run: str, *, sleep: Callable[[float], None] = time.sleep) -> str:
        """Wait until a run is over; its final state."""
        while (state := self.run_state(run)) not in FINAL:
            sleep(1)
        return state

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call, tried again with growing, jittered pauses when the server is busy or away."""
        for attempt in range(TRIES):
            try:
                return self._call(method, path, body)
            except urllib.error.HTTPError as error:
                error.close()
                words = f"Prefect at {self.api_url} answered {error.code} to {method} {path}"
                if error.code == 404:
                    raise UnknownToPrefectError(f"{words}; is it still starting?") from None
                if error.code < 500 or attempt == TRIES - 1:
                    raise NotDoneError(words) from None
            except (ValueError, HTTPException):
                raise NotDoneError(f"what answers at {self.api_url} is not Prefect") from None
            except OSError as error:
                if attempt == TRIES - 1:
                    raise TransientError(
                        f"Prefect at {self.api_url} cannot be reached (is it starting?): {error}"
                    ) from None
            time.sleep(random.uniform(0.2, 0.5) * 2**attempt)  # noqa: S311 - jitter, not secrecy
        raise AssertionError("unreachable")

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address comes from the settings
            self.api_url + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
        )
        if self.auth:
            request.add_header(
                "Authorization", "Basic " + base64.b64encode(self.auth.encode()).decode()
            )
        # No proxy knows the way to this machine's own loopback.
        here = urlsplit(self.api_url).hostname in LOOPBACK
        handlers = [urllib.request.ProxyHandler({})] if here else []
        opener = urllib.request.build_opener(*handlers)
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            parsed: dict[str, Any] = json.loads(answer.read() or b"{}")
            return parsed


@contextmanager
def announce_server(path: Path, server: PrefectServer) -> Iterator[None]:
    """Write down where this process's server is, for as long as the block (or the process) lasts.

    Raises `NotDoneError` if another process has announced one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        if not _lock(file):
            raise NotDoneError("a newsroom is running in this workspace already")
        path.chmod(0o600)
        file.truncate(0)
        file.write(json.dumps({"api_url": server.api_url, "auth": server.auth}))
        file.flush()
        yield


def _lock(file: IO[str]) -> bool:
    """Take the lock; those who only look whether it is taken hold it for an instant."""
    for _ in range(TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
        else:
            return True
    return False


def find_server(path: Path) -> PrefectServer | None:
    """The server of the newsroom that runs in this workspace, if one does."""
    try:
        with path.open("r+", encoding="utf-8") as file:
            try:
                # Shared, so that two who look at once do not take each other for a newsroom.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                said = json.loads(file.read() or "{}")
                return PrefectServer(said["api_url"], said["auth"]) if said else None
    except FileNotFoundError:
        return None
    return None
