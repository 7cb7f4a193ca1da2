"""The pages in a real Chromium: before judges that are not ours, and with hostile letters."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from flows.content.catalogue import Catalogue
from flows.desk.routes import ENTRIES
from flows.domain.account import Role
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.domain.segment import SegmentKey
from flows.operations.accounts import add_user, set_password
from flows.operations.passages import passage_id
from flows.operations.passwords import Passwords
from flows.runtime.runtime import open_runtime
from flows.settings.reading import read_settings
from flows.store.issues import get_issue
from tests.desk.browsing import Watched, desk_alone, sign_in
from tests.desk.people import CHEAP, PASSWORD
from tests.desk.stage import ROOT, TITLES, set_stage, slug_of
from tests.functional.builders import settle, take
from tests.functional.editorial.conftest import SLUG, make_sample
from tests.services.browser import Look, chromium, faults_in_every_look, markup_errors, serving

PASSAGE = passage_id(SegmentKey("meta:title", TITLES["in_review"][0]))
"""One without faults."""
EXAMPLE = Catalogue.load(
    ROOT / "content" / "city-pair" / "nl.po",
    language=Language("nl"),
    source_language=Language("fr"),
)
DOUBTFUL = passage_id(next(one.key for one in EXAMPLE.entries() if one.key.context is None))
"""One with findings, a comment and a machine's draft."""
PAGES = (
    "/",
    "/articles",
    f"/articles/{slug_of('in_review')}",
    f"/articles/{slug_of('in_review')}/nl",
    f"/articles/{slug_of('in_review')}/nl?beside=yes&scheme=dark&width=phone",
    f"/articles/{slug_of('in_review')}/nl?part=text&beside=yes",
    f"/articles/{slug_of('in_review')}/nl?images=off",
    f"/articles/{slug_of('in_review')}/nl/review",
    f"/articles/{slug_of('in_review')}/nl/review?show=changed&q=zzz",
    f"/articles/{slug_of('in_review')}/nl/review/{PASSAGE}",
    f"/articles/{slug_of('in_review')}/nl/review/{DOUBTFUL}",
    f"/articles/{slug_of('in_review')}/nl/approval",
    f"/articles/{slug_of('in_review')}/fr/approval",
    "/articles/new",
    f"/articles/{slug_of('in_review')}/write",
    f"/articles/{slug_of('sent')}/write?front=text",
    "/articles/lettre-de-novembre/write",
    f"/articles/{slug_of('in_review')}/pictures",
    "/articles/lettre-de-novembre",
    "/articles/lettre-de-novembre/nl/review",
    "/articles/lettre-de-novembre/nl/approval",
    *(
        f"/issues/{slug_of(state)}-1"
        for state in ("in_review", "approved", "planned", "late", "sending")
    ),
    *(f"/issues/{slug_of(state)}-1" for state in ("paused", "doubtful", "sent")),
    f"/issues/{slug_of('approved')}-1/send",
    f"/issues/{slug_of('in_review')}-1/send",
    "/audit",
    "/audit?who=nobody-of-that-name",
    "/contacts",
    "/contacts?text=nobody-of-that-name",
    "/contacts/1",
    "/cities",
    "/cities/Li%C3%A8ge",
    "/cities/Li%C3%A8ge?since=2020-01-01",
    "/imports",
    "/handovers",
    "/retention",
    "/schedule",
    "/schedule/recurring/monthly",
    "/schedule?month=2027-02",
    "/glossary",
    "/glossary?q=ville",
    "/glossary/term",
    "/glossary/term?term=maire",
    "/glossary/proposals",
    "/memory",
    "/memory?q=ville&lang=nl",
    "/memory?q=" + quote("Favoriser la participation des jeunes") + "&lang=en&how=like",
    "/checkup",
    "/account",
    "/account/code",
    "/account?done=password",
    "/nowhere",
)
STRANGERS = ("/login", "/login/code", "/invitation/none")
NO_PAGES = {
    "/issues/{issue}/progress",
    "/issues/{issue}/events",
    "/issues/{issue}/deliveries.csv",
    "/audit.csv",
    "/contacts.csv",
    "/contacts/{contact}/data",
    "/retention/register",
    "/login/directory",
    "/login/directory/back",
    "/articles/{slug}/{language}/letter",
    "/articles/{slug}/write/letter",
    "/issues/{issue}/letters/{language}",
}
"""Parts of pages, files, redirects, and letters: those have their own judges."""
EXPECTED = re.compile("status of (404|410|422)")


class Stage(NamedTuple):
    """A desk with issues in every state, and a browser in which an administrator is signed in."""

    workspace: Path
    origin: str
    context: BrowserContext
    watched: Watched

    def new_context(self) -> BrowserContext:
        """A browser window in which nobody is signed in."""
        assert self.context.browser is not None
        return self.context.browser.new_context(locale="en-GB")

    @contextmanager
    def page(self, path: str) -> Iterator[Page]:
        """A page of the desk."""
        page = self.context.new_page()
        page.goto(f"{self.origin}/desk{path}")
        yield page
        page.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The desk and the browser."""
    workspace = set_stage(tmp_path_factory.mktemp("stage") / "newsroom")
    with serving(workspace, desk_alone) as origin, chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        watched = Watched(context)
        page = context.new_page()
        sign_in(page, origin, "Ada")
        page.close()
        yield Stage(workspace, origin, context, watched)


def test_every_page_is_before_the_judges() -> None:
    """A page that is added to the table is added here."""
    judged = [path.partition("?")[0] for path in (*PAGES, *STRANGERS)]
    for entry in ENTRIES:
        if entry.method == "GET" and entry.path not in NO_PAGES:
            shapes = [_fits(entry.path, path) for path in judged]
            assert any(shapes), entry.path


def _fits(pattern: str, path: str) -> bool:
    wanted, given = pattern.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part.startswith("{") or part == said for part, said in zip(wanted, given, strict=True)
    )


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_and_fits_its_window(stage: Stage, path: str) -> None:
    """Light and dark, 320 and 1280 pixels wide; nothing is written to the console."""
    stage.watched.complaints.clear()
    with stage.page(path) as page:
        assert faults_in_every_look(page) == {}
    assert [one for one in stage.watched.complaints if not EXPECTED.search(one)] == []


@pytest.mark.parametrize("path", STRANGERS)
def test_a_stranger_s_page_is_accessible(stage: Stage, path: str) -> None:
    """The same for who is not signed in."""
    context = stage.new_context()
    watched = Watched(context)
    page = context.new_page()
    page.goto(f"{stage.origin}/desk{path}")
    assert faults_in_every_look(page) == {}
    context.close()
    assert [one for one in watched.complaints if not EXPECTED.search(one)] == []


@pytest.mark.parametrize(
    ("look", "style"),
    [
        (("dark", 1280), "@media (prefers-color-scheme: dark) { h1 { color: #222 } }"),
        (("light", 320), "@media (max-width: 400px) { h1 { color: #ccc } }"),
        (("dark", 320), "@media (prefers-color-scheme: dark) { h1 { width: 600px } }"),
    ],
)
def test_the_judge_sees_what_is_wrong_in_one_look(stage: Stage, look: Look, style: str) -> None:
    """Too little contrast in the dark or in a narrow window, and what runs over."""
    with stage.page("/account") as page:
        page.evaluate("document.adoptedStyleSheets = [new CSSStyleSheet()]")
        page.evaluate("style => document.adoptedStyleSheets[0].replaceSync(style)", style)
        found = faults_in_every_look(page)
    assert found
    assert look in found
    assert ("light", 1280) not in found


def test_the_markup_is_valid(stage: Stage, tmp_path: Path) -> None:
    """0 errors of the Nu HTML checker, page by page."""
    pages = {
        path: stage.context.request.get(f"{stage.origin}/desk{path}").body()
        for path in (*PAGES, *STRANGERS)
    }
    assert markup_errors(pages, tmp_path) == []


def test_what_an_import_would_do_is_accessible(stage: Stage, tmp_path: Path) -> None:
    """A list with headings that need a person, and rows that are refused; without a script."""
    upload = tmp_path / "Liège 2026.csv"
    upload.write_text("Mél pro;Nom;Ville\nnew@liege.test;New;Liège\nnobody;Bad;Liège\n", "utf-8")
    with stage.page("/imports") as page:
        page.set_input_files("#file", upload)
        page.check("input[name=list] >> nth=0")
        page.get_by_role("button", name="See what it would do").click()
        page.select_option("#map-1", "email")
        page.get_by_role("button", name="Read it again").click()
        expect(page.locator("h1")).to_have_text("Liège 2026.csv")
        expect(page.locator("#would-title")).to_have_text("2 rows")
        sent = {"the page": page.content().encode()}
        assert faults_in_every_look(page) == {}
    upload.unlink()
    assert markup_errors(sent, tmp_path) == []


def test_what_replacements_would_do_is_accessible(stage: Stage, tmp_path: Path) -> None:
    """Rows that go and rows that are refused; without a script."""
    upload = tmp_path / "changes.csv"
    upload.write_text("old,new,name\nnobody@x.test,new@liege.test,New\nbad,worse,\n", "utf-8")
    with stage.page("/handovers") as page:
        page.set_input_files("#file", upload)
        page.get_by_role("button", name="See what it would do").click()
        expect(page.locator("#would-title")).to_have_text("2 rows")
        sent = {"the page": page.content().encode()}
        assert faults_in_every_look(page) == {}
    upload.unlink()
    assert markup_errors(sent, tmp_path) == []


def some_letters(workspace: Path, issue: str, count: int) -> None:
    """Letters of an issue are handed over and accepted, by somebody else."""

    async def hand_over() -> None:
        async with open_runtime(read_settings(workspace)) as desk:
            async with desk.store.reading() as tx:
                found = await get_issue(tx, IssueId(issue))
            claims = await take(desk.store, found, "stage-2", count, now=desk.clock())
            accepted = Outcome(state=DeliveryState.ACCEPTED, code=250, reply="2.0.0 Ok")
            await settle(desk.store, claims, accepted, "stage-2")

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, hand_over()).result()


def test_a_sending_that_updates_itself_leaves_alone_what_somebody_does(stage: Stage) -> None:
    """Numbers change; what is opened stays open, what is typed stays, the focus stays."""
    issue = f"{slug_of('sending')}-1"
    with stage.page(f"/issues/{issue}") as page:
        before = page.locator(".headline .big").inner_text()
        page.click("#rate-details summary")
        page.fill("#rate", "123")

        some_letters(stage.workspace, issue, 3)

        expect(page.locator(".headline .big")).not_to_have_text(before, timeout=15_000)
        assert page.locator("#rate").input_value() == "123"
        assert page.evaluate("document.activeElement.id") == "rate"


LABELS = """steps => steps.map(step => {
  const range = document.createRange();
  range.selectNodeContents(step);
  const {left, right, top, bottom} = range.getBoundingClientRect();
  return {left, right, top, bottom};
})"""


def test_the_steps_of_an_issue_can_be_told_apart_on_a_phone(stage: Stage) -> None:
    """The words of Dutch are long; where they stand side by side there is room between them."""
    browser = stage.context.browser
    assert browser
    window = browser.new_context(locale="nl-NL", viewport={"width": 360, "height": 800})
    page = window.new_page()
    sign_in(page, stage.origin, "Paula")
    page.goto(f"{stage.origin}/desk/issues/{slug_of('sent')}-1")
    labels = page.locator(".stepper li").evaluate_all(LABELS)
    window.close()
    assert len(labels) == 5
    for one, other in combinations(labels, 2):
        is_beside = one["top"] < other["bottom"] and other["top"] < one["bottom"]
        assert not is_beside or other["left"] - one["right"] >= 4, (one, other)


def test_the_trail_answers_while_one_types(stage: Stage) -> None:
    """Without a button and without a new page; the file has what is looked for as well."""
    with stage.page("/audit") as page:
        assert page.locator(".log li").count() > 10

        page.fill("#who", "Rens")

        expect(page.locator(".log li")).to_have_count(1)
        assert page.url.endswith("/desk/audit")
        with page.expect_download() as download:
            page.click("text=As CSV")
        assert len(download.value.path().read_text("utf-8-sig").splitlines()) == 2


HOSTILE = """<mj-raw>
<script>top.document.title = "owned"; document.title = "owned"; alert(1);
fetch("/desk/audit.csv").then((one) => one.text()).then((text) => document.title = text);</script>
<img src="x" onerror="document.title = 'owned'">
<svg onload="document.title = 'owned'"></svg>
<a id="top" href="/desk/login" target="_top">top</a>
<a id="blank" href="/desk/login" target="_blank">blank</a>
<form id="form" action="/desk/logout" method="post" target="_top"><button>post</button></form>
<meta http-equiv="refresh" content="0;url=/desk/login">
<base href="https://evil.example/">
</mj-raw>
"""


def test_a_letter_cannot_leave_its_frame(stage: Stage, tmp_path: Path) -> None:
    """Whatever a template lets through: no script runs, nothing is opened, nothing is sent."""
    workspace = make_sample(tmp_path / "newsroom")
    footer = workspace / "templates" / "email" / "footer.mjml"
    footer.write_text(HOSTILE + footer.read_text("utf-8"), "utf-8")
    _add_editor(workspace)
    context = stage.new_context()
    watched = Watched(context)
    with serving(workspace, desk_alone) as origin:
        page = context.new_page()
        sign_in(page, origin, "Ed")
        address = f"{origin}/desk/articles/{SLUG}/fr"
        page.goto(address)
        title = page.title()
        frame = page.frame_locator("iframe.letter")
        frame.locator("#top").wait_for()
        for thing in ("#top", "#blank", "#form button"):
            frame.locator(thing).click(force=True)
            page.wait_for_timeout(300)
        assert page.url == address
        assert page.title() == title
        assert len(context.pages) == 1
        page.goto(f"{address}/letter")
        page.wait_for_timeout(500)
        assert "owned" not in page.title()
        assert page.url == f"{address}/letter"
        page.goto(f"{origin}/desk/account")
        assert page.locator("h1").inner_text() == "Ed"
    context.close()
    assert [one for one in watched.complaints if one.startswith(("dialog", "error"))] == []


def _add_editor(workspace: Path) -> None:
    async def add() -> None:
        async with open_runtime(read_settings(workspace)) as desk:
            await add_user(
                desk.store, "Ed", roles=[Role.EDITOR], languages=[], by="x", now=desk.clock()
            )
            passwords = Passwords(hasher=CHEAP)
            await set_password(
                desk.store, "Ed", PASSWORD, passwords=passwords, by="x", now=desk.clock()
            )

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, add()).result()
