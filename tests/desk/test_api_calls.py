"""What programs can do: publish once, follow, approve what was shown."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from flows.desk.api.problems import ProblemError
from flows.desk.api.reading import read_shape
from flows.desk.api.shapes import Publish
from flows.domain.account import Role
from flows.domain.contact import City
from flows.domain.issue import IssueId
from flows.domain.token import Scope
from flows.operations.auditing import Search, search_events
from flows.operations.idempotence import digest_of
from flows.operations.issues import open_issue
from flows.store.answers import begin_answer
from flows.store.cities import keep_cities
from tests.desk.conftest import Site
from tests.desk.programs import a_program, a_token, with_token
from tests.functional.editorial.conftest import EN, FR, NL, SLUG
from tests.servers.orchestrator import Orchestrator

BOTH = (Scope.READ, Scope.PUBLISH)


async def test_publishing_starts_a_run_and_says_where_to_look(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """The same flow as the command's, for the person behind the token."""
    program = await a_program(approved, "Paula", *BOTH)

    answer = await program.publish(slug=SLUG, lists=["members"])

    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert (said["issue"], said["lists"]) == (f"{SLUG}-1", ["members"])
    (run,) = orchestrator.runs
    assert said["run"] == run
    assert orchestrator.runs[run]["parameters"] == {
        "slug": SLUG,
        "lists": ["members"],
        "engine": None,
        "issue": f"{SLUG}-1",
    }
    found = await program.get(answer.headers["location"])
    assert found.json() == {name: said[name] for name in said if name != "run"}
    events = await search_events(approved.runtime.store, Search(actor="Paula"), at_most=10)
    assert [one.action for one in events.events] == [
        "token.used",
        "issue.released",
        "issue.opened",
    ]


async def test_publishing_at_a_time_plans_it(approved: Site, orchestrator: Orchestrator) -> None:
    """As a person writes times, or as machines do."""
    program = await a_program(approved, "Paula", *BOTH)

    answer = await program.publish(slug=SLUG, at="2026-12-01 09:00 Europe/Brussels")
    approved.clock.advance(seconds=1)
    again = await program.publish("k-2", slug=SLUG, at="2026-12-02T09:00:00+01:00")

    assert answer.json()["state"] == "scheduled"
    assert answer.json()["scheduled_at"] == "2026-12-01T09:00:00+01:00"
    assert again.json()["scheduled_at"] == "2026-12-02T09:00:00+01:00"
    assert again.json()["issue"] == answer.json()["issue"]
    assert [one["name"] for one in orchestrator.runs.values()].count(f"deliver-{SLUG}-1") == 2


async def test_publishing_for_local_times_says_what_clocks_show(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """With the issue's policy; an hour that passed long ago somewhere is refused, or sent so."""
    program = await a_program(approved, "Paula", *BOTH)

    answer = await program.publish(slug=SLUG, at="2026-12-01 09:00 local", policy="approved")

    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert (said["local"], said["policy"]) == ("2026-12-01 09:00", "approved")
    assert (said["scheduled_at"], said["zone"]) == ("2026-12-01T09:00:00+01:00", "Europe/Brussels")
    runs = [one["state"].get("state_details") for one in orchestrator.runs.values()]
    assert {"scheduled_time": "2026-12-01T08:00:00+00:00"} in runs

    approved.clock.now = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    async with approved.runtime.store.writing() as tx:
        wallis = City(name="Liège", country="WF", language=FR, timezone="Pacific/Wallis")
        await keep_cities(tx, [wallis], now=approved.clock())
    late = await program.publish("k-2", slug=SLUG, at="2026-12-01 09:00 local")
    assert (late.status_code, "Liège" in late.text) == (409, True)
    sent = await program.publish("k-3", slug=SLUG, at="2026-12-01 09:00 local", send_late=True)
    assert sent.status_code == 202, sent.text
    assert sent.json()["scheduled_at"] == "2026-12-01T20:30:00+12:00"
    names = [run["name"] for run in orchestrator.runs.values()]
    assert names == [f"publish-{SLUG}", f"deliver-{SLUG}-1", f"publish-{SLUG}"], "no second one"
    wrong = await program.publish("k-4", slug=SLUG, policy="maybe")
    assert wrong.status_code == 422


async def test_the_same_key_gets_the_same_answer_and_nothing_is_done_twice(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """Byte for byte, for a day; after that it is a new request."""
    program = await a_program(approved, "Paula", *BOTH)
    first = await program.publish(slug=SLUG)
    approved.clock.advance(hours=23)
    again = await program.publish('"k-1"', slug=SLUG)

    assert (again.status_code, again.text) == (202, first.text)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(orchestrator.runs) == 1

    approved.clock.advance(hours=1)
    later = await program.publish(slug=SLUG)
    assert "idempotent-replayed" not in later.headers


async def test_a_key_belongs_to_one_request_of_one_token(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """Another body with it is refused; another token may have the same key."""
    program = await a_program(approved, "Paula", *BOTH)
    await program.publish(slug=SLUG)

    other_body = await program.publish(slug=SLUG, lists=["members"])
    other_token = await (await a_program(approved, "Ada", *BOTH)).publish(
        slug=SLUG, lists=["members"]
    )

    assert other_body.status_code == 422
    assert other_body.json()["type"].endswith("/problems/key-reused")
    assert other_token.status_code == 202
    assert len(orchestrator.runs) == 2


async def test_a_crowd_with_one_key_starts_one_run(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """Whoever comes while the first is at work is told so, or gets its answer."""
    program = await a_program(approved, "Paula", *BOTH)

    crowd = await asyncio.gather(*(program.publish(slug=SLUG) for _ in range(8)))

    assert {one.status_code for one in crowd} <= {202, 409}
    assert len({one.text for one in crowd if one.status_code == 202}) == 1
    assert len(orchestrator.runs) == 1


async def test_what_died_at_work_is_taken_up_after_a_while(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """By the same request with the same key."""
    token = await a_token(approved, "Paula", *BOTH)
    program, body = with_token(approved, token.secret), f'{{"slug":"{SLUG}"}}'.encode()
    now = approved.clock()
    async with approved.runtime.store.writing() as tx:
        request = digest_of(b"publish", b"/api/v1/publish", body)
        await begin_answer(
            tx, token.id, "k-1", request=request, now=now, expires_at=now.replace(year=2027)
        )

    async def ask() -> httpx.Response:
        headers = {"Idempotency-Key": "k-1", "Content-Type": "application/json"}
        return await program.ask("POST", "/publish", content=body, headers=headers)

    at_work = await ask()
    approved.clock.advance(minutes=3)

    assert (at_work.status_code, at_work.json()["title"]) == (
        409,
        "The first request with this key is still at work",
    )
    assert (await ask()).status_code == 202
    assert len(orchestrator.runs) == 1


async def test_without_a_newsroom_nothing_is_opened_and_the_key_stays_good(
    approved: Site,
) -> None:
    """503 with Retry-After; it says nothing that would hold in a minute."""
    program = await a_program(approved, "Paula", *BOTH)

    answers = [await program.publish(slug=SLUG) for _ in range(2)]

    assert [one.status_code for one in answers] == [503, 503]
    assert all("retry-after" in one.headers for one in answers)
    assert all("idempotent-replayed" not in one.headers for one in answers)
    assert (await program.ask("GET", "/issues")).json() == {"issues": [], "next": None}


@pytest.mark.usefixtures("orchestrator")
@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"slug": "nothing-so"}, 404, "no article"),
        ({"slug": SLUG, "lists": ["strangers"]}, 404, "no list"),
        ({"slug": "../etc"}, 422, "../etc"),
        ({"slug": SLUG, "engine": "babelfish"}, 422, "babelfish"),
        ({"slug": SLUG, "at": "tomorrow"}, 422, "a zone"),
        ({"slug": SLUG, "at": "2020-01-01 09:00 Europe/Brussels"}, 422, "past"),
        ({"slug": SLUG, "to": "everybody"}, 422, "Extra inputs"),
        ({"slug": 7}, 422, "valid string"),
        ({}, 422, "Field required"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_what_is_wrong(
    approved: Site, body: dict[str, Any], status: int, word: str
) -> None:
    """And no issue is opened."""
    program = await a_program(approved, "Paula", *BOTH)

    answer = await program.publish(**body)

    assert (answer.status_code, word in answer.text) == (status, True), answer.text
    assert str(approved.newsroom.workspace) not in answer.text
    assert (await program.ask("GET", "/issues")).json()["issues"] == []


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/json"}, 400),
        (b"{}", {"Content-Type": "application/json", "Idempotency-Key": "x" * 256}, 400),
        (b"{}", {"Content-Type": "application/json", "Idempotency-Key": "a b"}, 400),
        (b"slug=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b'{"slug": "\xff"}', {"Content-Type": "application/json"}, 400),
        (b'{"slug": "a", "slug": "b"}', {"Content-Type": "application/json"}, 400),
        (b"[" * 50_000, {"Content-Type": "application/json"}, 400),
        (b"[" * 70_000, {"Content-Type": "application/json"}, 413),
        (b"[]", {"Content-Type": "application/json; charset=utf-8"}, 422),
    ],
)
async def test_a_request_that_cannot_be_read_is_refused(
    site: Site, content: bytes, headers: dict[str, str], status: int
) -> None:
    """Without a key, in another form, no JSON, too large."""
    program = await a_program(site, "Paula", *BOTH)
    if content != b"{}":
        headers = {"Idempotency-Key": "k", **headers}

    answer = await program.ask("POST", "/publish", content=content, headers=headers)

    assert answer.status_code == status, answer.text


@given(body=st.binary(max_size=300) | st.text(max_size=80).map(str.encode))
def test_no_body_breaks_the_reader(body: bytes) -> None:
    """It is what it should be, or a problem."""
    scope = {"type": "http", "headers": [(b"content-type", b"application/json")]}
    with suppress(ProblemError):
        assert isinstance(read_shape(Request(scope), body, Publish), Publish)


async def test_issues_are_listed_newest_first_a_few_at_a_time(site: Site) -> None:
    """With what each waits for; `next` leads through all of them, each once."""
    await site.newsroom.bring_in()
    program = await a_program(site, "Édith")
    chosen = ((), ("members",), ("prevention",))
    ids = [(await site.newsroom.open(*lists)).id for lists in chosen]

    seen, before = [], ""
    while True:
        page = (await program.ask("GET", f"/issues?limit=2&before={before}")).json()
        seen += [one["issue"] for one in page["issues"]]
        if page["next"] is None:
            break
        before = page["next"]

    assert seen == ids[::-1]
    assert {one["need"] for one in page["issues"][0]["waiting_for"]} == {
        "translation",
        "approval",
    }
    assert (await program.ask("GET", "/issues?state=sent")).json()["issues"] == []
    assert len((await program.ask("GET", f"/issues?slug={SLUG}")).json()["issues"]) == 3
    for query in ("state=lost", "limit=0", "limit=x", "limit=201"):
        assert (await program.ask("GET", f"/issues?{query}")).status_code == 422, query
    assert (await program.ask("GET", "/issues?before=nothing")).status_code == 404


async def test_the_report_is_the_command_s(approved: Site) -> None:
    """The same shape, the same figures."""
    newsroom = approved.newsroom
    issue = await newsroom.freeze(await newsroom.open())
    program = await a_program(approved, "Édith")

    said = (await program.ask("GET", f"/issues/{issue.id}/report")).json()

    assert (said["issue"], said["audience"], said["complete"]) == (issue.id, 4, False)
    assert said["deliveries"]["pending"] == 4
    assert (await program.ask("GET", "/issues/none-1/report")).status_code == 404
    assert (await program.ask("GET", "/issues/none-1")).status_code == 404


async def test_what_is_shown_can_be_approved_and_nothing_else(site: Site) -> None:
    """By the digest; a change after it was shown makes it another edition."""
    site.newsroom.fill(NL, by="Ada")
    await site.add("Anneke", Role.REVIEWER, languages=("nl",))
    program = await a_program(site, "Anneke", Scope.READ, Scope.APPROVE)
    shown = (await program.ask("GET", f"/articles/{SLUG}/nl")).json()
    assert "Nachtbemiddeling" in shown["subject"] + shown["html"]
    assert not shown["signed_off"]
    path = f"/articles/{SLUG}/nl/approve"

    wrong = await program.ask("POST", path, json={"digest": "0" * 64})
    right = await program.ask("POST", path, json={"digest": shown["digest"]})

    assert (wrong.status_code, "changed since" in wrong.json()["detail"]) == (409, True)
    assert right.status_code == 200, right.text
    assert (right.json()["approved_by"], right.json()["digest"]) == ("Anneke", shown["digest"])
    article = (await program.ask("GET", f"/articles/{SLUG}")).json()
    states = {one["language"]: one["signed_off"] for one in article["languages"]}
    assert states == {FR: False, EN: False, NL: True}
    trail = await search_events(site.runtime.store, Search(actor="Anneke"), at_most=9)
    assert [one.action for one in trail.events] == ["token.used", "language.approved", "token.used"]


async def test_two_people_are_two_people_by_a_program_too(site: Site) -> None:
    """Whoever edited a language last cannot have a program approve it."""
    await site.add("Anneke", Role.REVIEWER, languages=("nl",))
    site.newsroom.fill(NL, by="Anneke")
    program = await a_program(site, "Anneke", Scope.READ, Scope.APPROVE)
    shown = (await program.ask("GET", f"/articles/{SLUG}/nl")).json()

    answer = await program.ask(
        "POST", f"/articles/{SLUG}/nl/approve", json={"digest": shown["digest"]}
    )

    assert answer.status_code == 409
    assert "somebody else must approve" in answer.json()["detail"]


async def test_a_reviewer_answers_for_their_own_languages_alone(site: Site) -> None:
    """The scope does not say which languages; the person does."""
    await site.add("Anneke", Role.REVIEWER, languages=("nl",))
    program = await a_program(site, "Anneke", Scope.APPROVE)

    answer = await program.ask("POST", f"/articles/{SLUG}/en/approve", json={"digest": "0" * 64})

    assert (answer.status_code, "en" in answer.json()["detail"]) == (403, True)


async def test_the_last_approval_lets_a_waiting_issue_go(
    approved: Site, orchestrator: Orchestrator
) -> None:
    """As at the desk: what waited for it is sent by the newsroom that is up."""
    await approved.add("Anneke", Role.REVIEWER, languages=("nl",))
    issue = IssueId(f"{SLUG}-1")
    library = approved.runtime.library
    catalogue = library.catalogue(SLUG, NL)
    key = next(e.key for e in catalogue.entries() if e.key.source == "La médiation de nuit")
    catalogue.edit(key, "Bemiddeling ’s nachts", by="Ada")
    catalogue.save()
    await open_issue(
        library, approved.runtime.store, SLUG, lists=[], now=approved.clock(), release=True
    )
    program = await a_program(approved, "Anneke", Scope.READ, Scope.APPROVE)
    shown = (await program.ask("GET", f"/articles/{SLUG}/nl")).json()

    answer = await program.ask(
        "POST", f"/articles/{SLUG}/nl/approve", json={"digest": shown["digest"]}
    )

    assert answer.json()["issues"] == [{"issue": issue, "under_way": True, "waiting_for": []}]
    assert [one["parameters"] for one in orchestrator.runs.values()] == [{"issue": issue}]
