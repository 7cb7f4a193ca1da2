"""Nothing is open that is not on the list, and nothing is done that no page of ours asked for."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.routing import Mount, Route

from flows.desk.access import ANYBODY, GUEST, Whom
from flows.desk.api.routes import OPERATIONS
from flows.desk.faults import REFUSALS
from flows.desk.guard import Entry
from flows.desk.routes import ENTRIES
from flows.desk.site import create_site
from flows.domain.account import Guest, Role
from flows.domain.language import Language
from flows.domain.segment import SegmentKey
from flows.operations.inviting import invite_reviewer
from flows.operations.passages import passage_id
from tests.desk.conftest import Browser, Site
from tests.desk.people import PEOPLE
from tests.functional.editorial.conftest import SLUG

PAGE = Path(__file__).parents[2] / "docs" / "desk.md"
PUBLIC = {
    "GET /desk",
    "GET /desk/static/{version}/{name}",
    "GET /u/{token}",
    "POST /u/{token}",
    "GET /v/{token}",
    "GET /p/{token}",
    "POST /p/{token}",
    "GET /d/{token}",
    "POST /d/{token}",
    "GET /d/{token}/copy",
    "GET /subscribe",
    "POST /subscribe",
    "GET /c/{token}",
    "POST /c/{token}",
    "GET /r/{token}",
    "POST /r/{token}",
    "GET /work.js",
    "GET /archive",
    "GET /archive/{language}",
    "GET /archive/{language}/feed.atom",
    "GET /archive/{language}/{issue}",
    "GET /articles/{language}/{slug}",
    "GET /agenda/{language}/{slug}/{name}.ics",
    "GET /images/{name}",
    "GET /",
    "GET /health",
    "GET /ready",
    "GET /metrics",
    "GET /api/v1/openapi.json",
    "GET /api/v1/problems/{kind}",
    "GET /desk/login",
    "POST /desk/login",
    "GET /desk/login/code",
    "POST /desk/login/code",
    "GET /desk/login/directory",
    "GET /desk/login/directory/back",
    "GET /desk/invitation/{token}",
    "POST /desk/invitation/{token}",
}
"""All that may be open, written once more by hand."""

PARTS = {
    "slug": SLUG,
    "language": "nl",
    "issue": f"{SLUG}-1",
    "token": "none",
    "look": "light",
    "kind": "html",
    "contact": "1",
    "city": "Gand",
    "number": "1",
    "name": "monthly",
    "segment": passage_id(SegmentKey("meta:title", "La médiation de nuit")),
}
"""What stands for the parts of a path."""


def served(routes: list[object], prefix: str = "") -> Iterator[str]:
    """Every method and path of an application, mounted ones among them."""
    for one in routes:
        if isinstance(one, Mount):
            yield from served(list(one.routes), prefix + one.path)
        elif isinstance(one, Route):
            for method in sorted((one.methods or set()) - {"HEAD"}):
                yield f"{method} {prefix}{one.path}"


def name_of(entry: Entry) -> str:
    """An entry as the list above writes it."""
    return f"{entry.method} /desk{entry.path}"


def address_of(entry: Entry) -> str:
    """A path that can be asked for, below `/desk`."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: PARTS[part[1]], entry.path)


def documented() -> dict[str, Whom]:
    """The table of the documentation, which names roles in words."""
    rows = re.findall(
        r"^\| `(GET|POST) (\S+)` \| ([^|]+) \|", PAGE.read_text("utf-8"), re.MULTILINE
    )
    return {f"{m} /desk{path}": _whom(words) for m, path, words in rows}


def _whom(words: str) -> Whom:
    signed_in = frozenset(Role)
    everyone = signed_in - {Role.CORRESPONDENT}
    named = {
        "anybody": frozenset({ANYBODY}),
        "whoever is signed in": signed_in,
        "whoever is signed in, guests": signed_in | {GUEST},
        "everyone": everyone,
        "everyone, guests": everyone | {GUEST},
    }
    return named.get(words.strip()) or frozenset(word.strip() for word in words.split(","))


def test_every_route_is_on_the_table_or_on_the_public_list(site: Site) -> None:
    """The application serves nothing else; the table is what the application is made of."""
    routes = set(served(list(create_site(site.runtime).routes)))

    programs = {f"{one.method} /api/v1{one.path}" for one in OPERATIONS}
    assert routes == PUBLIC | programs | {name_of(entry) for entry in ENTRIES}
    assert {name_of(one) for one in ENTRIES if ANYBODY in one.whom} <= PUBLIC


def test_the_documentation_says_who_may_do_what() -> None:
    """Entry by entry."""
    assert documented() == {name_of(entry): entry.whom for entry in ENTRIES}


async def ask(browser: Browser, entry: Entry) -> httpx.Response:
    """Ask for an entry as a page of ours would."""
    if entry.method == "POST":
        return await browser.press(address_of(entry))
    async with browser.stream("GET", f"/desk{address_of(entry)}") as answer:
        if "text/event-stream" not in answer.headers.get("content-type", ""):
            await answer.aread()
        return answer


def is_turned_away(answer: httpx.Response) -> bool:
    """Whether the door did not let somebody in, as against what is behind it."""
    if answer.status_code == 303:
        return answer.headers["location"].startswith("/desk/login?next=")
    return answer.status_code in {401, 403} and REFUSALS[answer.status_code] in answer.text


async def test_a_stranger_gets_nothing_but_what_is_public(site: Site) -> None:
    """Each entry, without a visit: to the form to sign in, or no."""
    for entry in ENTRIES:
        browser = site.browser()
        await browser.look("/login")
        answer = await ask(browser, entry)
        assert is_turned_away(answer) == (ANYBODY not in entry.whom), name_of(entry)


@pytest.mark.parametrize("name", PEOPLE)
async def test_each_role_gets_what_the_table_gives_it_and_nothing_more(
    site: Site, name: str
) -> None:
    """Each entry, as somebody with one role."""
    (role,) = PEOPLE[name]
    for entry in ENTRIES:
        if ANYBODY in entry.whom:
            continue
        browser = await site.signed_in(name)
        answer = await ask(browser, entry)
        assert is_turned_away(answer) == (role not in entry.whom), name_of(entry)


async def a_guest(site: Site) -> Browser:
    """Somebody who came by a review link for the Dutch of the sample article."""
    guest = Guest(name="Joost", slug=SLUG, language=Language("nl"))  # type: ignore[arg-type]
    token = await invite_reviewer(
        site.runtime.store, guest, by="Paula", lasting=site.desk.lifetime.whole, now=site.clock()
    )
    browser = site.browser()
    await browser.look(f"/invitation/{token}")
    begun = await browser.press(f"/invitation/{token}")
    assert begun.headers["location"] == f"/desk/articles/{SLUG}/nl/review"
    return browser


async def test_a_guest_gets_what_the_link_was_for_and_nothing_more(site: Site) -> None:
    """Neither another language, nor another article, nor anything without their name on it."""
    for entry in ENTRIES:
        if ANYBODY in entry.whom:
            continue
        browser = await a_guest(site)
        await browser.look(f"/articles/{SLUG}/nl")
        answer = await ask(browser, entry)
        assert is_turned_away(answer) == (GUEST not in entry.whom), name_of(entry)

    browser = await a_guest(site)
    for path in (f"/articles/{SLUG}/en", "/articles/city-pair/nl", "/", "/account"):
        assert (await browser.get(f"/desk{path}")).status_code == 403, path


async def test_a_guest_who_strays_is_led_back_to_what_they_review(site: Site) -> None:
    """The page that says no, and the name at the top of every page, lead where they may go."""
    browser = await a_guest(site)

    strayed = await browser.get("/desk/articles")

    assert strayed.status_code == 403
    assert "Back to your review" in strayed.text
    links = set(re.findall(r'<a class="(?:brand|button plain)"\s+href="([^"]+)"', strayed.text))
    assert links == {f"/desk/articles/{SLUG}/nl/review"}
    assert (await browser.get(links.pop())).status_code == 200


async def test_a_review_link_works_once_and_only_by_its_button(site: Site) -> None:
    """Looking at it, as mail scanners do, uses nothing up."""
    guest = Guest(name="Joost", slug=SLUG, language=Language("nl"))  # type: ignore[arg-type]
    token = await invite_reviewer(
        site.runtime.store, guest, by="Paula", lasting=site.desk.lifetime.whole, now=site.clock()
    )
    for _ in range(3):
        scanned = await site.browser().look(f"/invitation/{token}")
        assert (scanned.status_code, "Joost" in scanned.text) == (200, True)
    first, second = site.browser(), site.browser()
    for browser in (first, second):
        await browser.look(f"/invitation/{token}")

    used = await first.press(f"/invitation/{token}")
    again = await second.press(f"/invitation/{token}")

    assert (used.status_code, again.status_code) == (303, 410)
    assert "desk" not in again.cookies


async def test_a_review_link_ends_with_its_time(site: Site) -> None:
    """Nobody finds an open door in an old mail."""
    guest = Guest(name="Joost", slug=SLUG, language=Language("nl"))  # type: ignore[arg-type]
    token = await invite_reviewer(
        site.runtime.store, guest, by="Paula", lasting=site.desk.lifetime.whole, now=site.clock()
    )
    site.clock.advance(hours=13)

    late = await site.browser().look(f"/invitation/{token}")

    assert (late.status_code, "used up" in late.text) == (410, True)


POSTS = [entry for entry in ENTRIES if entry.method == "POST"]


@pytest.mark.parametrize("entry", POSTS, ids=name_of)
async def test_no_form_is_taken_that_no_page_of_ours_sent(site: Site, entry: Entry) -> None:
    """Without the token, with another visit's, from another site: nothing is done."""
    await site.add("Everyone", *Role, languages=("nl",))
    browser, other = await site.signed_in("Everyone"), await site.signed_in("Everyone")
    if ANYBODY in entry.whom:
        browser, other = site.browser(), site.browser()
        for one in (browser, other):
            await one.look("/login")
    address = f"/desk{address_of(entry)}"

    async def said(token: str, **headers: str) -> int:
        answer = await browser.post(
            address,
            data={"_csrf": token} if token else {"x": "1"},
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        return answer.status_code if REFUSALS[403] in answer.text else 0

    assert await said("") == 403
    assert await said("forged") == 403
    assert await said(other.token) == 403
    assert await said(browser.token, origin="https://evil.example") == 403
    assert await said(browser.token, origin="null") == 403
    assert await said(browser.token, sec_fetch_site="cross-site") == 403
    assert await said(browser.token, sec_fetch_site="same-site") == 403
    assert await said(browser.token, origin="http://127.0.0.1:8080") == 0


async def test_another_name_for_this_machine_is_not_the_desk(site: Site) -> None:
    """A page elsewhere that points its own name at this machine learns nothing (DNS rebinding)."""
    answer = await site.browser(base="http://rebound.example:8080").get("/desk/login")

    assert answer.status_code == 421


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"_csrf=%ff", "application/x-www-form-urlencoded", 400),
        (b"_csrf=a%00b", "application/x-www-form-urlencoded", 400),
        ("_csrf=é".encode(), "application/x-www-form-urlencoded", 400),
        (b"a=1&" * 3000, "application/x-www-form-urlencoded", 400),
        (b"a" * 300_000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 415),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415),
    ],
)
async def test_a_body_that_no_form_of_ours_sends_is_refused(
    site: Site, body: bytes, kind: str, status: int
) -> None:
    """In bounded memory, before anything is looked up."""
    browser = await site.signed_in("Paula")

    answer = await browser.post("/desk/logout", content=body, headers={"Content-Type": kind})

    assert answer.status_code == status


async def test_every_answer_protects_whoever_reads_it(site: Site) -> None:
    """A strict policy, no frames, no cache, no sniffing: pages, refusals, redirects alike."""
    browser = await site.signed_in("Paula")
    for path in ("/", "/account", "/login", "/nowhere", "/invitation/x"):
        headers = (await browser.get(f"/desk{path}")).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-opener-policy"] == "same-origin"


async def test_no_page_holds_a_script_or_a_style_of_its_own(site: Site) -> None:
    """The policy would stop them; pages are written so that nothing needs stopping."""
    browser = await site.signed_in("Ada")
    for entry in ENTRIES:
        if entry.method == "GET" and "{" not in entry.path:
            page = (await ask(browser, entry)).text
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page), (
                entry.path
            )


async def test_our_files_are_kept_for_ever_and_nothing_else_is_served(site: Site) -> None:
    """By their digest; no path leads out of their folder."""
    browser = site.browser()
    page = (await browser.look("/login")).text
    (sheet,) = re.findall(r'href="(/desk/static/\w+/desk\.css)"', page)
    kept = await browser.get(sheet)
    assert "immutable" in kept.headers["cache-control"]
    assert kept.headers["content-type"].startswith("text/css")

    for path in (
        "x/../desk.css",
        "x/..%2f..%2fsite.py",
        "x/%2e%2e",
        "x/htmx.LICENSE",
        "x/desk.css%00.js",
        "x/..%5c..%5csite.py",
    ):
        assert (await browser.get(f"/desk/static/{path}")).status_code == 404, path


@pytest.mark.parametrize("path", ["/archive/fr/%0A", "/desk/%0A", "/images/%0A"])
async def test_an_address_with_a_line_break_is_unknown_like_any_other(
    site: Site, path: str
) -> None:
    """A page says so, under the same rules as all pages."""
    answer = await site.browser().get(path, follow_redirects=False)

    assert "content-security-policy" in answer.headers
    assert answer.status_code in {303, 404}


async def test_a_method_that_is_not_served_is_named_with_those_that_are(site: Site) -> None:
    """RFC 9110, section 15.5.6, wants `Allow`."""
    answer = await site.browser().put("/desk/login")

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
