"""The life of an issue from the desk of a newsroom that is up, in a real Chromium.

Once with a mouse and scripts, in English; once with the keyboard alone and without scripts, in
French. Pictures for the documentation are written where `NEWSLETTER_PICTURES` says.
"""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from flows.domain.account import Role
from flows.operations.accounts import add_user, set_password
from flows.operations.passwords import Passwords
from flows.runtime.runtime import open_runtime
from flows.settings.reading import read_settings
from tests.desk.browsing import Watched, sign_in
from tests.desk.people import CHEAP, PASSWORD
from tests.flows.newsroom_process import approve_everything, recipients, running, wait_for_word
from tests.functional.cli.command_line import call_apart, closed_port
from tests.services.browser import chromium

pytestmark = pytest.mark.xdist_group("prefect")

MOUSE, KEYBOARD = "by-mouse", "by-keyboard"
AUDIENCE = 66
UNDO_SECONDS = 15
PATIENCE_MS = 90_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A newsroom that is up, and its desk."""

    workspace: Path
    origin: str
    browser: Browser

    @contextmanager
    def window(self, *, locale: str, scripts: bool) -> Iterator[tuple[Page, Watched]]:
        """A browser window of its own."""
        context = self.browser.new_context(
            locale=locale, java_script_enabled=scripts, viewport={"width": 1280, "height": 900}
        )
        watched = Watched(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page, watched
        context.close()


@pytest.fixture(scope="module")
def desk(workspace: Path) -> Iterator[Desk]:
    """Two approved articles, a publisher, and a newsroom that is up."""
    for slug in (MOUSE, KEYBOARD):
        shutil.copytree(workspace / "content" / "city-pair", workspace / "content" / slug)
    approve_everything(workspace, MOUSE, KEYBOARD)
    asyncio.run(_add_publisher(workspace))
    pages, prefect = closed_port(), closed_port()
    env = {
        "NEWSLETTER_WEB__PORT": str(pages),
        "NEWSLETTER_WEB__BASE_URL": f"http://127.0.0.1:{pages}",
        "NEWSLETTER_SENDING__UNDO_SECONDS": str(UNDO_SECONDS),
        "NEWSLETTER_SMTP__CONNECTIONS": "1",
    }
    with (
        chromium() as browser,
        running("up", "--port", str(prefect), workspace=workspace, log="desk.log", env=env) as up,
    ):
        wait_for_word(up, "Ready.")
        yield Desk(workspace=workspace, origin=f"http://127.0.0.1:{pages}", browser=browser)
        assert up.stop() < 60, up.said()


async def _add_publisher(workspace: Path) -> None:
    async with open_runtime(read_settings(workspace)) as runtime:
        passwords = Passwords(hasher=CHEAP)
        await add_user(
            runtime.store,
            "Paula",
            roles=[Role.PUBLISHER],
            languages=[],
            by="tests",
            now=runtime.clock(),
        )
        await set_password(
            runtime.store, "Paula", PASSWORD, passwords=passwords, by="tests", now=runtime.clock()
        )
        passwords.close()


def picture(page: Page, name: str) -> None:
    """A picture of the page, if somebody wants one."""
    if folder := os.environ.get("NEWSLETTER_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def letters_to(workspace: Path, issue: str) -> int:
    """How many letters of an issue were accepted, as a process of its own counts them."""
    report = call_apart("report", issue, "--json", cwd=workspace).json()
    accepted: int = report["deliveries"]["accepted"]
    return accepted


def test_an_issue_is_sent_and_watched_by_mouse(desk: Desk) -> None:
    """From the article to the report; the page follows by itself, and nothing complains."""
    before = recipients(desk.workspace)
    with desk.window(locale="en-GB", scripts=True) as (page, watched):
        sign_in(page, desk.origin, "Paula")
        page.click("nav >> text=Articles")
        page.click(f"a[href='/desk/articles/{MOUSE}']")
        page.click("text=Open the issue")
        page.click("text=Send or plan …")
        expect(page.locator("#who-title")).to_have_text(f"{AUDIENCE} recipients")
        page.fill("#recipients", "67")
        page.click("button:has-text('Send or plan it')")
        expect(page.get_by_role("alert")).to_contain_text(f"{AUDIENCE} recipients now")
        page.fill("#recipients", str(AUDIENCE))
        page.click("button:has-text('Send or plan it')")
        page.wait_for_url("**/issues/by-mouse-1?done=started")

        # Nobody touches the page from here on.
        expect(page.locator("#undo")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator(".pill-sending")).to_be_visible()
        picture(page, "undo")
        expect(page.locator(".pill-sent")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator(".headline")).to_contain_text(f"of {AUDIENCE} letters accepted")
        expect(page.locator(".timeline svg rect").first).to_be_attached()
        page.reload()
        expect(page.get_by_text("The states add up to the audience.")).to_be_visible()
        picture(page, "report")
        run = page.get_by_text("This run in Prefect").get_attribute("href")
        assert run is not None
        assert "/runs/flow-run/" in run
        # The wrong number was refused on purpose.
        assert [one for one in watched.complaints if "status of 422" not in one] == []
    assert letters_to(desk.workspace, "by-mouse-1") == AUDIENCE
    arrived = recipients(desk.workspace) - before
    assert (arrived.total(), set(arrived.values())) == (AUDIENCE, {1})


def tab_to(page: Page, name: str) -> None:
    """Move the keyboard's focus on until it is on something with this name."""
    for _ in range(120):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and name in (focused.inner_text() or ""):
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")


def test_an_issue_is_taken_back_and_sent_by_keyboard_without_scripts(desk: Desk) -> None:
    """In French: sent, taken back within the undo window, opened again, sent again."""
    with desk.window(locale="fr-FR", scripts=False) as (page, _):
        sign_in(page, desk.origin, "Paula")
        page.goto(f"{desk.origin}/desk/articles/{KEYBOARD}")
        tab_to(page, "Ouvrir l’envoi")
        page.keyboard.press("Enter")
        send(page, desk)
        wait_until_shown(page, "Jusque-là, tout peut être annulé.")
        tab_to(page, "Annuler tout")
        page.keyboard.press("Enter")
        expect(page.locator(".pill-cancelled")).to_be_visible()
        assert letters_to(desk.workspace, "by-keyboard-1") == 0

        tab_to(page, "Ouvrir un nouvel envoi aux mêmes listes")
        page.keyboard.press("Enter")
        page.wait_for_url("**/issues/by-keyboard-2")
        send(page, desk)
        wait_until_shown(page, "Les états font bien le compte des destinataires.")
    assert letters_to(desk.workspace, "by-keyboard-2") == AUDIENCE


def send(page: Page, desk: Desk) -> None:
    """Type the number and send, by the keyboard."""
    del desk
    tab_to(page, "Envoyer ou prévoir …")
    page.keyboard.press("Enter")
    page.wait_for_url("**/send")
    page.locator("#recipients").focus()
    page.keyboard.type(str(AUDIENCE))
    page.keyboard.press("Enter")
    page.wait_for_url("**done=started")


def wait_until_shown(page: Page, words: str) -> None:
    """The page loads itself again, without a script, until it says so."""
    expect(page.get_by_text(words).first).to_be_visible(timeout=PATIENCE_MS)
