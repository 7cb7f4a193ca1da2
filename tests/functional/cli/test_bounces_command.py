"""bounces, and what comes back in reports and in doctor, as an operator calls them."""

import re
import tomllib
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.functional.cli.conftest import Newsletter
from tests.functional.returned_mail import a_bounce, an_answer, an_opt_out, deliver_to

DOMAIN = "bounce.efus.example.org"
KINDS = {
    *("hard", "soft", "policy", "complaint", "unsubscribe"),
    *("notice", "auto_reply", "forged", "unreadable"),
}


@pytest.fixture
def returning(workspace: Path, approved: None) -> Path:
    """The workspace with return paths of its own; the Maildir that mail comes back to."""
    del approved
    settings = workspace / "newsletter.toml"
    text = settings.read_text(encoding="utf-8")
    text = text.replace("[sender]\n", f'[sender]\nbounce_domain = "{DOMAIN}"\n')
    settings.write_text(f'{text}\n[bounces]\nmaildir = "mail/back"\n', encoding="utf-8")
    tomllib.loads(settings.read_text(encoding="utf-8"))
    deliver_to(workspace / "mail" / "back")
    return workspace / "mail" / "back"


def letters(workspace: Path) -> list[bytes]:
    """Every letter in the outbox, in no order."""
    return [path.read_bytes() for path in sorted((workspace / "var" / "outbox" / "new").iterdir())]


def return_path_of(letter: bytes) -> str:
    """Where a letter's bounces go, as the server that took it wrote down."""
    return str(message_from_bytes(letter)["Return-Path"]).strip("<>")


def leave_address_of(letter: bytes) -> str:
    """The address in a letter's List-Unsubscribe."""
    found = re.search(rb"<mailto:([^?>]+)\?subject=unsubscribe>", letter)
    assert found
    return found[1].decode()


def test_each_letter_has_a_return_path_and_an_opt_out_address_of_its_own(
    newsletter: Newsletter, workspace: Path, returning: Path, sent: str
) -> None:
    """The page stays first in List-Unsubscribe (RFC 8058); made again, a letter is the same."""
    del returning
    found = letters(workspace)
    paths = {return_path_of(letter) for letter in found}
    assert len(paths) == len({leave_address_of(letter) for letter in found}) == len(found)
    assert all(re.fullmatch(rf"b\+\d+-\d+\.[0-9a-f]{{32}}@{DOMAIN}", path) for path in paths)
    for letter in found:
        field = str(message_from_bytes(letter)["List-Unsubscribe"])
        assert re.match(r"<http://[^>]+/u/[^>]+>,\s+<mailto:unsub\+", field)
    address = str(message_from_bytes(found[0])["Delivered-To"])
    again = workspace / "again.eml"
    assert newsletter("letter", sent, address, "--out", again).code == 0
    assert found[0].endswith(again.read_bytes())


def test_what_came_back_is_counted_and_told_once(
    newsletter: Newsletter, workspace: Path, returning: Path, sent: str
) -> None:
    """Counts by kind; whom nobody writes to any more; the second reading finds nothing."""
    bounced, left, *_ = letters(workspace)
    deliver_to(returning, a_bounce(return_path_of(bounced)), an_opt_out(leave_address_of(left)))
    said = newsletter("bounces", "--json")
    assert said.code == 0, said.all
    facts = said.json()
    assert set(facts["read"]) == KINDS
    assert {kind for kind, count in facts["read"].items() if count} == {"hard", "unsubscribe"}
    assert facts["suppressed"] == 1
    assert facts["needs"] == {"held": [], "policy": [], "kept": []}
    assert "Nothing new came back." in newsletter("bounces").out
    report = newsletter("report", sent, "--json").json()
    assert (report["bounced"], report["complained"], report["complete"]) == (1, 0, True)
    assert "1 bounced, 0 complained of" in newsletter("report", sent).out


def test_whom_it_concerns_can_be_listed(
    newsletter: Newsletter, workspace: Path, returning: Path, sent: str
) -> None:
    """`--who` takes bounced and complained beside the states, and names them when it must."""
    letter = letters(workspace)[0]
    deliver_to(returning, a_bounce(return_path_of(letter)))
    newsletter("bounces")
    (found,) = newsletter("report", sent, "--who", "bounced,complained", "--json").json()
    assert found["address"].lower() == str(message_from_bytes(letter)["Delivered-To"]).lower()
    assert (found["state"], found["reply"][:9]) == ("bounced", "5.1.1 550")
    wrong = newsletter("report", sent, "--who", "lost")
    assert (wrong.code, "accepted" in wrong.err, "bounced" in wrong.err) == (2, True, True)


def test_forged_reports_are_told_and_change_nothing(
    newsletter: Newsletter, returning: Path, sent: str
) -> None:
    """Whoever wrote them."""
    deliver_to(returning, a_bounce(f"b+1-1.{'0' * 32}@{DOMAIN}"))
    said = newsletter("bounces")
    assert said.code == 0
    assert re.search(r"^forged\t1\t.*nothing was changed", said.out, re.MULTILINE)
    assert newsletter("report", sent, "--json").json()["bounced"] == 0


def test_mail_for_a_person_is_shown_with_its_file(
    newsletter: Newsletter, workspace: Path, returning: Path
) -> None:
    """Until the file is removed."""
    deliver_to(returning, an_answer("newsletter@efus.example.org"))
    (kept,) = newsletter("bounces", "--json").json()["needs"]["kept"]
    assert (kept["from"], kept["subject"]) == ("Camille <reader@city.example.org>", "Votre été")
    assert kept["file"] in newsletter("bounces").out
    (workspace / kept["file"]).unlink()
    assert newsletter("bounces", "--json").json()["needs"]["kept"] == []


def test_bounces_that_are_held_wait_for_a_person_s_word(
    newsletter: Newsletter, workspace: Path, returning: Path, sent: str
) -> None:
    """They are told with the command that takes them for real."""
    for number, letter in enumerate(letters(workspace)[:12]):
        deliver_to(returning, a_bounce(return_path_of(letter), number=number))
    told = newsletter("bounces")
    assert f"newsletter bounces --suppress {sent}" in told.out
    assert "not written to any more" not in told.out
    done = newsletter("bounces", "--suppress", sent, "--json").json()
    assert (done["suppressed"], done["needs"]["held"]) == (12, [])
    assert newsletter("bounces", "--suppress", sent).code == 1
    assert newsletter("bounces", "--suppress", "none-1").code == 2


def test_a_place_that_cannot_be_read_ends_with_1(
    newsletter: Newsletter, workspace: Path, returning: Path
) -> None:
    """The others are read; the trouble is named, here and by doctor."""
    assert newsletter("doctor", NEWSLETTER_ENGINE__NAME="memory").code == 0
    returning.rename(workspace / "elsewhere")
    said = newsletter("bounces", "--json")
    assert (said.code, "Traceback" in said.all) == (1, False)
    assert "is no Maildir" in said.json()["troubles"][0]
    assert "bounces.maildir" in said.err
    doctor = newsletter("doctor", "--json", NEWSLETTER_ENGINE__NAME="memory")
    (found,) = [one for one in doctor.json() if not one["ok"]]
    assert (doctor.code, found["what"]) == (1, "bounces.maildir")


def test_a_fresh_workspace_says_that_nothing_is_read(newsletter: Newsletter) -> None:
    """That is no failure: nobody is mailed either."""
    said = newsletter("bounces", "--json")
    assert said.code == 0
    assert "No place is read" in said.err


def test_return_paths_that_nobody_reads_are_a_finding(newsletter: Newsletter) -> None:
    """And places without return paths, which prove nothing."""
    domain = {"NEWSLETTER_SENDER__BOUNCE_DOMAIN": DOMAIN}
    place = {"NEWSLETTER_BOUNCES__LISTENER__PROTOCOL": "lmtp"}
    for env in (domain, place):
        doctor = newsletter("doctor", "--json", NEWSLETTER_ENGINE__NAME="memory", **env)
        assert [one["what"] for one in doctor.json() if not one["ok"]] == ["returns"]
    both = newsletter("doctor", NEWSLETTER_ENGINE__NAME="memory", **domain, **place)
    assert both.code == 0, both.all
