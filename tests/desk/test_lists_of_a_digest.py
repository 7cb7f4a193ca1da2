"""A digest's articles and agenda in the form of its text: chosen, moved, taken out, saved."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flows.content.digests import read_agenda, read_sections
from flows.content.frontmatter import load_fields
from flows.content.listing import (
    AgendaRow,
    ArticleRow,
    agenda_block,
    articles_block,
    rows_of_agenda,
    rows_of_articles,
)
from tests.desk.conftest import Browser, Site
from tests.desk.test_changing_rules import INPUT, attribute
from tests.desk.test_writing_on_the_desk import typed
from tests.functional.editorial.conftest import SLUG, write_article

SELECT = re.compile(r'<select[^>]*\bname="([\w.]+)">(.*?)</select>', re.DOTALL)
PAGE = "/articles/lettre/write"
LISTS = f"""articles: [{SLUG}]  # the best one
agenda:
  - title: Conférence   # in the town hall
    from: 2026-12-03 09:30
    to: 2026-12-03 17:00
    zone: Europe/Brussels
    place: Liège
"""


def fields_of(page: str) -> dict[str, Any]:
    """What the form holds, as a browser without scripts would send it."""
    form = page[page.index('id="draft"') :]
    fields: dict[str, Any] = {**typed(form)}
    fields |= {attribute(tag, "name"): attribute(tag, "value") for tag in INPUT.findall(form)}
    for name, options in SELECT.findall(form):
        chosen = [one for one in options.split("<option")[1:] if " selected" in one]
        value = attribute((chosen or options.split("<option")[1:2])[0], "value")
        fields[name] = unescape(value)
    return {name: value for name, value in fields.items() if name != "_csrf"}


def text_of(path: Path) -> str:
    """What the file says, sign by sign."""
    return path.read_bytes().decode()


def rewrite(path: Path, old: str, new: str) -> None:
    """The file with other lines."""
    path.write_text(text_of(path).replace(old, new), "utf-8")


@pytest.fixture
def written(approved: Site) -> Path:
    """A digest with an article and an appointment; beside it an article nobody approved."""
    content = approved.newsroom.content
    write_article(content, slug="autre")
    path = write_article(content, slug="lettre")
    rewrite(path, "---\n\n", f"{LISTS}---\n\n")
    return path


async def opened(site: Site) -> tuple[Browser, dict[str, Any]]:
    """An editor before the form, and what stands in it."""
    browser = await site.signed_in("Édith")
    return browser, fields_of((await browser.look(PAGE)).text)


async def test_the_lists_stand_in_rows_and_saving_them_changes_no_sign(
    approved: Site, written: Path
) -> None:
    """Comments and spelling stay as long as nobody changes what the list says."""
    before = text_of(written)
    browser, fields = await opened(approved)
    assert (fields["articles.0.article"], fields["articles.0.shown"]) == (SLUG, "teaser")
    assert (fields["agenda.0.day"], fields["agenda.0.hour"]) == ("2026-12-03", "09:30")
    assert (fields["agenda.0.last_hour"], fields["agenda.0.zone"]) == ("17:00", "Europe/Brussels")

    answer = await browser.press(PAGE, **fields, act="save")

    assert answer.status_code == 303, answer.text
    assert text_of(written) == before


@pytest.mark.usefixtures("written")
async def test_articles_are_chosen_from_the_approved_ones_first(approved: Site) -> None:
    """The others are told apart; the digest itself and other digests are not offered."""
    write_article(approved.newsroom.content, slug="autre-lettre")
    browser, _ = await opened(approved)
    page = (await browser.look(PAGE)).text
    rows = page[page.index('<fieldset class="list-rows" id="articles"') :]
    ready, _, rest = rows.partition('<optgroup label="Not approved yet">')
    assert f'value="{SLUG}"' in ready.partition('label="Approved in every language"')[2]
    assert 'value="autre"' in rest
    assert 'value="lettre"' not in rows


async def test_an_appointment_keeps_no_name_of_the_template(approved: Site, written: Path) -> None:
    """Readers' calendars are to know it by its own title, which takes the template's place."""
    browser, fields = await opened(approved)
    await browser.press(PAGE, **(fields | {"agenda.0.title": "Titre du rendez-vous"}), act="save")
    browser, fields = await opened(approved)
    fields |= {"agenda.0.name": "titre-du-rendez-vous", "agenda.0.title": "Réunion"}

    answer = await browser.press(PAGE, **fields, act="save")

    assert answer.status_code == 303, answer.text
    assert "title: Réunion" in text_of(written)
    assert "name:" not in text_of(written)


async def test_rows_are_added_moved_and_taken_out_without_scripts(
    approved: Site, written: Path
) -> None:
    """Each button brings the page again with what was typed, and nothing is saved."""
    before = text_of(written)
    browser, fields = await opened(approved)

    async def press(act: str, **changes: str) -> dict[str, Any]:
        answer = await browser.press(PAGE, **(fields | changes), act=act)
        assert answer.status_code == 200, answer.text
        return fields_of(answer.text)

    fields = await press("articles.add")
    fields = await press("articles.up.1", **{"articles.1.article": "autre", "title": "x"})
    assert [fields[f"articles.{n}.article"] for n in (0, 1)] == ["autre", SLUG]
    fields = await press("articles.down.0")
    assert [fields[f"articles.{n}.article"] for n in (0, 1)] == [SLUG, "autre"]
    fields = await press("agenda.out.0")
    assert "agenda.0.title" not in fields
    fields = await press("agenda.add")
    assert (fields["agenda.0.title"], text_of(written)) == ("", before)

    said = {
        "articles.0.shown": "full",
        "articles.1.section": "Ailleurs : « vu »",
        "articles.1.link": "https://example.org/a#b",
        "agenda.0.title": "Journée d’étude",
        "agenda.0.day": "2026-12-10",
    }
    answer = await browser.press(PAGE, **(fields | said), act="save")

    assert answer.status_code == 303, answer.text
    head, _, body = before.partition(f"articles: [{SLUG}]")
    assert text_of(written) == (
        f"{head}articles:\n  - article: {SLUG}\n    as: full\n"
        '  - section: "Ailleurs : « vu »"\n    items:\n      - article: autre\n'
        "        link: https://example.org/a#b\n"
        "agenda:\n  - title: Journée d’étude\n    date: 2026-12-10\n---\n\n"
        + body.partition("---\n\n")[2]
    )


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"agenda.0.title": ""}, "title: is missing"),
        ({"agenda.0.day": ""}, "is no day and no time"),
        ({"agenda.0.last_day": "2026-12-01"}, "it ends before it begins"),
        ({"articles.0.link": "ailleurs"}, "is no address of a page"),
        ({"articles.0.article": "nobody"}, "there is no article"),
        ({"articles.0.article": "", "articles.0.section": "Ici"}, "article: is missing"),
        (
            {"articles.0.article": "", "articles.0.link": "https://example.org/a"},
            "article: is missing",
        ),
    ],
)
async def test_what_cannot_be_is_told_above_the_rows_as_they_were_typed(
    approved: Site, written: Path, said: dict[str, str], problem: str
) -> None:
    """And the file stays as it is."""
    before = text_of(written)
    browser, fields = await opened(approved)

    answer = await browser.press(PAGE, **(fields | said), act="save")

    assert answer.status_code == 422
    assert problem.casefold() in unescape(answer.text).casefold()
    assert fields_of(answer.text).items() >= said.items()
    assert text_of(written) == before


async def test_a_row_that_was_only_added_changes_no_sign(approved: Site, written: Path) -> None:
    """It begins with the heading of the last one, and nobody chose an article for it."""
    section = f'articles:  # the best one\n  - section: "Ici"\n    items: [{SLUG}]\n'
    rewrite(written, f"articles: [{SLUG}]  # the best one\n", section)
    before = text_of(written)
    browser, fields = await opened(approved)
    fields = fields_of((await browser.press(PAGE, **fields, act="articles.add")).text)
    fields = fields_of((await browser.press(PAGE, **fields, act="agenda.add")).text)
    assert (fields["articles.1.section"], fields["articles.1.article"]) == ("Ici", "")

    assert (await browser.press(PAGE, **fields, act="save")).status_code == 303

    assert text_of(written) == before


def with_many(path: Path, number: int) -> str:
    """The digest has so many appointments now; their lines."""
    lines = "agenda:\n" + "".join(
        f"  - title: Rencontre {n}\n    date: 2026-12-03\n" for n in range(number)
    )
    head, _, rest = text_of(path).partition("agenda:\n")
    body = rest.partition("---\n\n")[2]
    path.write_text(f"{head}{lines}---\n\n{body}", "utf-8")
    return lines


async def test_a_list_too_long_for_rows_stays_as_it_is(approved: Site, written: Path) -> None:
    """The page says so and offers no rows; what is saved beside it changes no line of the list."""
    lines = with_many(written, 101)
    browser = await approved.signed_in("Édith")
    page = (await browser.look(PAGE)).text
    assert "These lists are too long for rows" in page
    fields = fields_of(page)
    assert "agenda.0.title" not in fields

    answer = await browser.press(PAGE, **(fields | {"field.title": "Autre titre"}), act="save")

    assert answer.status_code == 303, answer.text
    after = text_of(written)
    assert ("Autre titre" in after, "# the best one" in after, lines in after) == (True,) * 3


async def test_no_row_that_a_form_sends_is_dropped(approved: Site, written: Path) -> None:
    """However many they are; one more than is offered is not added, and the page says why."""
    with_many(written, 100)
    browser, fields = await opened(approved)

    more = await browser.press(PAGE, **fields, act="agenda.add")

    assert (more.status_code, "at most 100 rows" in more.text) == (409, True)
    assert fields_of(more.text)["agenda.99.title"] == "Rencontre 99"
    another = {"agenda.100.title": "Rencontre 100", "agenda.100.day": "2026-12-03"}
    answer = await browser.press(PAGE, **(fields | another), act="save")
    assert answer.status_code == 303, answer.text
    assert "Rencontre 99\n" in text_of(written)
    assert "Rencontre 100\n" in text_of(written)


async def test_lists_from_which_all_was_taken_out_can_be_filled_again(
    approved: Site, written: Path
) -> None:
    """After it was saved, too: an empty list stays in the file."""
    browser, fields = await opened(approved)
    for act in ("articles.out.0", "agenda.out.0"):
        fields = fields_of((await browser.press(PAGE, **fields, act=act)).text)
    assert (await browser.press(PAGE, **fields, act="save")).status_code == 303
    assert "\narticles: []\n---\n" in text_of(written)

    fields = fields_of((await browser.look(PAGE)).text)
    fields = fields_of((await browser.press(PAGE, **fields, act="articles.add")).text)
    fields["articles.0.article"] = SLUG

    assert (await browser.press(PAGE, **fields, act="save")).status_code == 303
    assert f"\narticles:\n  - {SLUG}\n---\n" in text_of(written)


async def test_an_article_without_lists_has_no_rows(approved: Site) -> None:
    """Its form is as long as before."""
    browser = await approved.signed_in("Édith")
    page = (await browser.look(f"/articles/{SLUG}/write")).text
    assert 'name="rows"' not in page
    assert 'class="list-rows"' not in page


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30
)
words = texts.map(lambda text: " ".join(text.split()))
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True)


def value_of(block: str) -> yaml.Node:
    """The node of what a field says."""
    node, _ = load_fields(block)
    assert isinstance(node, yaml.MappingNode)
    value = node.value[0][1]
    assert isinstance(value, yaml.Node)
    return value


@given(st.lists(st.tuples(words, slugs, st.sampled_from(["teaser", "full"])), max_size=6))
def test_any_heading_and_any_article_is_read_as_it_was_chosen(
    chosen: list[tuple[str, str, str]],
) -> None:
    """Numbers, quotation marks, colons and hashes among them; what has no heading comes first."""
    rows = [
        ArticleRow(section=section, article=slug, shown=shown)
        for section, slug, shown in {one[1]: one for one in chosen}.values()
    ]
    node = value_of(articles_block(rows) or "articles: []\n")
    read = rows_of_articles(read_sections(node, path=Path("fr.md")))
    assert read == sorted(rows, key=lambda one: bool(one.section))


def test_a_heading_that_comes_again_stays_where_it_is() -> None:
    """The articles keep the order that they have in the letter."""
    order = [("A", "mediation"), ("B", "autre"), ("A", "tiers")]
    rows = [ArticleRow(section=section, article=slug) for section, slug in order]
    node = value_of(articles_block(rows))
    assert rows_of_articles(read_sections(node, path=Path("fr.md"))) == rows


@given(title=words.filter(bool), place=words)
def test_any_title_and_any_place_is_read_as_it_was_typed(title: str, place: str) -> None:
    """Whatever YAML would make of it."""
    row = AgendaRow(
        title=title,
        day="2026-12-03",
        hour="09:30",
        last_hour="17:00",
        zone="UTC",
        place=place,
        name="entry",
    )
    (read,) = rows_of_agenda(read_agenda(value_of(agenda_block([row])), path=Path("fr.md")))
    assert (read.title, read.place, read.hour, read.last_hour) == (title, place, "09:30", "17:00")
