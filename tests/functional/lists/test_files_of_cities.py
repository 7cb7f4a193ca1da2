"""Files as cities send them: any headings, any program, from anywhere."""

import csv
import random
from dataclasses import replace
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from flows.domain.access import Scope
from flows.domain.consent import Act, Basis
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.operations.exporting import export_contacts
from flows.operations.histories import history_of
from flows.operations.intake.guards import guard, unguard
from flows.operations.intake.places import How
from flows.operations.optouts import erase_address, suppress_address
from flows.operations.replacing import Replacement, replace_contact
from flows.store.contacts import Change
from flows.store.database import Store
from flows.store.optouts import LEFT, leave_list
from flows.store.searching import Wanted
from tests.functional.builders import NOW, readers_of
from tests.functional.lists.people import (
    CAMILLE,
    OFFICE,
    bring_in,
    hashed,
    on_list,
    put_back,
    write_workspace,
)

MEMBERS = How(lists=["members"])


@pytest.fixture
async def network(store: Store, tmp_path: Path) -> Store:
    """A database that knows the cities, and nobody in them."""
    await bring_in(store, write_workspace(tmp_path / "subscribers", members=[]))
    return store


HEADINGS = {
    "French": "Adresse e-mail;Nom;Prénom;Ville membre;Langue préférée;Fonction",
    "English": "E-mail address,Last name,First name,Member city,Preferred language,Role",
    "Dutch": "E-mailadres\tAchternaam\tVoornaam\tLidstad\tVoorkeurstaal\tFunctie",
    "shouted": "COURRIEL;NOM DE FAMILLE;PRENOM;VILLE;LANGUE;ROLE",
    "telling": "Mél : courriel du service;Nom (usuel);Prénom;Ville d’exercice;Langue;Rôle",
}


@pytest.mark.parametrize("head", HEADINGS.values(), ids=HEADINGS)
async def test_headings_are_understood(network: Store, tmp_path: Path, head: str) -> None:
    """In three languages, in any case, with more words than needed."""
    separator = next(sign for sign in ";\t," if sign in head)
    row = separator.join(["a@gent.test", "Lefèvre", "Zoé", "Ghent", "Dutch", "échevine | élue"])
    file = tmp_path / "ville.csv"
    file.write_text(f"{head}\n{row}\n", encoding="utf-8")

    done = await bring_in(network, file, how=MEMBERS)

    assert (done.changes, done.refused, done.notes) == ({Change.ADDED: 1}, [], [])
    (reader,) = await readers_of(network, "members")
    assert (reader.name, reader.city, reader.language) == ("Zoé Lefèvre", "Gand", "nl")
    history = await history_of(network, "a@gent.test", address_hash=hashed, scope=OFFICE)
    assert history.as_json()["contact"]["roles"] == ["échevine", "élue"]


async def test_a_guess_can_be_corrected(network: Store, tmp_path: Path) -> None:
    """By heading or by number; what is not read is said."""
    file = tmp_path / "ville.csv"
    file.write_text(
        "Contact;Courriel privé;Pro;Remarques\nA;prive@x.test;a@liege.test;x\n", encoding="utf-8"
    )
    columns = {"Courriel privé": "-", "3": "email"}

    done = await bring_in(network, file, how=How(lists=["members"], city="Liège", columns=columns))

    assert set(await on_list(network, "members")) == {"a@liege.test"}
    assert "'Courriel privé', 'Remarques'" in done.notes[0]


async def test_a_list_without_headings_needs_numbers(network: Store, tmp_path: Path) -> None:
    """Then its first line is a row like the others."""
    file = tmp_path / "ville.csv"
    file.write_text("A,a@liege.test\nB,b@liege.test\n", encoding="utf-8")
    with pytest.raises(InputError, match="has no column 'email'") as caught:
        await bring_in(network, file, how=How(lists=["members"], city="Liège"))
    assert "--map" in (caught.value.remedy or "")

    how = How(lists=["members"], city="Liège", columns={"2": "email", "1": "name"})
    assert (await bring_in(network, file, how=how)).changes == {Change.ADDED: 2}


@pytest.mark.parametrize("columns", [{"x": "adresse"}, {"1": ""}])
async def test_a_mapping_to_nothing_is_refused(
    network: Store, tmp_path: Path, columns: dict[str, str]
) -> None:
    """With the fields that there are."""
    file = tmp_path / "ville.csv"
    file.write_text("email\na@liege.test\n", encoding="utf-8")

    with pytest.raises(InputError, match="no field of a list") as caught:
        await bring_in(network, file, how=How(lists=["m"], city="Liège", columns=columns))
    assert "email" in (caught.value.remedy or "")


async def test_titles_above_the_headings_are_named_and_passed_over(
    network: Store, tmp_path: Path
) -> None:
    """As people print their lists; also Excel's own line."""
    file = tmp_path / "ville.csv"
    text = "sep=,\nListe des contacts, Liège\n\nEmail,Ville\na@liege.test,Liège\n"
    file.write_text(text, encoding="utf-8")

    done = await bring_in(network, file, how=MEMBERS)

    assert done.changes == {Change.ADDED: 1}
    assert done.notes == ["ville.csv: left out before the headings: line 2"]


@pytest.mark.parametrize("title", ["Liège – liste courriel 2026;;", "Nos adresses e-mail"])
async def test_a_title_that_speaks_of_addresses_is_no_heading(
    network: Store, tmp_path: Path, title: str
) -> None:
    """Where a later line has headings; every row below it is accounted for."""
    file = tmp_path / "ville.csv"
    text = f"{title}\n\nNom;Adresse de messagerie;Ville\nA;a@liege.test;Liège\n"
    file.write_text(text, encoding="utf-8")

    for city in ("", "Liège"):
        done = await bring_in(network, file, how=replace(MEMBERS, city=city))
        assert done.rows == 1
        assert done.notes[-1] == "ville.csv: left out before the headings: line 1"
    assert set(await on_list(network, "members")) == {"a@liege.test"}


async def test_a_heading_that_nobody_knows_is_looked_for_below_the_title(
    network: Store, tmp_path: Path
) -> None:
    """The line with the most headings is the one that is shown."""
    file = tmp_path / "ville.csv"
    file.write_text("Ville de Liège;;\nNom;Boîte;Ville\nA;a@liege.test;Liège\n", encoding="utf-8")

    with pytest.raises(InputError, match="has no column 'email'") as caught:
        await bring_in(network, file, how=MEMBERS)

    assert caught.value.line == 2
    assert "The headings are 'Nom', 'Boîte', 'Ville'" in (caught.value.remedy or "")


async def test_a_workbook_is_read_like_a_file(network: Store, tmp_path: Path) -> None:
    """Numbers, dates and formulas are what they show; other sheets are named."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Contacts"
    sheet.append(["Courriel", "Nom", "Ville", "Langue"])
    sheet.append(["a@liege.test", 42.0, "Liège", "FR"])
    sheet.append(["b@liege.test", date(2026, 1, 2), "Luik", None])
    sheet.append([None, None, None, None])
    sheet.append(["c@liege.test", "'=1+1", "Atlantide", "fr"])
    book.create_sheet("Anciens").append(["x"])
    book.save(tmp_path / "ville.xlsx")

    done = await bring_in(network, tmp_path / "ville.xlsx", how=MEMBERS)

    assert done.changes == {Change.ADDED: 2}
    assert {one.name for one in await readers_of(network, "members")} == {
        "42",
        "2026-01-02T00:00:00",
    }
    (error,) = done.refused
    assert (error.line, error.field) == (5, "Ville")
    assert done.notes == ["ville.xlsx: sheets not read: Anciens"]


async def test_another_sheet_can_be_asked_for(network: Store, tmp_path: Path) -> None:
    """By its name; one that is none is refused with those there are."""
    book = Workbook()
    book.create_sheet("Liège").append(["email"])
    book["Liège"].append(["a@liege.test"])
    book.save(tmp_path / "ville.xlsx")
    how = How(lists=["members"], city="Liège", sheet="Liège")

    assert (await bring_in(network, tmp_path / "ville.xlsx", how=how)).changes == {Change.ADDED: 1}
    with pytest.raises(InputError, match="has no sheet 'Gand'") as caught:
        await bring_in(network, tmp_path / "ville.xlsx", how=How(lists=["m"], sheet="Gand"))
    assert "Liège" in (caught.value.remedy or "")


def bomb(path: Path) -> None:
    """A workbook of a few kilobytes that unpacks to a great deal."""
    with ZipFile(path, "w", ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)


def laughter(path: Path) -> None:
    """A workbook whose XML would grow without end."""
    book = Workbook()
    book.save(path)
    entities = '<!ENTITY l0 "ha">' + "".join(
        f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};">' for n in range(1, 30)
    )
    with ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/workbook.xml"] = (
        f'<?xml version="1.0"?><!DOCTYPE w [{entities}]><workbook>&l29;</workbook>'.encode()
    )
    with ZipFile(path, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)


@pytest.mark.parametrize(
    "write",
    [
        bomb,
        laughter,
        lambda path: path.write_bytes(b"PK\x03\x04 and then nothing"),
        lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        lambda path: path.write_bytes(random.Random(1).randbytes(5000)),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\0" * 5000),
    ],
)
async def test_what_is_no_list_is_refused_in_words(
    network: Store, tmp_path: Path, write: object
) -> None:
    """Bombs, old formats, noise: one error, and nothing is kept of it."""
    path = tmp_path / "ville.xlsx"
    write(path)  # type: ignore[operator]

    with pytest.raises(InputError) as caught:
        await bring_in(network, path, how=MEMBERS)

    assert caught.value.path == path
    assert await on_list(network) == {}


async def test_a_file_from_elsewhere_adds_and_takes_nobody_off(
    network: Store, tmp_path: Path
) -> None:
    """One city's file says nothing of the other cities, unless it is said to be complete."""
    await bring_in(
        network,
        write_workspace(
            tmp_path / "subscribers",
            members=["a@liege.test,A,Liège,", "b@liege.test,B,Liège,", "c@gent.test,C,Gand,"],
        ),
    )
    file = tmp_path / "liege.csv"
    file.write_text("email\na@liege.test\nd@liege.test\n", encoding="utf-8")

    added = await bring_in(network, file, how=How(lists=["members"], city="Luik"))
    assert (added.changes, added.left) == ({Change.UNCHANGED: 1, Change.ADDED: 1}, 0)

    whole = await bring_in(network, file, how=How(lists=["members"], city="Liège", complete=True))
    assert whole.left == 1
    assert set(await on_list(network, "members")) == {"a@liege.test", "d@liege.test", "c@gent.test"}


async def test_columns_that_are_not_there_leave_a_contact_as_it_is(
    network: Store, tmp_path: Path
) -> None:
    """A file of addresses alone wipes no names."""
    rows = ["a@liege.test,Échevine,Liège,nl"]
    await bring_in(network, write_workspace(tmp_path / "subscribers", members=rows))
    file = tmp_path / "liege.csv"
    file.write_text("email,city\na@liege.test,Liège\n", encoding="utf-8")

    assert (await bring_in(network, file, how=MEMBERS)).changes == {Change.UNCHANGED: 1}
    (reader,) = await readers_of(network, "members")
    assert (reader.name, reader.language) == ("Échevine", "nl")


async def test_each_list_has_its_legal_basis(network: Store, tmp_path: Path) -> None:
    """The row's, or else the import's; it is in the ledger with its source."""
    file = tmp_path / "liege.csv"
    file.write_text(
        "email,city,lists,base légale\na@liege.test,Liège,members | prevention,consent\n"
        "b@liege.test,Liège,members,\nc@liege.test,Liège,members,parce que\n",
        encoding="utf-8",
    )

    done = await bring_in(network, file, how=How(basis=Basis.PUBLIC_TASK))

    (error,) = done.refused
    assert "no legal basis" in error.problem
    for address, lists, basis in (
        ("a@liege.test", {"members", "prevention"}, Basis.CONSENT),
        ("b@liege.test", {"members"}, Basis.PUBLIC_TASK),
    ):
        history = await history_of(network, address, address_hash=hashed, scope=OFFICE)
        assert {one.list for one in history.consents} == lists
        assert {(one.act, one.basis) for one in history.consents} == {(Act.IMPORTED, basis)}
        assert {one.source for one in history.consents} == {f"import {done.number}"}


async def test_a_correspondent_brings_in_their_own_city_alone(
    network: Store, tmp_path: Path
) -> None:
    """Not other cities' rows, not other cities' contacts, and not the workspace's files."""
    people = ["c@gent.test,C,Gand,", "d@liege.test,D,Liège,"]
    subscribers = write_workspace(tmp_path / "subscribers", members=people)
    await bring_in(network, subscribers)
    file = tmp_path / "liege.csv"
    file.write_text(
        "email,city\na@liege.test,\nb@gent.test,Gand\nc@gent.test,Liège\n", encoding="utf-8"
    )

    done = await bring_in(network, file, how=MEMBERS, scope=CAMILLE)

    assert done.changes == {Change.ADDED: 1}
    assert {error.line for error in done.refused} == {3, 4}
    assert (await on_list(network))["c@gent.test"] == "Gand"
    with pytest.raises(NotFoundError):
        await bring_in(network, subscribers, scope=CAMILLE)
    nobody = Scope(by="Nobody", cities=frozenset())
    assert (await bring_in(network, file, how=MEMBERS, scope=nobody)).refused_rows == 3


async def test_a_correspondent_cannot_ask_who_is_known_elsewhere(
    network: Store, tmp_path: Path
) -> None:
    """Erased or another city's: one answer; opted out or left a list: none but of their own."""
    rows = ["a@liege.test,A,Liège,", "b@gent.test,B,Gand,"]
    await bring_in(network, write_workspace(tmp_path / "subscribers", members=rows))
    for one in ("a@liege.test", "out@x.test"):
        await suppress_address(
            network, one, because="x", address_hash=hashed, scope=OFFICE, now=NOW
        )
    await erase_address(network, "gone@x.test", address_hash=hashed, scope=OFFICE, now=NOW)
    async with network.writing() as tx:
        await leave_list(tx, hashed("left@x.test"), "members", reason=LEFT, source="test", now=NOW)
    asked = ["a@liege.test", "b@gent.test", "gone@x.test", "left@x.test", "out@x.test"]
    file, report = tmp_path / "liege.csv", tmp_path / "report.csv"
    file.write_text("\n".join(["email", *asked]) + "\n", encoding="utf-8")

    done = await bring_in(network, file, how=MEMBERS, scope=CAMILLE, dry_run=True, report=report)

    assert {(one.line, one.problem) for one in done.refused} == {
        (3, "cannot be taken in for your cities"),
        (4, "cannot be taken in for your cities"),
    }
    assert (done.opted_out, done.kept_off) == (1, 0)
    with report.open(encoding="utf-8-sig", newline="") as written:
        notes = {row["email"]: row["note"] for row in csv.DictReader(written)}
    assert [address for address, note in notes.items() if note] == ["a@liege.test"]
    for new in ("b@gent.test", "gone@x.test"):
        with pytest.raises(NotDoneError, match="cannot be taken in for your cities"):
            await replace_contact(
                network,
                Replacement(old="a@liege.test", new=new),
                address_hash=hashed,
                scope=CAMILLE,
                now=NOW,
            )


async def test_before_any_city_is_known_the_import_of_cities_is_named(
    store: Store, tmp_path: Path
) -> None:
    """No city's name can be right then."""
    file = tmp_path / "liege.csv"
    file.write_text("email\na@liege.test\n", encoding="utf-8")

    with pytest.raises(NotFoundError, match="there is no city 'Liège', and none at all") as caught:
        await bring_in(store, file, how=replace(MEMBERS, city="Liège"))
    assert "newsletter subscribers import subscribers/" in (caught.value.remedy or "")


@pytest.mark.parametrize("city", ["Gand", "Ghent", "Gent", "Atlantide"])
async def test_a_correspondent_empties_no_other_city_s_part_of_a_list(
    network: Store, tmp_path: Path, city: str
) -> None:
    """Whatever city is said to be complete; the answer is that of one that there is not."""
    rows = ["a@liege.test,A,Liège,", "b@gent.test,B,Gand,", "c@gent.test,C,Gand,"]
    await bring_in(network, write_workspace(tmp_path / "subscribers", members=rows))
    file = tmp_path / "liege.csv"
    file.write_text("email,city\na@liege.test,Liège\n", encoding="utf-8")
    how = How(lists=["members"], city=city, complete=True)

    for dry_run in (True, False):
        with pytest.raises(NotFoundError, match=f"there is no city '{city}' for Camille"):
            await bring_in(network, file, how=how, scope=CAMILLE, dry_run=dry_run)

    assert len(await on_list(network, "members")) == 3


@pytest.mark.parametrize("scope", [OFFICE, CAMILLE], ids=["office", "correspondent"])
async def test_a_city_is_complete_under_each_of_its_names(
    network: Store, tmp_path: Path, scope: Scope
) -> None:
    """Whoever is not in the file is taken off, as under the city's own name."""
    rows = ["a@liege.test,A,Liège,", "b@liege.test,B,Liège,", "c@gent.test,C,Gand,"]
    await bring_in(network, write_workspace(tmp_path / "subscribers", members=rows))
    file = tmp_path / "liege.csv"
    file.write_text("email\na@liege.test\n", encoding="utf-8")

    how = How(lists=["members"], city="Luik", complete=True)
    done = await bring_in(network, file, how=how, scope=scope)

    assert done.left == 1
    assert set(await on_list(network, "members")) == {"a@liege.test", "c@gent.test"}


@given(st.text(max_size=12))
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    """Whatever it holds, apostrophes and signs of all widths among it."""
    guarded = guard(cell)
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert unguard(guarded) == cell


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=0, max_size=15
).map(lambda text: " ".join(text.split(" ")).strip())


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(names=st.lists(NAMES, min_size=1, max_size=5))
async def test_what_is_exported_comes_back_the_same(
    store: Store, tmp_path: Path, suffix: str, names: list[str]
) -> None:
    """Names like formulas, quotes and separators; an import of the file changes nothing."""
    await put_back(store, {})
    folder = write_workspace(tmp_path / "subscribers", members=[])
    await bring_in(store, folder)
    rows = [["email", "name", "city", "language", "roles", "lists"]]
    for number, name in enumerate(names):
        rows.append([f"=cmd|{number}@liege.test", guard(name), "Liège", "", "=élu", "members"])
    source = tmp_path / "source.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    await bring_in(store, source, how=How())
    exported = tmp_path / f"export{suffix}"

    done = await export_contacts(store, exported, wanted=Wanted(), scope=OFFICE)
    again = await bring_in(store, exported, how=How())

    assert done.written == len(names)
    assert again.changes == {Change.UNCHANGED: len(names)}
    assert again.refused == []
    assert not formulas(exported)


def formulas(path: Path) -> list[str]:
    """The cells of a file that a spreadsheet would compute."""
    if path.suffix == ".xlsx":
        book = load_workbook(path)
        cells = [cell for row in book["contacts"].iter_rows() for cell in row]
        return [str(cell.value) for cell in cells if cell.data_type == "f"]
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells_ = [cell for row in csv.reader(file, delimiter=";") for cell in row]
    return [cell for cell in cells_ if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


async def test_who_opted_out_is_in_no_export(network: Store, tmp_path: Path) -> None:
    """The file would take them to programs that know nothing of it; it says how many those are."""
    rows = ["a@liege.test,A,Liège,", "b@liege.test,B,Liège,", "c@gent.test,C,Gand,"]
    await bring_in(network, write_workspace(tmp_path / "subscribers", members=rows))
    await suppress_address(
        network, "A@LIEGE.test", because="x", address_hash=hashed, scope=OFFICE, now=NOW
    )
    path = tmp_path / "export.csv"

    done = await export_contacts(network, path, wanted=Wanted(), scope=CAMILLE)

    assert (done.written, done.opted_out) == (1, 1)
    assert "b@liege.test" in path.read_text("utf-8-sig")
    assert "gent" not in path.read_text("utf-8-sig")
    with pytest.raises(InputError, match=r"neither \.csv nor \.xlsx"):
        await export_contacts(network, tmp_path / "x.txt", wanted=Wanted(), scope=OFFICE)
