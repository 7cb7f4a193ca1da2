"""`newsletter demo`: a real article in the mailboxes of the right people, in their languages."""

import csv
import io
import re
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import polib
import pytest

from tests.flows.conftest import Demonstration
from tests.flows.newsroom_process import NOISE, letters, recipients
from tests.functional.cli.command_line import call

pytestmark = pytest.mark.xdist_group("prefect")

LANGUAGES = ("fr", "en", "nl")
ACCENTED = re.compile(r"\w*[à-öø-ÿœ]\w*", re.IGNORECASE)
UNSUBSCRIBE = re.compile(rb"^List-Unsubscribe: <http://127\.0\.0\.1:8080/u/[^\s<>]+>", re.MULTILINE)
ONE_CLICK = re.compile(rb"^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$", re.MULTILINE)


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows, whatever its encoding and delimiter."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_bytes().decode("cp1252")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def wanted_languages(workspace: Path) -> dict[str, str]:
    """The language of each contact's letters, resolved from the lists by hand."""
    folder = workspace / "subscribers"
    of_city = {row["city"]: row["language"] for row in rows(folder / "cities.csv")}
    wanted: dict[str, str] = {}
    for path in sorted((folder / "lists").glob("*.csv")):
        for row in rows(path):
            tags = (row["language"] or "", of_city[row["city"]])
            known = [tag.partition("-")[0] for tag in tags if tag.partition("-")[0] in LANGUAGES]
            wanted.setdefault(row["email"].lower(), [*known, "fr"][0])
    return wanted


@pytest.fixture(scope="module")
def parsed(demonstration: Demonstration) -> dict[str, EmailMessage]:
    """Every letter by its recipient, parsed under the strict policy, which raises at any defect."""
    strict = policy.strict.clone(message_factory=EmailMessage)
    found: dict[str, EmailMessage] = {}
    for path in letters(demonstration.workspace):
        letter = message_from_bytes(path.read_bytes(), policy=strict)
        found[str(letter["Delivered-To"]).lower()] = letter
    return found


def text_of(letter: EmailMessage, kind: str) -> str:
    """The text of the `plain` or `html` part."""
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_the_demonstration_is_quick_and_quiet(demonstration: Demonstration) -> None:
    """From nothing to the last letter in under a minute, without a warning or a traceback.

    Where more processes want a processor than there are, nothing can be said of the minute.
    """
    assert demonstration.said.code == 0, demonstration.said.all
    assert not NOISE.search(demonstration.said.all), demonstration.said.all
    assert demonstration.seconds < 60 or demonstration.is_busy


def test_each_contact_gets_exactly_one_letter(demonstration: Demonstration) -> None:
    """At least 60 contacts of at least 12 cities, each once, nobody else."""
    counted = recipients(demonstration.workspace)
    assert counted == Counter(dict.fromkeys(wanted_languages(demonstration.workspace), 1))
    assert len(counted) >= 60
    assert len(rows(demonstration.workspace / "subscribers" / "cities.csv")) >= 12


def test_each_letter_is_in_the_contacts_language(
    demonstration: Demonstration, parsed: dict[str, EmailMessage]
) -> None:
    """The contact's own language, else the city's, else French; said in header and page."""
    wanted = wanted_languages(demonstration.workspace)
    assert set(wanted.values()) == set(LANGUAGES)
    for address, letter in parsed.items():
        assert letter["Content-Language"] == wanted[address]
        assert f'<html lang="{wanted[address]}"' in text_of(letter, "html")


def test_no_letter_has_a_defect(parsed: dict[str, EmailMessage]) -> None:
    """Neither the message, nor a part, nor a header."""
    for letter in parsed.values():
        for part in letter.walk():
            assert not part.defects
            for header in part.values():
                assert not header.defects


def test_every_accent_arrives(
    demonstration: Demonstration, parsed: dict[str, EmailMessage]
) -> None:
    """Each accented word of the source and of the translations stands in the letter's text."""
    folder = demonstration.workspace / "content" / "city-pair"
    body = (folder / "fr.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    texts = {"fr": body} | {
        language: "\n".join(
            entry.msgstr
            for entry in polib.pofile(str(folder / f"{language}.po"))
            if entry.msgstr and not entry.msgctxt
        )
        for language in ("en", "nl")
    }
    for letter in parsed.values():
        words = ACCENTED.findall(texts[letter["Content-Language"]].casefold())
        text = text_of(letter, "plain").casefold()
        assert words
        assert not [word for word in words if word not in text]
        assert "\ufffd" not in text
        assert "Ã" not in text_of(letter, "html")


def test_both_unsubscribe_headers_are_literal_on_the_wire(demonstration: Demonstration) -> None:
    """RFC 8058: not encoded, not folded away, in every letter, each with its own link."""
    links = set()
    for path in letters(demonstration.workspace):
        raw = path.read_bytes()
        found = UNSUBSCRIBE.search(raw)
        assert found
        assert ONE_CLICK.search(raw)
        links.add(found[0])
    assert len(links) == len(letters(demonstration.workspace))


def test_the_report_adds_up(demonstration: Demonstration) -> None:
    """What the ledger says is what lies in the outbox."""
    report = call("report", "city-pair-1", "--json", cwd=demonstration.workspace).json()
    wanted = Counter(wanted_languages(demonstration.workspace).values())
    assert (report["state"], report["complete"]) == ("sent", True)
    assert report["audience"] == report["deliveries"]["accepted"] == sum(wanted.values())
    accepted = {language: tally["accepted"] for language, tally in report["by_language"].items()}
    assert accepted == dict(wanted)


def test_what_there_is_to_look_at_is_named(demonstration: Demonstration) -> None:
    """The reconciliation, the Maildir and a page of each language."""
    said = demonstration.said
    assert "the states add up" in said.out
    assert str(demonstration.workspace / "var" / "outbox") in said.out
    for language in LANGUAGES:
        page = demonstration.workspace / "var" / "preview" / f"{language}.html"
        assert str(page) in said.out
        assert page.is_file()


def test_a_second_time_sends_nothing_and_says_why(demonstration: Demonstration) -> None:
    """The demonstration and the publish again: 0 letters, exit 0, no orchestrator needed."""
    before = letters(demonstration.workspace)
    for command in ("demo", "publish city-pair"):
        said = call(*command.split(), cwd=demonstration.workspace)
        assert said.code == 0, said.all
        assert "Nothing is sent twice: 0 letters sent now." in said.err
    assert letters(demonstration.workspace) == before
