"""`newsletter users`: who works at the desk."""

import io

import pytest

from tests.functional.cli.conftest import Newsletter

PASSWORD = "quatre mots tout simples"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))


def facts(newsletter: Newsletter) -> dict[str, dict[str, object]]:
    """Everybody, by name."""
    return {one["name"]: one for one in newsletter("users", "list", "--json").json()}


@pytest.mark.usefixtures("typed")
def test_somebody_is_added_with_roles_and_a_password_from_standard_input(
    newsletter: Newsletter,
) -> None:
    """And told where to sign in; the password is in no answer."""
    said = newsletter(
        *("users", "add", "Anneke de Vries", "--role", "reviewer", "--role", "editor"),
        *("--language", "nl", "--address", "anneke@example.org"),
    )

    assert said.code == 0, said.all
    assert "http://127.0.0.1:8080/desk/" in said.out
    assert PASSWORD not in said.all
    assert facts(newsletter)["Anneke de Vries"] == {
        "name": "Anneke de Vries",
        "roles": ["editor", "reviewer"],
        "languages": ["nl"],
        "signs_in_by": ["password"],
        "disabled": False,
    }
    assert "Anneke de Vries" in newsletter("users", "list").out


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("Jo", "--role", "boss"), "--role"),
        (("Jo", "--role", "reviewer"), "--language"),
        (("Jo", "--role", "reviewer", "--language", "de"), "target languages"),
        (("jo@example.org", "--role", "editor"), "NAME"),
        (("Jo", "--role", "editor", "--directory"), "--address"),
        (("Jo", "--role", "editor", "--address", "jo"), "--address"),
        (("quatre mots", "--role", "editor"), "contains the name"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nobody_is_added(
    newsletter: Newsletter, words: tuple[str, ...], complaint: str
) -> None:
    """With the option that is wrong."""
    said = newsletter("users", "add", *words)

    assert said.code in {1, 2}
    assert complaint in said.err
    assert facts(newsletter) == {}


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaaaaaaa"])
def test_a_bad_password_is_refused(
    newsletter: Newsletter, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """Before anything is written."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))

    said = newsletter("users", "add", "Jo", "--role", "editor")

    assert said.code in {1, 2}
    assert "password" in said.err
    assert facts(newsletter) == {}


@pytest.mark.usefixtures("typed")
def test_the_last_administrator_stays_and_another_can_go(
    newsletter: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`disable` says who would be left, `enable` lets in again."""
    newsletter("users", "add", "Ada", "--role", "administrator")
    refused = newsletter("users", "disable", "Ada")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    newsletter("users", "add", "Bea", "--role", "administrator")

    assert (refused.code, "last administrator" in refused.err) == (1, True)
    assert newsletter("users", "disable", "ADA").code == 0
    assert facts(newsletter)["Ada"]["disabled"] is True
    assert newsletter("users", "enable", "Ada").code == 0
    assert facts(newsletter)["Ada"]["disabled"] is False


@pytest.mark.usefixtures("typed")
def test_a_new_password_and_other_roles_are_given(
    newsletter: Newsletter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name; a name that nobody bears is wrong usage."""
    newsletter("users", "add", "Jo", "--role", "editor")
    monkeypatch.setattr("sys.stdin", io.StringIO("another four words here\n"))

    changed = newsletter("users", "password", "Jo", "--forget-second-factor")
    roles = newsletter("users", "roles", "Jo", "--role", "publisher")

    assert (changed.code, roles.code) == (0, 0), changed.all + roles.all
    assert facts(newsletter)["Jo"]["roles"] == ["publisher"]
    assert newsletter("users", "roles", "Joe", "--role", "publisher").code == 2
