"""The lists of a digest in the form of its text: rows to fill in, to add, to move, to take out."""

import asyncio
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from flows.content.fields import block_of
from flows.content.frontmatter import parse_front_matter
from flows.content.listing import (
    ROWS,
    AgendaRow,
    ArticleRow,
    Rows,
    agenda_block,
    articles_block,
    chosen_articles,
    filled_entries,
    rows_of_agenda,
    rows_of_articles,
)
from flows.desk.forms import Form
from flows.desk.timing import ZONES
from flows.desk.visit import Visit
from flows.domain.article import FrontMatter
from flows.domain.errors import InputError, NotDoneError
from flows.domain.phrases import Phrase
from flows.store.reviews import approved_articles

MOST: Final = 100
"""Rows of one list that are offered; a longer one is written as text."""
ACT: Final = re.compile(r"(articles|agenda)\.(add|up|down|out)(?:\.(\d{1,4}))?")
FIELD: Final = re.compile(r"(articles|agenda)\.(\d{1,4})\.(\w+)")
Lists = dict[str, Rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An article that can be chosen."""

    slug: str
    title: str
    is_approved: bool


def lists_of(front: FrontMatter) -> Lists:
    """The rows of a front matter."""
    return {
        "articles": rows_of_articles(front.articles),
        "agenda": rows_of_agenda(front.agenda),
    }


def lists_in(form: Form) -> Lists | None:
    """The rows that a form sends; `None` if it has none."""
    if not form.has("rows"):
        return None
    sent: dict[str, dict[int, dict[str, str]]] = {"articles": {}, "agenda": {}}
    for name in form.names():
        if found := FIELD.fullmatch(name):
            text = " ".join(form.text(name).split())
            sent[found[1]].setdefault(int(found[2]), {})[found[3]] = text
    return {
        "articles": [_row(ArticleRow, sent["articles"][n]) for n in sorted(sent["articles"])],
        "agenda": [_agenda_row(sent["agenda"][n]) for n in sorted(sent["agenda"])],
    }


def _agenda_row(said: dict[str, str]) -> AgendaRow:
    """Days have no zone, whatever stands chosen beside them."""
    row: AgendaRow = _row(AgendaRow, said)
    return row if row.hour or row.last_hour else replace(row, zone="")


def _row(kind: Any, said: dict[str, str]) -> Any:
    known = {one.name for one in fields(kind)}
    return kind(**{name: text for name, text in said.items() if name in known})


def blocks_of(lists: Lists, *, front: str, path: Path) -> dict[str, str]:
    """The lines of the rows; where they say what the front matter says, its own.

    A digest from which all is taken out keeps an empty list, so that it is offered rows again.
    """
    try:
        before = lists_of(parse_front_matter(front, path=path)[0])
        was_digest = any(block_of(front, name) for name in ROWS)
    except InputError:
        before, was_digest = {}, False
    articles = chosen_articles(lists["articles"])  # type: ignore[arg-type]  # by its name
    agenda = filled_entries(lists["agenda"])  # type: ignore[arg-type]  # by its name
    said: Lists = {"articles": articles, "agenda": agenda}
    made = {"articles": articles_block(articles), "agenda": agenda_block(agenda)}
    kept = {name: block_of(front, name) for name in ROWS if before.get(name) == said[name]}
    blocks = made | kept
    if was_digest and not any(blocks.values()):
        blocks["articles"] = "articles: []\n"
    return blocks


def rearranged(lists: Lists, act: str) -> Lists | None:
    """The rows after a button among them was pressed; `None` for any other button.

    Raises `NotDoneError` for one row more than is offered.
    """
    found = ACT.fullmatch(act)
    if found is None:
        return None
    name, rows = found[1], list(lists[found[1]])
    place = int(found[3] or 0)
    if found[2] == "add":
        if len(rows) >= MOST:
            raise NotDoneError(
                Phrase(
                    "Here a list has at most {most} rows. For more, write the front matter "
                    "as text.",
                    most=MOST,
                )
            )
        section = rows[-1].section if rows and isinstance(rows[-1], ArticleRow) else ""
        rows.append(ArticleRow(section=section) if name == "articles" else AgendaRow())
    elif found[2] == "out":
        del rows[place : place + 1]
    elif found[2] in {"up", "down"} and place < len(rows):
        moved = rows.pop(place)
        rows.insert(max(0, place + (1 if found[2] == "down" else -1)), moved)
    return {**lists, name: rows}  # type: ignore[dict-item]  # rows of one kind


async def offered_for(visit: Visit, slug: str) -> list[Offered]:
    """The articles that a digest can carry: those approved in every language first, by title."""
    library = visit.desk.library
    async with visit.runtime.store.reading() as tx:
        approved = await approved_articles(tx, library.languages)
    found = await asyncio.to_thread(_titles, visit, slug)
    offered = [
        Offered(slug=one, title=title, is_approved=one in approved) for one, title in found.items()
    ]
    return sorted(offered, key=lambda one: (not one.is_approved, one.title.casefold()))


def _titles(visit: Visit, slug: str) -> dict[str, str]:
    library = visit.desk.library
    found: dict[str, str] = {}
    for one in library.slugs():
        try:
            front = library.article(one).front
        except InputError:
            continue
        if one != slug and not front.is_digest:
            found[one] = front.title
    return found


def zones_of(visit: Visit, lists: Lists) -> list[str]:
    """The zones to choose from, those that appointments have among them."""
    own = [one.zone for one in lists["agenda"] if isinstance(one, AgendaRow) and one.zone]
    return list(dict.fromkeys((visit.runtime.settings.desk.timezone, *ZONES, *own)))
