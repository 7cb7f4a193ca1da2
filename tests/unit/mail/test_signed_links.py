import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.mail.links import address_hash, message_id, read_link, sign_link

KEY = b"k" * 32
OLD_KEY = b"o" * 32


@settings(max_examples=100, deadline=None)
@given(payload=st.text(max_size=80))
def test_a_link_gives_back_what_was_signed(payload: str) -> None:
    """Any payload travels in URL-safe characters and comes back."""
    token = sign_link(KEY, purpose="unsubscribe", payload=payload)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.=")
    assert read_link([KEY], token, purpose="unsubscribe") == payload


def test_a_link_serves_its_own_purpose_alone() -> None:
    """A link to read a letter cannot unsubscribe, and a stranger's key signs nothing."""
    token = sign_link(KEY, purpose="view", payload="42/7")
    assert read_link([KEY], token, purpose="unsubscribe") is None
    assert read_link([OLD_KEY], token, purpose="view") is None
    assert read_link([], token, purpose="view") is None


def test_links_outlive_a_change_of_keys() -> None:
    """Letters sent with an older key keep their links as long as that key is listed."""
    token = sign_link(OLD_KEY, purpose="view", payload="42/7")
    assert read_link([KEY, OLD_KEY], token, purpose="view") == "42/7"


def test_no_other_spelling_of_a_token_is_read() -> None:
    """Every changed character is refused, the twins of base64's last one included."""
    token = sign_link(KEY, purpose="view", payload="42/7")
    alphabet = string.ascii_letters + string.digits + "-_.="
    twins = [
        token[:place] + letter + token[place + 1 :]
        for place in range(len(token))
        for letter in alphabet
        if letter != token[place]
    ]
    for twin in [
        *twins,
        f"{token}=",
        f" {token}",
        f"{token}\n",
        f"{token}é",
        token.upper(),
        "",
        ".",
    ]:
        assert read_link([KEY], twin, purpose="view") is None


def test_a_message_id_depends_on_issue_contact_and_key_alone() -> None:
    """It is the same on every attempt, and tells no address."""

    def named(key: bytes = KEY, issue: str = "1", contact: str = "23") -> str:
        return message_id(key, issue=issue, contact=contact, domain="efus.example.org")

    assert named() == named()
    assert len({named(), named(OLD_KEY), named(issue="12", contact="3"), named(issue="2")}) == 4
    assert named().startswith("<")
    assert named().endswith("@efus.example.org>")
    assert len(f"Message-ID: {named()}") <= 78


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoe@Example.ORG", "zoe@example.org"),
        (" zoe@example.org ", "zoe@example.org"),
        ("zoe@LIÈGE.example", "zoe@xn--lige-6oa.example"),
        ("zoe\u0301@example.org", "zoé@example.org"),
        ("Zoe@Mairie.Test", "zoe@mairie.test"),
        ("Not An Address", "not an address"),
    ],
)
def test_an_address_is_known_however_it_is_written(one: str, other: str) -> None:
    """Case, Unicode form and the domain's two spellings give one hash."""
    assert address_hash(KEY, one) == address_hash(KEY, other)


def test_addresses_are_told_apart() -> None:
    """Another address or key has another hash, and the hash shows nothing of the address."""
    assert address_hash(KEY, "a@example.org") != address_hash(KEY, "b@example.org")
    assert address_hash(KEY, "a@example.org") != address_hash(OLD_KEY, "a@example.org")
    assert len(address_hash(KEY, "a@example.org")) == 64
