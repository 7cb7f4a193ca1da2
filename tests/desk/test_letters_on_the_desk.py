"""A letter as the desk shows it: every way to look at it; a hostile text can do nothing."""

import re
import socket
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.desk.looks import Look, dress
from flows.domain.account import Role
from tests.desk.conftest import Browser, OpenSite, Site
from tests.functional.editorial.conftest import BODY, SLUG, write_article

NL = f"/articles/{SLUG}/nl"
LETTER = f"{NL}/letter"
TEMPLATES = (
    "{{7007*7007}}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% for x in (1).__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "{% include 'desk/base.html' %}",
    "${7007*7007} #{7007*7007} <%= 7007*7007 %>",
)


async def reader(site: Site) -> Browser:
    """An editor."""
    return await site.signed_in("Édith")


async def test_the_frame_holds_the_letter_and_nothing_of_the_desk(approved: Site) -> None:
    """Its own policy: no script, no form, no way out, our pictures and those by https alone."""
    browser = await reader(approved)
    page = await browser.look(NL)
    letter = await browser.get(f"/desk{LETTER}")

    frame = re.search(r"<iframe[^>]*>", page.text)
    assert frame
    assert re.search(r"\ssandbox(?![=\w])", frame[0])
    assert f'src="/desk{LETTER}"' in frame[0]
    assert "Nachtbemiddeling" in letter.text
    policy = letter.headers["content-security-policy"]
    for said in ("default-src 'none'", "sandbox", "form-action 'none'", "frame-ancestors 'self'"):
        assert said in policy
    assert "script-src" not in policy
    assert "img-src 'self' https:" in policy
    assert letter.headers["referrer-policy"] == "no-referrer"
    assert "_csrf" not in letter.text


async def test_pictures_can_be_left_out(approved: Site) -> None:
    """As a mail program does that asks first."""
    letter = await (await reader(approved)).get(f"/desk{LETTER}?images=off")

    assert "img-src 'none'" in letter.headers["content-security-policy"]


async def test_the_scheme_is_the_one_that_was_chosen_whatever_the_browser_s_is(
    approved: Site,
) -> None:
    """The letter's own rules for the dark hold always, or never."""
    browser = await reader(approved)
    dark = (await browser.get(f"/desk{LETTER}?scheme=dark")).text
    light = (await browser.get(f"/desk{LETTER}")).text

    assert "prefers-color-scheme" not in dark + light
    assert 'name="color-scheme" content="dark"' in dark
    assert 'name="color-scheme" content="light"' in light
    assert "(min-width: 0)" in dark
    assert "(max-width: 0)" in light


def test_only_a_letter_s_styles_are_dressed_never_its_words() -> None:
    """An article may be about style sheets."""
    text = "<style>@media (prefers-color-scheme:dark){}</style><p>(prefers-color-scheme: dark)</p>"

    assert dress(text, scheme="dark").endswith("<p>(prefers-color-scheme: dark)</p>")


async def test_the_page_tells_subject_sender_size_and_what_was_shown(approved: Site) -> None:
    """All that a reader sees before opening, the limit of Gmail, and the digest for approving."""
    page = (await (await reader(approved)).look(NL)).text

    assert "Nachtbemiddeling" in page
    assert "newsletter@efus.example.org" in page
    assert re.search(r"\d+ KB of the 102 that Gmail shows", page)
    edition = approved.runtime.library.edition(SLUG, approved.runtime.library.languages[2])
    assert edition.digest[:12] in page
    assert "approved by Chantal" in page


async def test_a_letter_that_gmail_would_clip_says_so(site: Site) -> None:
    """With its size."""
    body = "\n\n".join(f"Paragraphe {n}. " + "Texte. " * 100 for n in range(200))
    write_article(site.newsroom.content, body=body)

    page = (await (await reader(site)).look(f"/articles/{SLUG}/fr")).text

    assert "Gmail cuts letters off at 102 KB" in page


async def test_the_plain_text_is_shown_beside_the_french(approved: Site) -> None:
    """Both in their language."""
    page = (await (await reader(approved)).look(f"{NL}?part=text&beside=yes")).text

    assert '<pre class="plain-letter" lang="fr"' in page
    assert '<pre class="plain-letter" lang="nl"' in page
    assert "Bemiddelaars" in page
    assert "Les médiateurs" in page


async def test_two_frames_stand_side_by_side(approved: Site) -> None:
    """French and Dutch, looked at alike."""
    page = (await (await reader(approved)).look(f"{NL}?beside=yes&width=phone")).text

    frames = re.findall(r'src="(/desk/articles/[^"]+/letter[^"]*)"', page)
    assert [frame.split("/")[4] for frame in frames] == ["fr", "nl"]
    assert all("width=phone" in frame for frame in frames)


async def test_one_can_look_as_a_contact(approved: Site) -> None:
    """In their language and by their name; no link holds the address."""
    browser = await reader(approved)
    await browser.look(NL)

    went = await browser.press(f"{NL}/reader", address="mayor@dublin.example.org")

    assert re.fullmatch(rf"/desk/articles/{SLUG}/en\?for=[\w.%-]+", went.headers["location"])
    page = (await browser.get(went.headers["location"])).text
    assert "You look as Office of the Mayor." in page
    unknown = await browser.press(f"{NL}/reader", address="nobody@example.org")
    assert unknown.status_code == 404
    assert "no contact on a list has this address" in unknown.text


@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER])
async def test_nobody_walks_through_the_contacts(approved: Site, role: Role) -> None:
    """Only an address that one knows leads to a contact: no number does, nor a token changed."""
    await approved.add("Wim", role)
    browser = await approved.signed_in("Wim")
    await browser.look(NL)
    went = await browser.press(f"{NL}/reader", address="mayor@dublin.example.org")
    token = unquote(went.headers["location"].partition("for=")[2])
    forged = [
        *map(str, range(1, 6)),
        "999",
        f"{token}=",
        f"{token}é",
        f"MQ==.{token.partition('.')[2]}",
    ]

    for place in (f"/desk{NL}", f"/desk{NL}/letter"):
        assert (await browser.get(f"{place}?for={token}")).status_code == 200
        for one in forged:
            page = await browser.get(f"{place}?for={one}")
            assert page.status_code == 404, one
            assert "example.org" not in page.text
            assert "Mayor" not in page.text


async def test_test_letters_go_to_any_address_in_the_languages_that_were_chosen(
    approved: Site,
) -> None:
    """Through the same way out as real letters."""
    browser = await reader(approved)
    await browser.look(f"/articles/{SLUG}")

    sent = await browser.press(
        f"/articles/{SLUG}/tests", address="me@example.org", language=["fr", "nl"]
    )

    assert sent.headers["location"] == f"/desk/articles/{SLUG}?done=tested"
    letters = list((approved.runtime.settings.var / "outbox" / "new").iterdir())
    assert len(letters) == 2
    assert all(b"Delivered-To: me@example.org" in one.read_bytes() for one in letters)


@pytest.mark.parametrize(
    ("address", "languages"),
    [("me@example.org", []), ("nobody", ["fr"]), ("a@b.example\r\nBcc: c@d.example", ["fr"])],
)
async def test_a_test_that_makes_no_sense_sends_nothing(
    approved: Site, address: str, languages: list[str]
) -> None:
    """No language, no address, or more than one line."""
    browser = await reader(approved)
    await browser.look(f"/articles/{SLUG}")

    refused = await browser.press(f"/articles/{SLUG}/tests", address=address, language=languages)

    assert refused.status_code == 422
    assert not (approved.runtime.settings.var / "outbox").exists()


async def test_test_letters_are_no_means_to_pester_anybody(approved: Site) -> None:
    """Thirty in a quarter of an hour are enough to work."""
    browser = await reader(approved)
    await browser.look(f"/articles/{SLUG}")
    said = [
        (
            await browser.press(
                f"/articles/{SLUG}/tests", address="you@example.org", language=["fr", "nl", "en"]
            )
        ).status_code
        for _ in range(11)
    ]

    assert said == [303] * 10 + [422]


@pytest.mark.parametrize("text", TEMPLATES)
async def test_what_looks_like_a_template_stays_text(open_site: OpenSite, text: str) -> None:
    """In every field of an article, in names, in what is looked for: nothing is ever compiled."""
    site = await open_site()
    written = text.replace('"', "'")
    write_article(
        site.newsroom.content,
        title=f"Titre {written}",
        summary=f"Résumé {written}",
        author=f"Autrice {written}",
        body=f"Corps {text}\n\n{BODY}",
    )
    await site.add(f"Ada {text}"[:100], Role.ADMINISTRATOR)
    browser = site.browser()
    await browser.sign_in(f"Ada {text}"[:100])
    pages = [
        await browser.look(path)
        for path in (
            "/",
            "/articles",
            f"/articles/{SLUG}",
            f"/articles/{SLUG}/fr",
            f"/articles/{SLUG}/fr/letter",
            f"/articles/{SLUG}/fr?part=text",
            f"/audit?who={quote(text)}",
            f"/articles/{quote(text, safe='')}",
        )
    ]

    for page in pages:
        assert page.status_code in {200, 404}
        assert str(7007 * 7007) not in page.text
        assert "<class" not in page.text
        assert "subprocess" not in page.text


async def test_a_hostile_article_is_text_on_every_page(site: Site) -> None:
    """Markup in its fields is escaped; in its body it is made harmless."""
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    write_article(
        site.newsroom.content,
        title=f"Titre {evil}",
        summary=evil,
        author=evil,
        body=f"{evil}\n\n[lien](javascript:alert(3)) [a](javascript&#58;alert(4))\n\n{BODY}",
    )
    browser = await site.signed_in("Ada")
    for path in ("/articles", f"/articles/{SLUG}", f"/articles/{SLUG}/fr"):
        page = (await browser.look(path)).text
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    letter = (await browser.get(f"/desk/articles/{SLUG}/fr/letter")).text
    assert not re.search(r"<script|<img[^>]*onerror|href=\"javascript", letter, re.IGNORECASE)


async def test_looking_at_letters_fetches_nothing(site: Site) -> None:
    """No picture, no style sheet, no link of an article is ever asked for by the server (SSRF)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        port = listener.getsockname()[1]
        here = f"127.0.0.1:{port}"
        write_article(
            site.newsroom.content,
            image=f"https://{here}/a.png",
            body=f"![a](https://{here}/b.png)\n\n<link rel=stylesheet href='https://{here}/c.css'>"
            f"\n\n<style>@import url(https://{here}/d.css)</style>\n\n[e](https://{here}/e)\n\n{BODY}",
        )
        browser = await site.signed_in("Ada")
        for path in (f"/articles/{SLUG}", f"/articles/{SLUG}/fr", f"/articles/{SLUG}/fr/letter"):
            assert (await browser.look(path)).status_code == 200
        with pytest.raises(TimeoutError):
            listener.accept()


ODD = st.one_of(
    st.text(min_size=1, max_size=30),
    st.sampled_from(
        (
            "..",
            "../..",
            "..%2f..",
            "%2e%2e",
            "....//",
            "/etc/passwd",
            "\\..\\",
            "a\0b",
            "․․/etc",
            "‥",
            "fr.md",
            ".git",
            "city-pair/../mediation",
            "CON",
            "~root",
            "nl.po",
        )
    ),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(slug=ODD, language=ODD)
async def test_no_path_leads_out_of_the_content(site: Site, slug: str, language: str) -> None:
    """Whatever stands for an article or a language: it is one of ours, or it is not there."""
    browser = await site.signed_in("Ada")
    try:
        asked = f"/desk/articles/{quote(slug, safe='')}/{quote(language, safe='')}/letter"
    except UnicodeEncodeError:
        return
    try:
        answer = await browser.get(asked)
    except httpx.InvalidURL:
        return

    ours = slug in site.runtime.library.slugs() and language in site.runtime.library.languages
    assert (answer.status_code == 200) == ours
    assert "root:" not in answer.text


def test_what_an_address_says_wrongly_counts_as_not_said() -> None:
    """Choices come from a closed set; what stands for a contact is no longer than such a token."""
    from starlette.datastructures import QueryParams

    odd = "width=1px&scheme=%22%3E&part=pdf&images=maybe&beside=1&for=" + "x" * 201

    assert Look.from_query(QueryParams(odd)) == Look()
    chosen = Look(
        width="phone", scheme="dark", images=False, part="text", beside=True, reader="Nw==.x"
    )
    assert Look.from_query(QueryParams(chosen.query[1:])) == chosen
