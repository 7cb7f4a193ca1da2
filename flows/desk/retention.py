"""What is older than it may be, and forgetting it; the record of processing."""

from starlette.responses import Response

from flows.desk.visit import Visit
from flows.operations.register import write_register
from flows.operations.retaining import apply_retention, preview_retention
from flows.runtime.duties import controller_of, spans_of


async def show(visit: Visit) -> Response:
    """What each clock has run out for; nothing is done."""
    runtime = visit.runtime
    clocks = await preview_retention(runtime.store, spans_of(runtime), now=visit.now)
    return visit.page("retention.html", clocks=clocks, due=sum(one.due.many for one in clocks))


async def apply(visit: Visit) -> Response:
    """Forget what is too old, and ask for consents again."""
    runtime = visit.runtime
    await apply_retention(runtime.store, spans_of(runtime), by=visit.name, now=visit.now)
    return visit.go("/retention", done="forgotten")


async def register(visit: Visit) -> Response:
    """The record of processing (GDPR, article 30), for a person."""
    runtime = visit.runtime
    found = await write_register(
        runtime.store,
        controller_of(runtime),
        spans_of(runtime),
        scope=await visit.scope(),
        now=visit.now,
    )
    return Response(
        found.as_markdown(),
        media_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="register.md"'},
    )
