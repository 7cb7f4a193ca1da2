"""The environment that makes Prefect quiet, local and quick; set before its first import."""

import os
from collections.abc import Mapping
from pathlib import Path

BATCHED = "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER"
VACUUM = "PREFECT_SERVER_SERVICES_DB_VACUUM"
HEARTBEAT_SECONDS = 60
"""How often a run says that it lives."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PROXY_EXCEPTIONS = ("no_proxy", "NO_PROXY")

OURS = {
    "PREFECT_HOME",
    "PREFECT_API_URL",
    "PREFECT_API_AUTH_STRING",
    "PREFECT_API_KEY",
    "PREFECT_SERVER_API_AUTH_STRING",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE",
}


def prefect_environment(
    home: Path,
    *,
    api_url: str,
    auth: str | None = None,
    key: str | None = None,
    console_level: str = "WARNING",
    history_days: int = 90,
) -> dict[str, str]:
    """Prefect's settings for a newsroom whose server is at `api_url`.

    The server commits task states in batches: one by one they lag behind, and are lost with a
    traceback when it stops.
    """
    environment = {
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api_url,
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
        f"{BATCHED}_BATCH_SIZE": "200",
        f"{BATCHED}_READ_BATCH_SIZE": "200",
        f"{BATCHED}_FLUSH_INTERVAL": "1",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": console_level,
        "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
        "PREFECT_RUNNER_SERVER_ENABLE": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        f"{VACUUM}_ENABLED": "events,flow_runs,orphans",
        f"{VACUUM}_RETENTION_PERIOD": str(history_days * 24 * 60 * 60),
    }
    if auth:
        environment["PREFECT_SERVER_API_AUTH_STRING"] = auth
        environment["PREFECT_API_AUTH_STRING"] = auth
    if key:
        environment["PREFECT_API_KEY"] = key
    return environment


def log_environment(handler: str) -> dict[str, str]:
    """Have Prefect write its log through a handler of ours, named by module and class."""
    return {"PREFECT_LOGGING_HANDLERS_CONSOLE_CLASS": handler}


def enter_prefect_environment(environment: Mapping[str, str]) -> None:
    """Set it for this process and its children.

    What an operator set by hand stays, except where and whose the server is: it is ours.
    """
    for name, value in environment.items():
        if name in OURS:
            os.environ[name] = value
        else:
            os.environ.setdefault(name, value)
    for name in PROXY_EXCEPTIONS:
        # A proxy meant for the outside would be asked for this machine's own server, too.
        said = os.environ.get(name, "").split(",")
        os.environ[name] = ",".join(dict.fromkeys(filter(None, [*said, *LOOPBACK])))
