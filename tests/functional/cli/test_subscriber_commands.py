"""The commands for lists, people and cities, as whoever looks after them calls them."""

import csv
import json
from pathlib import Path

import pytest

from tests.functional.cli.conftest import Newsletter

KNOWN = "prevention@liege.example.org"


def addresses(newsletter: Newsletter, *options: str) -> set[str]:
    """Whom a search finds."""
    found = newsletter("subscribers", "search", *options, "--json").json()
    return {one["address"] for one in found["contacts"]}


def test_the_files_of_the_workspace_are_what_the_database_has(
    newsletter: Newsletter, workspace: Path
) -> None:
    """Until somebody changes a file; then it is said what, and the command ends with 1."""
    same = newsletter("subscribers", "compare", "--json")
    assert (same.code, same.json()["same"]) == (0, 66)
    members = workspace / "subscribers" / "lists" / "members.csv"
    lines = members.read_text("utf-8").splitlines(keepends=True)
    changed = [*lines[:1], lines[1].replace("Service", "Cellule"), *lines[3:]]
    members.write_text("".join([*changed, "neu@koeln.example.org,Neu,Köln,\n"]), "utf-8")
    members.write_text(members.read_text("utf-8").replace("Köln", "Keulen"), "utf-8")

    said = newsletter("subscribers", "compare", "--json")

    assert said.code == 1
    found = said.json()
    assert (found["only_in_files"], found["different"], found["only_in_database"]) == (1, 1, 1)
    assert {one["what"] for one in found["differences"]} == {
        "only in the files",
        "different",
        "only in the database",
    }
    assert newsletter("subscribers", "imports", "--json").json()[0]["number"] == 1


def test_an_import_reports_and_can_be_undone(newsletter: Newsletter, tmp_path: Path) -> None:
    """A file from elsewhere with its own headings; the report has a line for each row."""
    file, report = tmp_path / "ville.csv", tmp_path / "report.csv"
    file.write_text(
        "Mél pro;Nom\nun@liege.example.org;Un\nzwei;Zwei\n" + KNOWN + ";X\n", encoding="utf-8"
    )
    words = [
        *("subscribers", "import", str(file), "--map", "Mél pro=email", "--city", "Luik"),
        *("--list", "presse", "--create", "--report", str(report), "--json"),
    ]

    would = newsletter(*words, "--dry-run")
    done = newsletter(*words)

    assert (would.code, done.code) == (1, 1)
    assert {**done.json(), "import": 0, "dry_run": 0} == {
        **would.json(),
        "import": 0,
        "dry_run": 0,
    }
    assert done.json()["changes"] == {"added": 1, "updated": 1}
    assert would.json()["new_lists"] == ["presse"]
    with report.open(encoding="utf-8-sig", newline="") as lines:
        fates = {row["line"]: row["outcome"] for row in csv.DictReader(lines)}
    assert fates == {"2": "added", "3": "refused", "4": "updated"}
    assert addresses(newsletter, "--list", "presse") == {"un@liege.example.org", KNOWN}

    undone = newsletter("subscribers", "undo", str(done.json()["import"]), "--json")
    assert undone.json() == {"removed": 1, "restored": 1, "taken_off": 2, "put_back": 0}
    assert addresses(newsletter, "--list", "presse") == set()
    again = newsletter("subscribers", "undo", str(done.json()["import"]))
    assert (again.code, "taken back already" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("import", "{file}"), 1, "--list NAME"),
        (("import", "{file}", "--list", "x", "--map", "courriel"), 2, "--map"),
        (("import", "{file}", "--list", "membres"), 2, "Did you mean members?"),
        (("import", "{file}", "--list", "x", "--basis", "because"), 2, "--basis"),
        (("undo", "99"), 2, "imports"),
        (("show", "nobody@example.org"), 2, "nothing is kept"),
        (("replace", "only@example.org"), 2, "--from"),
        (("replace", "nobody@example.org", "new@example.org"), 2, "no contact"),
        (("opt-outs",), 2, "--out"),
        (("export", "{file}.txt"), 1, ".csv"),
    ],
)
def test_a_mistake_is_answered_with_what_helps(
    newsletter: Newsletter, tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    """No traceback; the remedy is in the message."""
    file = tmp_path / "ville.csv"
    file.write_text("email,city\na@liege.example.org,Liège\n", encoding="utf-8")

    said = newsletter("subscribers", *(word.format(file=file) for word in words))

    assert (said.code, says in said.err) == (code, True), said.all
    assert "Traceback" not in said.all


def test_a_column_makes_no_list_unless_it_is_asked_to(
    newsletter: Newsletter, tmp_path: Path
) -> None:
    """A mistyped list in a file from elsewhere is named, in the dry run too."""
    file = tmp_path / "ville.csv"
    file.write_text("email,city,lists\na@liege.example.org,Liège,membres\n", encoding="utf-8")
    words = ("subscribers", "import", file)

    for refused in (newsletter(*words, "--dry-run"), newsletter(*words)):
        assert (refused.code, "Did you mean members?" in refused.err) == (2, True), refused.all
    assert addresses(newsletter, "--list", "membres") == set()

    made = newsletter(*words, "--create", "--json").json()
    assert made["new_lists"] == ["membres"]
    assert addresses(newsletter, "--list", "membres") == {"a@liege.example.org"}


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("publish", "city-pair", "--list", "membres"), "members"),
        (("audience", "city-pair", "--list", "membres"), "members"),
        (
            ("schedule", "every", "x", "0 8 * * MON", "--zone", "UTC", "--list", "membres"),
            "members",
        ),
        (("check", "citypair"), "city-pair"),
        (("cities", "show", "Lige"), "Liège"),
    ],
)
def test_a_mistyped_name_is_answered_with_the_one_that_was_meant(
    newsletter: Newsletter, words: tuple[str, ...], meant: str
) -> None:
    """Wherever a list, an article or a city is named."""
    said = newsletter(*words)

    assert (said.code, f"Did you mean {meant}?" in said.err) == (2, True), said.all


def test_one_person_s_data_in_one_command_each(newsletter: Newsletter, tmp_path: Path) -> None:
    """Access, then erasure; afterwards the file of the lists is refused by its line."""
    export = tmp_path / "data.json"
    shown = newsletter("subscribers", "show", KNOWN.upper(), "--export", export)
    assert shown.code == 0
    data = json.loads(export.read_text("utf-8"))
    assert data["contact"]["address"] == KNOWN
    assert {one["list"] for one in data["consents"]} == {"members", "prevention"}

    mistyped = newsletter("subscribers", "erase", "newbie")
    assert (mistyped.code, "is not an e-mail address" in mistyped.all) == (2, True)
    erased = newsletter("subscribers", "erase", KNOWN)

    assert (erased.code, "Erased" in erased.out) == (0, True)
    left = newsletter("subscribers", "show", KNOWN, "--json").json()
    assert left["contact"] is None
    assert left["opt_out"]["reason"] == "erased"
    imported = newsletter("subscribers", "import", "subscribers", "--json")
    assert (imported.code, imported.json()["refused_rows"]) == (1, 2)
    assert "members.csv:2" in imported.json()["refused"][0]


def test_who_is_suppressed_stays_so_through_imports(newsletter: Newsletter) -> None:
    """Reason and name are kept; the import says so."""
    assert newsletter("subscribers", "suppress", KNOWN, "--because", "phoned").code == 0
    again = newsletter("subscribers", "suppress", KNOWN, "--because", "phoned")
    assert "already" in again.out

    imported = newsletter("subscribers", "import", "subscribers", "--json").json()

    assert imported["opted_out"] == 2
    assert addresses(newsletter, "--opted-out") == {KNOWN}
    out = newsletter("subscribers", "show", KNOWN, "--json").json()["opt_out"]
    assert (out["reason"], "phoned" in out["source"]) == ("suppressed", True)
    told = newsletter("subscribers", "show", KNOWN)
    assert "NEVER WRITTEN TO" in told.out


def test_lists_go_out_and_come_back(newsletter: Newsletter, tmp_path: Path) -> None:
    """CSV and XLSX; the second import changes nothing."""
    for name in ("all.csv", "all.xlsx"):
        written = newsletter("subscribers", "export", tmp_path / name, "--json").json()
        assert written["written"] == 66
        back = newsletter("subscribers", "import", tmp_path / name, "--json").json()
        assert back["changes"] == {"unchanged": 66}


def test_an_office_changes_hands(newsletter: Newsletter) -> None:
    """The history of both says so."""
    new = "neuf@liege.example.org"
    said = newsletter("subscribers", "replace", KNOWN, new, "--name", "Neuf", "--by", "Ada")

    assert said.code == 0
    assert KNOWN not in addresses(newsletter, "--list", "members")
    assert new in addresses(newsletter, "--list", "members")
    changes = newsletter("subscribers", "show", new, "--json").json()["changes"]
    assert {one["by"] for one in changes} == {"Ada"}


def test_opt_outs_are_carried_by_file(newsletter: Newsletter, tmp_path: Path) -> None:
    """For whoever restores a backup by hand."""
    newsletter("subscribers", "suppress", KNOWN, "--because", "phoned")
    file = tmp_path / "opt-outs.csv"

    assert "1 opt-out\n" in newsletter("subscribers", "opt-outs", "--out", file).out
    assert "0 opt-outs were new" in newsletter("subscribers", "opt-outs", "--in", file).out


def test_retention_shows_before_it_acts(newsletter: Newsletter) -> None:
    """Eight clocks; `--apply` leaves nothing due."""
    preview = newsletter("subscribers", "retention", "--json").json()
    assert len(preview) == 8
    assert {one["due"] for one in preview} == {0}
    assert newsletter("subscribers", "retention", "--apply").code == 0
    assert "Nothing was changed" in newsletter("subscribers", "retention").err


def test_the_register_is_written_for_people_and_programs(
    newsletter: Newsletter, tmp_path: Path
) -> None:
    """Markdown and JSON say the same."""
    env = {"NEWSLETTER_PRIVACY__CONTROLLER": "Réseau, 1 rue de la Paix"}
    for name in ("register.md", "register.json"):
        assert newsletter("subscribers", "register", "--out", tmp_path / name, **env).code == 0
    assert "Réseau, 1 rue de la Paix" in (tmp_path / "register.md").read_text("utf-8")
    data = json.loads((tmp_path / "register.json").read_text("utf-8"))
    assert data["controller"]["name"] == "Réseau, 1 rue de la Paix"
    assert data["contacts_by_city"]["Liège"] == 6


def test_cities_are_found_by_any_of_their_names(newsletter: Newsletter) -> None:
    """With their contacts, and who of them got nothing this quarter."""
    cities = newsletter("cities", "list", "--json").json()
    assert len(cities) == 18
    assert all(one["silent"] == one["contacts"] for one in cities)
    shown = newsletter("cities", "show", "Luik", "--json").json()
    assert (shown["city"], shown["correspondents"]) == ("Liège", [KNOWN])
    assert len(shown["nothing_since"]) == shown["contacts"] == 6
    nowhere = newsletter("cities", "show", "Atlantis")
    assert (nowhere.code, "Liège" in nowhere.err) == (2, True)
    assert newsletter("cities", "list", "--since", "yesterday").code == 2


def test_an_audience_is_shown_before_anything_is_sent(newsletter: Newsletter) -> None:
    """How many, in which language and why; of one list; everybody by name."""
    whole = newsletter("audience", "city-pair", "--json").json()
    assert whole["readers"] == 66
    assert set(whole["by_language"]) == {"fr", "en", "nl"}
    assert sum(sum(one.values()) for one in whole["by_reason"].values()) == 66
    few = newsletter("audience", "city-pair", "--list", "prevention", "--who", "--json").json()
    assert few["readers"] == len(few["who"]) == 14
    assert {"own", "parent", "city"} >= {one["because"] for one in few["who"]}
    assert newsletter("audience", "city-pair", "--list", "none").code == 2
    assert newsletter("audience", "no-such-article").code == 2


def test_forms_are_answered_without_a_newsroom(newsletter: Newsletter) -> None:
    """What is due goes out; nothing is, here."""
    assert newsletter("subscribers", "answer", "--json").json() == {"sent": 0}
