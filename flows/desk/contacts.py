"""Contacts: looking for them, and taking a list of them along."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from flows.desk.visit import Visit
from flows.domain.access import Scope
from flows.operations.exporting import export_lines, note_export
from flows.operations.looking import list_names, search_contacts
from flows.store.searching import Wanted

AT_ONCE: Final = 50
FIELDS: Final = ("text", "city", "list", "language", "out")
OPTED_OUT: Final = {"yes": True, "no": False}


async def show_all(visit: Visit) -> Response:
    """The contacts within reach that match what is looked for, some at a time."""
    scope, after = await visit.scope(), visit.asked("after")
    store = visit.runtime.store
    found = await search_contacts(
        store,
        read_wanted(visit),
        scope=scope,
        limit=AT_ONCE,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 12 else 0,
        address_hash=visit.runtime.address_hash,
    )
    names = await list_names(store, scope=scope)
    return visit.page(
        "contactrows.html" if visit.is_partial else "contacts.html",
        found=found,
        more=found.contacts[-1].contact if len(found.contacts) == AT_ONCE else 0,
        cities=names.cities,
        lists=names.lists,
        languages=visit.desk.library.languages,
        searched={name: visit.asked(name) for name in FIELDS if visit.asked(name)},
    )


def read_wanted(visit: Visit) -> Wanted:
    """What the form asks for."""
    return Wanted(
        text=visit.asked("text"),
        city=visit.asked("city"),
        list=visit.asked("list"),
        language=visit.asked("language"),
        opted_out=OPTED_OUT.get(visit.asked("out")),
    )


async def export(visit: Visit) -> Response:
    """The same as CSV, without those who opted out: nobody who said no is taken along."""
    scope = await visit.scope()
    await note_export(visit.runtime.store, by=visit.name, now=visit.now)
    return StreamingResponse(
        _lines(visit, scope),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="contacts.csv"'},
    )


async def _lines(visit: Visit, scope: Scope) -> AsyncIterator[str]:
    async for line in export_lines(visit.runtime.store, wanted=read_wanted(visit), scope=scope):
        yield line
