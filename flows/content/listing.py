"""A digest's lists as rows of a form, and the lines of the front matter that rows become."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

import yaml

from flows.content.frontmatter import load_fields
from flows.content.naming import slugify
from flows.content.skeleton import PLACEHOLDERS
from flows.domain.digest import AgendaEntry, Section, Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow:
    """An article and the heading that it stands under."""

    section: str = ""
    article: str = ""
    shown: str = Shown.TEASER
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaRow:
    """An appointment: a day, days, or moments in a zone. `name` is its calendar file's."""

    title: str = ""
    day: str = ""
    hour: str = ""
    last_day: str = ""
    last_hour: str = ""
    zone: str = ""
    place: str = ""
    link: str = ""
    name: str = ""

    @property
    def says_nothing(self) -> bool:
        """Whether nobody has filled it in; its zone is chosen from the beginning."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return not any(text for name, text in said.items() if name not in {"zone", "name"})


UNWRITTEN: Final = frozenset(map(slugify, PLACEHOLDERS))
"""Names made of titles that nobody has written yet: no reader knows them."""
Rows = Sequence[ArticleRow] | Sequence[AgendaRow]
ROWS: Final = {"articles": ArticleRow, "agenda": AgendaRow}


def rows_of_articles(sections: Iterable[Section]) -> list[ArticleRow]:
    """One row for each article, in order."""
    return [
        ArticleRow(section=one.heading, article=item.article, shown=item.shown, link=item.link)
        for one in sections
        for item in one.items
    ]


def rows_of_agenda(entries: Iterable[AgendaEntry]) -> list[AgendaRow]:
    """One row for each appointment, in order."""
    return [_agenda_row(one) for one in entries]


def _agenda_row(entry: AgendaEntry) -> AgendaRow:
    day, hour = _day_and_hour(entry.begins)
    last_day, last_hour = _day_and_hour(entry.ends)
    zone = entry.begins.tzinfo if isinstance(entry.begins, datetime) else None
    is_one_day = not hour and last_day == day
    return AgendaRow(
        title=entry.title,
        day=day,
        hour=hour,
        last_day="" if is_one_day else last_day,
        last_hour=last_hour,
        zone=zone.key if isinstance(zone, ZoneInfo) else "",
        place=entry.place,
        link=entry.link,
        name=entry.name,
    )


def _day_and_hour(moment: object) -> tuple[str, str]:
    if isinstance(moment, datetime):
        return f"{moment:%Y-%m-%d}", f"{moment:%H:%M}"
    return str(moment), ""


def chosen_articles(rows: Sequence[ArticleRow]) -> list[ArticleRow]:
    """Without the rows that nobody has filled in; those begin with the heading of another."""
    headings = {"", *(one.section for one in rows if one.article or one.link)}
    return [one for one in rows if one.article or one.link or one.section not in headings]


def filled_entries(rows: Sequence[AgendaRow]) -> list[AgendaRow]:
    """Without the rows that nobody has filled in."""
    return [one for one in rows if not one.says_nothing]


def articles_block(rows: Sequence[ArticleRow]) -> str:
    """The field `articles`; nothing if nothing is chosen.

    A section begins where the heading changes. What has none comes first, as the file wants it.
    """
    chosen = chosen_articles(rows)
    lines = [line for one in chosen if not one.section for line in _item(one, indent="  ")]
    headed = (one for one in chosen if one.section)
    for heading, under in groupby(headed, key=attrgetter("section")):
        lines += [f"  - section: {_quoted(heading)}", "    items:"]
        lines += [line for one in under for line in _item(one, indent=" " * 6)]
    return _block("articles", lines)


def _item(row: ArticleRow, *, indent: str) -> list[str]:
    said = {"as": row.shown if row.shown != Shown.TEASER else "", "link": row.link}
    if not any(said.values()):
        return [f"{indent}- {_plain(row.article)}"]
    return [f"{indent}- article: {_plain(row.article)}", *_said(said, indent=f"{indent}  ")]


def agenda_block(rows: Sequence[AgendaRow]) -> str:
    """The field `agenda`; nothing if no appointment is filled in."""
    lines = []
    for one in filled_entries(rows):
        first, *more = _said(_entry(one), indent="    ")
        lines += [f"  - {first.strip()}", *more]
    return _block("agenda", lines)


def _entry(row: AgendaRow) -> dict[str, str]:
    """What its lines say; an end without a day of its own is on the first day."""
    begins = f"{row.day} {row.hour}".strip()
    last_day = row.last_day or (row.day if row.last_hour else "")
    ends = f"{last_day} {row.last_hour}".strip()
    is_span = bool(row.hour or (ends and ends != begins))
    return {
        "title": row.title or " ",
        **({"from": begins, "to": ends} if is_span else {"date": begins}),
        "zone": row.zone if row.hour or row.last_hour else "",
        "place": row.place,
        "link": row.link,
        "name": row.name if row.name not in {slugify(row.title), *UNWRITTEN} else "",
    }


def _said(said: dict[str, str], *, indent: str) -> list[str]:
    return [f"{indent}{name}: {_plain(text)}" for name, text in said.items() if text]


def _block(name: str, lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in (f"{name}:", *lines)) if lines else ""


def _plain(text: str) -> str:
    """As it is where YAML reads it as that very text; else between quotation marks."""
    try:
        is_text = load_fields(f"text: {text}\n")[1] == {"text": text}
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        is_text = False
    return text if is_text else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
