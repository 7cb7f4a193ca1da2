"""As much of Prefect's REST interface as a trigger needs, and a record of what was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from flows.orchestration.server import PrefectServer


@dataclass(kw_only=True)
class Orchestrator:
    """Runs by id, as they were asked for; `states` are theirs.

    `since` tells when runs came into their states, `ended` when they were over. `found` are the
    runs that a search for a state finds, `heartbeats` their last ones, `told` the events. Those
    that `begin_then` do so once a search has found them.
    """

    url: str = ""
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    since: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    heartbeats: dict[str, str] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    begin_then: set[str] = field(default_factory=set)

    def server(self) -> PrefectServer:
        """The same as the product sees it."""
        return PrefectServer(f"{self.url}/api", "newsletter:geheim")

    def answer(self, path: str, body: Any) -> Any:
        """What Prefect would say."""
        parts = path.removeprefix("/api/").split("/")
        if parts == ["events"]:
            self.told += body
            return {}
        if parts[-1] == "filter":
            return self._find(parts[0], body)
        if parts[:2] == ["deployments", "name"]:
            return {"id": "deployment-1"}
        if parts[-1] == "create_flow_run":
            return {"id": self._run(body)}
        if parts[-1] == "set_state":
            self.states[parts[1]] = body["state"]["type"]
            return {"status": "ACCEPT"}
        return {"state_type": self.states.get(parts[1], "COMPLETED")}

    def _run(self, body: dict[str, Any]) -> str:
        """A new run, or the one that was asked for by the same key."""
        for known, asked in self.runs.items():
            if asked["idempotency_key"] == body["idempotency_key"]:
                return known
        run = f"run-{len(self.runs) + 1}"
        self.runs[run], self.states[run] = body, "SCHEDULED"
        return run

    def _find(self, what: str, body: dict[str, Any]) -> Any:
        if what == "flow_runs":
            wanted = body["flow_runs"]
            if "tags" in wanted:
                found = self._tagged(wanted["tags"]["all_"])
                self.states.update(dict.fromkeys(self.begin_then, "RUNNING"))
                return found
            [state] = wanted["state"]["type"]["any_"]
            return self.found.get(state, [])
        run = body["filter"]["resource"]["id"][0].removeprefix("prefect.flow-run.")
        beat = self.heartbeats.get(run)
        return {"events": [{"occurred": beat}] if beat else []}

    def _tagged(self, tags: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "id": name,
                "state_type": self.states[name],
                "state": {"type": self.states[name], "timestamp": self.since.get(name)},
                "expected_start_time": run["state"].get("state_details", {}).get("scheduled_time"),
                "end_time": self.ended.get(name),
            }
            for name, run in self.runs.items()
            if set(tags) <= set(run["tags"])
        ]


@contextmanager
def run_orchestrator() -> Iterator[Orchestrator]:
    """The server, on a port of loopback, for as long as the block lasts."""
    orchestrator = Orchestrator()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            content = json.dumps(orchestrator.answer(self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    orchestrator.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield orchestrator
    server.shutdown()
    server.server_close()
    thread.join()
