"""Signing in through a city's directory: a real one, in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from flows.domain.account import Role
from flows.operations.accounts import disable_user
from tests.desk.conftest import Browser, OpenSite, Site
from tests.functional.cli.command_line import ROOT, clean_environment
from tests.servers.directory import CLIENT_ID, CLIENT_SECRET


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a directory."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.directory"],
        cwd=ROOT,
        env=clean_environment({"PYTHONPATH": str(ROOT)}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
async def site(open_site: OpenSite, provider: str, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A desk that knows the directory, and somebody in it with an account."""
    control(provider)
    monkeypatch.setenv("NEWSLETTER_DESK__OIDC__CLIENT_SECRET", CLIENT_SECRET)
    opened = await open_site(
        f'\n[desk.oidc]\nissuer = "{provider}"\nclient_id = "{CLIENT_ID}"\nname = "Ville"\n'
    )
    # The directory's tokens are of this very moment.
    opened.clock.now = datetime.now(UTC)
    await opened.add("Paula", Role.PUBLISHER, address="paula@city.example.org", password="")
    return opened


def control(provider: str, **said: str) -> None:
    """Tell the directory what to say."""
    httpx.get(f"{provider}/control?{urlencode(said)}", trust_env=False).raise_for_status()


async def go_and_come_back(browser: Browser) -> httpx.Response:
    """Follow the button to the directory, and the directory's redirect back."""
    sent = await browser.get("/desk/login/directory")
    assert sent.status_code == 303
    async with httpx.AsyncClient(trust_env=False) as elsewhere:
        answered = await elsewhere.get(sent.headers["location"])
    back = answered.headers["location"]
    assert back.startswith("http://127.0.0.1:8080/desk/login/directory/back?")
    return await browser.get(back)


async def test_whom_the_directory_vouches_for_is_in(site: Site) -> None:
    """The first time by the address, and bound to the directory's own name from then on."""
    browser = site.browser()
    assert "Sign in with Ville" in (await browser.look("/login")).text

    first = await go_and_come_back(browser)

    assert first.headers["location"] == "/desk/"
    assert "Paula" in (await browser.look("/account")).text
    control(urlsplit(site.runtime.settings.desk.oidc.issuer).geturl(), email="new@city.example.org")
    assert (await go_and_come_back(site.browser())).headers["location"] == "/desk/"


async def test_what_is_asked_for_is_bound_to_the_browser_and_to_a_proof(site: Site) -> None:
    """State, nonce and a PKCE challenge; a code that another browser got is not taken."""
    mine, other = site.browser(), site.browser()
    sent = await mine.get("/desk/login/directory")
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["tenant"] == ["efus"]
    assert len(asked["state"][0]) >= 32
    assert len(asked["nonce"][0]) >= 32
    async with httpx.AsyncClient(trust_env=False) as elsewhere:
        back = (await elsewhere.get(sent.headers["location"])).headers["location"]

    assert (await other.get(back)).status_code == 403
    await other.get("/desk/login/directory")
    assert (await other.get(back)).status_code == 403
    assert (await mine.get(back)).status_code == 303
    assert (await mine.get(back)).status_code == 403


@pytest.mark.parametrize(
    "fault", ["iss", "aud", "expired", "nonce", "none", "hmac", "key", "denied"]
)
async def test_an_answer_that_is_not_for_this_sign_in_opens_nothing(
    site: Site, provider: str, fault: str
) -> None:
    """Each check of OpenID Connect Core 1.0, section 3.1.3.7, alone."""
    control(provider, fault=fault)
    browser = site.browser()

    answer = await go_and_come_back(browser)

    assert answer.status_code == 403
    assert "desk" not in browser.cookies


@pytest.mark.parametrize(
    "said",
    [
        {"verified": "false"},
        {"email": "stranger@city.example.org"},
        {"email": ""},
    ],
    ids=["unverified", "stranger", "none"],
)
async def test_nobody_without_an_account_comes_in(
    site: Site, provider: str, said: dict[str, str]
) -> None:
    """The directory says who somebody is; the desk says who may work there."""
    control(provider, subject="999", **said)

    assert (await go_and_come_back(site.browser())).status_code == 403


async def test_an_account_that_is_bound_is_not_taken_over_by_its_address(
    site: Site, provider: str
) -> None:
    """An address can be given to somebody else; the directory's own name cannot."""
    await go_and_come_back(site.browser())
    control(provider, subject="5678")

    assert (await go_and_come_back(site.browser())).status_code == 403


async def test_who_is_disabled_does_not_come_in_by_the_directory(site: Site) -> None:
    """Before and after being bound."""
    await disable_user(site.runtime.store, "Paula", by="Ada", now=site.clock())

    assert (await go_and_come_back(site.browser())).status_code == 403


async def test_keys_that_changed_are_fetched_anew(site: Site, provider: str) -> None:
    """A directory rolls its keys without telling anybody."""
    assert (await go_and_come_back(site.browser())).status_code == 303
    control(provider, fault="rotated")

    assert (await go_and_come_back(site.browser())).status_code == 303


@pytest.mark.parametrize("fault", ["broken", "issuer"])
async def test_a_directory_that_does_not_answer_well_is_a_passing_fault(
    site: Site, provider: str, fault: str
) -> None:
    """The page says to try again."""
    control(provider, fault=fault)
    browser = site.browser()
    sent = await browser.get("/desk/login/directory")
    if fault == "broken":
        sent = await go_and_come_back(site.browser())

    assert sent.status_code == 503
    assert sent.headers["retry-after"]


async def test_without_a_directory_there_is_no_such_door(open_site: OpenSite) -> None:
    """Nor a button for it."""
    site = await open_site()

    assert (await site.browser().get("/desk/login/directory")).status_code == 404
    assert "directory" not in (await site.browser().look("/login")).text
