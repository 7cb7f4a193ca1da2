"""Contacts, cities and imports on the desk: for the network, and for a city's own correspondent."""

import csv
import io
import json
import re
from collections.abc import Mapping

import httpx
import pytest

from flows.domain.account import Role
from flows.domain.delivery import DeliveryState, Outcome
from flows.operations.auditing import Search, search_events
from flows.operations.histories import History, read_history
from flows.operations.intake.uploads import MOST_BYTES
from flows.operations.looking import number_of
from flows.store.contacts import suppress
from tests.desk.conftest import Browser, Site
from tests.functional.builders import settle, take

GHENT = "kabinet@gent.example.org"
DUBLIN = "mayor@dublin.example.org"
LIEGE = "cabinet@liege.example.org"
CITIES = f"""city,country,language,timezone,correspondents
Liège,BE,fr,Europe/Brussels,
Gand,BE,nl,Europe/Brussels,{GHENT.upper()}
Dublin,IE,en,Europe/Dublin,
"""
HEAD = "email,name,city\n"


@pytest.fixture
async def lists(approved: Site) -> Site:
    """A newsroom with its lists, and a correspondent of Ghent who is known by their address."""
    await approved.add("Camille", Role.CORRESPONDENT, languages=(), address=GHENT)
    folder = approved.runtime.settings.workspace / "subscribers"
    (folder / "cities.csv").write_text(CITIES, "utf-8")
    await approved.newsroom.bring_in()
    return approved


async def number(site: Site, address: str) -> int:
    """The number of a contact."""
    return await number_of(site.runtime.store, site.runtime.address_hash(address))


async def history(site: Site, address: str) -> History:
    """All that is kept of an address."""
    async with site.runtime.store.reading() as tx:
        return await read_history(tx, site.runtime.address_hash(address))


async def acts(site: Site, action: str) -> list[str]:
    """Who did something, as the audit trail has it."""
    found = await search_events(site.runtime.store, Search(action=action), at_most=20)
    return [one.actor for one in found.events]


async def shown(browser: Browser, path: str) -> set[str]:
    """The addresses among the contacts of a page."""
    rows = (await browser.look(path)).text.partition('id="rows"')[2]
    return set(re.findall(r"[\w.]+@[\w.]+\.example\.org", rows.lower()))


async def upload(
    browser: Browser, content: bytes, name: str = "list.csv", **fields: str
) -> httpx.Response:
    """Choose a file and see what it would do."""
    await browser.look("/imports")
    data = {"_csrf": browser.token, "list": "members", **fields}
    return await browser.post("/desk/imports", data=data, files={"file": (name, content)})


def forms_of(page: str) -> Mapping[str, list[dict[str, str]]]:
    """The hidden fields of each form of a page, by where it goes."""
    forms: dict[str, list[dict[str, str]]] = {}
    for action, body in re.findall(
        r'<form method="post"\s+action="/desk([^"]+)".*?>(.*?)</form>', page, re.DOTALL
    ):
        fields = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', body)
        forms.setdefault(action, []).append(dict(fields))
    return forms


async def carry_out(browser: Browser, page: httpx.Response) -> httpx.Response:
    """Import what a page shows."""
    ((action, forms),) = [
        (action, forms)
        for action, forms in forms_of(page.text).items()
        if action.startswith("/imports/files/") and not action.endswith("/report")
    ]
    return await browser.post(f"/desk{action}", data={**forms[-1], "act": "import"})


async def hand_over(browser: Browser, content: str, **fields: str) -> httpx.Response:
    """Choose a file of replacements and see what it would do."""
    await browser.look("/handovers")
    data = {"_csrf": browser.token, **fields}
    return await browser.post(
        "/desk/handovers", data=data, files={"file": ("changes.csv", content.encode())}
    )


def next_step(page: httpx.Response) -> str:
    """Where the page goes on."""
    return str(re.findall(r'action="/desk(/handovers/files/[^"]+)"', page.text)[0])


async def test_addresses_are_replaced_from_a_file_that_is_seen_first(lists: Site) -> None:
    """Row by row; it stands among the imports, and is taken back there."""
    browser = await lists.signed_in("Paula")

    page = await hand_over(
        browser, f"ancien;nouveau\n{GHENT};new@gent.example.org\nx@x.test;y@x.test\n"
    )

    assert "takes the place" in page.text
    assert "no contact has the old address" in page.text
    assert await shown(browser, "/contacts?text=gent.example.org") == {GHENT}
    assert (await browser.press(next_step(page))).status_code == 303
    assert await acts(lists, "contacts.replaced") == ["Paula"]
    imports = (await browser.look("/imports")).text
    assert "changes.csv" in imports
    assert "1 replaced" in imports
    assert (
        await browser.look(f"/contacts/{await number(lists, 'new@gent.example.org')}")
    ).is_success
    await browser.press(re.findall(r'action="/desk(/imports/\d+/undo)"', imports)[0])
    assert await shown(browser, "/contacts?text=gent.example.org") == {GHENT}


async def test_a_correspondent_replaces_addresses_of_their_own_city_alone(lists: Site) -> None:
    """Of others they learn nothing but that no contact of theirs has the address."""
    browser = await lists.signed_in("Camille")

    page = await hand_over(browser, f"old,new\n{DUBLIN},a@x.test\n{GHENT},{LIEGE}\n")

    assert page.text.count("no contact has the old address") == 1
    assert "cannot be taken in for your cities" in page.text
    assert "/handovers/files/" not in page.text
    page = await hand_over(browser, f"old,new\n{GHENT},new@gent.example.org\n", same_person="yes")
    other = await lists.signed_in("Paula")
    await other.look("/handovers")
    assert (await other.press(next_step(page))).status_code == 404
    await browser.look("/handovers")
    assert (await browser.press(next_step(page), same_person="yes")).status_code == 303
    assert await acts(lists, "contacts.replaced") == ["Camille"]
    assert "/undo" in (await browser.look("/imports")).text


async def test_a_file_that_is_no_list_of_replacements_is_refused(lists: Site) -> None:
    """Without its columns, or without a file."""
    browser = await lists.signed_in("Paula")

    page = await hand_over(browser, "a,b\n1,2\n")
    assert page.status_code == 422
    assert "has no column" in page.text
    assert (await browser.press("/handovers")).status_code == 422


async def test_contacts_are_found_by_what_one_knows(lists: Site) -> None:
    """A part of the name, an address however it is spelt, a city, a list."""
    browser = await lists.signed_in("Paula")

    assert await shown(browser, "/contacts?text=burgemeester") == {GHENT}
    assert await shown(browser, "/contacts?text=KABINET@Gent.example.org") == {GHENT}
    assert await shown(browser, "/contacts?city=Dublin") == {DUBLIN}
    assert GHENT in await shown(browser, "/contacts?list=prevention")
    assert DUBLIN not in await shown(browser, "/contacts?list=prevention")
    assert "Nobody fits." in (await browser.look("/contacts?text=%25")).text
    assert await shown(browser, f"/contacts?after={await number(lists, DUBLIN)}") < await shown(
        browser, "/contacts"
    )


async def test_what_is_taken_along_leaves_out_who_said_no(lists: Site) -> None:
    """As CSV in which no spreadsheet finds a formula; the audit trail says who took it."""
    browser = await lists.signed_in("Paula")
    await upload(browser, f"{HEAD}formula@liege.example.org,=1+1,Liège\n".encode())
    await carry_out(
        browser, await upload(browser, f"{HEAD}f@liege.example.org,=1+1,Liège\n".encode())
    )
    await browser.look(f"/contacts/{await number(lists, DUBLIN)}")
    await browser.press(f"/contacts/{await number(lists, DUBLIN)}/suppress", because="told us")

    answer = await browser.get("/desk/contacts.csv")

    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["email"] for row in rows} >= {LIEGE, "f@liege.example.org"}
    assert DUBLIN not in answer.text
    assert "'=1+1" in answer.text
    assert await acts(lists, "contacts.exported") == ["Paula"]


async def test_a_contact_s_page_tells_the_whole_history(lists: Site) -> None:
    """Letters with the server's words, consents, changes."""
    issue = await lists.newsroom.freeze(await lists.newsroom.open())
    claims = await take(lists.runtime.store, issue)
    said = Outcome(state=DeliveryState.REFUSED, code=550, reply="5.1.1 No such user here")
    await settle(lists.runtime.store, claims, said)
    browser = await lists.signed_in("Paula")

    page = (await browser.look(f"/contacts/{await number(lists, GHENT)}")).text

    for words in (GHENT, str(issue.id), "No such user here", "legitimate interest", "came in"):
        assert words in page
    assert (await browser.look("/contacts/999999")).status_code == 404
    assert (await browser.look("/contacts/x")).status_code == 404


async def test_somebody_vouches_for_an_address_that_bounced(lists: Site) -> None:
    """Only after bounces, and never without saying how it is known."""
    browser, who = await lists.signed_in("Camille"), await number(lists, GHENT)
    hashed = lists.runtime.address_hash(GHENT)
    assert f"/contacts/{who}/vouch" not in (await browser.look(f"/contacts/{who}")).text
    async with lists.runtime.store.writing() as tx:
        await suppress(tx, hashed, reason="bounced", source="test", now=lists.clock())
    assert f"/contacts/{who}/vouch" in (await browser.look(f"/contacts/{who}")).text

    assert (await browser.press(f"/contacts/{who}/vouch")).status_code == 422
    done = await browser.press(f"/contacts/{who}/vouch", because="rang them up")

    assert done.status_code == 303
    assert "rang them up" in (await browser.look(f"/contacts/{who}")).text
    assert (await history(lists, GHENT)).opt_out is None
    assert await acts(lists, "contact.vouched") == ["Camille"]
    assert (await browser.press(f"/contacts/{who}/vouch", because="again")).status_code == 409


async def test_somebody_gets_all_that_is_kept_of_them(lists: Site) -> None:
    """As a file; that it was taken is written down."""
    browser = await lists.signed_in("Paula")

    answer = await browser.get(f"/desk/contacts/{await number(lists, GHENT)}/data")

    assert json.loads(answer.text)["contact"]["address"].casefold() == GHENT
    assert answer.headers["content-disposition"].startswith("attachment")
    assert await acts(lists, "contacts.exported") == ["Paula"]


async def test_somebody_is_forgotten_once_the_box_is_ticked(lists: Site) -> None:
    """No list brings them back."""
    browser = await lists.signed_in("Paula")
    path = f"/contacts/{await number(lists, DUBLIN)}"
    await browser.look(path)

    assert (await browser.press(f"{path}/erase")).status_code == 422
    assert (await history(lists, DUBLIN)).record
    assert (await browser.press(f"{path}/erase", sure="yes")).status_code == 303

    kept = await history(lists, DUBLIN)
    assert kept.record is None
    assert kept.opt_out
    assert kept.opt_out.reason == "erased"
    assert (await browser.look(path)).status_code == 404
    again = await upload(browser, f"{HEAD}{DUBLIN},Mayor,Dublin\n".encode())
    assert "asked for everything about them to be erased" in again.text


async def test_somebody_who_must_not_be_written_to_is_not(lists: Site) -> None:
    """For a reason that is kept."""
    browser = await lists.signed_in("Paula")
    path = f"/contacts/{await number(lists, DUBLIN)}"
    await browser.look(path)

    assert (await browser.press(f"{path}/suppress")).status_code == 422
    assert (await browser.press(f"{path}/suppress", because="on the telephone")).status_code == 303

    page = (await browser.look(path)).text
    assert "on the telephone (Paula)" in page
    assert "Never write to them again" not in page


async def test_an_office_changes_hands(lists: Site) -> None:
    """The new one has the lists; what cannot be is said on the page."""
    browser = await lists.signed_in("Paula")
    path = f"/contacts/{await number(lists, GHENT)}"
    before = {one.list for one in (await history(lists, GHENT)).lists}
    await browser.look(path)

    assert (await browser.press(f"{path}/replace")).status_code == 422
    assert (await browser.press(f"{path}/replace", new="nobody")).status_code == 422
    done = await browser.press(f"{path}/replace", new="new@gent.example.org", name="New")

    new = await history(lists, "new@gent.example.org")
    assert done.headers["location"].startswith(
        f"/desk/contacts/{await number(lists, 'new@gent.example.org')}"
    )
    assert {one.list for one in new.lists} == before
    assert not (await history(lists, GHENT)).lists


async def test_cities_say_whom_nobody_wrote_to(lists: Site) -> None:
    """Since the quarter began, or since another day."""
    issue = await lists.newsroom.freeze(await lists.newsroom.open())
    claims = await take(lists.runtime.store, issue)
    sent = [one for one in claims if one.address != GHENT]
    await settle(lists.runtime.store, sent, Outcome(state=DeliveryState.ACCEPTED, code=250))
    browser = await lists.signed_in("Paula")

    def silent(page: httpx.Response) -> str:
        return page.text.partition('id="silent-title"')[2].partition("</section>")[0]

    assert GHENT in silent(await browser.look("/cities/Gand"))
    assert "Everybody got a letter." in silent(await browser.look("/cities/Dublin"))
    assert DUBLIN in silent(await browser.look("/cities/Dublin?since=2099-01-01"))
    assert "1 got no letter" in (await browser.look("/cities")).text
    assert (await browser.look("/cities/Atlantis")).status_code == 404
    assert (await browser.look("/cities?since=yesterday")).status_code == 422


async def test_an_import_is_looked_at_corrected_done_and_taken_back(lists: Site) -> None:
    """Nothing changes before somebody says so."""
    browser = await lists.signed_in("Paula")
    content = (
        "Ligne;Contact électronique;Ville\n1;new@liege.example.org;Liège\n2;x;Liège\n".encode()
    )

    first = await upload(browser, content)
    assert first.status_code == 422
    assert "Contact électronique" in first.text
    ((action, (form, *_)),) = [
        one for one in forms_of(first.text).items() if one[0].startswith("/imports/files/")
    ]
    assert re.search(r'value="members"\s+checked', first.text)
    columns = {"map.1": "-", "map.2": "email", "map.3": "city"}
    choice = {**form, **columns, "list": "members", "act": "look"}
    second = await browser.post(f"/desk{action}", data=choice)

    assert second.status_code == 200
    assert re.search(r"<dt>Added</dt>\s*<dd>\s*1\s*</dd>", second.text)
    assert re.search(r"<dt>Refused</dt>\s*<dd>\s*1\s*</dd>", second.text)
    assert not (await history(lists, "new@liege.example.org")).is_known

    report = await browser.post(f"/desk{action}/report", data=choice)
    fates = [
        row["outcome"] for row in csv.DictReader(io.StringIO(report.text.removeprefix("\ufeff")))
    ]
    assert fates == ["added", "refused"]

    assert (await carry_out(browser, second)).status_code == 303
    assert {one.list for one in (await history(lists, "new@liege.example.org")).lists} == {
        "members"
    }
    assert (await browser.post(f"/desk{action}", data=choice)).status_code == 404

    page = (await browser.look("/imports")).text
    undo = re.findall(r'action="/desk(/imports/\d+/undo)"', page)[0]
    assert (await browser.press(undo)).status_code == 303
    assert (await history(lists, "new@liege.example.org")).record is None
    assert (await browser.press(undo)).status_code == 409


@pytest.mark.parametrize(
    ("name", "content", "status", "words"),
    [
        ("virus.exe", b"MZ", 422, "is no list"),
        ("empty.csv", b"", 422, "is empty"),
        ("", b"", 422, "Choose a file."),
        ("large.csv", b"a" * (MOST_BYTES + 1), 422, "larger than 50 MB"),
        ("larger.csv", b"a" * (MOST_BYTES + 100_000), 413, "too much"),
        ("../../etc/passwd.csv", b"nothing\n", 422, "has no column"),
        ("broken.xlsx", b"PK\x03\x04nothing", 422, "workbook"),
    ],
)
async def test_what_is_no_list_is_refused_in_words(
    lists: Site, name: str, content: bytes, status: int, words: str
) -> None:
    """And nothing of it stays where it does not belong."""
    browser = await lists.signed_in("Paula")

    answer = await upload(browser, content, name)

    assert (answer.status_code, words in answer.text) == (status, True)
    kept = (lists.runtime.settings.var / "uploads").rglob("*.*")
    assert {one.name for one in kept} <= {"passwd.csv", "broken.xlsx"}


async def test_a_list_that_was_forgotten_is_chosen_where_it_is_missed(lists: Site) -> None:
    """The page that says so has the lists; nobody begins anew."""
    browser = await lists.signed_in("Paula")
    content = "Mail;Ville\nnew@liege.example.org;Liège\n".encode()
    first = await upload(browser, content, list="")
    assert first.status_code == 422
    ((action, (form, *_)),) = [
        one for one in forms_of(first.text).items() if re.fullmatch(r"/imports/files/[^/]+", one[0])
    ]
    choice = {**form, "map.1": "email", "map.2": "city", "list": "members", "act": "look"}

    second = await browser.post(f"/desk{action}", data=choice)

    assert re.search(r"<dt>Added</dt>\s*<dd>\s*1\s*</dd>", second.text)
    assert (await carry_out(browser, second)).status_code == 303
    assert {one.list for one in (await history(lists, "new@liege.example.org")).lists} == {
        "members"
    }


async def test_a_file_is_there_for_whoever_brought_it_and_for_some_hours(lists: Site) -> None:
    """Another person cannot go on with it; nobody can tomorrow."""
    browser = await lists.signed_in("Paula")
    page = await upload(browser, f"{HEAD}new@liege.example.org,N,Liège\n".encode())
    action = next(one for one in forms_of(page.text) if one.endswith("/report"))
    other = await lists.signed_in("Ada")

    assert (await other.press(action)).status_code == 404

    lists.clock.advance(days=40_000)  # the files' own times are the machine's
    late = await lists.signed_in("Paula")
    await upload(late, b"email\n")
    assert (await late.press(action)).status_code == 404


async def test_a_correspondent_sees_their_own_city_and_nothing_else(lists: Site) -> None:
    """Others' contacts do not exist for them; an error tells nothing about these."""
    browser = await lists.signed_in("Camille")
    dublin, unknown = await number(lists, DUBLIN), 999_999

    assert (await browser.look("/")).headers["location"] == "/desk/cities"
    cities = (await browser.look("/cities")).text
    assert "Gand" in cities
    assert "Dublin" not in cities
    assert await shown(browser, "/contacts") == {GHENT}
    assert await shown(browser, f"/contacts?text={DUBLIN}") == set()
    assert DUBLIN not in (await browser.get("/desk/contacts.csv")).text
    assert (await browser.look("/cities/Dublin")).status_code == 404
    for path in ("", "/data"):
        theirs = await browser.get(f"/desk/contacts/{dublin}{path}")
        nobody = await browser.get(f"/desk/contacts/{unknown}{path}")
        assert (theirs.status_code, theirs.text) == (nobody.status_code, nobody.text)
        assert theirs.status_code == 404
    await browser.look(f"/contacts/{await number(lists, GHENT)}")
    for act in ("replace", "suppress", "vouch", "erase"):
        answer = await browser.press(
            f"/contacts/{dublin}/{act}", sure="yes", because="x", new="a@b.test"
        )
        assert answer.status_code == 404
    assert (await history(lists, DUBLIN)).opt_out is None
    for path in ("/articles", "/audit", "/retention", "/checkup"):
        assert (await browser.look(path)).status_code == 403


async def test_a_correspondent_keeps_their_own_city(lists: Site) -> None:
    """Rows of another city are refused; what others imported is not theirs to take back."""
    browser = await lists.signed_in("Camille")
    content = f"{HEAD}new@gent.example.org,New,Gand\n{DUBLIN},Taken,Gand\nz@x.test,Z,Dublin\n"

    page = await upload(browser, content.encode())
    await carry_out(browser, page)

    assert (await history(lists, "new@gent.example.org")).record
    taken = (await history(lists, DUBLIN)).record
    assert taken
    assert taken.city == "Dublin"
    assert not (await history(lists, "z@x.test")).is_known
    office = (await (await lists.signed_in("Paula")).look("/imports")).text
    numbers = sorted(map(int, re.findall(r"/imports/(\d+)/undo", office)))
    await browser.look("/imports")
    assert (await browser.press(f"/imports/{numbers[0]}/undo")).status_code == 404
    assert (await browser.press(f"/imports/{numbers[-1]}/undo")).status_code == 303
    assert (await history(lists, "new@gent.example.org")).record is None


async def test_a_correspondent_of_no_city_sees_nobody(lists: Site) -> None:
    """Until the file of cities names them."""
    browser = await lists.signed_in("Coralie")

    assert "There is no city for you" in (await browser.look("/cities")).text
    assert await shown(browser, "/contacts") == set()


async def test_what_is_too_old_is_shown_before_it_is_forgotten(lists: Site) -> None:
    """Imports of three months ago cannot be taken back afterwards; the register tells the rule."""
    browser = await lists.signed_in("Paula")
    assert "Forget what is due" not in (await browser.look("/retention")).text
    lists.clock.advance(days=120)
    browser = await lists.signed_in("Paula")

    page = (await browser.look("/retention")).text
    assert "Forget what is due" in page
    assert "/undo" in (await browser.look("/imports")).text
    assert (await browser.press("/retention")).status_code == 303

    assert "Forget what is due" not in (await browser.look("/retention")).text
    assert "/undo" not in (await browser.look("/imports")).text
    register = await browser.get("/desk/retention/register")
    assert "Record of processing activities" in register.text
    assert await acts(lists, "retention.applied") == ["Paula"]
