"""Many addresses that take the places of others: what a file would do, then doing it."""

from pathlib import Path

from starlette.responses import Response

from flows.desk.faults import in_words, status_of
from flows.desk.imports import MOST_SHOWN, keep_file, uploads_of
from flows.desk.visit import Visit
from flows.domain.errors import NewsletterError
from flows.operations.handovers import Replaced, replace_from_file


async def ask(visit: Visit) -> Response:
    """The form for a file."""
    return _form(visit)


def _form(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    return visit.page("handovers.html", problem=problem, status=status)


async def take(visit: Visit) -> Response:
    """Keep the file that was chosen, and show what each of its rows would do."""
    try:
        token = await keep_file(visit)
        path = uploads_of(visit).find(visit.account.id, token)
        done = await _replace(visit, path, dry_run=True)
    except NewsletterError as error:
        # A file that cannot be read is forgotten with the others, after some hours.
        return _form(visit, problem=in_words(visit.words, error), status=status_of(error))
    return visit.page(
        "handover.html",
        name=path.name,
        token=token,
        done=done,
        same_person=_is_same_person(visit),
        most_shown=MOST_SHOWN,
    )


async def carry_out(visit: Visit) -> Response:
    """Do what was shown; what changed meanwhile is refused as it would have been then."""
    uploads, token = uploads_of(visit), visit.named("token")
    await _replace(visit, uploads.find(visit.account.id, token), dry_run=False)
    uploads.forget(visit.account.id, token)
    return visit.go("/imports", done="handed-over")


async def _replace(visit: Visit, path: Path, *, dry_run: bool) -> Replaced:
    return await replace_from_file(
        visit.runtime.store,
        path,
        same_person=_is_same_person(visit),
        address_hash=visit.runtime.address_hash,
        scope=await visit.scope(),
        now=visit.now,
        dry_run=dry_run,
    )


def _is_same_person(visit: Visit) -> bool:
    return visit.form.text("same_person") == "yes"
