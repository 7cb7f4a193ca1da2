"""Return paths and opt-out addresses: they name one letter, and only we can make them."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.mail.verp import BOUNCE, LEAVE, Purpose, find_signed, sign_address

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
IDS = st.integers(min_value=0, max_value=2**31 - 1)
PURPOSES: st.SearchStrategy[Purpose] = st.sampled_from([BOUNCE, LEAVE])


def address(
    purpose: Purpose = BOUNCE, delivery: int = 123456, contact: int = 78, *, key: bytes = KEY
) -> str:
    """A signed address."""
    return sign_address(
        key, purpose, delivery=delivery, contact=contact, domain="bounce.example.org"
    )


@settings(max_examples=200, deadline=None)
@given(purpose=PURPOSES, delivery=IDS, contact=IDS, shout=st.booleans(), text=st.text(max_size=40))
def test_an_address_gives_back_its_letter_in_any_case_and_company(
    purpose: Purpose, delivery: int, contact: int, *, shout: bool, text: str
) -> None:
    """Relays change the case; headers hold names and angle brackets around an address."""
    written = address(purpose, delivery, contact)
    local, _, domain = written.partition("@")
    assert len(local) <= 64
    assert set(local) <= set(string.ascii_lowercase + string.digits + "+-.")
    written = f"{local.upper()}@{domain}" if shout else written
    found = [one for one in find_signed([KEY], f"{text} <{written}>") if one.proven]
    assert [tuple(one) for one in found] == [(purpose, delivery, contact, True)]


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="b+unsub-.0123456789abcdef@ ", max_size=120))
def test_no_other_text_is_proven(text: str) -> None:
    """A MAC of 128 bits is not found by trying."""
    assert not any(one.proven for one in find_signed([KEY], text))


def test_every_changed_character_makes_it_a_forgery() -> None:
    """The numbers, the MAC and the purpose are all signed; twins such as 007 are none of ours."""
    local = address().partition("@")[0]
    twins = [
        local[:place] + letter + local[place + 1 :]
        for place in range(len(local))
        for letter in string.ascii_lowercase + string.digits + "+-.="
        if letter != local[place]
    ]
    twins += [f"x{local}", f"{local}0", local.replace("123456", "0123456"), f"un{local}"]
    twins += [local.replace("b+", "unsub+"), local.replace("-78", "-078"), "", "b+"]
    for twin in twins:
        assert not any(one.proven for one in find_signed([KEY], f"{twin}@bounce.example.org")), twin


def test_an_address_serves_its_own_purpose_alone() -> None:
    """Whoever sees the return path of a letter cannot make an opt-out of it."""
    bounce, leave = address(BOUNCE).partition("+")[2], address(LEAVE).partition("+")[2]
    assert bounce != leave
    (swapped,) = find_signed([KEY], f"unsub+{bounce}")
    assert not swapped.proven


def test_addresses_outlive_a_change_of_keys() -> None:
    """An older key proves as long as it is listed; a stranger's never."""
    old = address(key=OTHER_KEY)
    assert [one.proven for one in find_signed([KEY, OTHER_KEY], old)] == [True]
    assert [one.proven for one in find_signed([KEY], old)] == [False]
    assert [one.proven for one in find_signed([], old)] == [False]
