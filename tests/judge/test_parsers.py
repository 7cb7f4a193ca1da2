"""The standard library at its strictest, and mail-parser: a letter is read as it was meant."""

import email
import email.policy
from email.message import EmailMessage

import mailparser
import pytest

from tests.letters.stage import NAMES, Letters, Name

pytestmark = pytest.mark.judge


def strictly(raw: bytes) -> EmailMessage:
    """A letter parsed so that every defect is an error, down to each part and header field."""
    policy = email.policy.default.clone(raise_on_defect=True)
    message = email.message_from_bytes(raw, policy=policy)
    for part in message.walk():
        assert not part.defects
        for value in part.values():
            assert not value.defects
        if not part.is_multipart():
            part.get_content()
    return message


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_a_strict_parser_finds_no_defect(name: Name, letters: Letters) -> None:
    """RFC 5322, 2045 to 2047, as Python has them."""
    assert strictly(letters.raw[name]).get_content_type() == "multipart/alternative"


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_mail_parser_finds_no_defect_and_reads_the_same(name: Name, letters: Letters) -> None:
    """The parts, the subject and the addresses as the standard library has them."""
    message, other = strictly(letters.raw[name]), mailparser.parse_from_bytes(letters.raw[name])
    assert (other.has_defects, other.defects) == (False, [])
    # It leaves the folds of a field in its value (RFC 5322, section 2.2.3).
    assert other.subject.replace("\r\n", "") == message["Subject"]
    assert other.message_id == message["Message-ID"]
    (reader,) = message["To"].addresses
    assert other.to == [(reader.display_name, reader.addr_spec)]
    parts = [part.get_content().strip() for part in message.iter_parts()]
    assert [other.text_plain[0].strip(), other.text_html[0].strip()] == parts


def test_the_judges_see_defects(letters: Letters) -> None:
    """A last boundary that is missing."""
    cut = letters.raw[NAMES[0]].rstrip().removesuffix(b"--")
    assert mailparser.parse_from_bytes(cut).has_defects
    with pytest.raises(email.errors.MessageDefect):
        strictly(cut)
