"""Which workspace a command works in."""

from pathlib import Path

import pytest

from tests.functional.cli.command_line import call


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder that is no workspace."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_the_current_directory_is_the_workspace(workspace: Path) -> None:
    """Without a word about it, the command works where it is called."""
    assert "city-pair" in call("review", "nothing", cwd=workspace).err


def test_an_option_names_the_workspace(workspace: Path, elsewhere: Path) -> None:
    """`--workspace DIR` stands before the command."""
    said = call("--workspace", workspace, "review", "city-pair", "--json", cwd=elsewhere)
    assert said.code == 0


def test_a_variable_names_the_workspace(workspace: Path, elsewhere: Path) -> None:
    """`NEWSLETTER_WORKSPACE` does, too, also as a path relative to where the command is called."""
    for name in (str(workspace), f"../{workspace.name}"):
        said = call("review", "city-pair", cwd=elsewhere, env={"NEWSLETTER_WORKSPACE": name})
        assert said.code == 0, said.err


def test_the_option_beats_the_variable(workspace: Path, elsewhere: Path) -> None:
    """Who names a workspace in the call means it: nothing is written into the variable's."""
    other = elsewhere / "other"
    call("init", other)
    said = call(
        *("--workspace", workspace, "review", "city-pair", "--json"),
        env={"NEWSLETTER_WORKSPACE": str(other)},
    )
    assert said.code == 0
    assert not (other / "var").exists()


def test_a_folder_that_is_no_workspace_is_named_with_the_remedy(elsewhere: Path) -> None:
    """The message says which folder it is and how to make one."""
    for said in (
        call("status", cwd=elsewhere),
        call("--workspace", elsewhere, "status"),
        call("status", env={"NEWSLETTER_WORKSPACE": str(elsewhere)}),
    ):
        assert said.code == 2
        assert str(elsewhere) in said.err
        assert "newsletter init" in said.err


def test_a_new_workspace_works_at_once(elsewhere: Path) -> None:
    """After `init`, a preview of the example article needs nothing else."""
    made = call("init", elsewhere / "newsroom")
    assert made.code == 0
    said = call("preview", "city-pair", "--out", "preview", cwd=elsewhere / "newsroom")
    assert said.code == 0
    written = {path.name for path in (elsewhere / "newsroom" / "preview").iterdir()}
    assert written == {f"{lang}.{kind}" for lang in ("fr", "en", "nl") for kind in _KINDS}


_KINDS = ("html", "txt", "eml")


def test_a_folder_with_something_in_it_is_not_made_a_workspace(workspace: Path) -> None:
    """`init` never writes over anything."""
    before = sorted(workspace.rglob("*"))
    said = call("init", workspace)
    assert said.code in {1, 2}
    assert "nothing was changed" in said.err
    assert sorted(workspace.rglob("*")) == before
