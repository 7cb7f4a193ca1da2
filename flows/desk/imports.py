"""Lists come in: first what a file would do, row by row, then doing it, then perhaps undoing it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from starlette.datastructures import UploadFile
from starlette.responses import Response

from flows.desk.faults import in_words, status_of
from flows.desk.visit import Visit
from flows.domain.consent import Basis
from flows.domain.errors import InputError, NewsletterError, NotFoundError
from flows.domain.phrases import Phrase
from flows.operations.intake.headings import LEFT_OUT, Columns
from flows.operations.intake.people import FIELDS
from flows.operations.intake.places import How
from flows.operations.intake.tables import peek_columns
from flows.operations.intake.uploads import Uploads
from flows.operations.looking import list_names
from flows.operations.subscribers import Import, import_subscribers
from flows.operations.undoing import past_imports, undo_import

MOST_SHOWN: Final = 100
PIECE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a file: its heading and what it is taken for."""

    number: int
    heading: str
    field: str


def uploads_of(visit: Visit) -> Uploads:
    """Where files wait."""
    return Uploads(visit.runtime.settings.var / "uploads")


async def show_all(visit: Visit) -> Response:
    """What was imported, and the form for more."""
    return await _page(visit)


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    store, scope = visit.runtime.store, await visit.scope()
    names = await list_names(store, scope=scope)
    return visit.page(
        "imports.html",
        status=status,
        imports=(await past_imports(store, scope=scope))[:MOST_SHOWN],
        cities=names.cities,
        lists=names.lists,
        bases=list(Basis),
        problem=problem,
    )


async def take(visit: Visit) -> Response:
    """Keep the file that was chosen, and show what it would do."""
    try:
        token = await keep_file(visit)
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=status_of(error))
    return await _preview(visit, token)


async def keep_file(visit: Visit) -> str:
    """Keep the file that was chosen; its token. Raises `InputError` where none was."""
    file = visit.form.file("file")
    if file is None or not file.filename:
        raise InputError(visit.say("Choose a file."))
    return await uploads_of(visit).keep(
        visit.account.id, file.filename, _pieces(file), now=visit.now
    )


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE_BYTES):
        yield piece


async def go_on(visit: Visit) -> Response:
    """Look at the file again with other columns, or import it."""
    token = visit.named("token")
    path = uploads_of(visit).find(visit.account.id, token)
    if visit.form.text("act") != "import":
        return await _preview(visit, token)
    try:
        await _import(visit, path, dry_run=False)
    except NewsletterError as error:
        return await _preview(visit, token, problem=in_words(visit.words, error))
    uploads_of(visit).forget(visit.account.id, token)
    return visit.go("/imports", done="imported")


async def _preview(visit: Visit, token: str, *, problem: str = "") -> Response:
    path, done = uploads_of(visit).find(visit.account.id, token), None
    columns: list[Column] = []
    try:
        columns = _columns(visit, path)
        done = await _import(visit, path, dry_run=True)
    except NewsletterError as error:
        problem = problem or in_words(visit.words, error)
    form = visit.form
    names = await list_names(visit.runtime.store, scope=await visit.scope())
    return visit.page(
        "import.html",
        status=422 if problem else 200,
        name=path.name,
        token=token,
        done=done,
        columns=columns,
        lists=sorted({*names.lists, *_lists(visit)}),
        fields=FIELDS,
        left_out=LEFT_OUT,
        chosen={
            "city": [form.text("city")],
            "list": _lists(visit),
            "basis": [form.text("basis")],
            "complete": [form.text("complete")],
            "sheet": [form.text("sheet")],
        },
        most_shown=MOST_SHOWN,
        problem=problem,
    )


async def _import(visit: Visit, path: Path, *, dry_run: bool, report: Path | None = None) -> Import:
    runtime = visit.runtime
    return await import_subscribers(
        runtime.store,
        path,
        address_hash=runtime.address_hash,
        now=visit.now,
        dry_run=dry_run,
        how=_how(visit, path),
        scope=await visit.scope(),
        report=report,
        tell=visit.words.tell,
    )


def _how(visit: Visit, path: Path) -> How:
    form = visit.form
    basis = form.text("basis") or Basis.LEGITIMATE_INTEREST
    if basis not in set(Basis):
        raise InputError(Phrase("{written!r} is no legal basis", written=basis), field="basis")
    return How(
        columns=_mapping(form.starting("map."), peek_columns(path, wanted=FIELDS)),
        sheet=form.text("sheet"),
        city=form.text("city"),
        lists=_lists(visit),
        complete=form.text("complete") == "yes",
        basis=Basis(basis),
    )


def _lists(visit: Visit) -> list[str]:
    return sorted({*visit.form.all("list"), *visit.form.all("new_list")})


def _mapping(chosen: Mapping[str, str], guessed: Columns) -> dict[str, str]:
    """What a person says otherwise than the guess, by heading; by number where there is none."""
    fields = {place: field for field, place in guessed.places.items()}
    mapping = {}
    for number, field in chosen.items():
        place = int(number) - 1 if number.isascii() and number.isdigit() else -1
        if not 0 <= place < len(guessed.headings) or field == fields.get(place, LEFT_OUT):
            continue
        has_headings = bool(guessed.places) and guessed.headings[place]
        mapping[guessed.headings[place] if has_headings else number] = field
    return mapping


def _columns(visit: Visit, path: Path) -> list[Column]:
    sheet = visit.form.text("sheet")
    named = _how(visit, path).columns
    found = peek_columns(path, wanted=FIELDS, named=named, sheet=sheet)
    fields = {place: field for field, place in found.places.items()}
    return [
        Column(number=place + 1, heading=heading, field=fields.get(place, LEFT_OUT))
        for place, heading in enumerate(found.headings)
        if heading or place in fields
    ]


async def report(visit: Visit) -> Response:
    """What each row would do, as CSV."""
    path = uploads_of(visit).find(visit.account.id, visit.named("token"))
    with TemporaryDirectory() as folder:
        written = Path(folder) / "report.csv"
        await _import(visit, path, dry_run=True, report=written)
        content = written.read_bytes()
    return Response(
        content,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="report.csv"'},
    )


async def undo(visit: Visit) -> Response:
    """Take an import back, as far as nobody said anything else since."""
    number = visit.named("number")
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        raise NotFoundError("there is no such import")
    try:
        await undo_import(
            visit.runtime.store, int(number), scope=await visit.scope(), now=visit.now
        )
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=status_of(error))
    return visit.go("/imports", done="undone")
