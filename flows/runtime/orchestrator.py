"""The Prefect server of a workspace, as its settings and its newsroom have it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flows.domain.errors import NewsletterError
from flows.orchestration.server import PrefectServer, find_server, is_held
from flows.settings.model import Settings
from flows.settings.reading import reveal

STARTING_SECONDS: Final = 120


def server_of(settings: Settings) -> PrefectServer | None:
    """The server of the settings, else that of the newsroom that runs in this workspace, if any."""
    return outside_server(settings) or find_server(settings.var / "newsroom.json")


def outside_server(settings: Settings) -> PrefectServer | None:
    """The server of the settings, if they name one: somebody else runs it."""
    prefect = settings.prefect
    if not prefect.api_url:
        return None
    return PrefectServer(prefect.api_url, reveal(prefect.auth), reveal(prefect.api_key))


def guardian_lock(settings: Settings) -> Path:
    """The file that a newsroom's guardian holds, also while its newsroom starts again."""
    return settings.var / "guardian.lock"


def await_server(
    settings: Settings, *, note: Callable[[str], None], sleep: Callable[[float], None] = time.sleep
) -> PrefectServer | None:
    """The same as `server_of`; a newsroom that is just starting is waited for, and that `note`d.

    Whoever took it for none would run a flow beside it, with a server on the same database.
    """
    deadline = time.monotonic() + STARTING_SECONDS
    noted = False
    while not settings.prefect.api_url and is_held(guardian_lock(settings)):
        server = find_server(settings.var / "newsroom.json")
        if server is not None and (_answers(server) or time.monotonic() > deadline):
            return server
        if time.monotonic() > deadline:
            break
        if not noted:
            note("The newsroom is starting …")
            noted = True
        sleep(0.5)
    return server_of(settings)


def _answers(server: PrefectServer) -> bool:
    try:
        server.healthy()
    except NewsletterError:
        return False
    return True
