"""Settings come from where the operator means, and mistakes are named with their place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.domain.errors import InputError, NotFoundError
from flows.settings.model import Settings
from flows.settings.reading import find_workspace, read_settings, reveal

Read = Callable[..., Settings]


def test_an_empty_file_is_a_complete_one(settings_from: Read) -> None:
    """A fresh workspace captures its letters and mails nobody."""
    settings = settings_from()

    assert settings.smtp.mode == "capture"
    assert settings.languages == ("fr", "en", "nl")
    assert settings.review.two_people


def test_the_environment_wins_over_dotenv_which_wins_over_the_file(settings_from: Read) -> None:
    """Each key by itself: what a stronger source leaves out comes from the weaker."""
    settings = settings_from(
        "[smtp]\nmode = 'smtp'\nhost = 'file.example.org'\nport = 1\nconnections = 3\n"
        "[web]\nbase_url = 'https://lettre.example.org'\n",
        dotenv="NEWSLETTER_SMTP__HOST=dotenv.example.org\nNEWSLETTER_SMTP__PORT=2\n",
        NEWSLETTER_SMTP__HOST="environment.example.org",
    )

    assert settings.smtp.host == "environment.example.org"
    assert settings.smtp.port == 2
    assert settings.smtp.connections == 3
    assert settings.smtp.mode == "smtp"


def test_two_underscores_reach_the_innermost_key(settings_from: Read) -> None:
    """A sender of one language can be set from the environment, too."""
    settings = settings_from(NEWSLETTER_SENDER__LANGUAGES__NL__NAME="Efus – Stedelijke Veiligheid")

    assert settings.sender.languages["nl"].name == "Efus – Stedelijke Veiligheid"


def test_a_domains_rate_is_found_however_it_is_written(settings_from: Read) -> None:
    """Envelopes have the lower-case ASCII name."""
    settings = settings_from("[smtp.domain_rates]\n'Gmail.com' = 30\n'Bücher.example.org' = 5\n")

    assert settings.smtp.domain_rates == {"gmail.com": 30, "xn--bcher-kva.example.org": 5}


@pytest.mark.parametrize("table", ["'gmail' = 3", "'Gmail.com' = 3\n'gmail.com' = 4"])
def test_a_rate_that_would_limit_nothing_is_refused(settings_from: Read, table: str) -> None:
    """A name that no letter goes to, or one name twice."""
    with pytest.raises(InputError, match="domain"):
        settings_from(f"[smtp.domain_rates]\n{table}\n")


def test_a_list_in_a_variable_is_json(settings_from: Read) -> None:
    """Adding a language needs no file."""
    settings = settings_from(NEWSLETTER_TARGET_LANGUAGES='["EN", "nl-be", "de"]')

    assert settings.target_languages == ("en", "nl-BE", "de")


def test_the_named_workspace_is_the_one_that_is_used(settings_from: Read, tmp_path: Path) -> None:
    """`NEWSLETTER_WORKSPACE` is for those who name none, so it cannot mix two workspaces."""
    settings = settings_from(NEWSLETTER_WORKSPACE=str(tmp_path / "elsewhere"))

    assert settings.workspace == tmp_path
    assert settings.var == tmp_path / "var"


def test_the_workspace_is_named_or_in_the_environment_or_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In that order, and always as an absolute path."""
    for name in ("named", "environment", "here"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "newsletter.toml").touch()
    monkeypatch.chdir(tmp_path / "here")

    assert find_workspace(None) == tmp_path / "here"
    monkeypatch.setenv("NEWSLETTER_WORKSPACE", "../environment")
    assert find_workspace(None) == tmp_path / "environment"
    assert find_workspace(Path("../named")) == tmp_path / "named"


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    """The message says how to make one and how to name one."""
    with pytest.raises(NotFoundError) as caught:
        find_workspace(tmp_path)

    assert caught.value.path == tmp_path
    assert "newsletter init DIR" in str(caught.value)
    assert "--workspace DIR" in str(caught.value)


def test_a_mistake_where_there_is_no_file_is_named_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that sends along has an environment alone."""
    monkeypatch.setenv("NEWSLETTER_SMTP__MODE", "smtp")
    monkeypatch.setenv("NEWSLETTER_SMTP__HOST", "relay.example.org")
    with pytest.raises(InputError, match=r"NEWSLETTER_WEB.*own address"):
        read_settings(find_workspace(tmp_path, bare=True))


def test_other_programs_may_use_the_same_dotenv(settings_from: Read) -> None:
    """A database's or Prefect's variables there are nobody's mistake."""
    settings = settings_from(
        dotenv="POSTGRES_PASSWORD=abc\nPREFECT_API_AUTH_STRING=a:b\nNEWSLETTER_WEB__PORT=8081\n"
    )

    assert settings.web.port == 8081


TYPES = "Input should be a valid integer, unable to parse string as an integer"
MISTAKES = {
    "unknown key": (
        "[engine]\nname = 'google'\n\n[smtp]\nname = 'a'\n",
        {},
        ("newsletter.toml:5", "smtp.name", "there is no such setting"),
    ),
    "unknown table": (
        "\n[smpt]\nhost = 'a'\n",
        {},
        ("newsletter.toml:2", "smpt", "there is no such setting"),
    ),
    "wrong type in the second table with that key": (
        "[web]\nport = 1\n[smtp]\nport = 'x'\n",
        {},
        ("newsletter.toml:4", "smtp.port", TYPES),
    ),
    "wrong type in an inline table": (
        "# a comment\nsmtp = {port = 'x'}\n",
        {},
        ("newsletter.toml:2", "smtp.port", TYPES),
    ),
    "wrong type under a dotted key": (
        "smtp.port = 'x'\n",
        {},
        ("newsletter.toml:1", "smtp.port", TYPES),
    ),
    "wrong type in a list": (
        "[engine]\nfallback = ['memory', 7]\n",
        {},
        ("newsletter.toml:2", "engine.fallback.1", "should be a valid string"),
    ),
    "a table that is none": (
        "smtp = 'relay.example.org'\n",
        {},
        ("newsletter.toml:1", "smtp", "valid dictionary"),
    ),
    "no language": (
        "target_languages = ['english']\n",
        {},
        ("newsletter.toml:1", "target_languages", "'english' is not a language tag"),
    ),
    "a language twice": (
        "target_languages = ['en', 'EN']\n",
        {},
        ("newsletter.toml:1", "target_languages", "'en' is named twice"),
    ),
    "the source as a target": (
        "source_language = 'nl'\n",
        {},
        ("newsletter.toml", "target_languages", "'nl' is named twice, or is the source language"),
    ),
    "a sender of no language": (
        "[sender.languages.dutch]\nname = 'a'\n",
        {},
        ("newsletter.toml", "sender.languages", "'dutch' is not a language tag"),
    ),
    "out of range": (
        "[smtp]\nconnections = 0\n",
        {},
        ("newsletter.toml:2", "smtp.connections", "greater than or equal to 1"),
    ),
    "no such mode": (
        "[smtp]\nmode = 'live'\n",
        {},
        ("newsletter.toml:2", "smtp.mode", "'capture' or 'smtp'"),
    ),
    "unknown key in a variable": (
        "",
        {"NEWSLETTER_SMTP__HOTS": "a"},
        ("NEWSLETTER_SMTP__HOTS: smtp.hots: there is no such setting",),
    ),
    "wrong type in a variable": (
        "[smtp]\nport = 25\n",
        {"NEWSLETTER_SMTP__PORT": "x"},
        (f"NEWSLETTER_SMTP__PORT: smtp.port: {TYPES}",),
    ),
    "wrong type in a variable's list": (
        "",
        {"NEWSLETTER_ENGINE__FALLBACK": "[7]"},
        ("NEWSLETTER_ENGINE__FALLBACK: engine.fallback.0",),
    ),
    "a variable that is no JSON": (
        "",
        {"NEWSLETTER_TARGET_LANGUAGES": "en,nl"},
        ("NEWSLETTER_TARGET_LANGUAGES: target_languages: is not JSON", "'[\"en\"]'"),
    ),
    "an inner variable that is no JSON": (
        "",
        {"NEWSLETTER_ENGINE__FALLBACK": "memory"},
        ("NEWSLETTER_ENGINE__FALLBACK: engine: is not JSON",),
    ),
    "an account in the clear": (
        "[smtp]\nhost = 'relay.example.org'\nsecurity = 'none'\nusername = 'a'\n",
        {},
        ("newsletter.toml:4", "smtp.username", "`smtp.security` must be starttls or tls"),
    ),
    "a password in the clear": (
        "[smtp]\nhost = 'relay.example.org'\nsecurity = 'none'\n",
        {"NEWSLETTER_SMTP__PASSWORD": "abc"},
        ("NEWSLETTER_SMTP__PASSWORD: smtp.password", "`smtp.security` must be starttls or tls"),
    ),
    "a secret in the file": (
        "[engine]\nname = 'deepl'\napi_key = 'clef-secrète'\n",
        {},
        (
            "newsletter.toml:3",
            "engine.api_key",
            "a secret does not belong in this file",
            "NEWSLETTER_ENGINE__API_KEY",
        ),
    ),
    "a mailbox without an account": (
        "[bounces.imap]\nhost = 'imap.example.org'\nusername = 'returns'\n",
        {},
        ("newsletter.toml:1", "bounces.imap", "needs `username` and `password`"),
    ),
    "a mailbox's password in the file": (
        "[bounces.imap]\nhost = 'imap.example.org'\npassword = 'abc'\n",
        {},
        ("newsletter.toml:3", "bounces.imap.password", "NEWSLETTER_BOUNCES__IMAP__PASSWORD"),
    ),
    "no domain for return paths": (
        "[sender]\nbounce_domain = 'bounces@example.org'\n",
        {},
        ("newsletter.toml:2", "sender.bounce_domain"),
    ),
    "no TOML": (
        "source_language = 'fr'\n[smtp\n",
        {},
        ("newsletter.toml:2", "is not valid TOML"),
    ),
    "no folder of secrets": (
        "",
        {"NEWSLETTER_SECRETS_DIR": "/nowhere/at/all"},
        ("NEWSLETTER_SECRETS_DIR: secrets cannot be read",),
    ),
}


@pytest.mark.parametrize(("toml", "variables", "parts"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place_and_a_remedy(
    settings_from: Read, toml: str, variables: dict[str, str], parts: tuple[str, ...]
) -> None:
    """File and line, or the variable; the key; and what helps, without the value of a secret."""
    with pytest.raises(InputError) as caught:
        settings_from(toml, **variables)

    said = str(caught.value)
    assert [part for part in parts if part not in said] == []
    assert caught.value.remedy
    assert "clef-secrète" not in said
    assert "abc" not in said


@pytest.mark.parametrize(
    ("dotenv", "parts"),
    [
        ("# ours\nexport NEWSLETTER_SMTP__PORT=x\n", (".env:2", "smtp.port", TYPES)),
        ("NEWSLETTER_SMTP__HOTS=x\n", (".env:1", "smtp.hots", "there is no such setting")),
        ("A=1\nNEWSLETTER_SMPT__HOST=x\n", (".env:2", "smpt.host", "there is no such setting")),
        ("NEWSLETTER_TARGET_LANGUAGES=en\n", (".env:1", "target_languages", "is not JSON")),
        (b"NEWSLETTER_SENDER__NAME=\xe9\n", (".env", "is not UTF-8")),
    ],
)
def test_a_mistake_in_dotenv_is_named_with_its_line(
    settings_from: Read, dotenv: str | bytes, parts: tuple[str, ...]
) -> None:
    """Nobody looks for it in `newsletter.toml`."""
    with pytest.raises(InputError) as caught:
        settings_from(dotenv=dotenv)

    assert [part for part in parts if part not in str(caught.value)] == []
    assert caught.value.remedy


def test_an_account_on_loopback_may_go_in_the_clear(settings_from: Read) -> None:
    """Nothing leaves the machine there."""
    settings = settings_from(
        "[smtp]\nsecurity = 'none'\nusername = 'a'\n", NEWSLETTER_SMTP__PASSWORD="abc"
    )

    assert reveal(settings.smtp.password) == "abc"


def test_secrets_may_lie_in_files_of_their_own(
    settings_from: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named like their variables, in any case; a variable still wins."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "newsletter_smtp__password").write_text("mot de passe\n", encoding="utf-8")
    (folder / "NEWSLETTER_SECRET_KEY").write_text("clef\n", encoding="utf-8")
    (folder / "newsletter_engine__api_key").write_text("file", encoding="utf-8")
    (folder / "newsletter_bounces__imap__password").write_text("imap\n", encoding="utf-8")
    (folder / "..data").mkdir()
    monkeypatch.setenv("NEWSLETTER_ENGINE__API_KEY", "variable")

    settings = settings_from(NEWSLETTER_SECRETS_DIR=str(folder))

    assert reveal(settings.smtp.password) == "mot de passe"
    assert reveal(settings.secret_key) == "clef"
    assert reveal(settings.engine.api_key) == "variable"
    assert reveal(settings.bounces.imap.password) == "imap"


def test_settings_never_show_a_secret(settings_from: Read) -> None:
    """Not when they are printed, and not when they are written as JSON."""
    settings = settings_from(NEWSLETTER_SMTP__PASSWORD="abc", NEWSLETTER_SECRET_KEY="xyz")

    shown = repr(settings) + settings.model_dump_json()

    assert "abc" not in shown
    assert "xyz" not in shown


def test_settings_cannot_be_changed(settings_from: Read) -> None:
    """They are read once, for everybody."""
    settings = settings_from()

    with pytest.raises(ValueError, match="frozen"):
        settings.smtp.mode = "smtp"  # type: ignore[misc]  # what is tested


def test_settings_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    """The message names the file."""
    (tmp_path / "newsletter.toml").write_bytes("# réglages\n".encode("cp1252"))

    with pytest.raises(InputError, match="is not valid TOML") as caught:
        read_settings(tmp_path)

    assert caught.value.path == tmp_path / "newsletter.toml"


def test_a_relay_outside_needs_the_public_address_of_the_pages(settings_from: Read) -> None:
    """No real letter leaves with links that lead to this machine."""
    with pytest.raises(InputError, match="public pages' own address"):
        settings_from("[smtp]\nmode = 'smtp'\nhost = 'mail.example.org'\n")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"API_URL": "prefect.example.org"}, "is no address of a Prefect API"),
        (
            {"API_URL": "http://prefect.example.org/api", "API_KEY": "pnu_geheim"},
            "begins with https:// alone",
        ),
        ({"RUNNER": "false"}, "needs an `api_url`"),
    ],
)
def test_prefect_elsewhere_is_named_so_that_it_can_be_used(
    settings_from: Read, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    """A whole address; a key that crosses no network in the clear; workers that hear of work."""
    for name, value in variables.items():
        monkeypatch.setenv(f"NEWSLETTER_PREFECT__{name}", value)
    with pytest.raises(InputError, match=said):
        settings_from("")


def test_prefect_s_keys_stand_in_no_file(settings_from: Read) -> None:
    """As for every secret."""
    with pytest.raises(InputError, match="a secret does not belong in this file"):
        settings_from("[prefect]\nauth = 'newsletter:geheim'\n")
