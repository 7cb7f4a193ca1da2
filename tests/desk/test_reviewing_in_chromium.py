"""Reviewing in a real Chromium: by mouse and by keys, with and without scripts, two at once."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from flows.domain.account import Role
from flows.domain.language import Language
from flows.domain.segment import SegmentState
from flows.operations.accounts import add_user, set_password
from flows.operations.issues import open_issue
from flows.operations.passages import passage_id
from flows.operations.passwords import Passwords
from flows.runtime.runtime import build_library, open_runtime
from flows.settings.reading import read_settings
from tests.desk.browsing import Watched, desk_alone, sign_in
from tests.desk.people import CHEAP, PASSWORD
from tests.functional.editorial.conftest import NL, SLUG, make_sample, write_article
from tests.services.browser import chromium, serving

FRENCH = "La réunion aura lieu le mardi 3 mars 2026 à Liège."
WRONG = "De vergadering vindt plaats op dinsdag 4 maart 2026 in Luik."
RIGHT = "De vergadering vindt plaats op dinsdag 3 maart 2026 in Luik."
OTHERS = {
    "La médiation de nuit": "Nachtbemiddeling",
    "Rédaction de la lettre": "De redactie",
    "Des médiateurs dans la ville, la nuit.": "Bemiddelaars in de stad, ’s nachts.",
    "Les médiateurs écoutent.": "De bemiddelaars luisteren.",
}
ACTS_AT_MOST = 6


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser."""
    with chromium() as one:
        yield one


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A newsroom whose issue waits for the Dutch, which has a wrong date; nobody read it yet."""
    folder = make_sample(tmp_path / "newsroom")
    write_article(folder / "content", body=f"{FRENCH}\n\nLes médiateurs écoutent.\n")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _prepare(folder)).result()
    return folder


async def _prepare(folder: Path) -> None:
    async with open_runtime(read_settings(folder)) as desk:
        library, now = desk.library, desk.clock()
        catalogue = library.synchronised(library.article(SLUG), NL)
        for key in catalogue.waiting():
            text = OTHERS.get(key.source, WRONG)
            catalogue.draft(key, text, origin="libretranslate full/brackets", at=now)
        catalogue.save()
        await open_issue(library, desk.store, SLUG, lists=[], now=now)
        passwords = Passwords(hasher=CHEAP)
        for name in ("Rens", "Zoë"):
            await add_user(
                desk.store,
                name,
                roles=[Role.REVIEWER],
                languages=[Language("nl")],
                by="x",
                now=now,
            )
            await set_password(desk.store, name, PASSWORD, passwords=passwords, by="x", now=now)
        passwords.close()


def dutch(workspace: Path, source: str) -> tuple[str, SegmentState]:
    """A passage as any other program finds it in the file."""
    library = build_library(read_settings(workspace))
    catalogue = library.catalogue(SLUG, NL)
    found = {entry.key.source: (entry.translation, state) for entry, state in catalogue.states()}
    return found[source]


def by_poedit(workspace: Path, old: str, new: str) -> None:
    """What another program does to the file."""
    path = workspace / "content" / SLUG / "nl.po"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def window(browser: Browser, *, scripts: bool = True) -> BrowserContext:
    """A browser of somebody's own, in English."""
    return browser.new_context(
        java_script_enabled=scripts, locale="en-GB", viewport={"width": 1280, "height": 900}
    )


class Acts:
    """What somebody does, counted: a click, a text typed, a key."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done: list[str] = []

    def click(self, what: str) -> None:
        """One click on what is seen."""
        self.page.locator(what).first.click()
        self.done.append(f"click {what}")

    def type(self, what: str, text: str) -> None:
        """One text put into a field."""
        self.page.locator(what).first.fill(text)
        self.done.append(f"type {text}")

    def press(self, key: str) -> None:
        """One key."""
        self.page.keyboard.press(key)
        self.done.append(f"press {key}")


@contextmanager
def reviewing(browser: Browser, workspace: Path, query: str = "") -> Iterator[Page]:
    """The Dutch passages before a reviewer; afterwards no script and no policy complained."""
    context = window(browser)
    watched = Watched(context)
    with serving(workspace, desk_alone) as origin:
        page = context.new_page()
        sign_in(page, origin, "Rens")
        page.goto(f"{origin}/desk/articles/{SLUG}/nl/review{query}")
        yield page
        context.close()
    answers = ("status of 401", "status of 409")
    assert [one for one in watched.complaints if not any(said in one for said in answers)] == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_reviewer_who_never_saw_the_desk_mends_a_wrong_date_in_six_acts(
    browser: Browser, workspace: Path, *, scripts: bool
) -> None:
    """From the first page, by mouse: find it, correct it, approve it."""
    context = window(browser, scripts=scripts)
    watched = Watched(context)
    with serving(workspace, desk_alone) as origin:
        page = context.new_page()
        sign_in(page, origin, "Rens")
        acts = Acts(page)

        acts.click("text=Dutch waits for approval.")
        page.wait_for_url("**/nl/review")
        assert page.locator("mark").first.inner_text() == "4"
        acts.click(".segs > li:has(mark) a:text('Edit')")
        acts.type("form.edit textarea", RIGHT)
        acts.click("button:text('Save and approve')")

        row = page.locator(f".segs > li:has-text('{FRENCH}')")
        expect(row).to_have_class("approved")
        expect(page.locator("#review-head .bar-words")).to_have_text("1 / 5")
        assert page.locator("mark").count() == 0
    context.close()
    assert len(acts.done) <= ACTS_AT_MOST
    assert dutch(workspace, FRENCH) == (RIGHT, SegmentState.APPROVED)
    assert watched.complaints == []


def test_the_same_by_keys_alone(browser: Browser, workspace: Path) -> None:
    """Next, edit, save and approve; the next one is at hand at once; and undone."""
    with reviewing(browser, workspace, "?show=found") as page:
        page.keyboard.press("n")
        page.keyboard.press("e")
        field = page.locator("form.edit textarea")
        expect(field).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type(RIGHT)
        page.keyboard.press("Control+Enter")
        expect(page.locator(".segs > li").first).to_have_class("approved")
        page.goto(page.url.partition("?")[0])
        page.keyboard.press("j")
        for number in (1, 2):
            page.keyboard.press("Control+Enter")
            expect(page.locator(".bar-words")).to_have_text(f"{number + 1} / 5")
        assert dutch(workspace, "Rédaction de la lettre")[1] is SegmentState.APPROVED

        page.keyboard.press("u")
        expect(page.locator("[role=status].good")).to_have_text("Your last change is taken back.")
        expect(page.locator(".bar-words")).to_have_text("2 / 5")
    assert dutch(workspace, FRENCH) == (RIGHT, SegmentState.APPROVED)
    assert dutch(workspace, "La médiation de nuit")[1] is SegmentState.APPROVED
    assert dutch(workspace, "Rédaction de la lettre")[1] is SegmentState.DRAFT


def test_single_keys_can_be_turned_off(browser: Browser, workspace: Path) -> None:
    """WCAG 2.2, 2.1.4: for whoever speaks to their computer; the choice stays in the browser."""
    with reviewing(browser, workspace) as page:
        page.keyboard.press("?")
        page.get_by_label("Single keys work").uncheck()
        page.keyboard.press("Escape")
        page.reload()
        page.keyboard.press("j")
        page.keyboard.press("e")
        page.wait_for_timeout(300)
        assert page.locator("form.edit").count() == 0
        page.locator("#help").click()
        page.get_by_label("Single keys work").check()
        page.get_by_role("button", name="Close").click()
        page.keyboard.press("j")
        page.keyboard.press("e")
        expect(page.locator("form.edit")).to_be_visible()
        page.keyboard.type("/?u")
        assert page.locator("form.edit textarea").input_value().endswith("/?u")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_two_people_at_the_same_passage_lose_nothing(
    browser: Browser, workspace: Path, *, scripts: bool
) -> None:
    """The second sees both texts and the one before, and decides."""
    rens, zoe = window(browser, scripts=scripts), window(browser, scripts=scripts)
    with serving(workspace, desk_alone) as origin:
        pages = []
        for context, name in ((rens, "Rens"), (zoe, "Zoë")):
            page = context.new_page()
            sign_in(page, origin, name)
            page.goto(f"{origin}/desk/articles/{SLUG}/nl/review?q=3+mars")
            page.locator(".segs > li a:text('Edit')").click()
            page.locator("form.edit textarea").wait_for()
            pages.append(page)
        first, second = pages
        first.locator("form.edit textarea").fill(RIGHT)
        first.locator("form.edit button:text-is('Save')").click()
        expect(first.locator(".segs > li")).to_have_class("edited")

        second.locator("form.edit textarea").fill(WRONG.replace("Luik", "Luik-stad"))
        second.locator("form.edit button:text-is('Save')").click()

        conflict = second.locator(".conflict")
        expect(conflict).to_contain_text("Somebody changed this passage while you were writing")
        texts = conflict.locator("dd").all_inner_texts()
        assert texts[0] == WRONG
        assert "3" in conflict.locator("dd").nth(1).locator("ins").inner_text()
        assert "stad" in texts[2]
        assert second.locator("form.edit textarea").input_value().endswith("Luik-stad.")
        assert dutch(workspace, FRENCH)[0] == RIGHT
        second.locator("form.edit textarea").fill(RIGHT.replace("Luik", "Luik-stad"))
        second.locator("form.edit button:text-is('Save')").click()
        expect(second.locator(".segs > li")).to_have_class("edited")
    rens.close()
    zoe.close()
    assert dutch(workspace, FRENCH)[0] == RIGHT.replace("Luik", "Luik-stad")


def test_a_field_that_was_drawn_out_stays_so_when_a_save_is_refused(
    browser: Browser, workspace: Path
) -> None:
    """What the browser writes into its `style` is no markup that the page's policy would stop."""
    with reviewing(browser, workspace) as page:
        page.locator(".segs > li:has(mark) a:text('Edit')").click()
        field = page.locator("form.edit textarea")
        field.evaluate("field => { field.style.height = '300px'; }")
        field.fill(f"{WRONG} [Meer](https://elders.test/)")
        page.locator("button:text('Save and approve')").click()
        expect(page.get_by_role("alert").filter(has_text="cannot be approved")).to_be_visible()
        assert field.evaluate("field => field.offsetHeight") == 300
        field.fill(RIGHT)
        page.locator("button:text('Save and approve')").click()
        expect(page.locator(f".segs > li:has-text('{FRENCH}')")).to_have_class("approved")


def test_what_is_not_saved_is_not_lost(browser: Browser, workspace: Path) -> None:
    """Neither by Escape, nor by another filter, nor when the visit ends meanwhile."""
    with reviewing(browser, workspace) as page:
        page.locator(".segs > li:has(mark) a:text('Edit')").click()
        field = page.locator("form.edit textarea")
        field.fill(RIGHT)
        field.press("Escape")
        expect(page.locator("a.close")).to_be_focused()
        page.get_by_label("Changed").check()
        said = page.locator("#said")
        expect(said).to_have_text("Save or close the passage first.")
        page.locator("form.comment input[name='comment']").fill("Liever anders?")
        page.get_by_role("button", name="Write it").click()
        expect(said).to_have_text("Save or close the passage first.")
        assert field.input_value() == RIGHT
        page.context.clear_cookies()
        page.locator("form.edit button:text-is('Save')").click()
        expect(said).to_contain_text("Your visit is over")
        assert field.input_value() == RIGHT
        other = page.context.new_page()
        sign_in(other, page.url.partition("/desk")[0], "Rens")
        other.close()
        page.evaluate("window.dispatchEvent(new Event('focus'))")
        expect(said).to_be_hidden()
        page.locator("form.edit button:text-is('Save')").click()
        expect(page.locator(f".segs > li:has-text('{FRENCH}')")).to_have_class("edited")
    assert dutch(workspace, FRENCH)[0] == RIGHT


def test_the_list_answers_while_one_types_and_shows_what_poedit_wrote(
    browser: Browser, workspace: Path
) -> None:
    """Without a button and without a new page."""
    with reviewing(browser, workspace) as page:
        expect(page.locator(".segs > li")).to_have_count(5)
        page.locator("#words").fill("vergadering")
        expect(page.locator(".segs > li")).to_have_count(1)
        by_poedit(workspace, "De bemiddelaars luisteren.", "De vergadering luistert.")
        page.locator("#words").fill("De vergadering")
        expect(page.locator(".segs > li")).to_have_count(2)
        page.get_by_label("To be approved").check()
        expect(page.locator(".segs > li")).to_have_count(2)


def test_a_hostile_translation_runs_nothing(browser: Browser, workspace: Path) -> None:
    """In the list, opened in its place, in a conflict; the policy has nothing to stop."""
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>"
    by_poedit(workspace, "De bemiddelaars luisteren.", evil)
    with reviewing(browser, workspace) as page:
        row = page.locator(".segs > li", has_text="<img src=x")
        expect(row).to_have_count(1)
        row.locator(".foot a").click()
        field = page.locator("form.edit textarea")
        assert field.input_value() == evil
        by_poedit(workspace, "alert(2)", "alert(4)")
        field.fill(f"{evil} en meer")
        page.locator("form.edit button:text-is('Save')").click()
        expect(page.locator(".conflict")).to_be_visible()
        page.wait_for_timeout(300)
        assert page.locator("img[src=x], svg[onload]").count() == 0
        page.locator("form.edit").evaluate("form => form.remove()")


def test_a_suggestion_is_taken_over_by_its_number(browser: Browser, workspace: Path) -> None:
    """From another article's approved translation, whose difference is shown word by word."""
    other = FRENCH.replace("3 mars", "10 mars")
    write_article(workspace / "content", slug="other", body=other)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _approve_other(workspace)).result()
    with reviewing(browser, workspace, "?q=3+mars") as page:
        page.keyboard.press("j")
        page.keyboard.press("e")
        suggestion = page.locator(".suggestions li").first
        expect(suggestion).to_contain_text("10 maart 2026")
        assert suggestion.locator("del").inner_text() == "10"
        page.keyboard.press("Escape")
        expect(page.locator("form.edit")).to_have_count(0)
        page.keyboard.press("e")
        page.locator("form.edit textarea").wait_for()
        page.locator(".segs > li").first.focus()
        page.keyboard.press("1")
        expect(page.locator(".segs > li")).to_have_class("edited")
    assert "10 maart 2026" in dutch(workspace, FRENCH)[0]


async def _approve_other(folder: Path) -> None:
    async with open_runtime(read_settings(folder)) as desk:
        library = desk.library
        catalogue = library.synchronised(library.article("other"), NL)
        for entry in list(catalogue.entries()):
            text = RIGHT.replace("3 maart", "10 maart") if "mars" in entry.key.source else "Tekst"
            catalogue.edit(entry.key, text, by="Ada")
            catalogue.approve(entry.key, by="Chantal", on=desk.clock().date())
        catalogue.save()


def test_passages_have_names_that_stay(workspace: Path) -> None:
    """A typed no-break space changes no address; another text does."""
    library = build_library(read_settings(workspace))
    keys = [entry.key for entry, _ in library.catalogue(SLUG, NL).states()]
    names = {passage_id(key) for key in keys}
    assert len(names) == len(keys)
    assert all(re.fullmatch(r"[0-9a-f]{12}", name) for name in names)
    assert {passage_id(key._replace(source=key.source.replace(" ", "\u00a0"))) for key in keys} == (
        names
    )
