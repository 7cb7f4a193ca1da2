"""Who gets in, how, and for how long."""

import asyncio
import re
import threading
import time
from collections import Counter

import httpx
import pyotp
import pytest
from sqlalchemy import select

from flows.domain.account import Role
from flows.operations.accounts import change_roles, disable_user
from flows.operations.limiting import PER_ACCOUNT, PER_CODE, PER_NETWORK
from flows.operations.passwords import BusyError, Passwords
from flows.store.desk_tables import sessions, users
from flows.store.tables import events
from tests.desk.conftest import Browser, OpenSite, Site
from tests.desk.people import PASSWORD


async def inside(browser: Browser) -> bool:
    """Whether the desk still knows who this is."""
    return (await browser.get("/desk/account")).status_code == 200


async def test_the_right_password_leads_to_the_page_that_was_asked_for(site: Site) -> None:
    """Whoever is sent to sign in comes back to where they wanted to go."""
    browser = site.browser()
    asked = await browser.get("/desk/account?x=1")
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/desk/login?next=/desk/account%3Fx%3D1",
    )
    form = await browser.get(asked.headers["location"])
    back = re.search(r'name="next" value="([^"]*)"', form.text)
    assert back

    answer = await browser.sign_in("Paula", next=back[1])

    assert answer.headers["location"] == "/desk/account?x=1"


@pytest.mark.parametrize("name", ["paula", "  PAULA ", "paula@city.example.org"])
async def test_names_are_the_same_however_they_are_typed(open_site: OpenSite, name: str) -> None:
    """Case and blanks make no difference, and the address serves as well."""
    site = await open_site()
    await site.add("Paula", Role.PUBLISHER, address="Paula@City.example.org")

    assert (await site.browser().sign_in(name)).status_code == 303


@pytest.mark.parametrize(
    ("name", "password"),
    [("Paula", "wrong"), ("Paula", ""), ("nobody", PASSWORD), ("", ""), ("Paula", f"{PASSWORD} ")],
)
async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(
    site: Site, name: str, password: str
) -> None:
    """Nobody learns which names there are."""
    refused = await site.browser().sign_in(name, password)

    assert refused.status_code == 403
    assert "The name or the password is wrong." in refused.text
    assert site.desk.cookies.name("desk") not in refused.cookies


async def test_who_is_disabled_gets_in_no_more_and_is_out_at_once(site: Site) -> None:
    """In the middle of a visit, too."""
    browser = await site.signed_in("Paula")
    assert await inside(browser)

    await disable_user(site.runtime.store, "Paula", by="Ada", now=site.clock())

    assert not await inside(browser)
    assert (await site.browser().sign_in("Paula")).status_code == 403


async def test_other_roles_hold_from_the_next_request_on(site: Site) -> None:
    """No visit remembers what somebody was allowed when it began."""
    browser = await site.signed_in("Paula")
    assert "Audit" in (await browser.look("/")).text

    await change_roles(
        site.runtime.store, "Paula", roles=[Role.EDITOR], languages=[], by="Ada", now=site.clock()
    )

    assert "Audit" not in (await browser.look("/")).text


async def test_signing_in_gives_a_new_token_whatever_the_browser_had(site: Site) -> None:
    """A token that somebody planted is worth nothing after it (session fixation)."""
    browser = site.browser()
    browser.cookies.set("desk", "planted", domain="127.0.0.1")
    await browser.sign_in("Paula")
    first = browser.cookies["desk"]
    assert first != "planted"

    await browser.look("/account")
    await browser.press("/logout")
    await browser.sign_in("Paula")
    second = browser.cookies["desk"]

    assert second != first
    async with site.runtime.store.reading() as tx:
        kept = (await tx.scalars(select(sessions.c.key))).all()
    assert len(kept) == 1
    assert not {first, second} & set(kept)


async def test_signing_in_again_ends_the_visit_before(site: Site) -> None:
    """One browser has one visit."""
    browser = await site.signed_in("Paula")
    old = site.browser()
    old.cookies.set("desk", browser.cookies["desk"])
    assert await inside(old)
    browser.cookies.delete("desk")
    browser.cookies.set("desk", old.cookies["desk"], domain="127.0.0.1")

    await browser.look("/account")
    answer = await browser.press("/login", name="Paula", password=PASSWORD)

    assert answer.status_code == 303
    assert not await inside(old)


async def test_signing_out_kills_every_copy_of_the_cookie(site: Site) -> None:
    """On the server, not only in the browser that leaves."""
    browser = await site.signed_in("Paula")
    copy = site.browser()
    copy.cookies.set("desk", browser.cookies["desk"])
    assert await inside(copy)

    left = await browser.press("/logout")

    assert left.headers["location"] == "/desk/login?done=signed-out"
    assert "You are signed out." in (await browser.look("/login?done=signed-out")).text
    assert not await inside(copy)


async def test_a_visit_ends_after_resting_and_after_its_whole_time(open_site: OpenSite) -> None:
    """Two hours of rest, twelve in all, unless the settings say otherwise."""
    site = await open_site()
    await site.add("Paula", Role.PUBLISHER)
    rested, busy = await site.signed_in("Paula"), await site.signed_in("Paula")

    for _ in range(7):
        site.clock.advance(minutes=100)
        assert await inside(busy)
    assert not await inside(rested)
    site.clock.advance(minutes=30)
    assert not await inside(busy)


async def test_the_cookies_of_an_encrypted_desk_belong_to_its_host_alone(
    open_site: OpenSite,
) -> None:
    """`__Host-`, Secure, HttpOnly, SameSite=Lax, for every path and no domain."""
    site = await open_site('\n[desk]\nbase_url = "https://desk.example.org"\n')
    await site.add("Paula", Role.PUBLISHER)
    browser = site.browser(base="https://desk.example.org")

    answers = [await browser.look("/login"), await browser.sign_in("Paula")]

    set_ = [line for one in answers for line in one.headers.get_list("set-cookie")]
    assert {line.partition("=")[0] for line in set_} >= {"__Host-desk", "__Host-desk-form"}
    for line in set_:
        attributes = {part.strip().casefold() for part in line.split(";")[1:]}
        assert line.startswith("__Host-")
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes
        assert not any(one.startswith("domain") for one in attributes)
    assert answers[1].headers["strict-transport-security"]


@pytest.mark.parametrize(
    "written",
    [
        "//evil.example",
        "https://evil.example",
        "https:evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "/desk/\\evil",
        "/desk//evil.example",
        "/desk/%0d%0aSet-Cookie:x=1",
        "/desk/\r\nSet-Cookie: x=1",
        "/desk/../u/x",
        "/desk/%5cevil",
        "javascript:alert(1)",
        "/u/other-pages",
        "/desk/" + "a" * 600,
    ],
)
async def test_nobody_is_led_astray_after_signing_in(site: Site, written: str) -> None:
    """Only pages of the desk are gone back to (open redirect)."""
    answer = await site.browser().sign_in("Paula", next=written)

    assert answer.headers["location"] == "/desk/"


async def test_guessing_is_stopped_and_the_owner_s_browser_gets_in_all_the_same(
    site: Site,
) -> None:
    """Strangers who guess close the door to strangers, not to a browser that is known."""
    known = await site.signed_in("Paula")
    await known.press("/logout")
    said = []
    for number in range(PER_ACCOUNT + 3):
        stranger = site.browser(client=f"198.51.100.{number}")
        said.append((await stranger.sign_in("Paula", "guess")).status_code)
    assert said == [403] * PER_ACCOUNT + [429] * 3

    shut = await site.browser(client="203.0.113.9").sign_in("Paula")
    assert shut.status_code == 429
    assert 0 < int(shut.headers["retry-after"]) <= 900
    assert (await known.sign_in("Paula")).status_code == 303
    site.clock.advance(minutes=16)
    assert (await site.browser().sign_in("Paula")).status_code == 303


async def test_a_network_that_guesses_through_many_names_is_stopped(site: Site) -> None:
    """And another network is not."""
    browser = site.browser(client="198.51.100.7")
    said = [
        (await browser.sign_in(f"name-{number}", "guess")).status_code
        for number in range(PER_NETWORK + 2)
    ]
    assert said == [403] * PER_NETWORK + [429] * 2
    assert (await browser.sign_in("Paula")).status_code == 429
    assert (await site.browser(client="203.0.113.9").sign_in("Paula")).status_code == 303


async def test_one_network_of_ipv6_counts_as_one(site: Site) -> None:
    """Whoever has one address there has 2**64."""
    for number in range(PER_NETWORK):
        browser = site.browser(client=f"2001:db8:1:2::{number:x}")
        assert (await browser.sign_in(f"name-{number}", "guess")).status_code == 403
    shut = await site.browser(client="2001:db8:1:2:ffff::1").sign_in("Paula")
    free = await site.browser(client="2001:db8:1:3::1").sign_in("Paula")
    assert (shut.status_code, free.status_code) == (429, 303)


async def test_people_who_sign_in_do_not_use_up_their_office_s_attempts(site: Site) -> None:
    """A city behind one address signs in all day."""
    for _ in range(PER_NETWORK + 5):
        browser = site.browser()
        assert (await browser.sign_in("Paula")).status_code == 303


async def test_a_crowd_that_guesses_together_gets_no_more_guesses(site: Site) -> None:
    """Attempts are counted before they are made; some find the door busy, none slips through."""
    browsers = [site.browser(client=f"198.51.100.{number}") for number in range(40)]
    for browser in browsers:
        await browser.look("/login")

    answers = await asyncio.gather(
        *(browser.press("/login", name="Paula", password="guess") for browser in browsers)
    )

    said = Counter(one.status_code for one in answers)
    assert said[403] <= PER_ACCOUNT
    assert set(said) <= {403, 429, 503}


async def test_guessing_leaves_a_trace_and_no_typed_word(site: Site) -> None:
    """A password typed into the field for the name is nobody's business."""
    for _ in range(PER_ACCOUNT):
        await site.browser().sign_in("Paula", "guess")
    for _ in range(PER_ACCOUNT):
        await site.browser().sign_in("my secret password", "guess")

    async with site.runtime.store.reading() as tx:
        found = [row for row in await tx.execute(select(events)) if row.action == "login.limited"]
    assert [row.subject for row in found] == ["Paula", "unknown"]
    assert "guess" not in str(found)


async def test_two_hundred_at_the_door_are_bounded_and_others_are_still_served(
    site: Site,
) -> None:
    """Argon2 takes 64 MiB each: few at once, few in line, the rest is told to come back."""
    passwords = Passwords(threads=2, waiting=6)
    hashed = await passwords.hash(PASSWORD)
    threads = threading.active_count()

    async def knock() -> str:
        try:
            return str(await passwords.matches(hashed, PASSWORD))
        except BusyError:
            return "busy"

    crowd = [asyncio.create_task(knock()) for _ in range(200)]
    await asyncio.sleep(0)
    assert (await site.browser().get("/desk/login")).status_code == 200
    in_line = sum(not one.done() for one in crowd)
    said = Counter(await asyncio.gather(*crowd))
    passwords.close()

    assert said["True"] == 8
    assert said["busy"] == 192
    assert threading.active_count() <= threads + 2
    assert in_line > 0


async def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    """Both compare one hash: of a processor, they ask for as much within a half."""
    passwords = Passwords(threads=1)
    hashed = await passwords.hash(PASSWORD)

    async def seconds(kept: str) -> float:
        began = time.process_time()
        assert not await passwords.matches(kept, "a wrong password")
        return time.process_time() - began

    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for _ in range(9):
        times["known"].append(await seconds(hashed))
        times["unknown"].append(await seconds(""))
    passwords.close()

    known, unknown = (sorted(times[kind])[4] for kind in ("known", "unknown"))
    assert known / 1.5 < unknown < known * 1.5


async def set_up_codes(site: Site, browser: Browser) -> str:
    """Turn the second factor on; its secret."""
    page = await browser.look("/account/code")
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)
    secret = re.search(r'<code class="secret">([A-Z2-7]+)</code>', page.text)
    assert sealed
    assert secret
    code = pyotp.TOTP(secret[1]).at(site.clock())
    answer = await browser.press("/account/code", sealed=sealed[1], code=code)
    assert answer.headers["location"] == "/desk/account?done=code-on"
    return secret[1]


async def with_password(site: Site) -> tuple[Browser, httpx.Response]:
    """A browser in which Paula has typed her password."""
    browser = site.browser()
    return browser, await browser.sign_in("Paula")


async def test_with_a_second_factor_the_password_alone_opens_nothing(site: Site) -> None:
    """The code of the app is asked for next, and lets in."""
    secret = await set_up_codes(site, await site.signed_in("Paula"))
    site.clock.advance(seconds=60)

    browser, asked = await with_password(site)
    assert asked.headers["location"] == "/desk/login/code"
    assert not await inside(browser)
    await browser.look("/login/code")
    wrong = await browser.press("/login/code", code="000000")
    right = await browser.press("/login/code", code=pyotp.TOTP(secret).at(site.clock()))

    assert (wrong.status_code, right.status_code) == (403, 303)
    assert await inside(browser)


async def test_a_code_works_once(site: Site) -> None:
    """Whoever looks over a shoulder cannot use it again (RFC 6238, section 5.2)."""
    secret = await set_up_codes(site, await site.signed_in("Paula"))
    site.clock.advance(seconds=60)
    code = pyotp.TOTP(secret).at(site.clock())
    said = []
    for _ in range(2):
        browser, _ = await with_password(site)
        await browser.look("/login/code")
        said.append((await browser.press("/login/code", code=code)).status_code)

    assert said == [303, 403]


async def test_codes_cannot_be_guessed(site: Site) -> None:
    """After some wrong ones even the right one waits."""
    secret = await set_up_codes(site, await site.signed_in("Paula"))
    site.clock.advance(seconds=60)
    browser, _ = await with_password(site)
    await browser.look("/login/code")
    for _ in range(PER_CODE):
        assert (await browser.press("/login/code", code="000000")).status_code == 403

    right = await browser.press("/login/code", code=pyotp.TOTP(secret).at(site.clock()))

    assert right.status_code == 429


async def test_the_way_to_the_code_closes_after_five_minutes(site: Site) -> None:
    """And when the password changes meanwhile."""
    await set_up_codes(site, await site.signed_in("Paula"))
    browser, _ = await with_password(site)
    site.clock.advance(minutes=6)

    late = await browser.get("/desk/login/code")

    assert late.headers["location"] == "/desk/login"


async def test_the_secret_of_codes_is_not_in_the_database_in_the_clear(site: Site) -> None:
    """Whoever copies the database has no second factor."""
    secret = await set_up_codes(site, await site.signed_in("Paula"))

    async with site.runtime.store.reading() as tx:
        rows = str([tuple(row) for row in await tx.execute(select(users))])
    assert secret not in rows


async def test_codes_are_turned_off_by_whoever_knows_the_password(site: Site) -> None:
    """A browser left open is not enough."""
    browser = await site.signed_in("Paula")
    await set_up_codes(site, browser)
    await browser.look("/account")

    refused = await browser.press("/account/code/off", password="guess")
    done = await browser.press("/account/code/off", password=PASSWORD)

    assert refused.status_code == 422
    assert done.headers["location"] == "/desk/account?done=code-off"
    assert (await site.browser().sign_in("Paula")).headers["location"] == "/desk/"


async def test_a_new_password_ends_every_other_visit(site: Site) -> None:
    """The old one opens nothing any more."""
    here, elsewhere = await site.signed_in("Paula"), await site.signed_in("Paula")
    new = "quatre mots tout simples"
    await here.look("/account")

    wrong = await here.press("/account/password", password="guess", new=new)
    short = await here.press("/account/password", password=PASSWORD, new="short")
    done = await here.press("/account/password", password=PASSWORD, new=new)

    assert (wrong.status_code, short.status_code, done.status_code) == (422, 422, 303)
    assert await inside(here)
    assert not await inside(elsewhere)
    assert (await site.browser().sign_in("Paula")).status_code == 403
    assert (await site.browser().sign_in("Paula", new)).status_code == 303


async def test_other_visits_can_be_ended_without_a_new_password(site: Site) -> None:
    """For whoever forgot to leave somewhere."""
    here, elsewhere = await site.signed_in("Paula"), await site.signed_in("Paula")
    await here.look("/account")

    await here.press("/account/visits/end")

    assert await inside(here)
    assert not await inside(elsewhere)
