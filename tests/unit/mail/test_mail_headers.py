import email
import email.policy
import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.domain.errors import InputError
from flows.mail.headers import (
    printable,
    write_identifier,
    write_list_id,
    write_list_unsubscribe,
    write_mailbox,
    write_text,
    write_token,
)

HOSTILE = "=?utf-8?q?a=0D=0ABcc:_victim@example.org?="
FRENCH = "L’été à Liège : « médiation » nocturne, l’œuvre de 40 villes – façon belge !"


def parsed(field: str) -> EmailMessage:
    """A message of this one field, as the standard parser reads it."""
    message = email.message_from_bytes(
        f"{field}\r\n\r\n".encode("ascii"), policy=email.policy.default
    )
    assert isinstance(message, EmailMessage)
    return message


def display_name(field: str) -> str:
    """The name as RFC 2047 decodes it; `email.policy.default` adds blanks between its words."""
    unfolded = field.replace("\r\n", "").partition(": ")[2]
    return str(make_header(decode_header(parseaddr(unfolded)[0]))).strip()


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=300))
@example(text=FRENCH)
@example(text=HOSTILE)
@example(text="a\r\nBcc: victim@example.org")
@example(text="deux  espaces,   trois")
@example(text="plain words " * 20)
@example(text="x" * 300)
@example(text="مرحبا بكم في المدينة " * 8)
def test_a_subject_is_read_back_as_it_was_written(text: str) -> None:
    """Any text comes back without its control characters, and brings no field along."""
    field = write_text("Subject", text)
    message = parsed(field)
    assert message.keys() == ["Subject"]
    assert message["Subject"].strip() == printable(text).strip()
    assert message["Subject"].defects == ()
    assert all(len(line) <= 78 for line in field.split("\r\n"))


@settings(max_examples=300, deadline=None)
@given(name=st.text(max_size=120))
@example(name='"Zoé" \\ (mairie) <x@example.org>, Liège; et alii')
@example(name=HOSTILE)
@example(name="a\u2028Bcc: victim@example.org\u0085")
@example(name="عمدة المدينة")
@example(name='O\'Neil, "Pat"')
def test_a_name_is_read_back_beside_its_address(name: str) -> None:
    """Whatever the name, there is one mailbox, its address is ours, and its name intact."""
    field = write_mailbox("To", name, "zoe@liege.example.org")
    message = parsed(field)
    assert message.keys() == ["To"]
    (mailbox,) = message["To"].addresses
    assert mailbox.addr_spec == "zoe@liege.example.org"
    assert display_name(field) == printable(name).strip()
    assert all(len(line) <= 78 for line in field.split("\r\n"))


@settings(max_examples=100, deadline=None)
@given(text=st.text(min_size=30, max_size=200))
@example(text="é" * 120)
@example(text="🏙️" * 40)
def test_encoded_words_are_short_and_end_between_characters(text: str) -> None:
    """No encoded word has more than 75 characters, and each is UTF-8 by itself (RFC 2047)."""
    for word in re.findall(r"=\?\S+\?=", write_text("Subject", f"é{text}")):
        assert len(word) <= 75
        assert "\ufffd" not in parsed(f"Subject: {word}")["Subject"] or "\ufffd" in text


def test_a_long_french_name_is_read_right_by_every_program() -> None:
    """Plain words stand between encoded ones, whose neighbours some programs part by a blank."""
    name = "Efus – Forum européen pour la sécurité urbaine"
    field = write_mailbox("From", name, "newsletter@efus.example.org")
    assert display_name(field) == name
    assert parsed(field)["From"].addresses[0].display_name == name


def test_a_plain_subject_stays_readable() -> None:
    """ASCII is folded at its blanks and not encoded."""
    subject = "Night mediation in public space, a guide for cities and their partners in 2026"
    assert write_text("Subject", subject) == (
        "Subject: Night mediation in public space, a guide for cities and their\r\n"
        " partners in 2026"
    )


def test_a_subject_that_looks_encoded_is_text() -> None:
    """What looks like an encoded word is encoded itself, so that it stays what was typed."""
    field = write_text("Subject", HOSTILE)
    assert "=0D=0A" not in field
    assert parsed(field)["Subject"] == HOSTILE


def test_a_long_unsubscribe_link_is_literal_and_unfolded() -> None:
    """The URL stands on the first line however long, as one-click readers expect it."""
    url = f"https://lettre.example.org/u/{'x' * 400}?a=1&b=2"
    first, second = write_list_unsubscribe(url, "leave+1@example.org").split("\r\n")
    assert first == f"List-Unsubscribe: <{url}>,"
    assert second == " <mailto:leave+1@example.org?subject=unsubscribe>"
    assert write_list_unsubscribe(url, "") == f"List-Unsubscribe: <{url}>"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "https://x.example.org/a b",
        "https://x.example.org/>, <https://evil.example.org",
        "https://x.example.org/\r\nBcc: a@example.org",
        "https://é.example.org/",
        f"https://x.example.org/{'x' * 980}",
    ],
)
def test_a_link_that_could_break_out_is_refused(url: str) -> None:
    """Only one web address of visible ASCII can stand in List-Unsubscribe."""
    with pytest.raises(InputError, match="web address"):
        write_list_unsubscribe(url, "")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "no-at-sign",
        "a@b@c.example.org",
        "a b@example.org",
        "a@example.org, b@example.org",
        "a@example.org>\r\nBcc: b@example.org",
        "zoé@example.org",
        "a@exämple.org",
        f"{'a' * 250}@example.org",
    ],
)
def test_an_address_that_could_break_out_is_refused(address: str) -> None:
    """A hostile address is refused, not repaired, and the refusal does not repeat it."""
    with pytest.raises(InputError) as refusal:
        write_mailbox("To", "Zoé", address)
    assert not address or address not in str(refusal.value)


def test_other_fields_refuse_what_they_cannot_carry() -> None:
    """Identifiers, tokens and unsubscribe addresses have their own narrow grammars."""
    with pytest.raises(InputError):
        write_identifier("Message-ID", "<a@b>\r\nBcc: c@example.org")
    with pytest.raises(InputError):
        write_token("Feedback-ID", "a b")
    with pytest.raises(InputError):
        write_token("Feedback-ID", HOSTILE)
    with pytest.raises(InputError):
        write_list_id("Lettre", "no dots")
    with pytest.raises(InputError):
        write_list_unsubscribe("https://x.example.org/u", "a%40b@example.org")


def test_a_list_identifier_needs_no_name() -> None:
    """The phrase before List-Id's identifier is optional (RFC 2919)."""
    assert write_list_id("", "lettre.example.org") == "List-Id: <lettre.example.org>"
    assert write_list_id("Efus", "lettre.example.org") == "List-Id: Efus <lettre.example.org>"
