"""The Prefect server that a newsroom works with: its own, or the one of the settings."""

from collections.abc import Iterator
from contextlib import contextmanager

from flows.newsroom.server import prefect_auth, prefect_server
from flows.orchestration.environment import (
    enter_prefect_environment,
    log_environment,
    prefect_environment,
)
from flows.orchestration.server import PrefectServer, announce_server
from flows.runtime.orchestrator import outside_server
from flows.settings.model import Settings

PREDECESSOR_SECONDS = 60
"""So long the newsroom of a guardian that was killed may take to end."""

HANDLERS = {"plain": "flows.runtime.logs.PlainLines", "json": "flows.runtime.logs.JsonLines"}


@contextmanager
def orchestrator(settings: Settings) -> Iterator[PrefectServer]:
    """The server, announced to whoever looks for this workspace's newsroom.

    Raises `NotDoneError` if another newsroom has this workspace and does not end.
    """
    var, prefect = settings.var, settings.prefect
    enter_prefect_environment(log_environment(HANDLERS[settings.log.form]))
    if server := outside_server(settings):
        environment = prefect_environment(
            var / "prefect",
            api_url=server.api_url,
            auth=server.auth,
            key=server.key,
        )
        with announce_server(var / "newsroom.json", server, patience_seconds=PREDECESSOR_SECONDS):
            enter_prefect_environment(environment)
            server.healthy()
            yield server
        return
    ours = PrefectServer(f"http://{prefect.host}:{prefect.port}/api", prefect_auth(var))
    with (
        announce_server(var / "newsroom.json", ours, patience_seconds=PREDECESSOR_SECONDS),
        prefect_server(
            var, host=prefect.host, port=prefect.port, history_days=prefect.history_days
        ) as server,
    ):
        yield server
