"""What comes again, made and stopped by programs."""

from typing import Any

import pytest

from flows.domain.token import Scope
from flows.operations.auditing import Search, search_events
from flows.operations.recurring import list_recurrences
from tests.desk.conftest import Site
from tests.desk.programs import Program, a_program

BOTH = (Scope.READ, Scope.PUBLISH)
MONTHLY = {"name": "monthly", "rule": "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9", "zone": "Europe/Brussels"}


async def make(program: Program, key: str = "k-1", **body: Any) -> Any:
    """Ask for something to come again."""
    headers = {"Idempotency-Key": key}
    return await program.ask("POST", "/recurrences", json=MONTHLY | body, headers=headers)


async def test_a_program_has_a_digest_come_again(approved: Site) -> None:
    """For the person behind the token; where it is, and when it comes."""
    program = await a_program(approved, "Paula", *BOTH)

    answer = await make(program, titles={"fr": "La lettre de {month}"}, lists=["members"])

    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert said["next"] == [
        "2026-12-01T09:00:00+01:00",
        "2027-01-05T09:00:00+01:00",
        "2027-02-02T09:00:00+01:00",
    ]
    assert (said["each"], said["ahead_hours"], said["policy"]) == (False, 48.0, "hold")
    assert (said["titles"], said["lists"]) == ({"fr": "La lettre de {month}"}, ["members"])
    assert answer.headers["location"] == "/api/v1/recurrences/monthly"
    assert (await program.ask("GET", "/recurrences/monthly")).json() == said
    assert (await program.ask("GET", "/recurrences")).json() == {"recurrences": [said]}
    (one,) = await list_recurrences(approved.runtime.store, now=approved.clock())
    assert one.recurrence.made_by == "Paula"


async def test_the_same_key_makes_it_once(approved: Site) -> None:
    """Another key finds the name taken."""
    program = await a_program(approved, "Paula", *BOTH)
    first, again = await make(program), await make(program)
    assert (again.status_code, again.text) == (201, first.text)
    assert again.headers["idempotent-replayed"] == "true"
    assert (await make(program, "k-2")).status_code == 422


async def test_it_rests_goes_on_and_ends(approved: Site) -> None:
    """Asked twice is asked once; what has ended does not go on."""
    program = await a_program(approved, "Paula", *BOTH)
    await make(program)
    for state, status in (
        ("paused", 200),
        ("paused", 200),
        ("active", 200),
        ("ended", 200),
        ("active", 409),
    ):
        answer = await program.ask("POST", "/recurrences/monthly/state", json={"state": state})
        assert answer.status_code == status, answer.text
        if status == 200:
            assert answer.json()["state"] == state
    trail = await search_events(approved.runtime.store, Search(actor="Paula"), at_most=30)
    told = [one.action for one in trail.events if one.action.startswith("recurrence")]
    assert told == ["recurrence.ended", "recurrence.active", "recurrence.paused", "recurrence.made"]


@pytest.mark.parametrize(
    "body",
    [
        {"rule": "monthly"},
        {"zone": "Europe"},
        {"name": "Monthly letter"},
        {"titles": {"fr": "{Month}"}},
        {"titles": {"xx": "Title"}},
        {"each": True, "sections": True},
        {"ahead_hours": 700},
    ],
)
async def test_what_cannot_be_is_refused(approved: Site, body: dict[str, Any]) -> None:
    """As a problem that names the field, and nothing is made."""
    program = await a_program(approved, "Paula", *BOTH)
    answer = await make(program, **body)
    assert answer.status_code == 422, answer.text
    assert (await program.ask("GET", "/recurrences")).json() == {"recurrences": []}


async def test_looking_is_not_making(approved: Site) -> None:
    """A token that may only look; and what there is not."""
    program = await a_program(approved, "Édith", Scope.READ)
    assert (await make(program)).status_code == 403
    assert (await program.ask("GET", "/recurrences/none")).status_code == 404
