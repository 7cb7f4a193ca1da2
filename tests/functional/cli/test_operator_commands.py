"""doctor and db upgrade, as an operator calls them."""

import socket
import sqlite3
from pathlib import Path

import pytest

from tests.databases import TEMPLATE
from tests.functional.cli.command_line import closed_port
from tests.functional.cli.conftest import Newsletter
from tests.services.postgresql import Cluster

HEALTHY = {"NEWSLETTER_ENGINE__NAME": "memory"}
RELAY = {"NEWSLETTER_SMTP__MODE": "smtp", "NEWSLETTER_SMTP__PORT": "{port}"}
MADE_UP = {"sender", "links", "signatures", "records"}
"""With a relay, what a workspace begins with is a finding, too: made up addresses, no keys."""


def examined(newsletter: Newsletter, **env: str) -> dict[str, dict[str, object]]:
    """What doctor found, by what it looked at."""
    said = newsletter("doctor", "--json", **env)
    found = {one["what"]: one for one in said.json()}
    assert said.code == (0 if all(one["ok"] for one in found.values()) else 1)
    assert "Traceback" not in said.all
    return found


def test_a_healthy_newsroom_passes_every_examination(newsletter: Newsletter) -> None:
    """Settings, database, relay, engine and newsroom are looked at; each says what was found."""
    found = examined(newsletter, **HEALTHY)
    assert found.keys() >= {
        "settings",
        "database",
        "clock",
        "disk",
        "relay",
        "engine",
        "newsroom",
    }
    assert all(one["ok"] and one["found"] for one in found.values())
    assert "nobody is mailed" in str(found["relay"]["found"])


def test_an_engine_that_answers_is_healthy(newsletter: Newsletter, engine_url: str) -> None:
    """The engine is really asked."""
    engine = {"NEWSLETTER_ENGINE__NAME": "libretranslate", "NEWSLETTER_ENGINE__URL": engine_url}
    assert examined(newsletter, **engine)["engine"]["ok"]


@pytest.mark.parametrize(
    ("what", "env"),
    [
        ("relay", RELAY),
        ("database", {"NEWSLETTER_DATABASE_URL": "postgresql://127.0.0.1:{port}/x"}),
        (
            "engine",
            {
                "NEWSLETTER_ENGINE__NAME": "libretranslate",
                "NEWSLETTER_ENGINE__URL": "http://127.0.0.1:{port}",
            },
        ),
        ("engine", {"NEWSLETTER_ENGINE__NAME": "babelfish"}),
    ],
)
def test_what_would_fail_is_named_with_a_remedy(
    newsletter: Newsletter, what: str, env: dict[str, str]
) -> None:
    """One part that cannot be reached is the one that fails."""
    port = str(closed_port())
    variables = HEALTHY | {name: value.format(port=port) for name, value in env.items()}
    found = examined(newsletter, **variables)
    assert {name for name, one in found.items() if not one["ok"]} - MADE_UP == {what}
    assert found[what]["remedy"]


def test_an_address_in_letters_that_leads_nowhere_is_found(newsletter: Newsletter) -> None:
    """Every link of every letter would be dead."""
    port = closed_port()
    real = HEALTHY | {
        "NEWSLETTER_SMTP__MODE": "smtp",
        "NEWSLETTER_WEB__BASE_URL": f"https://127.0.0.1:{port}",
    }
    pages = examined(newsletter, **real)["pages"]
    assert not pages["ok"]
    assert "does not lead to our pages" in str(pages["found"])


def test_the_clock_of_another_machine_s_database_is_compared(
    newsletter: Newsletter, postgresql: Cluster
) -> None:
    """A letter would leave too early or too late."""
    database = {"NEWSLETTER_DATABASE_URL": postgresql.url(postgresql.create(template=TEMPLATE))}
    clock = examined(newsletter, **HEALTHY, **database)["clock"]
    assert clock["ok"]
    assert clock["found"] == "0.0 s from the database's"


def test_letters_that_nobody_signs_and_keys_that_cannot_sign_are_found(
    newsletter: Newsletter, workspace: Path
) -> None:
    """In capture mode nobody minds; with a relay no keys, or a file of them that is gone, fail."""
    real = HEALTHY | {"NEWSLETTER_SMTP__MODE": "smtp"}
    assert "signatures" not in examined(newsletter, **HEALTHY)
    assert examined(newsletter, **real)["signatures"]["remedy"] == "Make keys: newsletter dkim new"
    newsletter("dkim", "new")
    keys = {
        "NEWSLETTER_DKIM__DOMAIN": "example.org",
        "NEWSLETTER_DKIM__SELECTOR": "rsa",
        "NEWSLETTER_DKIM__KEY_FILE": "var/dkim/rsa.pem",
    }
    found = examined(newsletter, **HEALTHY, **keys)["signatures"]
    assert (found["ok"], found["found"]) == (True, "rsa._domainkey.example.org (rsa-sha256)")
    (workspace / "var" / "dkim" / "rsa.pem").unlink()
    assert "rsa.pem" in str(examined(newsletter, **HEALTHY, **keys)["signatures"]["found"])


def test_the_table_for_people_says_what_fails(newsletter: Newsletter) -> None:
    """Without `--json` the same, in columns."""
    said = newsletter("doctor", NEWSLETTER_ENGINE__NAME="babelfish")
    assert said.code == 1
    assert "FAILS" in said.out


def test_db_upgrade_makes_a_database_and_is_harmless_again(
    newsletter: Newsletter, workspace: Path
) -> None:
    """From nothing to this version's schema; the second time from there to there."""
    database = workspace / "var" / "newsletter.db"
    database.unlink()
    first, again = newsletter("db", "upgrade"), newsletter("db", "upgrade")
    assert (first.code, again.code) == (0, 0)
    assert "was at nothing" in first.out
    assert "nothing" not in again.out
    assert newsletter("status", "--json").json() == []


def test_a_database_of_another_version_asks_for_the_upgrade(
    newsletter: Newsletter, workspace: Path
) -> None:
    """No command works on tables that it does not know."""
    with sqlite3.connect(workspace / "var" / "newsletter.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
    database.close()
    said = newsletter("status")
    assert said.code == 1
    assert "newsletter db upgrade" in said.err


@pytest.mark.parametrize("arguments", [("--port", "{port}"), ()])
def test_a_port_that_is_taken_is_named(newsletter: Newsletter, arguments: tuple[str, ...]) -> None:
    """`up` says which setting to change, before anything has started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = [one.format(port=port) for one in arguments]
        said = newsletter("up", *options, NEWSLETTER_PREFECT__PORT=port)
    assert said.code == 2
    assert "prefect.port" in said.err
    assert port in said.err
    assert "Choose another port" in said.err
