"""One contact: their whole history, and what can be done for them."""

from starlette.responses import Response

from flows.desk.faults import in_words, status_of
from flows.desk.visit import Visit
from flows.domain.access import Scope
from flows.domain.errors import InputError, NewsletterError, NotFoundError
from flows.operations.exporting import note_export
from flows.operations.histories import History, history_numbered, history_text
from flows.operations.looking import number_of
from flows.operations.optouts import erase_address, suppress_address
from flows.operations.replacing import Replacement, replace_contact
from flows.operations.vouching import vouch_for_address
from flows.store.records import Record


async def show(visit: Visit) -> Response:
    """The page."""
    return await _page(visit)


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    history, record, _ = await _found(visit)
    return visit.page(
        "contact.html", status=status, history=history, record=record, problem=problem
    )


async def _found(visit: Visit) -> tuple[History, Record, Scope]:
    """The contact that the path names, if it is within reach."""
    written, scope = visit.named("contact"), await visit.scope()
    if not (written.isascii() and written.isdigit() and len(written) < 12):
        raise NotFoundError("there is no such contact")
    history = await history_numbered(visit.runtime.store, int(written), scope=scope)
    if history.record is None:
        raise NotFoundError("there is no such contact")
    return history, history.record, scope


async def give_data(visit: Visit) -> Response:
    """All that is kept of somebody, as a file for them (GDPR, articles 15 and 20)."""
    history, record, _ = await _found(visit)
    await note_export(
        visit.runtime.store, by=visit.name, now=visit.now, subject=f"contact {record.id}"
    )
    return Response(
        history_text(history),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="contact-{record.id}.json"'},
    )


async def suppress(visit: Visit) -> Response:
    """Never write to them again, for a reason that is kept."""
    _, record, scope = await _found(visit)
    because = visit.form.text("because")
    if not because:
        return await _page(visit, problem=visit.say("Say why."), status=422)
    await suppress_address(
        visit.runtime.store,
        record.address,
        because=because,
        address_hash=visit.runtime.address_hash,
        scope=scope,
        now=visit.now,
    )
    return visit.go(f"/contacts/{record.id}", done="suppressed")


async def vouch(visit: Visit) -> Response:
    """Write to them again after letters came back, by somebody's word."""
    _, record, scope = await _found(visit)
    because = visit.form.text("because")
    if not because:
        return await _page(visit, problem=visit.say("Say why."), status=422)
    try:
        await vouch_for_address(
            visit.runtime.store,
            record.address,
            because=because,
            address_hash=visit.runtime.address_hash,
            scope=scope,
            now=visit.now,
        )
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=status_of(error))
    return visit.go(f"/contacts/{record.id}", done="vouched")


async def erase(visit: Visit) -> Response:
    """Forget them, once the box is ticked."""
    _, record, scope = await _found(visit)
    if visit.form.text("sure") != "yes":
        return await _page(visit, problem=visit.say("Tick the box first."), status=422)
    await erase_address(
        visit.runtime.store,
        record.address,
        address_hash=visit.runtime.address_hash,
        scope=scope,
        now=visit.now,
    )
    return visit.go("/contacts", done="erased")


async def replace(visit: Visit) -> Response:
    """Let somebody else, or another address, take their place on all lists."""
    _, record, scope = await _found(visit)
    runtime, form = visit.runtime, visit.form
    change = Replacement(
        old=record.address,
        new=form.text("new"),
        name=form.text("name") or None,
        same_person=form.text("same") == "yes",
    )
    try:
        if not change.new:
            raise InputError(visit.say("Type the new address."))
        await replace_contact(
            runtime.store, change, address_hash=runtime.address_hash, scope=scope, now=visit.now
        )
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=status_of(error))
    new = await number_of(runtime.store, runtime.address_hash(change.new))
    return visit.go(f"/contacts/{new}", done="replaced")
