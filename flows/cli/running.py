"""Running a flow: in the newsroom that is up, or here with a server for the occasion."""

from __future__ import annotations

import asyncio
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from flows.cli.session import Session, note
from flows.domain.errors import NewsletterError, NotDoneError

if TYPE_CHECKING:
    from flows.domain.issue import IssueId
    from flows.orchestration.server import PrefectServer

POLL_SECONDS = 0.5


def run_flow(
    session: Session,
    flow: str,
    parameters: dict[str, Any],
    *,
    issue: IssueId,
    name: str,
    wait: bool,
) -> dict[str, Any] | None:
    """Run `flow` and give its answer; `None` if the newsroom that is up has only started it."""
    from flows.orchestration.server import ISSUE_TAG

    server = session.server()
    if server is None:
        with progress(session, issue):
            return _run_here(session, flow, parameters)
    run = server.create_run(
        f"{flow}/{flow}",
        parameters=parameters,
        name=name,
        key=f"{name}-{uuid.uuid4()}",
        tags=(f"{ISSUE_TAG}{issue}",),
    )
    if not wait:
        return None
    with progress(session, issue):
        _require_completed(server, run)
    return {}


def _require_completed(server: PrefectServer, run: str) -> None:
    state = server.wait_for_run(run)
    if state != "COMPLETED":
        page = f"{server.api_url.removesuffix('/api')}/runs/flow-run/{run}"
        raise NotDoneError(f"the run is {state.lower()}", waiting_for=(f"look at {page}",))


def _run_here(session: Session, flow: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Run the flow in this process, with Prefect's own server beside it until it is done."""
    from flows.newsroom.server import prefect_server
    from flows.runtime.stopping import draining, was_terminated

    host = session.settings.prefect.host
    level = "INFO" if session.verbose else "CRITICAL"
    with (
        draining(silently=True),
        prefect_server(session.settings.var, host=host, console_level=level),
    ):
        from flows.deliver import deliver
        from flows.publish import publish

        answer: dict[str, Any] = {}
        if not was_terminated():
            answer = asyncio.run((publish if flow == "publish" else deliver)(**parameters))
        if was_terminated():
            raise NotDoneError(
                "stopped before the end", waiting_for=("the same command goes on where it stopped",)
            )
        return answer


@contextmanager
def progress(session: Session, issue: IssueId) -> Iterator[None]:
    """A bar of settled letters on a terminal; a line otherwise."""
    if not sys.stderr.isatty():
        note(f"{issue}: working …")
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    stop = threading.Event()
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        shown = bar.add_task(f"{issue}: starting the orchestrator", total=None)

        def follow() -> None:
            while not stop.wait(POLL_SECONDS):
                with suppress(NewsletterError):  # a look that fails is made up for by the next
                    done, audience, state = session.do(lambda runtime: _settled(runtime, issue))
                    if audience:
                        words = f"{issue}: {state}"
                        bar.update(shown, description=words, completed=done, total=audience)

        watcher = threading.Thread(target=follow, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join(timeout=5)


async def _settled(runtime: Any, issue: IssueId) -> tuple[int, int, str]:
    from flows.domain.delivery import SETTLED
    from flows.operations.reporting import report_issue

    report = await report_issue(runtime.store, issue, now=runtime.clock(), limit=0)
    settled = sum(report.counts.total[state] for state in SETTLED)
    return settled, report.audience, report.issue.state
