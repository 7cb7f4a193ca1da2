import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from flows.mail.addresses import mailbox_of, normalise_address

LOCALS = st.one_of(
    st.from_regex(r"[a-z0-9._+'=-]{1,70}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9.]{1,20}", fullmatch=True),
    st.sampled_from(["a", "A", "postmaster", "POSTMASTER", "a..b", ".a", "a.", '"a b"', "é", ""]),
)
DOMAINS = st.one_of(
    st.sampled_from(
        [
            *("example.org", "EXAMPLE.org", "bücher.example.org", "xn--bcher-kva.example.org"),
            *("a.test", "localhost", "-a.test", "a..test", "a.test.", "[127.0.0.1]", "xn--.test"),
            f"{'l' * 63}.test",
            f"{'l' * 64}.test",
            f"{'.'.join(['l' * 60] * 4)}.test",
        ]
    ),
    st.from_regex(r"[a-z0-9-]{1,10}\.[a-z]{2,8}", fullmatch=True),
)


def by_the_library(address: str) -> str | None:
    """What the library says of a whole address, without any short cut."""
    try:
        valid = validate_email(
            address,
            check_deliverability=False,
            strict=True,
            test_environment=True,
            allow_smtputf8=False,
        )
    except EmailNotValidError:
        return None
    return valid.ascii_email or valid.normalized


@given(local=LOCALS, domain=DOMAINS)
@example(local="l" * 64, domain=f"{'.'.join(['l' * 57] * 3)}.test")
@example(local="l" * 65, domain="a.test")
def test_the_short_cut_says_what_the_library_says(local: str, domain: str) -> None:
    """For every address: the same mailbox, or the same refusal."""
    address = f"{local}@{domain}"
    try:
        found: str | None = mailbox_of(address)
    except ValueError:
        found = None
    assert found == by_the_library(address)


@given(local=LOCALS, domain=DOMAINS)
def test_an_address_has_one_form_to_compare(local: str, domain: str) -> None:
    """Case, blanks around it and IDNA make no difference; the form is its own."""
    address = f"{local}@{domain}"
    normal = normalise_address(address)
    assert normalise_address(normal) == normal
    assert normalise_address(f" {address} ") == normal
    if address.isascii():
        assert normalise_address(address.upper()) == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a@bücher.example.org", "A@xn--bcher-kva.example.org"),
        ("a@BU\u0308CHER.example.org", "a@bücher.example.org"),
        ("POSTMASTER@a.test", "postmaster@A.TEST"),
    ],
)
def test_two_spellings_are_one_address(one: str, other: str) -> None:
    """However a domain or its accents are written."""
    assert normalise_address(one) == normalise_address(other)


@pytest.mark.parametrize(
    ("one", "other"), [("a.b@a.test", "ab@a.test"), ("a+b@a.test", "a@a.test")]
)
def test_addresses_that_only_some_take_for_one_are_two(one: str, other: str) -> None:
    """What stands before the @ is its server's business."""
    assert normalise_address(one) != normalise_address(other)
