"""The desk speaks French, English and Dutch, each completely."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from flows.desk import labels
from flows.desk.labels import ACTIONS, DELIVERY_STATES, ISSUE_STATES, ROLES
from flows.desk.needs import ALLOWED, COUNTED, SENTENCES, WHO
from flows.desk.words import LOCALES, Words, choose_locale
from flows.domain.account import Role
from flows.domain.consent import Act, Basis
from flows.domain.contact import Membership
from flows.domain.delivery import DeliveryState
from flows.domain.history import Alteration, ImportState, Origin
from flows.domain.issue import IssueState
from flows.domain.language import Because
from flows.domain.waiting import Need
from flows.operations.intake.headings import LEFT_OUT
from flows.operations.intake.people import FIELDS
from flows.operations.retaining import preview_retention
from flows.runtime.duties import spans_of
from tests.desk.conftest import Browser, Site
from tests.desk.messages import TRANSLATED, extract, read

PLACEHOLDER = re.compile(r"%\((\w+)\)s")


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
