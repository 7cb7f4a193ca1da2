"""The glossary: its terms looked up, added, changed and taken out; what it could learn."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.responses import Response

from flows.desk.faults import in_words, status_of
from flows.desk.notices import mark
from flows.desk.visit import Visit
from flows.domain.errors import InputError, NewsletterError, NotFoundError
from flows.domain.language import Language
from flows.operations.terms import (
    Terms,
    accept_proposal,
    change_term,
    open_proposals,
    read_terms,
    refuse_proposal,
    remove_term,
)
from flows.translation.amending import GlossaryChangedError
from flows.translation.entries import NOTE, Entry

CHANGED = mark(
    "Somebody changed the glossary meanwhile. Below is what you typed; look at what it says now, "
    "and save again."
)


async def show(visit: Visit) -> Response:
    """The terms that match what is looked for."""
    try:
        terms = read_terms(visit.desk.library)
    except InputError as error:
        return visit.page("glossary.html", terms=None, found=[], problem=_place(visit, error))
    found = terms.matching(visit.asked("q"))
    template = "glossaryrows.html" if visit.is_partial else "glossary.html"
    return visit.page(template, terms=terms, found=found, problem="")


def _place(visit: Visit, error: InputError) -> str:
    """What is wrong with the file, and in which line; a person mends it with an editor."""
    line = f"{error.line}: " if error.line else ""
    return f"glossary.csv: {line}{in_words(visit.words, error)}"


async def show_term(visit: Visit) -> Response:
    """One term, to be changed; without one, an empty form."""
    terms, term = read_terms(visit.desk.library), visit.asked("term")
    entry = terms.entry(term) if term else None
    return _form(visit, terms, term, _cells(terms, entry))


def _cells(terms: Terms, entry: Entry | None) -> dict[str, str]:
    """What stands in each column, as it is typed."""
    if entry is None:
        return dict.fromkeys(terms.columns, "")
    said = {
        column: " | ".join(entry.wordings.get(Language(column), ())) for column in terms.columns
    }
    return {**said, terms.columns[0]: entry.source, **_note(terms, entry)}


def _note(terms: Terms, entry: Entry) -> dict[str, str]:
    return {NOTE: entry.note} if NOTE in terms.columns else {}


def _form(
    visit: Visit,
    terms: Terms,
    was: str,
    cells: Mapping[str, str],
    *,
    problem: str = "",
    status: int = 200,
    current: Mapping[str, str] | None = None,
) -> Response:
    return visit.page(
        "glossaryterm.html",
        status=status,
        terms=terms,
        was=was,
        cells=cells,
        note=NOTE,
        problem=problem,
        current=current,
    )


async def save_term(visit: Visit) -> Response:
    """Write a term into the file, if it is still the file that was shown."""
    library, was = visit.desk.library, visit.form.text("was")
    terms = read_terms(library)
    typed = {column: visit.form.text(f"cell-{column}") for column in terms.columns}
    try:
        term = await change_term(
            library,
            visit.runtime.store,
            was,
            typed,
            digest=visit.form.text("digest"),
            by=visit.name,
            now=visit.now,
        )
    except GlossaryChangedError:
        return _conflict(visit, terms, was, typed)
    except InputError as error:
        return _form(
            visit, terms, was, typed, problem=in_words(visit.words, error), status=status_of(error)
        )
    return visit.go(f"/glossary?q={quote(term)}", done="term-saved")


def _conflict(visit: Visit, terms: Terms, was: str, typed: Mapping[str, str]) -> Response:
    """Both texts side by side. What the term was called may be gone: then it is a new one."""
    try:
        current = _cells(terms, terms.entry(was or typed[terms.columns[0]]))
    except NotFoundError:
        current, was = None, ""
    return _form(visit, terms, was, typed, problem=visit.say(CHANGED), status=409, current=current)


async def delete_term(visit: Visit) -> Response:
    """Take a term out of the file, if it is still the file that was shown."""
    was = visit.form.text("was")
    try:
        await remove_term(
            visit.desk.library,
            visit.runtime.store,
            was,
            digest=visit.form.text("digest"),
            by=visit.name,
            now=visit.now,
        )
    except GlossaryChangedError:
        terms = read_terms(visit.desk.library)
        current = _cells(terms, terms.entry(was))
        return _conflict(visit, terms, was, current)
    return visit.go("/glossary", done="term-removed")


async def show_proposals(visit: Visit) -> Response:
    """What reviewers corrected in the same way again and again."""
    return await _proposals(visit)


async def _proposals(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    found = await open_proposals(visit.desk.library, visit.runtime.store)
    return visit.page("proposals.html", status=status, proposals=found, problem=problem)


async def decide_proposal(visit: Visit) -> Response:
    """Take a proposal over, or propose it no more."""
    library, store, form = visit.desk.library, visit.runtime.store, visit.form
    try:
        language = library.target(form.text("language"))
        chosen = (language, form.text("term"), form.text("wording"))
        if form.text("do") == "accept":
            await accept_proposal(library, store, chosen, by=visit.name, now=visit.now)
        else:
            await refuse_proposal(store, chosen, by=visit.name, now=visit.now)
    except NewsletterError as error:
        return await _proposals(
            visit, problem=in_words(visit.words, error), status=status_of(error)
        )
    done = "proposal-accepted" if form.text("do") == "accept" else "proposal-declined"
    return visit.go("/glossary/proposals", done=done)
