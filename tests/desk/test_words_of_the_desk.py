"""The desk speaks French, English and Dutch, each completely."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.desk import labels
from flows.desk.faults import in_words
from flows.desk.labels import ACTIONS, DELIVERY_STATES, ISSUE_STATES, ROLES
from flows.desk.needs import ALLOWED, COUNTED, SENTENCES, WHO
from flows.desk.words import LOCALES, Words, choose_locale
from flows.domain.account import Role
from flows.domain.consent import Act, Basis
from flows.domain.contact import Membership
from flows.domain.delivery import DeliveryState
from flows.domain.errors import InputError
from flows.domain.history import Alteration, ImportState, Origin
from flows.domain.issue import IssueState
from flows.domain.language import Because
from flows.domain.phrases import Phrase
from flows.domain.waiting import Need
from flows.operations.intake.headings import LEFT_OUT
from flows.operations.intake.people import FIELDS
from flows.operations.retaining import preview_retention
from flows.operations.rules import check_rule
from flows.runtime.duties import spans_of
from flows.store.events import record_event
from tests.desk.conftest import Browser, Site
from tests.desk.messages import TRANSLATED, extract, read
from tests.desk.reasons import sentences

PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)[!:}]")
BREAKABLE = re.compile(" [;:!?»]|« ")
"""A plain space where French has one that no line ends at."""


def test_the_desk_speaks_three_languages() -> None:
    """English in its templates, the others in catalogues."""
    assert set(LOCALES) == {"en", *TRANSLATED} == {"fr", "en", "nl"}


@pytest.mark.parametrize("locale", TRANSLATED)
def test_a_catalogue_has_every_message_and_no_other(locale: str) -> None:
    """What templates and code say, word for word (`make messages` brings it in line)."""
    said = {str(message.id) for message in extract() if message.id}
    known = {str(message.id) for message in read(locale) if message.id}

    assert said - known == set()
    assert known - said == set()


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_message_is_translated_with_its_values(locale: str) -> None:
    """Nothing is empty or doubtful; what is put in is put in everywhere."""
    for message in read(locale):
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert not message.fuzzy, sources
        for text in strings:
            assert text, sources
            assert str(text).strip() == text, sources
        values = set(PLACEHOLDER.findall(str(sources[-1])))
        assert set(PLACEHOLDER.findall(str(strings[-1]))) == values, sources
        assert set(PLACEHOLDER.findall(str(strings[0]))) <= values, sources


def test_no_template_writes_a_sign_of_punctuation_behind_a_value_itself() -> None:
    """Which space stands before it is the catalogues' to say: the macro `pair` asks them."""
    folder = Path(__file__).parents[2] / "templates" / "desk"
    found = {
        file.name: found.group()
        for file in folder.glob("*.html")
        if (found := re.search(r"(\}\}|</\w+>)\s?[:;!?](?![\w=]).*", file.read_text("utf-8")))
    }
    assert found == {}


def test_no_line_of_french_begins_with_a_sign_that_belongs_to_the_word_before() -> None:
    """A narrow no-break space stands before `;`, `:`, `!`, `?` and within quotation marks."""
    texts = [
        str(text)
        for one in read("fr")
        if one.id
        for text in (one.string if isinstance(one.string, tuple) else (one.string,))
    ]

    assert [text for text in texts if BREAKABLE.search(text)] == []


def test_every_sentence_of_the_program_can_be_told_in_another_language() -> None:
    """One put together by hand has no template: it takes a `Phrase` with its facts."""
    untold = [f"{one.path.name}:{one.line}" for one in sentences() if one.text is None]

    assert untold == []


async def test_every_clock_has_its_words(site: Site) -> None:
    """What is kept for a time is said in the language of the page."""
    clocks = await preview_retention(
        site.runtime.store, spans_of(site.runtime), now=site.runtime.clock()
    )

    assert set(labels.CLOCKS) == {one.what for one in clocks}


def test_every_term_of_the_program_has_its_words() -> None:
    """A state or a role that is added is named here before it is shown."""
    assert set(ROLES) == set(Role)
    assert set(ISSUE_STATES) == set(IssueState)
    assert set(DELIVERY_STATES) == set(DeliveryState)
    assert set(labels.ALTERATIONS) == set(Alteration)
    assert set(labels.CONSENT_ACTS) == set(Act)
    assert set(labels.BASES) == set(Basis)
    assert set(labels.IMPORT_STATES) == set(ImportState)
    assert set(labels.ORIGINS) == set(Origin)
    assert set(labels.MEMBERSHIPS) == set(Membership)
    assert set(labels.LANGUAGE_REASONS) == set(Because)
    assert set(labels.FIELDS) == {*FIELDS, LEFT_OUT}
    assert set(SENTENCES) | set(COUNTED) == set(WHO) == set(Need)
    assert set(ALLOWED) <= set(Need)
    assert all(ACTIONS.values())


@pytest.mark.parametrize(
    ("wanted", "accepted", "locale"),
    [
        ("", "nl-BE,nl;q=0.9,en;q=0.8", "nl"),
        ("", "de, fr;q=0.5, nl;q=0.6", "nl"),
        ("", "en;q=0, fr", "fr"),
        ("fr", "nl", "fr"),
        ("", "de", "en"),
        ("", "", "en"),
        ("", ",;q=;;,q=x", "en"),
        ("xx", "fr-CA", "fr"),
    ],
)
def test_the_language_is_the_person_s_then_the_browser_s(
    wanted: str, accepted: str, locale: str
) -> None:
    """With the weights that the browser gives (RFC 9110, section 12.5.4)."""
    assert choose_locale(wanted, accepted) == locale


async def test_a_refused_row_has_its_reason_in_the_reader_s_language(site: Site) -> None:
    """On the page, and in the file that tells the fate of each row."""
    await site.newsroom.bring_in()
    browser = await site.signed_in("Paula")
    await browser.press("/account/language", locale="fr")
    await browser.look("/imports")
    rows = (
        "email;name;city;language\nnobody;A;Liège;\nn@x.test;A;Atlantis;\nn@x.test;A;Liège;qqqqq\n"
    )

    page = await browser.post(
        "/desk/imports",
        data={"_csrf": browser.token, "list": "members"},
        files={"file": ("l.csv", rows.encode())},
    )

    said = page.text.replace("\u202f", " ").replace("&#39;", "'")
    assert "« nobody » n’est pas une adresse e-mail : elle n’a pas d’arobase" in said
    assert "Corrigez l’adresse ou supprimez la ligne." in said
    assert "« Atlantis » n’est pas dans le réseau" in said
    assert "« qqqqq » n’est pas un code de langue" in said
    token = re.findall(r"/imports/files/([\w-]{22})/report", page.text)[0]
    report = await browser.post(
        f"/desk/imports/files/{token}/report", data={"_csrf": browser.token, "list": "members"}
    )
    assert "elle n’a pas d’arobase" in report.text


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "time: &#39;soon&#39; is not a day, a time and a zone"),
        ("fr", "Heure : « soon » n’est pas un jour, une heure et un fuseau"),
        ("nl", "Tijd: ‘soon’ is geen dag, tijd en tijdzone"),
    ],
)
def test_a_refusal_is_told_in_the_reader_s_language(locale: str, said: str) -> None:
    """Its template and its facts are kept apart until somebody reads it."""
    error = InputError(
        Phrase("{text!r} is not a day, a time and a zone", text="soon"), field="time"
    )

    told = in_words(Words(locale=locale, zone="Europe/Paris"), error)

    assert str(error) == "time: 'soon' is not a day, a time and a zone"
    assert told.replace("\u202f", " ").replace("'", "&#39;").lower() == said.lower()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("tous les lundis", "« tous les lundis » ne compte pas les cinq champs de cron"),
        ("0 9 * * lundi", "« 0 9 * * lundi » n’est pas une règle : le jour de la semaine est faux"),
    ],
)
def test_a_rule_that_is_none_is_told_with_one_that_is(rule: str, said: str) -> None:
    """In the words of the page alone, with an example as the command line has it."""
    with pytest.raises(InputError) as refused:
        check_rule(rule, zone="Europe/Paris", now=datetime(2026, 11, 27, tzinfo=UTC))

    told = in_words(Words(locale="fr", zone="Europe/Paris"), refused.value).replace("\u202f", " ")

    assert f"{said}. Par exemple « 0 9 * * TUE#1 »" in told


def test_what_stands_in_no_catalogue_is_told_as_it_is() -> None:
    """Another server's words, and facts that look like templates."""
    words = Words(locale="fr", zone="Europe/Paris")

    assert words.tell("550 5.1.1 {mailbox} unknown %s") == "550 5.1.1 {mailbox} unknown %s"
    assert words.tell(Phrase("is missing")) == "manque"
    assert "{x}" in words.tell(Phrase("there is no list {name!r}", name="{x}"))
    assert words.tell("") == ""


async def test_the_trail_and_the_health_are_told_in_the_reader_s_language(site: Site) -> None:
    """No spelling of the program, and times as people write them."""
    async with site.runtime.store.writing() as tx:
        await record_event(
            tx,
            "language.approved",
            "x/nl",
            actor="Zoë",
            now=site.clock(),
            two_people=True,
            until="2026-12-01T08:00:00+00:00",
        )
    browser = await site.signed_in("Paula")
    await browser.press("/account/language", locale="fr")
    await browser.press("/checkup")

    trail = (await browser.look("/audit")).text.replace("\u202f", " ")
    health = (await browser.look("/checkup")).text.replace("\u202f", " ")

    assert "deux personnes : oui" in trail
    assert "jusqu’à : mardi 1 décembre 2026 à 09:00" in trail
    assert "Base de données" in health
    assert "les lettres restent dans" in health
    assert 'lang="en"' not in health


async def headline(browser: Browser, accepted: str) -> tuple[str, str]:
    """The language and the greeting of the first page."""
    page = (await browser.look("/", headers={"Accept-Language": accepted})).text
    found = re.search(r'<html lang="(\w+)">.*?<h1>([^<]+)</h1>', page, re.DOTALL)
    assert found
    return found[1], found[2]


async def test_somebody_s_choice_stays_with_their_account(site: Site) -> None:
    """In every browser; giving it up follows the browser again."""
    browser = await site.signed_in("Paula")
    assert await headline(browser, "nl") == ("nl", "Dag Paula")

    await browser.press("/account/language", locale="fr")
    assert await headline(browser, "nl") == ("fr", "Bonjour, Paula")
    assert await headline(await site.signed_in("Paula"), "nl") == ("fr", "Bonjour, Paula")

    await browser.press("/account/language", locale="")
    assert (await headline(browser, "en"))[1] == "Hello, Paula"
    assert (await browser.press("/account/language", locale="tlh")).status_code == 422


@pytest.mark.parametrize(
    ("locale", "moment", "distance", "share"),
    [
        ("fr", "mardi 1 décembre 2026 à 09:00", "dans 3 j 4 h", "99 %"),
        ("en", "Tuesday 1 December 2026 at 09:00", "in 3 days 4 hrs", "99%"),
        ("nl", "dinsdag 1 december 2026 om 09:00", "over 3 dagen 4 uur", "99%"),
    ],
)
def test_each_language_writes_times_and_shares_its_own_way(
    locale: str, moment: str, distance: str, share: str
) -> None:
    """And never rounds up to everything."""
    words = Words(locale=locale, zone="Europe/Paris")
    at = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)

    said = (
        words.moment(at, "Europe/Brussels"),
        words.distance(timedelta(days=3, hours=4)),
        words.percent(1999, 2000),
    )

    plain = tuple(text.replace("\u00a0", " ").replace("\u202f", " ") for text in said)
    assert plain == (f"{moment} Europe/Brussels (UTC+01:00)", distance, share)
    assert words.language("pt-BR")
    assert words.language("x-klingon") == "x-klingon"
