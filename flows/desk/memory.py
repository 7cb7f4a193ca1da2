"""The memory: what was translated before, looked up word for word or by likeness."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from flows.desk.faults import in_words, status_of
from flows.desk.visit import Visit
from flows.domain.errors import NewsletterError
from flows.domain.language import Language
from flows.operations.remembering import (
    drop_unit,
    find_containing,
    find_suggestions,
    unit_digest,
)
from flows.store.events import record_event
from flows.translation.memory.units import Unit

AT_ONCE: Final = 50
LONGEST_QUERY: Final = 2000
WAYS: Final = ("words", "like")
CHANGE: Final = re.compile(r"\[-(.*?)-\]|\{\+(.*?)\+\}")

Step = tuple[str, str]
"""A piece of a difference: `-` gone, `+` come or ` ` the same, and its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A unit that answers a search; `percent` and `steps` say how like the text it is."""

    unit: Unit
    percent: int = 0
    steps: tuple[Step, ...] = ()


def steps_of(told: str) -> tuple[Step, ...]:
    """A difference as `diff_words` tells it, piece by piece."""
    steps, place = list[Step](), 0
    for change in CHANGE.finditer(told):
        steps.append((" ", told[place : change.start()]))
        gone, come = change.groups()
        steps.append(("-", gone) if gone is not None else ("+", come))
        place = change.end()
    steps.append((" ", told[place:]))
    return tuple(step for step in steps if step[1])


async def show(visit: Visit) -> Response:
    """What was found; before anybody looked, how much there is."""
    return await _page(visit)


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    library = visit.desk.library
    targets = library.target_languages
    language = Language(visit.asked("lang") if visit.asked("lang") in targets else targets[0])
    way = visit.asked("how") if visit.asked("how") in WAYS else WAYS[0]
    wanted = visit.asked("q")[:LONGEST_QUERY]
    # The first look after a start reads every catalogue: others are served meanwhile.
    found = await asyncio.to_thread(_look, visit, wanted, language, way) if wanted else []
    sizes = {tag: len(await asyncio.to_thread(library.memory, tag)) for tag in targets}
    return visit.page(
        "memoryrows.html" if visit.is_partial else "memory.html",
        status=status,
        problem=problem,
        wanted=wanted,
        lang=language,
        way=way,
        targets=targets,
        found=found,
        most=AT_ONCE,
        sizes=sizes,
        digest=unit_digest,
    )


def _look(visit: Visit, wanted: str, language: Language, way: str) -> list[Found]:
    library = visit.desk.library
    if way == "words":
        units = find_containing(library, wanted, language, at_most=AT_ONCE)
        return [Found(unit=unit) for unit in units]
    return [
        Found(unit=one.unit, percent=one.percent, steps=steps_of(one.differs))
        for one in find_suggestions(library, wanted, language)
    ]


async def delete(visit: Visit) -> Response:
    """Take an imported unit out; what articles have stands in the articles."""
    library, form = visit.desk.library, visit.form
    try:
        language = library.target(form.text("lang"))
        unit = await asyncio.to_thread(
            drop_unit, library, language, form.text("unit"), now=visit.now
        )
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=status_of(error))
    async with visit.runtime.store.writing() as tx:
        await record_event(
            tx,
            "memory.removed",
            unit.place[:200],
            actor=visit.name,
            now=visit.now,
            language=language,
            source=unit.source[:80],
        )
    return visit.go(f"/memory?lang={language}", done="unit-removed")
