"""Who gets in by a token, for what, and how often."""

import json

import pytest
from sqlalchemy import select

from flows.desk.api.routes import OPERATIONS
from flows.domain.account import Role
from flows.domain.token import Scope
from flows.operations.accounts import change_roles, disable_user
from flows.operations.tokens import list_tokens, take_token_away
from flows.store.api_tables import api_tokens
from flows.store.tables import events
from tests.desk.conftest import OpenSite, Site
from tests.desk.programs import Program, a_program, a_token, with_token
from tests.functional.editorial.conftest import SLUG

ADDRESSES = {"slug": SLUG, "language": "nl", "issue": f"{SLUG}-1", "name": "none"}


async def ask_everything(program: Program) -> dict[str, int]:
    """The status of each operation, asked without what it would need to do anything."""
    return {
        one.name: (await program.ask(one.method, one.path.format(**ADDRESSES))).status_code
        for one in OPERATIONS
    }


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer nlt_forged", "Basic cGF1bGE6cGFzcw==", "Bearer a b", "Bearer ü"],
)
async def test_nobody_gets_anything_without_a_token(site: Site, header: str) -> None:
    """Each operation says 401, how to come in, and nothing else (RFC 6750, section 3)."""
    program, sent = with_token(site, "none"), [(b"authorization", header.encode())]
    for one in OPERATIONS:
        answer = await program.ask(one.method, one.path.format(**ADDRESSES), headers=sent)
        assert answer.status_code == 401, one.name
        assert answer.headers["www-authenticate"].startswith('Bearer realm="newsletter"')
        assert answer.json()["type"] == "http://127.0.0.1:8080/api/v1/problems/no-token"


async def test_a_visit_to_the_desk_is_no_token(site: Site) -> None:
    """Cookies count for nothing here, so that no page elsewhere can use them."""
    browser = await site.signed_in("Ada")

    assert (await browser.get("/api/v1/issues")).status_code == 401


@pytest.mark.parametrize("scope", Scope)
async def test_a_token_opens_what_its_scope_names_and_nothing_more(
    site: Site, scope: Scope
) -> None:
    """Operation by operation, against the table."""
    await site.add("Everyone", *Role, languages=("nl",))
    program = await a_program(site, "Everyone", scope)

    statuses = await ask_everything(program)

    assert {name for name, status in statuses.items() if status != 403} == {
        one.name for one in OPERATIONS if one.scope is scope
    }


async def test_a_token_never_allows_more_than_its_owner_s_roles(site: Site) -> None:
    """From the next call on; and given back, they count again."""
    await site.add("Chef", Role.PUBLISHER, Role.REVIEWER)
    program = await a_program(site, "Chef", *Scope)
    refused = 403
    assert refused not in set((await ask_everything(program)).values())

    await change_roles(
        site.runtime.store, "Chef", roles=[Role.EDITOR], languages=[], by="x", now=site.clock()
    )
    statuses = await ask_everything(program)

    assert statuses["publish"] == statuses["approve"] == refused
    assert statuses["listIssues"] == 200


async def test_a_token_ends_with_its_time_its_owner_or_by_being_revoked(site: Site) -> None:
    """Each on its own, and nobody is told which."""
    store = site.runtime.store
    ended = await a_token(site, "Paula", days=1)
    revoked = await a_token(site, "Paula")
    leaving = await a_token(site, "Rens")
    programs = [with_token(site, one.secret) for one in (ended, revoked, leaving)]
    for program in programs:
        assert (await program.ask("GET", "/issues")).status_code == 200

    site.clock.advance(days=1)
    await take_token_away(store, revoked.id, by="Ada", now=site.clock())
    await disable_user(store, "Rens", by="Ada", now=site.clock())
    answers = [await program.ask("GET", "/issues") for program in programs]

    assert [one.status_code for one in answers] == [401, 401, 401]
    assert len({one.text for one in answers}) == 1


async def test_the_database_holds_no_token_and_knows_when_it_was_used(site: Site) -> None:
    """Whoever reads a backup of it comes in nowhere."""
    made = await a_token(site, "Paula")
    program = with_token(site, made.secret)
    site.clock.advance(hours=3)
    await program.ask("GET", "/issues")

    async with site.runtime.store.reading() as tx:
        rows = [dict(row._mapping) for row in await tx.execute(select(api_tokens))]
        trail = [dict(row._mapping) for row in await tx.execute(select(events))]
    (token,) = await list_tokens(site.runtime.store)

    assert made.secret not in json.dumps([rows, trail], default=str)
    assert made.secret.removeprefix("nlt_") not in json.dumps([rows, trail], default=str)
    assert len(made.secret.removeprefix("nlt_")) == 43, "256 bits in base64"
    assert token.used_at == site.clock()


async def test_calls_are_limited_for_each_token_by_itself(open_site: OpenSite) -> None:
    """A quarter of a minute's calls at once, then evenly; another token is not held up."""
    site = await open_site("\n[api]\ncalls_per_minute = 20\n")
    await site.add("Paula", Role.PUBLISHER)
    program = await a_program(site, "Paula")
    first = [(await program.ask("GET", "/issues")).status_code for _ in range(5)]
    refused = await program.ask("GET", "/issues")
    other = await a_program(site, "Paula")

    assert first == [200] * 5
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3")
    assert (await other.ask("GET", "/issues")).status_code == 200
    site.clock.advance(seconds=3)
    assert (await program.ask("GET", "/issues")).status_code == 200
    assert (await program.ask("GET", "/issues")).status_code == 429


async def test_where_it_is_turned_off_there_is_nothing(open_site: OpenSite) -> None:
    """`api.enabled = false`."""
    site = await open_site("\n[api]\nenabled = false\n")

    assert (await site.browser().get("/api/v1/openapi.json")).status_code == 404


async def test_what_is_not_served_is_a_problem_too(site: Site) -> None:
    """With the methods that are, where there are some (RFC 9110, section 15.5.6)."""
    browser = site.browser()
    unknown = await browser.get("/api/v1/nothing")
    wrong = await browser.delete("/api/v1/recurrences")
    broken = await browser.get("/api/v1/issues/%C2%AB%0A")

    assert (unknown.status_code, unknown.json()["status"]) == (404, 404)
    assert wrong.status_code == 405
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    for answer in (unknown, wrong, broken):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"


async def test_a_name_that_no_database_takes_is_the_name_of_nothing(
    open_site: OpenSite, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL has no text with a NUL in it: neither programs nor people get to it with one."""
    monkeypatch.setenv("NEWSLETTER_DATABASE_URL", database_url)
    site = await open_site()
    await site.add("Paula", Role.PUBLISHER)
    program, browser = await a_program(site, "Paula"), await site.signed_in("Paula")

    for path in ("/issues/%00", "/articles/%00", f"/articles/{SLUG}/%00"):
        assert (await program.get(f"/api/v1{path}")).status_code == 404
        assert (await browser.look(path)).status_code == 404
