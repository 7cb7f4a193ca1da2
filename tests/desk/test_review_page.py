"""The review page, as browsers with and without scripts ask for it."""

import re
from html import unescape

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.content.catalogue import Catalogue
from flows.domain.account import Guest, Role
from flows.domain.article import Slug
from flows.domain.segment import SegmentState
from flows.operations.inviting import invite_reviewer
from tests.desk.conftest import Browser, Site
from tests.desk.drafts import HEADING, LAST, LEAD, REVIEW, TITLE, by_poedit, draft, passage
from tests.functional.editorial.conftest import BODY, EN, NL, SLUG, WORDS, write_article

HTMX = {"HX-Request": "true"}
APPROVAL = f"/articles/{SLUG}/nl/approval"


def on_disk(site: Site) -> Catalogue:
    """The Dutch catalogue as any other program finds it."""
    return site.runtime.library.catalogue(SLUG, NL)


async def save(
    browser: Browser, site: Site, source: str, text: str, **fields: str
) -> httpx.Response:
    """Correct a passage as its form does, whatever happens to it meanwhile."""
    one = passage(site, source)
    shown = {"shown": one.digest, "base": one.translation}
    return await browser.press(f"{REVIEW}/{one.id}", **{"text": text, **shown, **fields})


async def approve(browser: Browser, site: Site, source: str, **headers: str) -> httpx.Response:
    """Approve a passage as its button in the list does."""
    one = passage(site, source)
    fields = {"_csrf": browser.token, "approve": f"{one.id}.{one.digest}"}
    return await browser.post(f"/desk{REVIEW}", data=fields, headers=headers)


def shown_rows(page: str) -> list[str]:
    """The passages of a list by their state."""
    return re.findall(r'<li id="s-[0-9a-f]{12}" class="(\w+)"', page)


async def reviewer(site: Site) -> Browser:
    """Whoever answers for Dutch, at the review page of a drafted article."""
    draft(site)
    browser = await site.signed_in("Rens")
    await browser.look(REVIEW)
    return browser


async def test_french_and_dutch_lie_side_by_side_with_who_made_it(site: Site) -> None:
    """In reading order, each in its language, with its origin and how far it is."""
    page = (await (await reviewer(site)).look(REVIEW)).text

    assert shown_rows(page) == ["draft"] * 6
    assert page.index("La médiation de nuit</p>") < page.index('<p lang="nl">Nachtbemiddeling</p>')
    assert page.count("by libretranslate") == 6
    assert "0 of 6 passages approved" in page


async def test_an_agency_s_work_bears_its_name_and_counts_as_a_person_s(site: Site) -> None:
    """Until somebody here changes it."""
    browser = await reviewer(site)
    catalogue = on_disk(site)
    key = passage(site, TITLE).segment.key
    catalogue.edit(key, "Nachtelijke bemiddeling", by="Lingua: Brussel", at_agency=True)
    catalogue.save()

    assert "by the agency Lingua: Brussel" in (await browser.look(REVIEW)).text
    assert passage(site, TITLE).state is SegmentState.EDITED
    assert not on_disk(site).draft(key, "Machine", origin="google full")
    await save(browser, site, TITLE, "Bemiddeling bij nacht")
    assert "by the agency" not in (await browser.look(REVIEW)).text


async def test_a_correction_is_in_the_catalogue_at_once_and_leads_back(site: Site) -> None:
    """Whoever opens the file in Poedit finds it; the browser is where it was."""
    browser = await reviewer(site)
    one = passage(site, TITLE)

    went = await save(browser, site, TITLE, "Bemiddeling bij nacht", show="open", q="nacht")

    assert went.headers["location"] == f"/desk{REVIEW}?show=open&q=nacht#s-{one.id}"
    entry = on_disk(site).entry(one.segment.key)
    assert entry.translation == "Bemiddeling bij nacht"
    assert entry.provenance.origin == "person"
    assert on_disk(site).last_editor == "Rens"
    assert on_disk(site).state(one.segment.key) is SegmentState.EDITED


async def test_what_another_program_writes_appears_and_is_never_lost(site: Site) -> None:
    """The file is the truth: a passage changed there, another one saved here, both stay."""
    browser = await reviewer(site)
    by_poedit(site, "Waartoe dient bemiddeling?", "Waarvoor dient bemiddeling?")

    assert "Waarvoor dient bemiddeling?" in (await browser.look(REVIEW)).text
    by_poedit(site, "Waarvoor dient", "Waartoe dient")
    await save(browser, site, TITLE, "Bemiddeling bij nacht")

    text = on_disk(site).path.read_text("utf-8")
    assert "Waartoe dient bemiddeling?" in text
    assert "Bemiddeling bij nacht" in text


async def test_saving_and_approving_is_one_act(site: Site) -> None:
    """The stamp bears the reviewer's name."""
    browser = await reviewer(site)

    await save(browser, site, TITLE, "Bemiddeling bij nacht", approve="yes")

    entry = on_disk(site).entry(passage(site, TITLE).segment.key)
    assert on_disk(site).state(entry.key) is SegmentState.APPROVED
    assert entry.provenance.approval
    assert entry.provenance.approval.by == "Rens"


async def test_approving_a_draft_as_it_is_makes_nobody_its_writer(site: Site) -> None:
    """Whoever only reads may approve the language afterwards."""
    browser = await reviewer(site)

    await save(browser, site, TITLE, "Nachtbemiddeling", approve="yes")
    await save(browser, site, HEADING, passage(site, HEADING).translation)

    assert passage(site, TITLE).state is SegmentState.APPROVED
    assert passage(site, HEADING).state is SegmentState.DRAFT
    assert on_disk(site).last_editor == ""


async def test_line_ends_of_a_browser_are_no_change(site: Site) -> None:
    """A form sends CRLF (HTML, section 4.10.21.5); a catalogue has LF."""
    browser = await reviewer(site)

    await save(browser, site, LAST, "Ze helpt\r\nom samen te leven.\r\n")

    assert passage(site, LAST).translation == "Ze helpt\nom samen te leven."


async def test_two_people_at_once_get_a_page_with_all_three_texts(site: Site) -> None:
    """Nothing is overwritten; what was written is there to be saved on top of what is."""
    draft(site)
    await site.add("Zoë", Role.REVIEWER)
    rens, zoe = await site.signed_in("Rens"), await site.signed_in("Zoë")
    one = passage(site, TITLE)
    for browser in (rens, zoe):
        await browser.look(f"{REVIEW}/{one.id}")
    fields = {"shown": one.digest, "base": one.translation}
    await rens.press(f"{REVIEW}/{one.id}", text="Bemiddeling in de nacht", **fields)

    answer = await zoe.press(f"{REVIEW}/{one.id}", text="Nachtelijke bemiddeling", **fields)

    page = unescape(re.sub(r"</?(?:ins|del)>", "", answer.text))
    assert answer.status_code == 409
    assert "while you were writing" in page
    for text in ("Nachtbemiddeling", "Bemiddeling in de nacht", "Nachtelijke bemiddeling"):
        assert text in page
    assert passage(site, TITLE).translation == "Bemiddeling in de nacht"
    now = re.search(r'name="shown" value="(\w+)"', answer.text)
    assert now
    again = await zoe.press(
        f"{REVIEW}/{one.id}", text="Nachtelijke bemiddeling", shown=now[1], base="x"
    )
    assert again.status_code == 303
    assert passage(site, TITLE).translation == "Nachtelijke bemiddeling"


async def test_what_changed_in_another_program_is_a_conflict_as_well(site: Site) -> None:
    """Whoever was shown the old text decides knowing the new one."""
    browser = await reviewer(site)
    one = passage(site, TITLE)
    by_poedit(site, "Nachtbemiddeling", "Bemiddeling ’s nachts")

    for answer in (
        await browser.press(f"{REVIEW}/{one.id}", text="Anders", shown=one.digest, base="x"),
        await browser.press(REVIEW, approve=f"{one.id}.{one.digest}"),
    ):
        assert answer.status_code == 409
    assert passage(site, TITLE).translation == "Bemiddeling ’s nachts"
    assert passage(site, TITLE).state is SegmentState.DRAFT


async def test_a_passage_whose_french_changed_keeps_what_somebody_wrote(site: Site) -> None:
    """It is shown back to be copied; nothing is saved under another text."""
    browser = await reviewer(site)
    one = passage(site, HEADING)
    write_article(site.newsroom.content, body=BODY.replace("À quoi sert", "Pourquoi"))

    answer = await browser.press(
        f"{REVIEW}/{one.id}", text="Waarvoor toch?", shown=one.digest, base=one.translation
    )

    assert answer.status_code == 410
    assert "Waarvoor toch?" in answer.text


async def test_the_script_gets_the_passage_and_the_head_of_the_page(site: Site) -> None:
    """Not the page: two parts, the second to take its place by its id."""
    browser = await reviewer(site)

    answer = await approve(browser, site, TITLE, **HTMX)

    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert shown_rows(answer.text) == ["approved"]
    assert re.search(r'id="review-head"[^>]*data-hx-swap-oob="true"', answer.text)
    assert "1 of 6 passages approved" in answer.text
    assert re.search(r'id="count-open"\s+data-hx-swap-oob="true">5<', answer.text)


async def test_a_finding_stands_beside_its_text_with_its_fix(site: Site) -> None:
    """The place is marked; one press mends it, as the reviewer's edit."""
    draft(site, Elle="Ze helpt om « samen te leven » in de openbare ruimte.")
    browser = await site.signed_in("Rens")
    page = (await browser.look(f"{REVIEW}?show=found")).text
    assert len(shown_rows(page)) == 1
    assert re.search(r'<mark class="(?:error|warning)">[^<]*«', page)
    one = passage(site, LAST)
    number = next(n for n, found in enumerate(one.findings) if found.fix)

    went = await browser.press(f"{REVIEW}/{one.id}/fix?finding={number}", shown=one.digest)

    assert went.status_code == 303
    mended = passage(site, LAST)
    assert "«" not in mended.translation
    assert mended.entry.provenance.origin == "person"


async def test_a_warning_can_be_let_stand_by_name_and_an_error_cannot(site: Site) -> None:
    """Until the text changes; the approval of a passage with an error is refused."""
    draft(
        site,
        Elle="Ze helpt om « samen te leven » in de openbare ruimte.",
        Les="**Bemiddelaars** luisteren en verwijzen naar de dienst.",
    )
    browser = await site.signed_in("Rens")
    await browser.look(REVIEW)
    one, link = passage(site, LAST), passage(site, LEAD)
    number = next(n for n, found in enumerate(one.findings) if found.may_be_dismissed)
    error = next(n for n, found in enumerate(link.findings) if found.blocks)

    await browser.press(f"{REVIEW}/{one.id}/dismiss?finding={number}", shown=one.digest)
    refused = await browser.press(f"{REVIEW}/{link.id}/dismiss?finding={error}", shown=link.digest)
    blocked = await approve(browser, site, LEAD)

    assert passage(site, LAST).findings[number].dismissed == "Rens 2026-11-22"
    assert refused.status_code == 409
    assert (blocked.status_code, "cannot be approved yet" in blocked.text) == (409, True)
    await save(browser, site, LAST, "Ze helpt om « samen » te leven in de openbare ruimte.")
    assert not any(found.dismissed for found in passage(site, LAST).findings)


@pytest.mark.parametrize("number", ["99", "-1", "x", "", "٣"])
async def test_a_finding_that_is_not_there_changes_nothing(site: Site, number: str) -> None:
    """Whatever an address says."""
    browser = await reviewer(site)
    one = passage(site, TITLE)

    for act in ("fix", "dismiss"):
        answer = await browser.press(f"{REVIEW}/{one.id}/{act}?finding={number}", shown=one.digest)
        assert answer.status_code == 409
    assert passage(site, TITLE).entry == one.entry


async def test_one_s_last_change_can_be_taken_back(site: Site) -> None:
    """Text, stamps and the last editor are as they were; one after the other."""
    browser = await reviewer(site)
    before = on_disk(site).path.read_text("utf-8")
    await save(browser, site, TITLE, "Bemiddeling bij nacht")
    await approve(browser, site, HEADING)

    for _ in range(2):
        undone = await browser.press(f"/articles/{SLUG}/nl/undo")
        assert "done=taken-back#s-" in undone.headers["location"]

    assert on_disk(site).path.read_text("utf-8") == before
    nothing = await browser.press(f"/articles/{SLUG}/nl/undo")
    assert (nothing.status_code, "nothing of yours" in nothing.text) == (409, True)


async def test_only_whoever_changed_something_is_offered_to_take_it_back(site: Site) -> None:
    """From their first change on, where the page is asked for anew or for the passage alone."""
    browser = await reviewer(site)
    assert 'id="undo"' not in (await browser.look(REVIEW)).text

    answer = await save(browser, site, TITLE, "Bemiddeling bij nacht")

    assert answer.status_code in {200, 303}
    assert 'id="undo"' in (await browser.look(REVIEW)).text
    part = await browser.look(
        f"{REVIEW}/{passage(site, TITLE).id}?closed=yes", headers={"HX-Request": "true"}
    )
    assert 'id="undo"' in part.text
    editor = await site.signed_in("Édith")
    assert 'id="undo"' not in (await editor.look(REVIEW)).text
    await browser.press(f"/articles/{SLUG}/nl/undo")
    assert 'id="undo"' not in (await browser.look(REVIEW)).text


async def test_a_change_that_somebody_built_on_stays(site: Site) -> None:
    """Neither another's text is taken back, nor one's own from under it."""
    browser = await reviewer(site)
    await save(browser, site, TITLE, "Bemiddeling bij nacht")
    by_poedit(site, "Bemiddeling bij nacht", "Bemiddeling in de nacht")
    editor = await site.signed_in("Édith")
    await editor.look(REVIEW)

    mine = await browser.press(f"/articles/{SLUG}/nl/undo")
    others = await editor.press(f"/articles/{SLUG}/nl/undo")

    assert (mine.status_code, "changed again" in mine.text) == (409, True)
    assert others.status_code == 409
    assert passage(site, TITLE).translation == "Bemiddeling in de nacht"


async def test_a_comment_stands_in_the_catalogue_by_name_and_day(site: Site) -> None:
    """So that a translator sees it in Poedit; a note from there is shown here."""
    browser = await reviewer(site)
    one = passage(site, TITLE)

    await browser.press(f"{REVIEW}/{one.id}/comments", comment="Korter,\n origin: google?")

    text = on_disk(site).path.read_text("utf-8")
    assert "# Rens 2026-11-22: Korter, origin: google?\n" in text
    by_poedit(site, "# Rens 2026", "# Eerst de titel van de reeks.\n# Rens 2026")
    page = (await browser.look(f"{REVIEW}/{one.id}")).text
    assert "Eerst de titel van de reeks." in page
    assert passage(site, TITLE).entry.provenance.origin == one.entry.provenance.origin
    assert (await browser.press(f"{REVIEW}/{one.id}/comments", comment=" ")).status_code == 409


async def test_what_changed_since_one_looked_is_named_and_shown_word_by_word(site: Site) -> None:
    """In another sitting; what one changed oneself is none of it."""
    browser = await reviewer(site)
    site.clock.advance(minutes=45)
    await save(browser, site, HEADING, "Wat is het nut van bemiddeling?")
    by_poedit(site, "Nachtbemiddeling", "Bemiddeling bij nacht")

    page = (await browser.look(f"{REVIEW}?show=changed")).text

    assert len(shown_rows(page)) == 1
    assert "changed since you looked" in page
    opened = (await browser.look(f"{REVIEW}/{passage(site, TITLE).id}")).text
    assert "<del>Nachtbemiddeling</del><ins>Bemiddeling bij nacht</ins>" in opened
    site.clock.advance(minutes=45)
    assert shown_rows((await browser.look(f"{REVIEW}?show=changed")).text) == []


async def test_a_passage_that_is_new_since_one_looked_is_among_the_changed(site: Site) -> None:
    """Whoever read everything reads it, too."""
    browser = await reviewer(site)
    site.clock.advance(minutes=45)
    write_article(site.newsroom.content, body=f"{BODY}\nUn mot de plus pour la fin.\n")

    page = (await browser.look(f"{REVIEW}?show=changed")).text

    assert shown_rows(page) == ["empty"]
    assert "Un mot de plus pour la fin." in page


async def test_what_changed_since_the_approval_is_named(approved: Site) -> None:
    """Whoever looks for the first time sees it as well."""
    by_poedit(approved, "Nachtbemiddeling", "Bemiddeling bij nacht")
    browser = await approved.signed_in("Édith")

    page = (await browser.look(f"{REVIEW}?show=changed")).text

    assert len(shown_rows(page)) == 1
    assert "changed since the approval" in page
    assert "Chantal approved this language on" in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 6),
        ("show=open", 5),
        ("show=found", 0),
        ("q=NACHT", 2),
        ("q=l'espace", 1),
        ("q=%3Cscript%3E", 0),
        ("show=nonsense&q=nothing-like-it", 0),
    ],
)
async def test_passages_are_found_by_state_and_by_words(site: Site, query: str, count: int) -> None:
    """In either language, whatever the case and the apostrophe."""
    browser = await reviewer(site)
    await approve(browser, site, TITLE)

    page = (await browser.look(f"{REVIEW}?{query}")).text

    assert len(shown_rows(page)) == count
    part = await browser.get(f"/desk{REVIEW}?{query}", headers=HTMX)
    assert part.text.lstrip().startswith('<div id="passages">')
    assert len(shown_rows(part.text)) == count


EVIL = (
    "<img src=x onerror=alert(1)></textarea><script>alert(2)</script>"
    "{{7007*7007}} [a](javascript:x)"
)


async def test_a_hostile_translation_is_text_everywhere(site: Site) -> None:
    """In the list, in the form, in comments, in what a conflict shows."""
    draft(site, Elle=EVIL)
    browser = await site.signed_in("Rens")
    one = passage(site, LAST)
    await browser.press(f"{REVIEW}/{one.id}/comments", comment=EVIL)
    by_poedit(site, "{{7007*7007}}", "{{7007*8008}}")

    pages = [
        (await browser.look(REVIEW)).text,
        (await browser.look(f"{REVIEW}/{one.id}")).text,
        (await browser.get(f"/desk{REVIEW}/{one.id}", headers=HTMX)).text,
        (await browser.look(APPROVAL)).text,
        (await browser.press(f"{REVIEW}/{one.id}", text=EVIL, shown=one.digest, base=EVIL)).text,
    ]

    for page in pages:
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert str(7007 * 7007) not in page
        assert str(7007 * 8008) not in page
        assert 'href="javascript' not in page


async def test_a_language_is_approved_by_somebody_who_did_not_write_it_last(site: Site) -> None:
    """Two people; what was shown; and the passages all have their stamp."""
    browser = await reviewer(site)
    await site.add("Zoë", Role.REVIEWER)
    await save(browser, site, TITLE, "Bemiddeling bij nacht")
    own = await browser.look(APPROVAL)
    assert "You, or a guest of yours, were the last to change something here." in own.text
    zoe = await site.signed_in("Zoë")
    page = (await zoe.look(APPROVAL)).text
    assert "5 passages are a machine’s drafts" in page
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', page)
    assert shown

    assert (await browser.press(APPROVAL, shown=shown[1])).status_code == 409
    assert (await zoe.press(APPROVAL)).status_code == 409
    by_poedit(site, "Bemiddeling bij nacht", "Bemiddeling in de nacht")
    assert (await zoe.press(APPROVAL, shown=shown[1])).status_code == 409
    by_poedit(site, "Bemiddeling in de nacht", "Bemiddeling bij nacht")
    done = await zoe.press(APPROVAL, shown=shown[1])

    assert done.headers["location"] == f"/desk{APPROVAL}?done=approved"
    assert "Approved by Zoë as it is now." in (await zoe.look(APPROVAL)).text
    assert on_disk(site).counts()[SegmentState.APPROVED] == 6


async def test_nothing_can_be_approved_that_has_an_error(site: Site) -> None:
    """The page says what, and leads there."""
    draft(site, Les="**Bemiddelaars** luisteren en verwijzen naar de dienst.")
    browser = await site.signed_in("Rens")

    page = (await browser.look(APPROVAL)).text

    assert "This must be mended" in page
    assert f'href="/desk{REVIEW}#s-{passage(site, LEAD).id}"' in page
    assert "Approve the language" not in page
    digest = site.runtime.library.edition(SLUG, NL).digest
    assert (await browser.press(APPROVAL, shown=digest)).status_code == 409


async def test_a_language_sent_back_says_why_on_every_page_and_in_the_trail(site: Site) -> None:
    """And a reason is wanted."""
    browser = await reviewer(site)
    rejection = f"/articles/{SLUG}/nl/rejection"

    assert (await browser.press(rejection, because=" ")).status_code == 422
    await browser.press(rejection, because="Luik, niet <Liège>")

    for path in (REVIEW, APPROVAL):
        assert (
            "Rens sent this language back: “Luik, niet &lt;Liège&gt;”"
            in (await browser.look(path)).text
        )
    trail = (await (await site.signed_in("Paula")).look("/audit")).text
    assert "Luik, niet &lt;Liège&gt;" in trail


async def test_the_author_s_own_language_has_its_approval(site: Site) -> None:
    """There is nothing to compare: the letter, what the checks say, and a word."""
    await site.add("Léa", Role.REVIEWER, languages=("fr",))
    browser = await site.signed_in("Léa")
    went = await browser.look(f"/articles/{SLUG}/fr/review")
    assert went.headers["location"] == f"/desk/articles/{SLUG}/fr/approval"
    page = (await browser.look(f"/articles/{SLUG}/fr/approval")).text
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', page)
    assert shown

    done = await browser.press(f"/articles/{SLUG}/fr/approval", shown=shown[1])

    assert done.headers["location"].endswith("done=approved")


async def test_what_a_check_finds_in_the_french_can_be_let_stand_there(site: Site) -> None:
    """By name, beside the article, for exactly this text."""
    write_article(site.newsroom.content, body=f"{BODY}\nVenez nombreux nombreux ce soir-là.\n")
    browser = await site.signed_in("Édith")
    address = f"/articles/{SLUG}/fr/approval"
    page = (await browser.look(address)).text
    fields = dict(re.findall(r'name="(check|segment)" value="([^"]*)"', page))
    assert fields["check"] == "repeated"

    await browser.press(f"{address}/dismissal", **fields)

    dismissed = (site.newsroom.content / SLUG / "dismissed.txt").read_text("utf-8")
    assert dismissed.startswith("fr: repeated Édith 2026-11-22 ")
    assert "Let it stand" not in (await browser.look(address)).text
    again = await browser.press(f"{address}/dismissal", check="nonsense", segment="x")
    assert again.status_code == 409


async def test_a_reviewer_works_on_their_own_languages_only(site: Site) -> None:
    """Others they may read; whoever publishes may read and change nothing."""
    draft(site)
    draft(site, language=EN)
    browser = await site.signed_in("Rens")
    address = f"/articles/{SLUG}/en/review"
    page = (await browser.look(address)).text
    assert (len(shown_rows(page)), "Approve</button>" in page) == (6, False)
    one = passage(site, TITLE)

    for path in (
        address,
        f"{address}/{one.id}",
        f"{address}/{one.id}/fix?finding=0",
        f"{address}/{one.id}/comments",
        f"/articles/{SLUG}/en/undo",
        f"/articles/{SLUG}/en/approval",
        f"/articles/{SLUG}/en/rejection",
    ):
        answer = await browser.press(path, text="x", approve=f"{one.id}.{one.digest}", comment="x")
        assert answer.status_code == 403, path


async def test_a_guest_reviews_what_the_link_was_for(site: Site) -> None:
    """Corrects, comments, approves passages and the language; asks no engine."""
    draft(site)
    guest = Guest(name="Joost", slug=Slug(SLUG), language=NL)
    token = await invite_reviewer(
        site.runtime.store, guest, by="Paula", lasting=site.desk.lifetime.whole, now=site.clock()
    )
    browser = site.browser()
    await browser.look(f"/invitation/{token}")
    begun = await browser.press(f"/invitation/{token}")
    page = (await browser.look(begun.headers["location"].removeprefix("/desk"))).text
    assert len(shown_rows(page)) == 6

    assert (await approve(browser, site, TITLE)).status_code == 303
    opened = (await browser.look(f"{REVIEW}/{passage(site, HEADING).id}")).text
    assert "Translate it anew" not in opened
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', (await browser.look(APPROVAL)).text)
    assert shown
    assert (await browser.press(APPROVAL, shown=shown[1])).status_code == 303
    assert on_disk(site).entry(passage(site, TITLE).segment.key).provenance.approval


async def test_an_editor_s_own_link_is_no_second_person(site: Site) -> None:
    """Whoever makes a link is shown it: what they wrote is approved by neither."""
    catalogue = site.runtime.library.synchronised(site.runtime.library.article(SLUG), NL)
    for key in catalogue.waiting():
        catalogue.edit(key, WORDS[key.source][NL], by="Édith")
    catalogue.save()
    editor = await site.signed_in("Édith")
    await editor.look(f"/articles/{SLUG}")
    made = await editor.press(f"/articles/{SLUG}/invitations", name="Jan Peeters", language="nl")
    link = re.search(r"/desk(/invitation/[\w-]+)", made.text)
    assert link
    elsewhere = site.browser()
    await elsewhere.look(link[1])
    await elsewhere.press(link[1])

    page = (await elsewhere.look(APPROVAL)).text
    digest = site.runtime.library.edition(SLUG, NL).digest
    answer = await elsewhere.press(APPROVAL, shown=digest)

    assert answer.status_code == 409
    assert "Édith, who invited Jan Peeters, was the last to edit" in answer.text
    assert "You, or whoever invited you, were the last to change something here." in page


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(min_size=1, max_size=200), name=st.text(min_size=1, max_size=40))
def test_no_comment_changes_what_a_catalogue_knows(site: Site, text: str, name: str) -> None:
    """Whatever somebody writes or is called: facts stay facts, the file stays a catalogue."""
    if not text.strip() or not name.strip() or "\0" in text + name:
        return
    folder = site.newsroom.content / SLUG
    (folder / "nl.po").unlink(missing_ok=True)
    draft(site)
    catalogue = on_disk(site)
    key = next(catalogue.entries()).key
    before = catalogue.entry(key)
    try:
        (text + name).encode()
    except UnicodeEncodeError:
        return

    catalogue.note(key, text, by=name, on=site.clock().date())
    catalogue.save()

    after = on_disk(site).entry(key)
    assert len(after.provenance.notes) == len(before.provenance.notes) + 1
    assert after.provenance.origin == before.provenance.origin
    assert after.provenance.draft == before.provenance.draft
    assert after.provenance.approval is None
    assert after.translation == before.translation
