"""Writing in a real Chromium: with and without scripts, two at once, with nothing lost."""

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import pytest
from playwright.sync_api import Browser, Page, expect

from flows.domain.account import Role
from flows.operations.accounts import add_user, set_password
from flows.operations.passwords import Passwords
from flows.runtime.runtime import open_runtime
from flows.settings.reading import read_settings
from tests.desk.browsing import Watched, desk_alone, sign_in
from tests.desk.people import CHEAP, PASSWORD
from tests.functional.editorial.conftest import BODY, make_sample, write_article
from tests.services.browser import chromium, faults_in_every_look, markup_errors, serving

pytestmark = pytest.mark.xdist_group("writing-in-chromium")

ANSWERS = ("status of 401", "status of 409", "status of 422")
"""What a browser calls an error and the page tells."""


class Stage(NamedTuple):
    """A desk with two editors, and a browser."""

    workspace: Path
    origin: str
    browser: Browser

    def source(self, slug: str) -> Path:
        """The file of an article."""
        return self.workspace / "content" / slug / "fr.md"

    @contextmanager
    def writing(self, slug: str, *, by: str = "Édith", scripts: bool = True) -> Iterator[Page]:
        """An article before somebody; afterwards no script and no policy complained."""
        context = self.browser.new_context(
            java_script_enabled=scripts, locale="en-GB", viewport={"width": 1280, "height": 900}
        )
        watched = Watched(context)
        page = context.new_page()
        sign_in(page, self.origin, by)
        page.goto(f"{self.origin}/desk/articles/{slug}/write")
        yield page
        context.close()
        complaints = [one for one in watched.complaints if not any(said in one for said in ANSWERS)]
        assert complaints == []


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The desk and the browser."""
    workspace = make_sample(tmp_path_factory.mktemp("writing") / "newsroom")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _add_editors(workspace)).result()
    with serving(workspace, desk_alone) as origin, chromium() as browser:
        yield Stage(workspace, origin, browser)


async def _add_editors(workspace: Path) -> None:
    passwords = Passwords(hasher=CHEAP)
    async with open_runtime(read_settings(workspace)) as desk:
        for name in ("Édith", "Zoë"):
            now = desk.clock()
            await add_user(desk.store, name, roles=[Role.EDITOR], languages=[], by="x", now=now)
            await set_password(desk.store, name, PASSWORD, passwords=passwords, by="x", now=now)
    passwords.close()


@pytest.fixture
def slug(stage: Stage, request: pytest.FixtureRequest) -> Iterator[str]:
    """An article of the test's own."""
    name = f"essai-{crc32(request.node.name.encode())}"
    path = write_article(stage.workspace / "content", slug=name)
    yield name
    shutil.rmtree(path.parent)


def test_letter_and_counts_follow_what_is_typed(stage: Stage, slug: str) -> None:
    """Without a button; saving stays on the page, with the caret where it was."""
    before = stage.source(slug).read_text("utf-8")
    with stage.writing(slug) as page:
        expect(page.locator("#toll-title + p")).to_have_text("Nothing: this is what the file says.")
        page.press("#body", "Control+End")
        page.keyboard.type("Une ligne « de\u00a0plus »\u202f!")

        expect(page.locator("#look")).to_contain_text("1 passage is new or changed.")
        expect(page.locator("#look")).to_contain_text("Dutch: 1 to translate")
        expect(page.locator("#state")).to_have_text("Not saved yet")
        frame = page.frame_locator("iframe.letter:not(.loading)")
        expect(frame.locator("body")).to_contain_text("Une ligne")
        expect(page.locator("iframe.letter")).to_have_count(1)

        page.keyboard.press("Control+s")
        expect(page.locator("#state")).to_have_text("Saved")
        page.keyboard.type("\nEncore une.")
        page.click("button[value=save]")
        expect(page.locator("#state")).to_have_text("Saved")
    added = "Une ligne « de\u00a0plus »\u202f!\nEncore une.\n"
    assert stage.source(slug).read_text("utf-8") == before + added


def test_preview_and_save_work_without_scripts(stage: Stage, slug: str) -> None:
    """Each with a page of its own; what is typed is there again."""
    before = stage.source(slug).read_text("utf-8")
    with stage.writing(slug, scripts=False) as page:
        page.fill("#field-title", "Un autre titre")
        page.fill("#body", f"{BODY}\nUne ligne de\u202fplus.")
        page.click("button[value=look]")
        expect(page.locator("#state")).to_have_text("Not saved yet")
        expect(page.frame_locator("iframe.letter").locator("body")).to_contain_text(
            "Un autre titre"
        )
        page.click("button[value=save]")
        expect(page.locator(".notice.good")).to_have_text("Saved.")
    wanted = before.replace("La médiation de nuit", "Un autre titre")
    assert stage.source(slug).read_text("utf-8") == f"{wanted}\nUne ligne de\u202fplus.\n"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_two_who_write_at_once_lose_nothing(
    stage: Stage, slug: str, tmp_path: Path, *, scripts: bool
) -> None:
    """Who comes second sees both texts, and saves knowing what is replaced."""
    with (
        stage.writing(slug, scripts=scripts) as page,
        stage.writing(slug, by="Zoë", scripts=scripts) as other,
    ):
        other.fill("#body", "Le texte de Zoë.")
        other.click("button[value=save]")
        expect(other.locator(".notice.good")).to_have_text("Saved.")
        page.fill("#body", "Le texte d’Édith.")
        page.click("button[value=save]")

        expect(page.locator("#conflict-title")).to_be_visible()
        expect(page.locator(".conflict del")).to_contain_text("Le texte de Zoë.")
        assert page.locator("#body").input_value() == "Le texte d’Édith."
        assert stage.source(slug).read_text("utf-8").endswith("\n\nLe texte de Zoë.\n")
        if scripts:
            assert faults_in_every_look(page) == {}
            assert markup_errors({"the conflict": page.content().encode()}, tmp_path) == []
        page.fill("#body", "Les deux textes.")
        page.click("button[value=save]")
        expect(page.locator(".notice.good")).to_have_text("Saved.")
    assert stage.source(slug).read_text("utf-8").endswith("\n\nLes deux textes.\n")


def test_a_fix_is_taken_over_where_it_stands_and_can_be_taken_back(stage: Stage, slug: str) -> None:
    """Nothing else changes, nothing is saved, and the browser's own undo knows of it."""
    with stage.writing(slug) as page:
        page.fill("#body", "Bonjour!\n\nDeux\u202f?\n")
        page.click("#look button[name=fix]")
        expect(page.locator("#body")).to_have_value("Bonjour\u202f!\n\nDeux\u202f?\n")
        expect(page.locator("#look .notice.good")).to_have_text("Mended. It is not saved yet.")
        page.keyboard.press("Control+z")
        expect(page.locator("#body")).to_have_value("Bonjour!\n\nDeux\u202f?\n")
    assert stage.source(slug).read_text("utf-8").endswith(BODY)


def test_a_finding_leads_to_its_line(stage: Stage, slug: str) -> None:
    """Which is selected in the text."""
    with stage.writing(slug) as page:
        page.fill("#body", "Un.\n\nDeux!\n\nTrois.\n")
        page.click("#found-title + .found a")
        selected = "one => one.value.slice(one.selectionStart, one.selectionEnd)"
        assert page.locator("#body:focus").evaluate(selected) == "Deux!"


def test_front_matter_that_cannot_be_read_is_told_at_its_line(
    stage: Stage, slug: str, tmp_path: Path
) -> None:
    """While it is typed; the text stays, and the page is fit for everybody."""
    with stage.writing(slug) as page:
        page.click("button[value=text]")
        front = page.locator("#front").input_value()
        page.fill("#front", front.replace("date:", "datum:"))
        expect(page.locator("#fault-title + .notice")).to_contain_text("datum")
        page.click("button[value=save]")
        expect(page.locator("#front-wrong")).to_contain_text("Line 3:")
        assert "datum:" in page.locator("#front").input_value()
        assert faults_in_every_look(page) == {}
        assert markup_errors({"the fault": page.content().encode()}, tmp_path) == []
    assert "datum" not in stage.source(slug).read_text("utf-8")


def test_what_is_typed_outlasts_the_visit(stage: Stage, slug: str) -> None:
    """Signed in again in another window, one goes on in this one."""
    with stage.writing(slug) as page:
        page.fill("#body", "Un long travail.")
        letter = page.frame_locator("iframe.letter:not(.loading)").locator("body")
        expect(letter).to_contain_text("Un long travail.")
        window = page.context.new_page()
        window.goto(f"{stage.origin}/desk/account")
        window.click("text=Sign out")
        page.click("button[value=save]")
        expect(page.locator("#said")).to_contain_text("Your visit is over.")
        assert page.locator("#body").input_value() == "Un long travail."
        sign_in(window, stage.origin, "Édith")
        window.close()
        page.evaluate("window.dispatchEvent(new Event('focus'))")
        expect(page.locator("#said")).to_be_hidden()
        page.click("button[value=save]")
        expect(page.locator("#state")).to_have_text("Saved")
    assert stage.source(slug).read_text("utf-8").endswith("\n\nUn long travail.\n")


def test_an_article_is_begun_and_written(stage: Stage) -> None:
    """From the list of articles to the first words."""
    with stage.writing("mediation") as page:
        page.goto(f"{stage.origin}/desk/articles")
        page.click("text=A new article")
        page.fill("#title", "Une invitation")
        page.check("input[value=evenement]")
        page.click("main button[type=submit]")
        expect(page.locator("h1")).to_have_text("Une invitation")
        expect(page.locator("#look .found .error").first).to_be_visible()
    assert stage.source("une-invitation").is_file()


def test_the_rows_of_a_digest_are_chosen_and_added_with_scripts(
    stage: Stage, slug: str, tmp_path: Path
) -> None:
    """A choice counts as not saved until it is; a button among the rows loses nothing typed."""
    other = write_article(stage.workspace / "content", slug=f"{slug}-autre")
    path = stage.source(slug)
    listed = path.read_text("utf-8").replace("---\n\n", f"articles: [{slug}-autre]\n---\n\n")
    path.write_text(listed, "utf-8")
    with stage.writing(slug) as page:
        expect(page.locator("#state")).to_have_text("Saved")
        assert markup_errors({"the rows": page.content().encode()}, tmp_path) == []
        assert faults_in_every_look(page) == {}
        page.select_option("#articles-0-shown", "full")
        expect(page.locator("#state")).to_have_text("Not saved yet")
        page.click("text=Add an appointment")
        page.fill("#agenda-0-title", "Journée d’étude")
        page.fill("#agenda-0-day", "2026-12-10")
        page.click("text=Save")
        expect(page.locator("#state")).to_have_text("Saved")
    assert path.read_text("utf-8") == listed.replace(
        f"articles: [{slug}-autre]\n",
        f"articles:\n  - article: {slug}-autre\n    as: full\n"
        "agenda:\n  - title: Journée d’étude\n    date: 2026-12-10\n",
    )
    shutil.rmtree(other.parent)
