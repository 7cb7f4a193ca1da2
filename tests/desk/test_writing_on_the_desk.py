"""Writing the French at the desk: saved whole or not at all, with nothing of anybody's lost."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.domain.account import Role
from flows.domain.article import Article
from flows.domain.edition import Edition
from flows.domain.language import Language
from flows.domain.segment import SegmentState
from flows.operations.library import Library
from tests.desk.conftest import Browser, Site
from tests.functional.editorial.conftest import BODY, EN, NL, SLUG

WRITE = f"/articles/{SLUG}/write"


class Typed(HTMLParser):
    """Reads what the form of a page holds, as a browser would send it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A field."""
        known = dict(attrs)
        name = known.get("name") or ""
        if tag == "input" and name != "_csrf":
            self.fields[name] = known.get("value") or ""
        if tag == "textarea":
            self._area = name
            self.fields[name] = ""

    def handle_data(self, data: str) -> None:
        """What is in a text field, without the line feed that it begins with."""
        if self._area:
            self.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        """The end of a text field."""
        if tag == "textarea":
            self.fields[self._area] = self.fields[self._area].removeprefix("\n")
            self._area = ""


def typed(page: str) -> dict[str, str]:
    """What the form of a page holds; browsers end lines with both signs."""
    return {name: one.replace("\n", "\r\n") for name, one in Typed(page).fields.items()}


def source(site: Site, slug: str = SLUG) -> Path:
    """The file."""
    return site.newsroom.content / slug / "fr.md"


async def press(browser: Browser, act: str, page: str = "", **changes: Any) -> httpx.Response:
    """Look at the page, type into the form, and press a button."""
    holds = typed(page or (await browser.look(WRITE)).text)
    for name, value in changes.items():
        holds[name if name in holds else f"field.{name}"] = value
    return await browser.press(WRITE, **{**holds, "act": act})


async def test_what_is_typed_is_in_the_file_and_the_rest_as_it_was(site: Site) -> None:
    """Comments, quotation marks and line ends of what the form is not about."""
    raw = (
        '\ufeff---\r\n# on top\r\ntitle: "La médiation de nuit"\r\nauthor: Rédaction  # who\r\n'
        "date: 2026-10-06\r\n---\r\n\r\nUn «\u00a0mot\u00a0».\r\n\r\nQuoi\u202f?\n"
    )
    source(site).write_bytes(raw.encode())
    browser = await site.signed_in("Édith")
    answer = await press(browser, "save", author="Zoé", place="Liège")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/desk{WRITE}?done=written"
    wanted = raw.replace("author: Rédaction  #", "author: Zoé  #").replace(
        "2026-10-06\r\n", '2026-10-06\r\nplace: "Liège"\r\n'
    )
    assert source(site).read_bytes().decode() == wanted


async def test_a_form_that_is_sent_as_it_came_changes_nothing(site: Site) -> None:
    """Not a byte, and nothing is written down."""
    before = source(site).read_bytes()
    browser = await site.signed_in("Édith")
    assert (await press(browser, "save")).status_code == 303
    assert source(site).read_bytes() == before
    admin = await site.signed_in("Ada")
    assert "wrote in the article" not in (await admin.look("/audit")).text


async def test_whoever_saved_meanwhile_loses_nothing_and_neither_does_who_comes_second(
    site: Site,
) -> None:
    """Both texts are shown whole; saved again, the second takes the place of what was seen."""
    edith, ada = await site.signed_in("Édith"), await site.signed_in("Ada")
    page = (await edith.look(WRITE)).text
    assert (await press(ada, "save", body=BODY + "\nLa suite d’Ada.\n")).status_code == 303
    theirs = source(site).read_bytes()

    refused = await press(edith, "save", page, body="Le texte d’Édith.", place="Gand")

    assert refused.status_code == 409
    assert source(site).read_bytes() == theirs
    assert "<del>" in refused.text
    assert "La suite d’Ada." in refused.text
    holds = typed(refused.text)
    assert (holds["body"], holds["field.place"]) == ("Le texte d’Édith.", "Gand")
    again = await press(edith, "save", refused.text)
    assert again.status_code == 303
    written = source(site).read_text("utf-8")
    assert 'place: "Gand"\n' in written
    assert written.endswith("\n---\n\nLe texte d’Édith.\n")


async def test_the_same_text_sent_twice_is_no_conflict(site: Site) -> None:
    """As when a button is pressed twice: it is written once."""
    browser = await site.signed_in("Édith")
    page = (await browser.look(WRITE)).text
    for _ in range(2):
        assert (await press(browser, "save", page, body="Un texte.")).status_code == 303
    audit = (await (await site.signed_in("Ada")).look("/audit")).text
    assert audit.count("wrote in the article") == 1


async def test_a_text_whose_file_is_gone_is_not_lost(site: Site) -> None:
    """It is shown again, and saved if that is wanted."""
    browser = await site.signed_in("Édith")
    page = (await browser.look(WRITE)).text
    source(site).unlink()
    refused = await press(browser, "save", page, body="Un texte.")
    assert refused.status_code == 409
    assert (await press(browser, "save", refused.text)).status_code == 303
    assert source(site).read_text("utf-8").endswith("\n---\n\nUn texte.\n")


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"date": "demain"}, "date", "this is not what the field takes"),
        ({"date": "2026-06-31"}, "date", "A day, 2026-10-06, or a month, 2026-10."),
        ({"title": " "}, "title", "the field is missing"),
    ],
)
async def test_a_field_that_is_wrong_is_shown_again_with_what_is_wrong(
    site: Site, changes: dict[str, str], field: str, says: str
) -> None:
    """Nothing is saved, nothing is lost."""
    before = source(site).read_bytes()
    browser = await site.signed_in("Édith")
    refused = await press(browser, "save", **changes, body="Un autre texte.")
    assert refused.status_code == 422
    assert f'id="wrong-{field}"' in refused.text
    (marked,) = re.findall(r'<input id="field-(\w+)"[^>]*aria-invalid="true"', refused.text)
    assert marked == field
    alert = refused.text.partition('<p id="said"')[2].partition("</p>")[0]
    assert "hidden" not in alert
    assert says in alert
    assert f'<a href="#field-{field}">' in alert
    holds = typed(refused.text)
    assert holds[f"field.{field}"] == changes[field].strip()
    assert holds["body"] == "Un autre texte."
    assert source(site).read_bytes() == before


async def test_a_front_matter_that_cannot_be_read_is_mended_as_text(site: Site) -> None:
    """At its line; what the form does not know, and what it cannot read, stays as it is."""
    path = source(site)
    path.write_text("---\ntitle: A: b\nauthor: Zoé\ndate: 2019-11\n---\n\nOui.\n", "utf-8")
    browser = await site.signed_in("Édith")
    page = await browser.look(WRITE)
    assert page.status_code == 200
    assert "Line 1:" in page.text
    assert "<code>title: A: b</code>" in page.text
    assert "Mend it" in (await browser.look("/articles")).text

    refused = await press(browser, "save", front="title: x\nauthor: Zoé\ndate: 2019-11\nmood: y")
    assert refused.status_code == 422
    assert "Line 4:" in refused.text
    assert "<code>mood: y</code>" in refused.text
    assert typed(refused.text)["front"].endswith("mood: y")

    mended = "title: x # gut\nauthor: Zoé\ndate: 2019-11"
    assert (await press(browser, "save", refused.text, front=mended)).status_code == 303
    assert path.read_text("utf-8") == f"---\n{mended}\n---\n\nOui.\n"


async def test_front_matter_can_be_turned_to_text_and_back(site: Site) -> None:
    """With what is typed and not saved; back only if it can be read."""
    browser = await site.signed_in("Édith")
    as_text = await press(browser, "text", title="Une autre", body="Un texte.")
    assert 'title: "Une autre"' in typed(as_text.text)["front"]
    broken = await press(browser, "fields", as_text.text, front="title: [")
    assert broken.status_code == 422
    back = await press(browser, "fields", as_text.text)
    assert typed(back.text)["field.title"] == "Une autre"
    assert typed(back.text)["body"] == "Un texte.\r\n"
    assert "Une autre" not in source(site).read_text("utf-8")


async def test_what_an_edit_costs_is_said_before_it_is_saved(approved: Site) -> None:
    """By language, with the approvals that would fall; afterwards the catalogues are in line."""
    browser = await approved.signed_in("Édith")
    body = BODY.replace("puis orientent", "et orientent") + "\nUne ligne de plus.\n"
    page = (await press(browser, "look", body=body)).text
    assert "2 passages are new or changed." in page
    assert "1 passage goes, or another takes its place." in page
    assert page.count("1 to review again") == 2
    assert page.count("1 to translate") == 2
    for language in ("French", "English", "Dutch"):
        assert f"The approval of {language} by Chantal would no longer hold." in page
    assert '<span class="st st-changed">changed</span>' in page
    assert source(approved).read_text("utf-8").endswith(BODY)

    assert (await press(browser, "save", body=body)).status_code == 303
    library = approved.runtime.library
    for language in (EN, NL):
        counts = library.catalogue(SLUG, language).counts()
        assert (counts[SegmentState.EMPTY], counts[SegmentState.DRAFT]) == (1, 1)
    events = (await (await approved.signed_in("Ada")).look("/audit")).text
    assert "wrote in the article" in events


async def test_an_edit_that_changes_no_passage_costs_nothing(approved: Site) -> None:
    """A paragraph written on other lines is the same to its translators; its letter is not."""
    browser = await approved.signed_in("Édith")
    page = (await press(browser, "look", body=BODY.replace(", puis", ",\npuis"))).text
    assert "No passage changes: every translation stays as it is." in page
    assert "The approval of French by Chantal would no longer hold." in page
    assert page.count("would no longer hold") == 1


async def test_a_passage_that_goes_ends_every_approval(approved: Site) -> None:
    """All that stays is approved, and the letters are others all the same."""
    browser = await approved.signed_in("Édith")
    page = (await press(browser, "look", body=BODY.split("\n\n")[0] + "\n")).text
    assert page.count("would no longer hold") == 3


async def test_what_passages_tell_of_approvals_is_not_rendered(
    approved: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is typing: the French letter is made once for each look, and no other."""
    browser = await approved.signed_in("Édith")
    first = await press(browser, "look", body="Un texte.")
    rendered: list[str] = []
    render = Library.edition_of

    def noting(library: Library, article: Article, language: Language) -> Edition:
        rendered.append(language)
        return render(library, article, language)

    monkeypatch.setattr(Library, "edition_of", noting)
    page = (await press(browser, "look", first.text, body="Un autre texte.")).text
    assert page.count("would no longer hold") == 3
    assert rendered == ["fr"]


async def test_a_broken_catalogue_keeps_nobody_from_writing(approved: Site) -> None:
    """It is named, the text is saved, the other language is brought in line."""
    broken = approved.newsroom.content / SLUG / "nl.po"
    broken.write_text("msgid oops\n", "utf-8")
    browser = await approved.signed_in("Édith")
    page = (await press(browser, "look", body="Un texte.")).text
    assert "The catalogue of Dutch cannot be read" in page
    assert (await press(browser, "save", body="Un texte.")).status_code == 303
    assert broken.read_text("utf-8") == "msgid oops\n"
    assert approved.runtime.library.catalogue(SLUG, EN).counts()[SegmentState.EMPTY] == 1


async def test_the_letter_is_that_of_the_text_that_is_typed(site: Site) -> None:
    """In a frame that can do nothing; only who wrote it sees it."""
    browser = await site.signed_in("Édith")
    page = (await press(browser, "look", body="Un texte tout neuf.")).text
    (address,) = re.findall(r'src="/desk(/articles/[^"]*/write/letter\?draft=[^"]+)"', page)
    letter = await browser.get(f"/desk{address}")
    assert "Un texte tout neuf." in letter.text
    assert "sandbox" in letter.headers["content-security-policy"]
    assert "default-src 'none'" in letter.headers["content-security-policy"]
    other = await site.signed_in("Ada")
    assert (await other.get(f"/desk{address}")).status_code == 404


async def test_a_text_whose_letter_cannot_be_made_is_shown_with_the_reason(site: Site) -> None:
    """A template with a fault is none of the writer's: they go on writing."""
    template = site.newsroom.workspace / "templates" / "email" / "article.txt"
    template.write_text("{{ nothing", "utf-8")
    browser = await site.signed_in("Édith")
    page = await browser.look(WRITE)
    assert page.status_code == 200
    assert '<p class="notice bad">' in page.text
    assert "<iframe" not in page.text
    assert "words</strong>" in page.text


async def test_a_finding_is_mended_at_a_press_and_not_saved(site: Site) -> None:
    """In the body and in a field; what the checks do not find any more is not touched."""
    browser = await site.signed_in("Édith")
    body = "Bonjour à tous! Les villes\nles villes, font, leur part.\n\n> Oui oui : «non»\n"
    page = (await press(browser, "look", body=body, summary="Trop  d’espaces.")).text
    fixes = re.findall(r'name="fix"\s+value="([^"]+)"', page)
    assert len(fixes) >= 3
    for _ in range(8):
        if not (fixes := re.findall(r'name="fix"\s+value="([^"]+)"', page)):
            break
        page = (await browser.press(WRITE, **typed(page), fix=fixes[0])).text
        assert "It is not saved yet." in page
    holds = typed(page)
    assert "Bonjour à tous\u202f!" in holds["body"]
    assert "> Oui : «\u00a0non\u00a0»" in holds["body"]
    assert holds["field.summary"] == "Trop d’espaces."
    assert "Bonjour" not in source(site).read_text("utf-8")
    gone = await browser.press(WRITE, **typed(page), fix="spaces.00000000.0")
    assert gone.status_code == 409
    assert "Bonjour à tous\u202f!" in typed(gone.text)["body"]


async def test_words_and_minutes_are_counted(site: Site) -> None:
    """As a word processor counts, at a rate that is named."""
    browser = await site.signed_in("Édith")
    page = (await press(browser, "look", title="Un titre", body="L’été « va » " * 97)).text
    assert "<strong>196 words</strong>" in page
    assert "2 minutes to read" in page
    assert "at 195 words a minute" in page


async def test_whoever_saved_the_french_last_does_not_approve_it(site: Site) -> None:
    """Whoever is its author; somebody else does."""
    for name in ("Zoë", "Yann"):
        await site.add(name, Role.EDITOR, Role.REVIEWER, languages=("fr",))
    zoe, yann = await site.signed_in("Zoë"), await site.signed_in("Yann")
    assert (await press(zoe, "save", body="Un autre texte.")).status_code == 303
    address = f"/articles/{SLUG}/fr/approval"
    for browser, status in ((zoe, 409), (yann, 303)):
        shown = re.findall(r'name="shown"\s+value="([^"]+)"', (await browser.look(address)).text)
        answer = await browser.press(address, shown=shown[0] if shown else "")
        assert answer.status_code == status


async def test_letters_that_left_stay_and_the_page_says_so(approved: Site) -> None:
    """The article can be written on; the issue's letters are frozen."""
    issue = await approved.newsroom.open()
    await approved.newsroom.freeze(issue)
    browser = await approved.signed_in("Édith")
    page = (await browser.look(WRITE)).text
    assert "Letters of this article have left." in page
    assert f"/desk/issues/{issue.id}" in page
    assert (await press(browser, "save", body="Un autre texte.")).status_code == 303


async def test_an_article_is_begun_at_the_desk(site: Site) -> None:
    """Of a title and a template; a name that is taken is refused with the form as it was."""
    browser = await site.signed_in("Édith")
    page = (await browser.look("/articles/new")).text
    assert "Invitation to an event" in page
    begun = await browser.press("/articles/new", title="L’été à Liège", template="evenement")
    assert begun.headers["location"] == "/desk/articles/l-ete-a-liege/write?done=begun"
    text = source(site, "l-ete-a-liege").read_text("utf-8")
    assert 'title: "L’été à Liège"\n' in text
    assert "date: 2026-11-22\n" in text
    await browser.look("/articles/new")
    taken = await browser.press("/articles/new", title="L’été à Liège", template="article")
    assert taken.status_code == 422
    assert 'value="L’été à Liège"' in taken.text
    for wrong in ({"slug": "../x"}, {"template": "../x"}, {"title": ""}, {"slug": "new"}):
        fields = {"title": "Autre", "template": "article", **wrong}
        assert (await browser.press("/articles/new", **fields)).status_code in {404, 422}


async def test_a_long_article_can_be_saved_and_one_too_long_is_not_lost(site: Site) -> None:
    """More than other forms may send; beyond a million bytes the text is shown again."""
    browser = await site.signed_in("Édith")
    code = "~~~\n" + "é" * 60_000 + "\n~~~\n"
    saved = await press(browser, "save", body=code)
    assert saved.status_code == 303
    refused = await press(browser, "save", body="é" * 501_000)
    assert refused.status_code == 422
    assert "é" * 501_000 in refused.text


@pytest.mark.parametrize("name", ["Rens", "Paula", "Coralie"])
async def test_only_editors_write(site: Site, name: str) -> None:
    """Others see no way there, and find none."""
    browser = await site.signed_in(name)
    assert (await browser.look(WRITE)).status_code == 403
    assert (await browser.look("/articles/new")).status_code == 403
    assert WRITE not in (await browser.look(f"/articles/{SLUG}")).text


async def test_what_is_not_there_is_not_written(site: Site) -> None:
    """A name without a folder, and a folder without a source."""
    browser = await site.signed_in("Édith")
    assert (await browser.look("/articles/nobody/write")).status_code == 404
    (site.newsroom.content / "vide").mkdir()
    assert (await browser.look("/articles/vide/write")).status_code == 404
    source(site).write_bytes(b"---\ntitle: \xe9\n---\n")
    assert "not UTF-8" in (await browser.look(WRITE)).text
