"""Every public page before judges that are not ours, and in a real browser without a script."""

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Browser, Page

from flows.desk.public import create_app
from flows.domain.article import Slug
from flows.domain.issue import IssueId, IssueState
from flows.domain.language import Language
from flows.domain.segment import SegmentKey
from flows.operations.delivering import freeze_issue
from flows.operations.workspaces import make_workspace
from flows.runtime.notifying import answering_of
from flows.runtime.runtime import open_runtime
from flows.settings.reading import read_settings
from flows.store.issues import create_issue, get_issue, move_issue
from tests.functional.editorial.conftest import NOW, ROOT, SLUG, Newsroom
from tests.services.browser import chromium, faults_in_every_look, markup_errors, serving

CITY_PAIR = "city-pair"
STREETS = "harcelement-de-rue"
DIGEST = "lettre-de-novembre"
FIRST = ("welcome", "subscribe", "archive", "letter")


class Stage(NamedTuple):
    """The pages of a newsroom that has sent two issues, and a browser."""

    origin: str
    browser: Browser
    workspace: Path
    pages: dict[str, str]


async def send_issue(newsroom: Newsroom, slug: str) -> IssueId:
    """An issue that has gone out, as far as the pages care."""
    desk = newsroom.desk
    async with desk.store.writing() as tx:
        issue = await create_issue(tx, Slug(slug), lists=[], now=NOW)
        issue = await move_issue(tx, issue, IssueState.APPROVED, now=NOW)
    await freeze_issue(
        desk.store,
        issue.id,
        languages=desk.library.languages,
        letterheads=desk.letterheads(),
        message_id=desk.message_id,
        now=NOW,
    )
    async with desk.store.writing() as tx:
        frozen = await get_issue(tx, issue.id)
        await move_issue(tx, frozen, IssueState.SENT, now=NOW, finished_at=NOW)
    return issue.id


def illustrate(newsroom: Newsroom) -> None:
    """Give the article on street harassment a picture, with its text in every language."""
    library, field = newsroom.desk.library, "image: https://efus.eu/rue.jpg\nimage_alt: Une rue\n"
    path = library.folder(STREETS) / "fr.md"
    path.write_text(path.read_text("utf-8").replace("tags:", f"{field}tags:", 1), "utf-8")
    for language, text in ((Language("en"), "A street"), (Language("nl"), "Een straat")):
        catalogue = library.synchronised(library.article(STREETS), language)
        catalogue.edit(SegmentKey("meta:image_alt", "Une rue"), text, by="Ada")
        catalogue.save()


async def set_stage(workspace: Path) -> dict[str, str]:
    """An article and a digest sent, with lists and a picture; every page by its name."""
    async with open_runtime(read_settings(workspace)) as desk:
        newsroom = Newsroom(desk)
        await newsroom.bring_in()
        illustrate(newsroom)
        for slug in (CITY_PAIR, STREETS, DIGEST):
            for language in desk.library.languages:
                await newsroom.approve(language, slug=slug)
        issue = await send_issue(newsroom, CITY_PAIR)
        digest = await send_issue(newsroom, DIGEST)
        reader = desk.reader(issue, 1, Language("fr"))
        answering = answering_of(desk)
        until = int(desk.clock().timestamp()) + 86_400
        links = {
            "leave": reader.unsubscribe_url,
            "view": reader.web_url,
            "preferences": reader.preferences_url,
            "confirm": answering.link("confirm", "1", Language("en")),
            "renew": answering.link("renew", "1", Language("nl")),
            "data": answering.link("data", f"1/{until}", Language("fr")),
        }
    base = "http://127.0.0.1:8080"
    paths = {name: url.removeprefix(base) for name, url in links.items()}
    return {
        **paths,
        **{f"view in {one}": f"{paths['view']}?lang={one}" for one in ("fr", "en", "nl")},
        **{f"leave in {one}": f"{paths['leave']}?lang={one}" for one in ("en", "nl")},
        **{f"subscribe in {one}": f"/subscribe?lang={one}" for one in ("fr", "en", "nl")},
        **{f"archive in {one}": f"/archive/{one}" for one in ("fr", "en", "nl")},
        **{f"letter in {one}": f"/archive/{one}/{issue}" for one in ("fr", "en", "nl")},
        **{f"digest in {one}": f"/archive/{one}/{digest}" for one in ("fr", "en", "nl")},
        "article": f"/articles/nl/{STREETS}",
        **{f"welcome in {one}": f"/?lang={one}" for one in ("fr", "en", "nl")},
        "gone": "/nowhere?lang=nl",
    }


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The pages, served for real."""
    workspace = tmp_path_factory.mktemp("judged") / "newsroom"
    make_workspace(workspace, starter=ROOT)
    with ThreadPoolExecutor(1) as pool:
        pages = pool.submit(asyncio.run, set_stage(workspace)).result()
    with serving(workspace, create_app) as origin, chromium() as browser:
        yield Stage(origin, browser, workspace, pages)


def names() -> list[str]:
    """Every page of the stage, by its name."""
    languages = ("fr", "en", "nl")
    return [
        *("leave", "view", "preferences", "confirm", "renew", "data", "gone", "article"),
        *(f"view in {one}" for one in languages),
        *(f"leave in {one}" for one in languages[1:]),
        *(
            f"{page} in {one}"
            for page in ("welcome", "subscribe", "archive", "letter", "digest")
            for one in languages
        ),
    ]


@contextmanager
def opened(stage: Stage, path: str) -> Iterator[Page]:
    """A public page in a window of its own."""
    context = stage.browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{stage.origin}{path}")
    yield page
    context.close()


@pytest.mark.parametrize("name", names())
def test_a_page_is_accessible_and_fits_its_window(stage: Stage, name: str) -> None:
    """axe-core finds nothing, light and dark; nothing runs over at 320 pixels."""
    assert set(names()) == set(stage.pages)
    with opened(stage, stage.pages[name]) as page:
        assert faults_in_every_look(page) == {}


def test_the_markup_is_valid(stage: Stage, tmp_path: Path) -> None:
    """0 errors of the Nu HTML checker, also on what a form says when something is missing."""
    with httpx.Client(base_url=stage.origin) as client:
        pages = {name: client.get(path).content for name, path in stage.pages.items()}
        wrong = {"email": "nobody", "city": "", "challenge": "forged"}
        pages["a form with mistakes"] = client.post("/subscribe?lang=en", data=wrong).content
        pages["left"] = client.post(stage.pages["leave"]).content
        pages["back"] = client.post(stage.pages["leave"], data={"act": "undo"}).content
        pages["saved"] = client.post(stage.pages["preferences"], data={"lists": "lettre"}).content
        pages["not erased"] = client.post(stage.pages["data"]).content
        pages["confirmed"] = client.post(stage.pages["confirm"]).content
    assert markup_errors(pages, tmp_path) == []


def test_a_form_with_mistakes_is_accessible(stage: Stage) -> None:
    """The marks of what is missing, light and dark."""
    with opened(stage, "/subscribe?lang=en") as page:
        page.evaluate("document.querySelector('form').noValidate = true")
        page.fill("#email", "nobody")
        page.click("button")
        page.wait_for_selector("#email-wrong")
        assert faults_in_every_look(page) == {}


def test_signing_up_works_without_a_script(stage: Stage) -> None:
    """From the form to the thanks; no cookie is set."""
    context = stage.browser.new_context(java_script_enabled=False, locale="nl-BE")
    page = context.new_page()
    page.goto(f"{stage.origin}/subscribe")
    assert page.get_attribute("html", "lang") == "nl"
    page.fill("#email", "zonder-script@example.org")
    page.select_option("#city", label="Gent")
    page.check("input[value=lettre]")
    page.click("button")
    assert page.inner_text("h1") == "Kijk in uw inbox"
    assert context.cookies() == []
    assert worked(stage, "zonder-script@example.org") == 0
    context.close()


def test_signing_up_with_a_script_proves_work(stage: Stage) -> None:
    """The browser works, and the form leaves with the proof."""
    context = stage.browser.new_context(locale="fr-FR")
    page = context.new_page()
    page.goto(f"{stage.origin}/subscribe")
    page.fill("#email", "avec-script@example.org")
    page.select_option("#city", label="Liège")
    page.check("input[value=lettre]")
    page.click("button")
    page.wait_for_selector("[role=status]", timeout=60_000)
    assert worked(stage, "avec-script@example.org") == 1
    context.close()


def worked(stage: Stage, address: str) -> int:
    """Whether a sign-up came with a proof of work."""
    database = sqlite3.connect(stage.workspace / "var" / "newsletter.db")
    try:
        row = database.execute("SELECT worked FROM requests WHERE address = ?", (address,))
        return int(row.fetchone()[0])
    finally:
        database.close()


def test_the_whole_page_can_be_used_by_keyboard(stage: Stage) -> None:
    """Past the way to the content, through the languages, to the button that leaves."""
    with opened(stage, stage.pages["leave in en"]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.tagName") == "BUTTON":
                break
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=status]")
        assert page.inner_text("h1") == "You have unsubscribed"


def test_each_letter_links_to_its_other_languages(stage: Stage) -> None:
    """By `hreflang` in the head, and by a switch that a person sees."""
    with opened(stage, stage.pages["letter in fr"]) as page:
        found = page.eval_on_selector_all(
            "link[rel=alternate][hreflang]", "all => all.map(one => [one.hreflang, one.href])"
        )
        assert {tag for tag, _ in found} == {"fr", "en", "nl"}
        page.click("nav a[hreflang=nl]")
        assert page.get_attribute("html", "lang") == "nl"
        assert "/archive/nl/" in page.url
        assert SLUG not in page.url
