"""rate, letter, report --who, send --only and dkim, as an operator calls them."""

import tomllib
from email import message_from_bytes, policy
from pathlib import Path

import dkim
import pytest

from tests.functional.cli.conftest import Newsletter


def test_without_a_rate_letters_leave_as_fast_as_the_relay_takes_them(
    newsletter: Newsletter,
) -> None:
    """And it says so."""
    assert newsletter("rate", "--json").json() == {}
    assert "as fast as the relay" in newsletter("rate").out


def test_a_rate_stays_until_it_is_given_back(newsletter: Newsletter) -> None:
    """For all letters and for one domain; `off` lifts a limit that the settings have."""
    limited = {"NEWSLETTER_SMTP__RATE_PER_MINUTE": "300"}
    assert newsletter("rate", "60").code == 0
    assert newsletter("rate", "10", "--domain", "Gmail.test").code == 0
    assert newsletter("rate", "--json", **limited).json() == {"all": 60, "gmail.test": 10}
    assert newsletter("rate", "off", "--json", **limited).json() == {"gmail.test": 10}
    newsletter("rate", "default", "--domain", "gmail.test")
    assert newsletter("rate", "default", "--json", **limited).json() == {"all": 300}


@pytest.mark.parametrize("word", ["soon", "-5", "1.5", "²"])
def test_what_is_no_rate_is_refused(newsletter: Newsletter, word: str) -> None:
    """With what would be one."""
    said = newsletter("rate", "--", word)
    assert said.code == 2
    assert "off" in said.err
    assert newsletter("rate", "--json").json() == {}


@pytest.mark.parametrize("word", ["0", "00"])
def test_a_rate_of_no_letters_lifts_no_limit(newsletter: Newsletter, word: str) -> None:
    """Whoever writes it wants to stop, or to go without a limit; both have a command."""
    newsletter("rate", "60")
    said = newsletter("rate", word)
    assert said.code == 2
    assert "No limit: off. To stop: newsletter pause ISSUE" in said.err
    assert newsletter("rate", "--json").json() == {"all": 60}


def test_a_domains_rate_is_that_of_envelopes(newsletter: Newsletter) -> None:
    """Letters to `bücher.example.org` go to its ASCII name; what is no domain limits nothing."""
    assert newsletter("rate", "10", "--domain", "Bücher.example.org").code == 0
    assert newsletter("rate", "--json").json() == {"xn--bcher-kva.example.org": 10}
    refused = newsletter("rate", "10", "--domain", "gmail")
    assert refused.code == 2
    assert "--domain: 'gmail' is no domain" in refused.err


def test_the_letter_of_a_contact_is_made_again_byte_for_byte(
    newsletter: Newsletter, workspace: Path, sent: str
) -> None:
    """As the outbox has it, below the two lines of its trace."""
    kept = next((workspace / "var" / "outbox" / "new").iterdir()).read_bytes()
    address = str(message_from_bytes(kept, policy=policy.default)["Delivered-To"])
    said = newsletter("letter", sent, address, "--out", "letter.eml")
    assert said.code == 0, said.all
    assert kept.split(b"\r\n", 2)[2] == (workspace / "letter.eml").read_bytes()


def test_nobody_has_the_letter_of_a_stranger(newsletter: Newsletter, sent: str) -> None:
    """An address that the issue did not go to."""
    said = newsletter("letter", sent, "stranger@example.org", "--out", "letter.eml")
    assert said.code == 2
    assert "has not written to this address" in said.err


def test_a_report_lists_whoever_is_in_a_state(newsletter: Newsletter, sent: str) -> None:
    """Several states may be named; an unknown one is refused with those there are."""
    report = newsletter("report", sent, "--json").json()
    listed = newsletter("report", sent, "--who", "accepted,unknown", "--json").json()
    assert len(listed) == report["deliveries"]["accepted"] > 50
    assert {one["state"] for one in listed} == {"accepted"}
    refused = newsletter("report", sent, "--who", "lost")
    assert refused.code == 2
    assert "deferred" in refused.err


def test_only_failed_is_understood_of_what_to_send_again(newsletter: Newsletter, sent: str) -> None:
    """A word that means nothing sends nothing."""
    said = newsletter("send", sent, "--only", "everything")
    assert said.code == 2
    assert "everything" in said.err


def test_new_keys_sign_letters_that_others_verify(newsletter: Newsletter, workspace: Path) -> None:
    """What `dkim new` prints is all that the settings and the DNS need."""
    said = newsletter("dkim", "new")
    assert said.code == 0
    table = said.out.partition("Then write into newsletter.toml:")[2]
    settings = tomllib.loads(table)
    path = workspace / "newsletter.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{table}", encoding="utf-8")
    records = newsletter("dkim", "show", "--json").json()
    assert all(name.endswith(f"._domainkey.{settings['dkim']['domain']}") for name in records)

    assert newsletter("test-send", "city-pair", "--to", "a@example.org", "--lang", "nl").code == 0
    letter = (
        next((workspace / "var" / "outbox" / "new").iterdir()).read_bytes().split(b"\r\n", 2)[2]
    )
    answers = {f"{name}.": text.encode() for name, text in records.items()}
    for number in range(2):
        verifier = dkim.DKIM(letter)
        assert verifier.verify(idx=number, dnsfunc=lambda name, **_: answers[name.decode()])


def test_keys_in_use_are_never_overwritten(newsletter: Newsletter, workspace: Path) -> None:
    """Letters on their way would no longer be verified."""
    newsletter("dkim", "new")
    before = (workspace / "var" / "dkim" / "rsa.pem").read_bytes()
    said = newsletter("dkim", "new")
    assert said.code == 1
    assert "never overwritten" in said.err
    assert (workspace / "var" / "dkim" / "rsa.pem").read_bytes() == before


def test_without_keys_there_is_nothing_to_show(newsletter: Newsletter) -> None:
    """Exit code 1, and the command that makes some."""
    said = newsletter("dkim", "show")
    assert said.code == 1
    assert "newsletter dkim new" in said.err
