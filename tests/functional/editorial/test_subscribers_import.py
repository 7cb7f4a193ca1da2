"""The lists of the cities come in whole, row by row, however a spreadsheet wrote them."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.domain.errors import InputError, NotFoundError
from flows.mail.links import address_hash
from flows.operations.intake.places import How
from flows.operations.readers import reader_addressed
from flows.operations.subscribers import (
    Import,
    import_subscribers,
    parse_mailbox,
)
from flows.runtime.runtime import open_runtime
from flows.settings.reading import read_settings
from flows.store.contacts import Change, Reader, list_sizes, suppress
from flows.store.database import Store
from tests.functional.builders import readers_of
from tests.functional.editorial.conftest import (
    CITIES,
    EN,
    FR,
    NL,
    NOW,
    Newsroom,
    write_lists,
)

HEAD = "email,name,city,language\n"


async def readers(newsroom: Newsroom, *lists: str) -> dict[str, Reader]:
    """Everybody on these lists (on all if none is named) by mailbox."""
    return {one.mailbox: one for one in await readers_of(newsroom.desk.store, *lists)}


async def bring_in(newsroom: Newsroom, text: str | bytes, *, name: str = "membres") -> Import:
    """Imports one list with this text, `cities.csv` beside it."""
    written = text.encode() if isinstance(text, str) else text
    path = newsroom.workspace / "subscribers" / "lists" / f"{name}.csv"
    path.write_bytes(written)
    return await newsroom.bring_in(path)


def adds_up(done: Import) -> bool:
    """Whether every row changed a contact, was repeated, or was refused."""
    return sum(done.changes.values()) + done.repeated + len(done.refused) == done.rows


async def test_a_list_that_an_import_would_make_is_named(newsroom: Newsroom) -> None:
    """A mistyped list is seen in the dry run; one that is described, or known, is not new."""
    await newsroom.bring_in()
    file = newsroom.workspace / "elsewhere.csv"
    file.write_text(f"{HEAD}x@x.test,X,Liège,\n", encoding="utf-8")

    async def look(*lists: str) -> list[str]:
        done = await import_subscribers(
            newsroom.desk.store,
            file,
            address_hash=newsroom.desk.address_hash,
            now=NOW,
            dry_run=True,
            how=How(lists=lists),
        )
        return done.new_lists

    assert await look("membrse", "lettre", "prevention") == ["membrse"]
    assert await look("members") == []


async def test_a_list_that_is_described_is_a_list_before_anybody_is_on_it(
    newsroom: Newsroom,
) -> None:
    """It is offered, and an issue can be meant for it."""
    await newsroom.bring_in()

    async with newsroom.desk.store.reading() as tx:
        sizes = await list_sizes(tx)

    assert sizes["lettre"] == 0
    assert sizes["members"] > 0
    issue = await newsroom.open("lettre")
    assert list(issue.lists) == ["lettre"]


async def test_cities_and_lists_come_in_together(newsroom: Newsroom) -> None:
    """A contact on two lists is one contact, in capitals or not."""
    done = await newsroom.bring_in()

    assert (done.rows, done.cities, done.repeated) == (5, 3, 1)
    assert done.changes == {Change.ADDED: 4}
    assert adds_up(done)
    assert set(await readers(newsroom, "prevention")) == {
        "kabinet@gent.example.org",
        "prevention@liege.example.org",
    }


async def test_the_same_import_again_changes_nothing(newsroom: Newsroom) -> None:
    """Every contact is as it was."""
    await newsroom.bring_in()
    before = await readers(newsroom)

    again = await newsroom.bring_in()

    assert again.changes == {Change.UNCHANGED: 4}
    assert adds_up(again)
    assert await readers(newsroom) == before


async def test_a_dry_run_says_everything_and_changes_nothing(newsroom: Newsroom) -> None:
    """Its figures are those of the real import."""
    would = await newsroom.bring_in(dry_run=True)
    assert await readers(newsroom) == {}

    assert await newsroom.bring_in() == would


async def test_a_changed_row_brings_its_contact_up_to_date(newsroom: Newsroom) -> None:
    """And only that one."""
    await newsroom.bring_in()
    path = newsroom.workspace / "subscribers" / "lists" / "members.csv"
    text = path.read_text("utf-8").replace("Office of the Mayor", "Lord Mayor’s Office")
    path.write_text(text, encoding="utf-8")

    done = await newsroom.bring_in()

    assert done.changes == {Change.UPDATED: 1, Change.UNCHANGED: 3}
    assert (await readers(newsroom))["mayor@dublin.example.org"].name == "Lord Mayor’s Office"


ROWS = 'a@liege.example.org|"Échevinat «\u202fPrévention\u202f»\u00a0: été"|Liège|fr\n'


@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
async def test_every_spreadsheet_s_habit_gives_the_same_contact(
    newsroom: Newsroom, separator: str, line_end: str, encoding: str
) -> None:
    """Separator, line ends and byte-order mark; French spaces stay what they are."""
    text = "email|name|city|language\n" + ROWS
    written = text.replace("|", separator).replace("\n", line_end).encode(encoding)

    done = await bring_in(newsroom, written)

    assert (done.rows, done.changes, done.refused) == (1, {Change.ADDED: 1}, [])
    (reader,) = (await readers(newsroom)).values()
    assert reader.name == "Échevinat «\u202fPrévention\u202f»\u00a0: été"
    assert (reader.city, reader.language) == ("Liège", "fr")


async def test_a_list_in_cp1252_is_read_as_such(newsroom: Newsroom) -> None:
    """Old Excel writes so: € and œ and ’ are in it."""
    text = HEAD + "a@liege.example.org,L’œuvre à 5 €,Liège,fr\n"

    await bring_in(newsroom, text.encode("cp1252"))

    assert (await readers(newsroom))["a@liege.example.org"].name == "L’œuvre à 5 €"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
async def test_a_list_in_utf_16_is_read_as_such(
    newsroom: Newsroom, encoding: str, mark: str
) -> None:
    """Excel calls it Unicode text, and separates with tabs; some programs leave the mark out."""
    text = (HEAD + "a@liege.example.org,Échevinat,Liège,français\n").replace(",", "\t")

    await bring_in(newsroom, (text if encoding == "utf-16" else mark + text).encode(encoding))

    (reader,) = (await readers(newsroom)).values()
    assert (reader.name, reader.city, reader.language) == ("Échevinat", "Liège", "fr")


REFUSED = {
    "no address": (",Nom,Liège,fr", "email", "is not an e-mail address"),
    "half an address": ("mairie.example.org,Nom,Liège,fr", "email", "is not an e-mail address"),
    "two addresses": ("a@b.example.org b@b.example.org,Nom,Liège,fr", "email", "is not an"),
    "a name in the address": ("Nom <a@b.example.org>,Nom,Liège,fr", "email", "is not an"),
    "a header in the address": (
        '"a@b.example.org\nBcc: c@d.example.org",Nom,Liège,fr',
        "email",
        "",
    ),
    "an address that is not ASCII": ("zoé@liege.example.org,Nom,Liège,fr", "email", "accents"),
    "an unknown city": ("a@b.example.org,Nom,Atlantide,fr", "city", "is not in cities.csv"),
    "no city": ("a@b.example.org,Nom,,fr", "city", "is not in cities.csv"),
    "no language": ("a@b.example.org,Nom,Liège,martien", "language", "is not a language tag"),
    "a short row": ("a@b.example.org,Nom", "city", "is not in cities.csv"),
    "a comma without quotes": (
        "a@b.example.org,Service,Liège,fr,Nom",
        "language",
        "more cells than there are columns: 'Nom'",
    ),
    "a NUL in the name": ("a@b.example.org,No\0m,Liège,fr", "name", "holds a NUL character"),
    "a NUL in the address": ("a\0@b.example.org,Nom,Liège,fr", "email", "holds a NUL character"),
}


@pytest.mark.parametrize(("row", "column", "problem"), REFUSED.values(), ids=REFUSED)
async def test_a_bad_row_is_refused_by_line_and_the_others_count(
    newsroom: Newsroom, row: str, column: str, problem: str
) -> None:
    """File, line, column and remedy; the rows around it come in."""
    text = f"{HEAD}x@liege.example.org,X,Liège,fr\n\n{row}\ny@liege.example.org,Y,Liège,fr\n"

    done = await bring_in(newsroom, text)

    assert done.changes == {Change.ADDED: 2}
    assert adds_up(done)
    (error,) = done.refused
    assert error.path
    assert (error.path.name, error.line, error.field) == ("membres.csv", 4, column)
    assert problem in error.problem
    assert error.remedy
    assert set(await readers(newsroom)) == {"x@liege.example.org", "y@liege.example.org"}


async def test_quoted_cells_may_hold_separators_and_lines(newsroom: Newsroom) -> None:
    """The name becomes one line, and later rows are still counted by their own line."""
    text = (
        HEAD
        + 'a@liege.example.org,"Service\r\n  ""Prévention"", Liège",Liège,fr\n'
        + "bad,B,Liège,fr\n"
    )

    done = await bring_in(newsroom, text)

    name = (await readers(newsroom))["a@liege.example.org"].name
    assert name == 'Service "Prévention", Liège'
    assert done.refused[0].line == 4


async def test_names_of_every_script_survive(newsroom: Newsroom) -> None:
    """Right to left, combined, and far from the basic plane."""
    names = ["مكتب الوقاية", "משרד המניעה", "Ștefan Łódź", "e\u0301té", "防犯 𠮷野", "Ĳsselmonde"]
    rows = "".join(f"a{n}@liege.example.org,{name},Liège,\n" for n, name in enumerate(names))

    await bring_in(newsroom, HEAD + rows)

    found = await readers(newsroom)
    assert [found[f"a{n}@liege.example.org"].name for n in range(len(names))] == names


async def test_every_database_takes_what_a_list_may_hold(store: Store, tmp_path: Path) -> None:
    """The longest names that are let in, every script, and the same again."""
    city = "V" * 120
    rows = "".join(
        f"a{n}@liege.example.org,{name},{city},nl-BE\n"
        for n, name in enumerate(["مكتب «\u202f1\u202f»", "𠮷" * 300, "e\u0301", "\x01\x7f"])
    )
    rows += f"{'l' * 64}@{'.'.join(['d' * 57] * 3)}.test,Long,{city},\nb@b.test,NUL\0,{city},\n"
    folder = write_lists(
        tmp_path / "subscribers",
        cities=f"{CITIES}{city},be,fr,Europe/Brussels\n",
        **{"l" * 120: HEAD + rows},
    )

    async def bring_in_all() -> Import:
        return await import_subscribers(store, folder, address_hash=hashed, now=NOW)

    done, again = await bring_in_all(), await bring_in_all()

    assert (done.changes, len(done.refused)) == ({Change.ADDED: 5}, 1)
    assert again.changes == {Change.UNCHANGED: 5}
    assert len(await readers_of(store, "l" * 120)) == 5


def hashed(address: str) -> str:
    """The hash of an address under a key of this test's."""
    return address_hash(b"clef", address)


async def test_columns_may_come_in_any_order_and_case_with_others(newsroom: Newsroom) -> None:
    """Those that nobody asked for are left alone, and trailing separators are nothing."""
    text = "Notes;LANGUAGE; City ;e-mail;Email;Name;;\nx;nl;Gand;y;a@gent.example.org;Stad;;\n"

    await bring_in(newsroom, text)

    reader = (await readers(newsroom))["a@gent.example.org"]
    assert (reader.name, reader.city, reader.language) == ("Stad", "Gand", "nl")


async def test_a_city_is_found_however_its_accents_are_composed(newsroom: Newsroom) -> None:
    """A list from another system writes è as two signs."""
    done = await bring_in(newsroom, HEAD + "a@liege.example.org,A,Lie\u0300ge,fr\n")

    assert done.changes == {Change.ADDED: 1}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("name,city\nA,Liège\n", 1, "has no column 'email'"),
        ("email;name\na@b.example.org;A\n", 1, "has no column 'city'"),
        ("", 1, "has no column 'email'"),
    ],
)
async def test_a_file_that_cannot_be_read_changes_nothing(
    newsroom: Newsroom, text: str, line: int, problem: str
) -> None:
    """Without its columns nothing of it can be understood."""
    with pytest.raises(InputError, match=problem) as caught:
        await bring_in(newsroom, text)

    assert caught.value.line == line
    assert caught.value.remedy
    assert await readers(newsroom) == {}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('a@liege.example.org,"A,Liège,fr', "a quotation mark without its partner"),
        ('a@liege.example.org,"A" B,Liège,fr', "is not readable CSV"),
        (f"a@liege.example.org,{'A' * 140_000},Liège,fr", "is longer than 100,000 characters"),
    ],
)
async def test_a_spoilt_line_is_refused_and_swallows_no_other(
    newsroom: Newsroom, row: str, problem: str
) -> None:
    """The rows before and after it come in, also when a later one has such a mark, too."""
    good = "x@liege.example.org,X,Liège,fr\n"
    later = 'y@liege.example.org,Y,Liège,fr\nz@liege.example.org,"Z, Z",Liège,fr\n'

    done = await bring_in(newsroom, f"{HEAD}{good}{row}\n{later}")

    assert done.changes == {Change.ADDED: 3}
    (error,) = done.refused
    assert (error.line, problem in error.problem, bool(error.remedy)) == (3, True, True)
    assert adds_up(done)


@pytest.mark.parametrize(
    ("row", "column", "problem"),
    [
        ("Namur,BEL,fr,Europe/Brussels", "country", "'BEL' is not a country"),
        ("Namur,ß,fr,Europe/Brussels", "country", "'ß' is not a country"),
        ("Namur,ÉÉ,fr,Europe/Brussels", "country", "is not a country"),
        ("Namur,BE,martien,Europe/Brussels", "language", "is not a language tag"),
        ("Namur,BE,,Europe/Brussels", "language", "is missing"),
        ("Namur,BE,fr,Europe/Namur", "timezone", "is not a time zone"),
        ("Namur,BE,fr,Europe", "timezone", "is not a time zone"),
        ("Namur,BE,fr,../../etc/passwd", "timezone", "is not a time zone"),
        ("Namur,BE,fr", "timezone", "is missing"),
        (",BE,fr,Europe/Brussels", "city", "is missing"),
        ("Liège,BE,fr,Europe/Brussels", "city", "is there twice"),
        (f"{'N' * 121},BE,fr,Europe/Brussels", "city", "longer than 120"),
    ],
)
async def test_a_bad_city_is_refused_by_line_and_the_others_count(
    newsroom: Newsroom, row: str, column: str, problem: str
) -> None:
    """Cities are no rows of a list, so the account of the contacts still adds up."""
    membres = f"{HEAD}a@liege.example.org,A,Liège,fr\n"
    write_lists(newsroom.workspace / "subscribers", cities=f"{CITIES}{row}\n", membres=membres)

    done = await newsroom.bring_in()

    assert done.cities == 3
    (error,) = done.refused_cities
    assert (error.line, error.field) == (5, column)
    assert problem in error.problem
    assert done.changes == {Change.ADDED: 1}
    assert adds_up(done)


async def test_the_ways_to_name_a_path(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder, or one list from anywhere; a list's extension may be in capitals."""
    lists = newsroom.workspace / "subscribers" / "lists"
    (lists / "members.csv").rename(lists / "MEMBRES.CSV")
    assert (await newsroom.bring_in()).rows == 5

    monkeypatch.chdir(lists)
    assert (await newsroom.bring_in(Path("prevention.csv"))).rows == 2


@pytest.mark.parametrize("name", ["nowhere", "content", "content/mediation/fr.md"])
async def test_a_path_without_lists_is_refused(newsroom: Newsroom, name: str) -> None:
    """With the path and what belongs there."""
    with pytest.raises(InputError) as caught:
        await newsroom.bring_in(newsroom.workspace / name)

    assert caught.value.path
    assert caught.value.remedy


async def test_a_contact_s_language_is_their_own_or_their_city_s(newsroom: Newsroom) -> None:
    """Whoever reads none of the editions gets the first."""
    await newsroom.bring_in()

    async def language(address: str) -> str:
        hashed = newsroom.desk.address_hash(address)
        return (await reader_addressed(newsroom.desk.store, hashed, editions=[FR, EN, NL])).language

    assert await language("Mayor@Dublin.example.org") == "en"
    assert await language("kabinet@gent.example.org") == "nl"
    with pytest.raises(NotFoundError):
        await language("personne@example.org")


async def test_two_forms_of_one_domain_are_one_contact(newsroom: Newsroom) -> None:
    """With letters or in IDNA's ASCII; what goes on the envelope is ASCII."""
    rows = (
        "ada@bücher.example.org,Ada,Liège,fr\n"
        "ADA@xn--bcher-kva.example.org,Ada,Liège,fr\n"
        "ada@BU\u0308CHER.example.org,Ada,Liège,fr\n"
    )

    done = await bring_in(newsroom, HEAD + rows)

    assert (done.rows, done.repeated, done.changes) == (3, 2, {Change.ADDED: 1})
    assert list(await readers(newsroom)) == ["ada@xn--bcher-kva.example.org"]


def test_an_address_of_a_command_is_refused_by_its_option() -> None:
    """So that the message points at what was typed."""
    with pytest.raises(InputError) as caught:
        parse_mailbox("nobody", field="--to")

    assert caught.value.field == "--to"


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """One address, as people happen to write it."""
    local = draw(st.sampled_from(["opt.out", "OPT.OUT", "Opt.Out"]))
    domain = draw(
        st.sampled_from(
            ["bücher.example.org", "xn--bcher-kva.EXAMPLE.org", "BU\u0308CHER.example.org"]
        )
    )
    return draw(st.sampled_from(["", " ", "\t"])) + f"{local}@{domain}"


@settings(max_examples=15, deadline=None)
@given(
    written=st.lists(spellings(), min_size=1, max_size=4),
    names=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    lists=st.lists(st.sampled_from(["membres", "prévention", "presse"]), min_size=1, max_size=3),
    language=st.sampled_from(["", "fr", "nl-BE", "en"]),
)
async def test_no_import_revives_an_address_that_opted_out(
    written: list[str], names: str, lists: list[str], language: str
) -> None:
    """Whatever the spelling, the list, the name or the language."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        (workspace / "newsletter.toml").touch()
        async with open_runtime(read_settings(workspace)) as desk:
            newsroom = Newsroom(desk)
            subscribers = write_lists(workspace / "subscribers")
            async with desk.store.writing() as tx:
                hashed = desk.address_hash("opt.out@bücher.example.org")
                await suppress(tx, hashed, reason="unsubscribed", source="test", now=NOW)
            quoted = names.replace('"', '""')
            rows = "".join(f'"{one}","{quoted}",Gand,{language}\n' for one in written)
            for name in lists:
                (subscribers / "lists" / f"{name}.csv").write_text(HEAD + rows, encoding="utf-8")

            done = await newsroom.bring_in()

            assert adds_up(done)
            (reader,) = (await readers(newsroom)).values()
            assert reader.suppressed


CELLS = st.sampled_from(
    [
        "",
        "a@b.example.org",
        "A@B.example.org",
        "c@d.test",
        "é",
        "Liège",
        "Gand",
        "fr",
        "xx-",
        "«\u202f»",
    ]
) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"'), max_size=8)


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(st.lists(CELLS, max_size=6), max_size=12))
async def test_every_row_is_accounted_for(rows: list[list[str]]) -> None:
    """Added, updated, unchanged, repeated and refused make up the rows, whatever they hold."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        (workspace / "newsletter.toml").touch()
        async with open_runtime(read_settings(workspace)) as desk:
            subscribers = write_lists(workspace / "subscribers")
            quoted = [[f'"{cell}"' for cell in row] for row in rows]
            text = HEAD + "".join(",".join(row) + "\n" for row in quoted)
            (subscribers / "lists" / "membres.csv").write_text(text, encoding="utf-8", newline="")

            done = await Newsroom(desk).bring_in()

            filled = [row for row in rows if any(cell.strip() for cell in row)]
            assert done.rows == len(filled)
            assert adds_up(done)


async def test_whoever_is_no_longer_in_the_file_is_off_the_list(newsroom: Newsroom) -> None:
    """A list's file says who is on it; the contact itself and other lists stay."""
    both = "un@liege.example.org,Un,Liège,fr\ndeux@liege.example.org,Deux,Liège,fr\n"
    await bring_in(newsroom, HEAD + both)
    done = await bring_in(newsroom, HEAD + "un@liege.example.org,Un,Liège,fr\n")
    assert done.left == 1
    assert "deux@liege.example.org" not in await readers(newsroom, "membres")


async def test_a_file_with_refused_rows_takes_nobody_off_the_list(newsroom: Newsroom) -> None:
    """A spoilt row may be the very contact that seems to be missing."""
    await bring_in(newsroom, HEAD + "un@liege.example.org,Un,Liège,fr\n")
    done = await bring_in(newsroom, HEAD + "un@liege@example.org,Un,Liège,fr\n")
    assert (done.left, len(done.refused)) == (0, 1)
    assert "un@liege.example.org" in await readers(newsroom, "membres")
