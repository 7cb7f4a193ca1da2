"""What a digest lists, its articles and its agenda, read from the nodes of its front matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from flows.content.naming import LONGEST, SLUG, slugify
from flows.domain.article import Slug
from flows.domain.digest import AgendaEntry, Item, Section, Shown
from flows.domain.errors import InputError
from flows.domain.phrases import Phrase

TEXT: Final = "tag:yaml.org,2002:str"
FIRST_LINE: Final = 2
"""The fields begin on the file's second line."""
WEB: Final = ("https://", "http://")
LISTS: Final = {
    "articles": "Write articles: [city-pair], or sections, each with section: and items:.",
    "agenda": "Write a list: - title: …, below it date: 2026-12-03, then place: and link:.",
}
SECTION_KEYS: Final = ("section", "items")
ITEM_KEYS: Final = ("article", "as", "link")
ENTRY_KEYS: Final = ("title", "date", "from", "to", "zone", "place", "link", "name")
DATE: Final = "date: 2026-12-03, or from: 2026-12-03 09:30, to: 2026-12-03 17:00 and a zone"

Moment = date | datetime


def read_sections(node: yaml.Node, *, path: Path) -> tuple[Section, ...]:
    """The field `articles`. Raises `InputError` with line and remedy."""
    reading = _Reading(path=path, field="articles")
    sections: list[Section] = []
    for one in reading.sequence(node):
        if isinstance(one, yaml.MappingNode) and "article" not in _keys(one):
            sections.append(_section(one, reading))
            continue
        if sections and sections[-1].heading:
            reading.refuse(one, Phrase("an article stands after a section and outside of it"))
        before = sections.pop().items if sections else ()
        item = _item(one, reading)
        sections.append(Section(items=(*before, item), line=item.line))
    _require_once(sections, node, reading)
    return tuple(sections)


def read_agenda(node: yaml.Node, *, path: Path) -> tuple[AgendaEntry, ...]:
    """The field `agenda`. Raises `InputError` with line and remedy."""
    reading = _Reading(path=path, field="agenda")
    entries: dict[str, AgendaEntry] = {}
    for one in reading.sequence(node):
        entry = _entry(one, reading)
        if entry.name in entries:
            reading.refuse(
                one,
                Phrase("two entries have the name {name!r}", name=entry.name),
                remedy="Give one of them a name: of its own, which its calendar file is found by.",
            )
        entries[entry.name] = entry
    return tuple(entries.values())


def _section(node: yaml.MappingNode, reading: "_Reading") -> Section:
    fields = reading.fields(node, SECTION_KEYS)
    heading = reading.text(fields, "section")
    items = fields.get("items")
    if items is None or not heading:
        reading.refuse(node, Phrase("a section needs section: and items:"))
    listed = tuple(_item(one, reading) for one in reading.sequence(items))
    if not listed:
        reading.refuse(node, Phrase("the section {name!r} has no articles", name=heading))
    return Section(heading=heading, items=listed, line=_line(fields["section"]))


def _item(node: yaml.Node, reading: "_Reading") -> Item:
    if isinstance(node, yaml.ScalarNode):
        return Item(article=_slug(node, reading), line=_line(node))
    fields = reading.fields(node, ITEM_KEYS)
    if "article" not in fields:
        reading.refuse(node, Phrase("{key}: is missing", key="article"))
    shown = reading.text(fields, "as") or Shown.TEASER
    if shown not in set(Shown):
        reading.refuse(
            fields["as"],
            Phrase("as: {value!r} is neither teaser nor full", value=shown),
            remedy="Write as: full for the whole text, or leave it out for a teaser.",
        )
    return Item(
        article=_slug(fields["article"], reading),
        shown=Shown(shown),
        link=_link(fields, reading),
        line=_line(node),
    )


def _slug(node: yaml.Node, reading: "_Reading") -> Slug:
    value = node.value if isinstance(node, yaml.ScalarNode) else ""
    if isinstance(node, yaml.ScalarNode) and not value:
        reading.refuse(node, Phrase("{key}: is missing", key="article"))
    if not SLUG.fullmatch(value) or len(value) > LONGEST:
        reading.refuse(node, Phrase("{text!r} cannot be the name of an article", text=value[:100]))
    return Slug(value)


def _require_once(sections: list[Section], node: yaml.Node, reading: "_Reading") -> None:
    seen: set[Slug] = set()
    for item in (one for section in sections for one in section.items):
        if item.article in seen:
            reading.refuse(
                node,
                Phrase("the article {name!r} is listed twice", name=item.article),
                remedy="Take one of them out.",
                line=item.line,
            )
        seen.add(item.article)


def _entry(node: yaml.Node, reading: "_Reading") -> AgendaEntry:
    fields = reading.fields(node, ENTRY_KEYS)
    title = reading.text(fields, "title")
    if not title:
        reading.refuse(node, Phrase("{key}: is missing", key="title"))
    begins, ends = _span(fields, node, reading)
    name = reading.text(fields, "name") or slugify(title)
    if not SLUG.fullmatch(name) or len(name) > LONGEST:
        reading.refuse(
            fields["name"],
            Phrase("{text!r} cannot be the name of an entry", text=name[:LONGEST]),
            remedy="Use lower-case letters without accents, digits and hyphens.",
        )
    return AgendaEntry(
        name=name,
        title=title,
        begins=begins,
        ends=ends,
        place=reading.text(fields, "place"),
        link=_link(fields, reading),
        line=_line(fields["title"]),
    )


def _span(
    fields: Mapping[str, yaml.Node], node: yaml.Node, reading: "_Reading"
) -> tuple[Moment, Moment]:
    """From when to when: a day, days, or moments in a zone."""
    given = {"date", "from"} & fields.keys()
    if len(given) != 1 or ("date" in fields and "to" in fields):
        reading.refuse(node, Phrase("an entry needs date:, or from: and to:"), remedy=DATE)
    first = given.pop()
    zone = _zone(fields, reading)
    begins = _moment(fields, first, zone, reading)
    ends = _moment(fields, "to", zone, reading) if "to" in fields else begins
    if isinstance(begins, datetime) != isinstance(ends, datetime):
        reading.refuse(fields["to"], Phrase("from: and to: are both days, or both have a time"))
    if ends < begins:
        reading.refuse(fields["to"], Phrase("it ends before it begins"))
    return begins, ends


def _zone(fields: Mapping[str, yaml.Node], reading: "_Reading") -> ZoneInfo | None:
    name = reading.text(fields, "zone")
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reading.refuse(
            fields["zone"],
            Phrase("there is no time zone {name!r}", name=name),
            remedy="Write a name such as Europe/Brussels.",
        )


def _moment(
    fields: Mapping[str, yaml.Node], key: str, zone: ZoneInfo | None, reading: "_Reading"
) -> Moment:
    node = fields[key]
    text = reading.text(fields, key)
    try:
        if len(text) == len("2026-12-03"):
            return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
        clock = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone)
    except ValueError:
        reading.refuse(node, Phrase("{text!r} is no day and no time", text=text), remedy=DATE)
    if zone is None:
        reading.refuse(
            node, Phrase("a time needs its zone"), remedy="Add zone: Europe/Brussels, or another."
        )
    if _is_skipped(clock, zone):
        reading.refuse(
            node, Phrase("clocks skip {text} there: summer time begins", text=text), remedy=DATE
        )
    return clock


def _is_skipped(clock: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in a zone never show this, or the calendar does not reach it."""
    try:
        there = clock.astimezone(UTC).astimezone(zone)
    except OverflowError:
        return True
    return there.replace(tzinfo=None) != clock.replace(tzinfo=None)


def _link(fields: Mapping[str, yaml.Node], reading: "_Reading") -> str:
    link = reading.text(fields, "link")
    if link and (not link.startswith(WEB) or " " in link):
        reading.refuse(
            fields["link"],
            Phrase("{link!r} is no address of a page", link=link),
            remedy="Write the whole address: link: https://…",
        )
    return link


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + FIRST_LINE


def _keys(node: yaml.MappingNode) -> set[str]:
    return {str(key.value) for key, _ in node.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Of which field of which file, for refusals to say so."""

    path: Path
    field: str

    def refuse(
        self, node: yaml.Node, problem: str, *, remedy: str = "", line: int | None = None
    ) -> NoReturn:
        """Raise `InputError` for what stands at a node."""
        raise InputError(
            problem,
            path=self.path,
            line=line or _line(node),
            field=self.field,
            remedy=remedy or LISTS[self.field],
        )

    def sequence(self, node: yaml.Node) -> list[yaml.Node]:
        """The nodes of a list."""
        if not isinstance(node, yaml.SequenceNode):
            self.refuse(node, Phrase("this is not a list"))
        return list(node.value)

    def fields(self, node: yaml.Node, known: tuple[str, ...]) -> Mapping[str, yaml.Node]:
        """The nodes of a mapping by their keys, all of them known."""
        if not isinstance(node, yaml.MappingNode):
            self.refuse(node, Phrase("this is not what the field takes"))
        for key, _ in node.value:
            if key.value not in known:
                self.refuse(
                    key,
                    Phrase("there is no {key}: here", key=str(key.value)),
                    remedy=f"What may stand here: {', '.join(known)}.",
                )
        return {key.value: value for key, value in node.value}

    def text(self, fields: Mapping[str, yaml.Node], key: str) -> str:
        """The text of a key, on one line; empty where it is not given."""
        node = fields.get(key)
        if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
            return ""
        if not isinstance(node, yaml.ScalarNode) or node.tag != TEXT:
            self.refuse(node, Phrase("{key}: takes text", key=key), remedy=f'{key}: "…"')
        return " ".join(str(node.value).split())
