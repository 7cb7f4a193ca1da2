"""backup and restore, as an operator calls them: a machine is lost, another one goes on."""

import shutil
import zipfile
from pathlib import Path

import pytest

from flows.domain.errors import NotDoneError
from flows.operations.issues import open_issue
from flows.orchestration.server import PrefectServer, announce_server, hold_alone
from flows.runtime.runtime import Runtime
from tests.databases import TEMPLATE
from tests.functional.cli.command_line import Said, call
from tests.functional.cli.conftest import Newsletter, act
from tests.services.postgresql import Cluster

FAREWELL = "h.fontaine@liege.example.org"


@pytest.fixture
def backup(newsletter: Newsletter, sent: str, tmp_path: Path) -> Path:
    """A backup of a newsroom that sent an issue."""
    del sent
    file = tmp_path / "newsroom.zip"
    said = newsletter("backup", file)
    assert said.code == 0, said.all
    return file


def _restore(workspace: Path, file: Path, *options: str, **env: str) -> Said:
    return call("restore", file, *options, cwd=workspace, env=env)


def test_a_newsroom_goes_on_in_an_empty_folder_with_the_other_database(
    newsletter: Newsletter,
    workspace: Path,
    backup: Path,
    sent: str,
    tmp_path: Path,
    postgresql: Cluster,
) -> None:
    """The same report, articles, lists, settings and key; nobody gets the issue twice."""
    before = newsletter("report", sent, "--json").json()
    key = (workspace / "var" / "secret.key").read_text()
    shutil.rmtree(workspace)
    new = tmp_path / "another-machine"
    new.mkdir()
    database = postgresql.create(template=TEMPLATE)
    there = {"NEWSLETTER_DATABASE_URL": postgresql.url(database)}
    said = _restore(new, backup, **there)
    assert said.code == 0, said.all
    after = call("report", sent, "--json", cwd=new, env=there).json()
    assert after | {"at": ""} == before | {"at": ""}
    assert (new / "var" / "secret.key").read_text() == key
    assert (new / "var" / "secret.key").stat().st_mode & 0o077 == 0
    assert (new / "content" / "city-pair" / "nl.po").exists()
    assert (new / "subscribers" / "cities.csv").exists()
    again = call("publish", "city-pair", "--json", cwd=new, env=there)
    assert again.json()["state"] == "sent"
    assert not list((new / "var").glob("outbox/new/*"))


def test_a_backup_may_be_named_by_its_time(newsletter: Newsletter, tmp_path: Path) -> None:
    """A folder is enough for a nightly command, whether it is there or not."""
    folder = tmp_path / "srv" / "backups"
    said = newsletter("backup", folder, "--json")
    assert said.json()["rows"]["contacts"] > 0
    (file,) = folder.glob("newsletter-20*Z.zip")
    assert said.json()["file"] == str(file)


def test_an_issue_that_may_have_left_is_not_published_by_mistake(
    newsletter: Newsletter, workspace: Path, approved: None, tmp_path: Path
) -> None:
    """It was released in the backup and has left since: a person must say that it has not."""
    del approved

    async def release(runtime: Runtime) -> None:
        now = runtime.clock()
        await open_issue(
            runtime.library, runtime.store, "city-pair", lists=(), now=now, release=True
        )

    act(workspace, release)
    assert newsletter("backup", tmp_path / "b.zip").code == 0
    assert newsletter("restore", tmp_path / "b.zip", "--replace").code == 0
    (issue,) = newsletter("status", "--json").json()
    assert [wait["need"] for wait in issue["waiting_for"]] == ["relay_log"]
    with pytest.raises(NotDoneError, match="may have left") as refused:
        act(workspace, release)
    assert "if it left: newsletter schedule cancel city-pair-1" in str(refused.value)


def test_passwords_are_in_no_backup(
    newsletter: Newsletter, workspace: Path, tmp_path: Path
) -> None:
    """`.env` and the environment are the operator's to keep; the command says so."""
    (workspace / ".env").write_text("NEWSLETTER_SMTP__PASSWORD=geheim\n")
    said = newsletter("backup", tmp_path / "b.zip")
    assert ".env" in said.all
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert not any(b"geheim" in archive.read(name) for name in archive.namelist())


def test_what_editors_changed_since_stays(workspace: Path, backup: Path) -> None:
    """A restore of the database is no reason to lose a day's writing."""
    article = workspace / "content" / "city-pair" / "fr.md"
    article.write_text(article.read_text() + "\nUne ligne de plus.\n")
    said = _restore(workspace, backup, "--replace")
    assert said.code == 0, said.all
    assert "content/city-pair/fr.md differs" in said.all
    assert "Une ligne de plus." in article.read_text()


def test_another_newsroom_s_backup_is_refused(backup: Path, tmp_path: Path) -> None:
    """Its opt-outs and links would mean nothing under this key."""
    other = tmp_path / "other"
    assert call("init", other).code == 0
    assert call("subscribers", "import", "subscribers", cwd=other).code == 0
    said = _restore(other, backup, "--replace")
    assert said.code == 1
    assert "another secret key" in said.err


def test_a_fresh_workspace_takes_the_key_of_the_backup(
    workspace: Path, backup: Path, tmp_path: Path
) -> None:
    """Its own key was made for nothing yet."""
    fresh = tmp_path / "fresh"
    assert call("init", fresh).code == 0
    call("status", cwd=fresh)
    assert _restore(fresh, backup).code == 0
    keys = [(one / "var" / "secret.key").read_text() for one in (fresh, workspace)]
    assert keys[0] == keys[1]


def test_nothing_is_restored_under_a_running_newsroom(workspace: Path, backup: Path) -> None:
    """It would go on with what it remembers."""
    with announce_server(workspace / "var" / "newsroom.json", PrefectServer("http://127.0.0.1:1")):
        said = _restore(workspace, backup, "--replace")
    assert said.code == 1
    assert "running" in said.err


def test_nothing_is_restored_while_a_newsroom_starts_again(workspace: Path, backup: Path) -> None:
    """Its guardian is there, and it will be within seconds."""
    with hold_alone(workspace / "var" / "guardian.lock"):
        said = _restore(workspace, backup, "--replace")
    assert said.code == 1
    assert "running" in said.err


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all"])
def test_what_is_no_backup_is_said_to_be_none(
    workspace: Path, tmp_path: Path, content: bytes
) -> None:
    """One line, no traceback."""
    file = tmp_path / "holiday.zip"
    file.write_bytes(content)
    said = _restore(workspace, file)
    assert said.code == 1
    assert "is no backup" in said.err
    assert "Traceback" not in said.all


def test_a_backup_that_is_not_there_is_named(workspace: Path) -> None:
    """By the path that was given."""
    said = _restore(workspace, workspace / "nowhere.zip")
    assert said.code != 0
    assert "nowhere.zip" in said.err
