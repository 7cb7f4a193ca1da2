"""The health of the newsroom, as it was found the last time somebody looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from flows.desk.visit import Visit
from flows.runtime.examination import Examination
from flows.runtime.health import examine


@dataclass(slots=True)
class Checkup:
    """What the last examination found; nobody has looked where `at` is missing."""

    found: Sequence[Examination] = ()
    at: datetime | None = None

    @property
    def failing(self) -> list[Examination]:
        """The parts that did not work."""
        return [one for one in self.found if not one.ok]


async def show(visit: Visit) -> Response:
    """What was found the last time."""
    return visit.page("checkup.html", checkup=visit.desk.checkup)


async def look(visit: Visit) -> Response:
    """Examine every part by really using it: a letter's way, an engine, the orchestrator."""
    runtime, checkup = visit.runtime, visit.desk.checkup
    checkup.found = await examine(runtime.settings, server=runtime.newsroom_server())
    checkup.at = visit.now
    return visit.go("/checkup", done="examined")
