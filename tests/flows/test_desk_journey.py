"""The whole life of an issue at the desk of a newsroom that is up, in a real Chromium.

From a translated draft with a wrong date to the report, by three people: once with a mouse and
scripts, in English; once with the keyboard alone and without scripts, in French.
"""

import asyncio
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from flows.desk.words import Words
from flows.domain.account import Role
from flows.domain.language import Language
from flows.domain.segment import SegmentKey
from flows.operations.accounts import add_user, set_password
from flows.operations.passages import passage_id
from flows.operations.passwords import Passwords
from flows.orchestration.server import PrefectServer, find_server
from flows.runtime.runtime import Runtime, build_library, open_runtime
from flows.settings.reading import read_settings
from tests.desk.browsing import Watched, sign_in
from tests.desk.people import CHEAP, PASSWORD
from tests.flows.newsroom_process import FEEDBACK_ID, letters, recipients, running, wait_for_word
from tests.functional.cli.command_line import call_apart, closed_port
from tests.services.browser import chromium

pytestmark = pytest.mark.xdist_group("prefect")

MOUSE, KEYBOARD = "by-mouse", "by-keyboard"
RIGHT, WRONG = "van 3 tot 9 november", "van 3 tot 8 november"
AUDIENCE = 66
UNDO_SECONDS = 15
PATIENCE_MS = 90_000
PEOPLE = {
    "Paula": ([Role.PUBLISHER], []),
    "Rens": ([Role.REVIEWER], ["nl"]),
    "Zoë": ([Role.REVIEWER], ["fr", "en", "nl"]),
}
"""Who sends, who corrects the Dutch, and who approves: nobody approves what they wrote."""


class Hand(Protocol):
    """How somebody acts on a page."""

    def follow(self, page: Page, path: str) -> None:
        """Follow the link to a page of the desk."""

    def press(self, page: Page, name: str) -> None:
        """Press the button, or follow the link, of this name."""

    def write(self, page: Page, field: str, text: str) -> None:
        """Put a text into a field instead of what is there."""


class Mouse:
    """Looks and clicks."""

    def follow(self, page: Page, path: str) -> None:
        """Click the link, which may say where it leads from here."""
        here = urlsplit(page.url).path.rpartition("/")[0]
        spelt = (path, path.removeprefix(f"{here}/"))
        page.locator(", ".join(f"a[href='{one}']" for one in spelt)).first.click()

    def press(self, page: Page, name: str) -> None:
        """Click what bears the name."""
        page.locator("main").locator("button, a").get_by_text(name, exact=True).first.click()

    def write(self, page: Page, field: str, text: str) -> None:
        """Click into the field and type."""
        page.locator(field).click()
        page.keyboard.press("Control+a")
        page.keyboard.type(text)


class Keyboard:
    """Moves the focus on, element by element, and presses Enter; touches nothing else."""

    def follow(self, page: Page, path: str) -> None:
        """Enter on the link."""
        self._reach(page, f"one => one.pathname === '{path}'")
        page.keyboard.press("Enter")

    def press(self, page: Page, name: str) -> None:
        """Enter on what bears the name."""
        self._reach(page, f"one => one.innerText?.replace(/\\s+/g, ' ').trim() === '{name}'")
        page.keyboard.press("Enter")

    def write(self, page: Page, field: str, text: str) -> None:
        """Type into the field."""
        self._reach(page, f"one => one.matches('{field}')")
        page.keyboard.press("Control+a")
        page.keyboard.type(text)

    def _reach(self, page: Page, is_it: str) -> None:
        page.wait_for_load_state()
        for _ in range(200):
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            if focused.count() and focused.evaluate(is_it):
                return
        raise AssertionError(f"the keyboard does not reach {is_it}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody at the desk, with a browser window of their own."""

    page: Page
    hand: Hand
    words: Words

    def follow(self, path: str) -> None:
        """Follow the link to a page of the desk, and be there."""
        self.hand.follow(self.page, f"/desk{path}")
        self.page.wait_for_url(f"**/desk{path}")

    def press(self, name: str) -> None:
        """Press what the desk calls so in English."""
        self.hand.press(self.page, " ".join(self.words.say(name).split()))

    def write(self, field: str, text: str) -> None:
        """Put a text into a field."""
        self.hand.write(self.page, field, text)

    def sees(self, message: str, **values: object) -> None:
        """What the desk says in English is on the page, sooner or later."""
        said = self.words.say(message, **values)
        expect(self.page.get_by_text(said).first).to_be_visible(timeout=PATIENCE_MS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """People who work in one way, and what went wrong on their pages."""

    origin: str
    browser: Browser
    hand: Hand
    words: Words
    scripts: bool
    complaints: list[str] = field(default_factory=list)

    @contextmanager
    def person(self, name: str) -> Iterator[Person]:
        """Somebody signs in."""
        context = self.browser.new_context(
            locale=self.words.locale,
            java_script_enabled=self.scripts,
            viewport={"width": 1280, "height": 900},
        )
        watched = Watched(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        sign_in(page, self.origin, name)
        yield Person(page=page, hand=self.hand, words=self.words)
        context.close()
        self.complaints.extend(watched.complaints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A newsroom that is up, and its desk."""

    workspace: Path
    origin: str
    browser: Browser

    def office(self, hand: Hand, *, locale: str, scripts: bool) -> Office:
        """Where people work with this hand, in this language."""
        return Office(
            origin=self.origin,
            browser=self.browser,
            hand=hand,
            words=Words(locale=locale, zone="Europe/Brussels"),
            scripts=scripts,
        )


@pytest.fixture(scope="module")
def desk(workspace: Path) -> Iterator[Desk]:
    """Two articles whose Dutch is a machine's, people, and a newsroom that is up."""
    for slug in (MOUSE, KEYBOARD):
        shutil.copytree(workspace / "content" / "city-pair", workspace / "content" / slug)
    asyncio.run(_prepare(workspace))
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


async def _prepare(workspace: Path) -> None:
    async with open_runtime(read_settings(workspace)) as runtime:
        for slug in (MOUSE, KEYBOARD):
            _draft(runtime, slug)
        passwords, now = Passwords(hasher=CHEAP), runtime.clock()
        for name, (roles, languages) in PEOPLE.items():
            known = [Language(one) for one in languages]
            await add_user(runtime.store, name, roles=roles, languages=known, by="tests", now=now)
            await set_password(
                runtime.store, name, PASSWORD, passwords=passwords, by="tests", now=now
            )
        passwords.close()


def _draft(runtime: Runtime, slug: str) -> None:
    """Half of the Dutch as a machine left it, with a wrong date."""
    library = runtime.library
    catalogue = library.synchronised(library.article(slug), Language("nl"))
    for number, entry in enumerate(list(catalogue.entries())):
        if number % 2 and RIGHT not in entry.translation:
            continue
        catalogue.edit(entry.key, "", by="Ada")
        text = entry.translation.replace(RIGHT, WRONG)
        catalogue.draft(entry.key, text, origin="libretranslate full/brackets")
    catalogue.save()


def dated(workspace: Path, slug: str) -> tuple[SegmentKey, str]:
    """The passage that has the date, and its Dutch as the file has it now."""
    text = (workspace / "content" / "city-pair" / "fr.md").read_text("utf-8")
    source = next(line for line in text.splitlines() if "du 3 au 9 novembre" in line)
    key = SegmentKey(None, source)
    catalogue = build_library(read_settings(workspace)).catalogue(slug, Language("nl"))
    return key, catalogue.entry(key).translation


def bring_to_approval(office: Office, workspace: Path, slug: str) -> None:
    """An issue is opened, its Dutch corrected, and every language approved."""
    key, before = dated(workspace, slug)
    assert WRONG in before
    with office.person("Paula") as paula:
        paula.follow("/articles")
        paula.follow(f"/articles/{slug}")
        paula.press("Open the issue")
        paula.page.wait_for_url(f"**/issues/{slug}-1")
    review = f"/articles/{slug}/nl/review"
    with office.person("Rens") as rens:
        rens.follow(review)
        assert "8" in rens.page.locator("mark").all_inner_texts()
        row = rens.page.locator(f"#s-{passage_id(key)}")
        expect(row).to_have_class("draft")
        rens.hand.follow(rens.page, f"/desk{review}/{passage_id(key)}")
        rens.write("form.edit textarea", before.replace(WRONG, RIGHT))
        rens.press("Save and approve")
        expect(row).to_have_class("approved")
        assert "8" not in rens.page.locator("mark").all_inner_texts()
    assert RIGHT in dated(workspace, slug)[1]
    with office.person("Zoë") as zoe:
        for language in ("fr", "en", "nl"):
            zoe.page.goto(f"{office.origin}/desk/")
            zoe.hand.follow(zoe.page, f"/desk/articles/{slug}/{language}/review")
            if language != "fr":
                zoe.press("To the approval of the language")
            zoe.press("Approve the language")
            zoe.sees("The language is approved, as it was shown.")


def test_an_issue_lives_from_the_draft_to_the_report_by_mouse(desk: Desk) -> None:
    """In English, with scripts: the page follows by itself, and no page complains."""
    office = desk.office(Mouse(), locale="en", scripts=True)
    before = recipients(desk.workspace)
    bring_to_approval(office, desk.workspace, MOUSE)
    with office.person("Paula") as paula:
        page = paula.page
        paula.follow(f"/issues/{MOUSE}-1")
        assert "newsletter send by-mouse-1" in what_a_run_by_hand_says(desk.workspace)
        assert accepted(desk.workspace, f"{MOUSE}-1") == 0
        paula.press("Send or plan …")
        expect(page.locator("#who-title")).to_have_text(f"{AUDIENCE} recipients")
        paula.write("#recipients", "67")
        paula.press("Send or plan it")
        expect(page.get_by_role("alert")).to_contain_text(f"{AUDIENCE} recipients now")
        paula.write("#recipients", str(AUDIENCE))
        paula.press("Send or plan it")
        page.wait_for_url(f"**/issues/{MOUSE}-1?done=started")

        # Nobody touches the page from here on.
        expect(page.locator("#undo")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator(".pill-sending")).to_be_visible()
        run = run_shown(page)
        assert ways_to_the_desk(desk.workspace, run) == [f"{desk.origin}/desk/issues/{MOUSE}-1"]
        expect(page.locator(".pill-sent")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator(".headline")).to_contain_text(f"of {AUDIENCE} letters accepted")
        expect(page.locator(".timeline svg rect").first).to_be_attached()
        page.reload()
        expect(page.get_by_text("The states add up to the audience.")).to_be_visible()
    # The wrong number was refused on purpose.
    assert [one for one in office.complaints if "status of 422" not in one] == []
    assert accepted(desk.workspace, f"{MOUSE}-1") == AUDIENCE
    arrived = recipients(desk.workspace) - before
    assert (arrived.total(), set(arrived.values())) == (AUDIENCE, {1})
    dutch = texts_in(desk.workspace, f"{MOUSE}-1", "nl")
    assert dutch
    assert all(RIGHT in text and WRONG not in text for text in dutch)


def test_an_issue_lives_from_the_draft_to_the_report_by_keyboard_alone(desk: Desk) -> None:
    """In French, without scripts; sent, taken back in time, opened again, sent again."""
    office = desk.office(Keyboard(), locale="fr", scripts=False)
    bring_to_approval(office, desk.workspace, KEYBOARD)
    with office.person("Paula") as paula:
        paula.follow(f"/issues/{KEYBOARD}-1")
        send_by_keyboard(paula)
        paula.sees("Until then everything can be taken back.")
        paula.press("Take it back")
        expect(paula.page.locator(".pill-cancelled")).to_be_visible()
        assert accepted(desk.workspace, f"{KEYBOARD}-1") == 0

        paula.press("Open a new issue to the same lists")
        paula.page.wait_for_url(f"**/issues/{KEYBOARD}-2")
        send_by_keyboard(paula)
        expect(paula.page.locator(".pill-sent")).to_be_visible(timeout=PATIENCE_MS)
        assert "Les états font bien le compte des destinataires." in paula.page.content()
    assert accepted(desk.workspace, f"{KEYBOARD}-2") == AUDIENCE
    dutch = texts_in(desk.workspace, f"{KEYBOARD}-2", "nl")
    assert dutch
    assert all(RIGHT in text and WRONG not in text for text in dutch)


def send_by_keyboard(paula: Person) -> None:
    """Type the number and send."""
    paula.press("Send or plan …")
    paula.page.wait_for_url("**/send")
    paula.write("#recipients", str(AUDIENCE))
    paula.page.keyboard.press("Enter")
    paula.page.wait_for_url("**done=started")


def accepted(workspace: Path, issue: str) -> int:
    """How many letters of an issue were accepted."""
    report: dict[str, Any] = call_apart("report", issue, "--json", cwd=workspace).json()
    return int(report["deliveries"]["accepted"])


def texts_in(workspace: Path, issue: str, language: str) -> list[str]:
    """The plain text of an issue's letters in a language, on one line each."""
    texts = []
    for path in letters(workspace):
        raw = path.read_bytes()
        found = FEEDBACK_ID.search(raw)
        letter = message_from_bytes(raw, policy=policy.default)
        if found and found[1].decode() == issue and letter["Content-Language"] == language:
            part = letter.get_body(("plain",))
            assert part is not None
            texts.append(" ".join(part.get_content().split()))
    return texts


def run_shown(page: Page) -> str:
    """The run that the page of an issue leads to."""
    address = page.get_by_text("This run in Prefect").get_attribute("href") or ""
    found = re.search(r"/runs/flow-run/([0-9a-f-]+)", address)
    assert found
    return found[1]


def what_a_run_by_hand_says(workspace: Path) -> str:
    """Somebody has Prefect deliver an issue that is approved, and that nobody has sent."""
    server = server_of(workspace)
    run = server.create_run(
        "deliver/deliver",
        parameters={"issue": f"{MOUSE}-1"},
        name="by-hand",
        key="by-hand",
    )
    assert server.wait_for_run(run) == "COMPLETED"
    shown = [one for one in artifacts_of(server, run) if one["key"] == f"review-{MOUSE}-1"]
    return str(shown[-1]["data"])


def server_of(workspace: Path) -> PrefectServer:
    """The newsroom's."""
    server = find_server(workspace / "var" / "newsroom.json")
    assert server is not None
    return server


def artifacts_of(server: PrefectServer, run: str) -> list[dict[str, Any]]:
    """What Prefect shows of a run, as its own page asks for it; the oldest first."""
    user, _, password = (server.auth or "").partition(":")
    answer = httpx.post(
        f"{server.api_url}/artifacts/filter",
        json={"artifacts": {"flow_run_id": {"any_": [run]}}},
        auth=(user, password),
        timeout=10,
    )
    found: list[dict[str, Any]] = answer.json()
    return sorted(found, key=lambda one: str(one["created"]))


def ways_to_the_desk(workspace: Path, run: str) -> list[str]:
    """The links among what Prefect shows of a run."""
    return [
        link[1]
        for one in artifacts_of(server_of(workspace), run)
        if one["key"].startswith("desk-")
        for link in re.findall(r"\[([^]]+)\]\(([^)]+)\)", one["data"])
    ]
