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
import uuid
from collections.abc import Callable, Iterable, Iterator
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
PATIENCE_SECONDS = 0.4

FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
NOT_BEGUN = {"SCHEDULED", "PENDING", "PAUSED"}

ISSUE_TAG = "issue:"
"""What the tag of a run begins with that names the issue it is about."""
LANGUAGE_TAG = "language:"
"""What the tag of a run begins with that is about one language."""


class UnknownToPrefectError(NotDoneError):
    """Prefect has no such run or deployment."""


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """The address of a server's API and, if it wants one, the `user:password` for it.

    Prefect Cloud wants a `key` instead.
    """

    api_url: str
    auth: str | None = None
    key: str | None = None

    def healthy(self) -> None:
        """Raise `TransientError` or `NotDoneError` unless the server answers."""
        self._ask("GET", "/admin/version")

    def require_deployments(self, deployments: Iterable[str]) -> None:
        """Raise `NotDoneError` unless these (`flow/deployment`) are known to Prefect."""
        for deployment in deployments:
            try:
                self._ask("GET", _path_of(deployment))
            except UnknownToPrefectError:
                raise NotDoneError(
                    f"Prefect at {self.api_url} has no deployment {deployment}",
                    waiting_for=("prefect --no-prompt deploy --all",),
                ) from None

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
        found = self._ask("GET", _path_of(deployment))
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

    def set_state(self, run: str, state: str, *, name: str = "", message: str = "") -> None:
        """Put a run into a state, whatever it was in."""
        said = {"type": state, "message": message} | ({"name": name} if name else {})
        self._ask("POST", f"/flow_runs/{run}/set_state", {"state": said, "force": True})

    def end_run(self, run: str, *, message: str) -> None:
        """Call a run crashed, if Prefect's own rules allow it from the state that it is in."""
        state = {"type": "CRASHED", "message": message}
        self._ask("POST", f"/flow_runs/{run}/set_state", {"state": state})

    def find_runs(self, wanted: dict[str, Any], *, limit: int = 50) -> list[dict[str, Any]]:
        """Runs that a filter of Prefect's interface fits, the latest first."""
        body = {"flow_runs": wanted, "sort": "START_TIME_DESC", "limit": limit}
        found: Any = self._ask("POST", "/flow_runs/filter", body)
        return list(found)

    def last_heartbeat(self, run: str) -> datetime | None:
        """When a run last said that it lives, if it ever did and Prefect still knows."""
        wanted = {
            "event": {"name": ["prefect.flow-run.heartbeat"]},
            "resource": {"id": [f"prefect.flow-run.{run}"]},
            "order": "DESC",
        }
        found = self._ask("POST", "/events/filter", {"filter": wanted, "limit": 1})["events"]
        return datetime.fromisoformat(found[0]["occurred"]) if found else None

    def tell(self, event: str, resource: str, *, now: datetime, **facts: object) -> None:
        """Emit an event, for whoever has an automation on it."""
        said = {
            "id": str(uuid.uuid4()),
            "occurred": now.isoformat(),
            "event": event,
            "resource": {"prefect.resource.id": resource},
            "payload": facts,
        }
        self._ask("POST", "/events", [said])

    def wait_for_run(self, run: str, *, sleep: Callable[[float], None] = time.sleep) -> str:
        """Wait until a run is over; its final state."""
        while (state := self.run_state(run)) not in FINAL:
            sleep(1)
        return state

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
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

    def _call(self, method: str, path: str, body: Any) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address comes from the settings
            self.api_url + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
        )
        if self.auth:
            basic = base64.b64encode(self.auth.encode()).decode()
            request.add_header("Authorization", f"Basic {basic}")
        elif self.key:
            request.add_header("Authorization", f"Bearer {self.key}")
        # No proxy knows the way to this machine's own loopback.
        here = urlsplit(self.api_url).hostname in LOOPBACK
        handlers = [urllib.request.ProxyHandler({})] if here else []
        opener = urllib.request.build_opener(*handlers)
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            parsed: dict[str, Any] = json.loads(answer.read() or b"{}")
            return parsed


def _path_of(deployment: str) -> str:
    flow, _, called = deployment.partition("/")
    return f"/deployments/name/{quote(flow)}/{quote(called)}"


@contextmanager
def announce_server(
    path: Path, server: PrefectServer, *, patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[None]:
    """Write down where this process's server is, for as long as the block (or the process) lasts.

    Raises `NotDoneError` if another process has announced one and does not end in time.
    """
    with hold_alone(path, patience_seconds=patience_seconds) as file:
        path.chmod(0o600)
        file.truncate(0)
        file.write(json.dumps({"api_url": server.api_url, "auth": server.auth, "key": server.key}))
        file.flush()
        yield


@contextmanager
def hold_alone(path: Path, *, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[IO[str]]:
    """The file, locked for as long as the block (or the process) lasts.

    Raises `NotDoneError` if another process has it: each workspace has one newsroom.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        if not _lock(file, patience_seconds=patience_seconds):
            raise NotDoneError("a newsroom is running in this workspace already")
        yield file


def is_held(path: Path) -> bool:
    """Whether a process has the file to itself, as `hold_alone` gives it."""
    try:
        with path.open("r+", encoding="utf-8") as file:
            # Shared, so that two who look at once do not take each other for a holder.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _lock(file: IO[str], *, patience_seconds: float) -> bool:
    """Take the lock; those who only look whether it is taken hold it for an instant."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        else:
            return True


def find_server(path: Path) -> PrefectServer | None:
    """The server of the newsroom that runs in this workspace, if one does."""
    if not is_held(path):
        return None
    said = json.loads(path.read_text(encoding="utf-8") or "{}")
    return PrefectServer(**said) if said else None
