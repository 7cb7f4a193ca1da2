"""`newsletter tokens`: programs that act for people."""

import io

import pytest

from tests.functional.cli.conftest import Newsletter


@pytest.fixture
def paula(newsletter: Newsletter, monkeypatch: pytest.MonkeyPatch) -> str:
    """A publisher with an account."""
    monkeypatch.setattr("sys.stdin", io.StringIO("quatre mots tout simples\n"))
    assert newsletter("users", "add", "Paula", "--role", "publisher").code == 0
    return "Paula"


def test_a_token_is_shown_once_listed_and_revoked(newsletter: Newsletter, paula: str) -> None:
    """On standard output alone, so that it can be piped into where it is kept."""
    made = newsletter("tokens", "add", paula, "--scope", "read", "--scope", "publish")
    secret = made.out.strip()
    listed = newsletter("tokens", "list")
    (facts,) = newsletter("tokens", "list", "--json").json()

    assert made.code == 0, made.all
    assert secret.startswith("nlt_")
    assert "\n" not in secret
    assert secret not in listed.all + made.err
    assert facts["scopes"] == ["publish", "read"]
    assert (facts["token"], facts["owner"], facts["state"]) == (1, "Paula", "works")

    assert newsletter("tokens", "revoke", "1").code == 0
    assert newsletter("tokens", "list", "--json").json()[0]["state"] == "revoked"


def test_a_token_that_makes_no_sense_is_refused(newsletter: Newsletter, paula: str) -> None:
    """With what would help."""
    for words, complaint in (
        (("add", paula, "--scope", "everything"), "--scope"),
        (("add", paula, "--scope", "approve"), "reviewer"),
        (("add", "Nobody", "--scope", "read"), "nobody is called"),
        (("add", paula, "--scope", "read", "--days", "0"), "--days"),
        (("revoke", "9"), "no token 9"),
    ):
        said = newsletter("tokens", *words)
        assert (said.code, complaint in said.err) == (2, True), said.all
    assert newsletter("tokens", "list").out.startswith("None yet")
